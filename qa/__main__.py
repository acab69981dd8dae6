"""`python -m qa` is the `wenju` command."""

from qa.cli import main

main()
