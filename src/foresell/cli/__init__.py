"""The command line: one file per subject with its commands; `app` puts them together."""

from foresell.cli.app import main

__all__ = ["main"]
