"""Only the module of the given command is imported, so the table of modules must be the commands themselves."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import typer
from typer.main import get_group

from foresell.cli.app import MODULES


def test_each_command_is_in_the_module_that_the_table_names() -> None:
    found = {}
    for module in dict.fromkeys(MODULES.values()):
        app = typer.Typer()
        import_module(f"foresell.cli.{module}").register(app)
        found |= dict.fromkeys(get_group(app).commands, module)
    assert found == MODULES


def test_one_command_does_not_import_the_others() -> None:
    program = "import sys; from foresell.cli.app import register_commands; register_commands(['-v', 'inspect']); print(*sys.modules)"
    imported = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "foresell.cli.batches" in imported
    assert not {"foresell.cli.server", "foresell.cli.models", "foresell.scores.registry"} & set(imported)
