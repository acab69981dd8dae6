import socket

import pytest

from qa.cli import run


def test_a_port_in_use_is_one_line_and_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said == f"wenju: error: port {port} is in use (choose another: --port {port + 1})\n"
