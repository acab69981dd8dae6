"""The README names every command and every option, and its commands are the real ones."""

import re
from pathlib import Path

import typer

from qa.cli import app

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_every_command_and_option_stands_in_the_readme() -> None:
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        assert f"`wenju {name}" in README, name
        row = next(line for line in README.splitlines() if line.startswith(f"| `wenju {name}"))
        for option in {
            flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")
        }:
            assert f"`{option}`" in row or f"`{option} DIR`" in README, f"wenju {name} {option}"


def test_every_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"`?wenju (\w+)", README))
    assert named <= set(typer.main.get_command(app).commands)


def test_every_file_that_the_readme_names_is_there() -> None:
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (root / target).exists(), target
