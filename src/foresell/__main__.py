"""The entrance: `foresell` and `python -m foresell`."""


def main() -> None:
    """Run the command line."""
    from foresell.cli import app

    app()


if __name__ == "__main__":
    main()
