"""Opens the chat in the browser: `python app.py` is `wenju serve`."""

import sys

from qa.cli import run

if __name__ == "__main__":
    sys.exit(run(["serve", *sys.argv[1:]]))
