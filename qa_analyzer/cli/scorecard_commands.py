"""The commands for people who write scorecards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Check scorecards.")

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE...", help="Scorecards [the configured one].")
]


@app.callback()
def _root() -> None:
    """Keep `check` a command of its own while it is the only one."""


@app.command("check")
def check(files: Files = None) -> None:
    """Read scorecards as a run would; list every fault with its line."""
    for path in files or [load_settings().scorecard]:
        scorecard = load_scorecard(path)
        weight = sum(criterion.weight for criterion in scorecard.criteria)
        red_lines = sum(criterion.auto_fail for criterion in scorecard.criteria)
        typer.echo(
            f"{path}: {scorecard.id} {scorecard.version}: {len(scorecard.criteria)} criteria, "
            f"{weight:g} points, {red_lines} red lines, {scorecard.fingerprint[:19]}"
        )
