"""The command line: one file per group of commands, `app` and `main` here."""

from foresell.cli.app import main

__all__ = ["main"]
