"""The entrance: `foresell` and `python -m foresell`."""

import sys


def main() -> None:
    """Run the command line."""
    from foresell.cli.app import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
