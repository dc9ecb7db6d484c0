"""The what-if command: two scorecards on the same stored calls."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from qa_analyzer.batch.machine import workers_for_this_machine
from qa_analyzer.batch.what_if import SMALL, WhatIf, what_if
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.opening import open_settings
from qa_analyzer.kpi.agents import neutral
from qa_analyzer.report.diff_lines import COLUMNS, diff_lines, diff_rows
from qa_analyzer.report.formats import short_hash
from qa_analyzer.report.wording import Wording
from qa_analyzer.whole_files import replacing


def diff_scorecards(
    old: Annotated[
        Path,
        typer.Argument(
            metavar="OLD", help="Scorecard, or OUT of a run: then its verdicts as they were given."
        ),
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Scorecard to try.")],
    on: Annotated[
        str,
        typer.Option(
            "--on", metavar="SOURCE", help="OUT of a run, its store (file or URL), or a file of text calls."
        ),
    ],
    table: Annotated[Path | None, typer.Option("--csv", help="Write every change to this file.")] = None,
    shown: Annotated[int, typer.Option("--calls", min=0, help="How many calls to list.")] = 20,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 when any verdict flips, for scripts.")
    ] = False,
    sentiment: Annotated[
        str | None, typer.Option("--sentiment", help="Sentiment model: a name, a folder, or 'lexicon'.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (YAML).")] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Worker processes [as many as the machine fits].")
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="zh or en [zh].")] = None,
) -> None:
    """Say what another scorecard would change: verdicts, red lines, agents, grades. Nothing is recognised.

    Nothing of the run is changed. Exit codes: 0 compared; 1 a stored transcript could not be read, or with
    --exit-code a verdict flips; 2 a scorecard or a source that cannot be used.
    """
    settings = open_settings(config, sentiment_model=sentiment, workers=workers, language=lang)
    count = settings.workers or workers_for_this_machine(SMALL)
    found = what_if(on, old, new, settings, workers=count)
    for line in _lines(found, Wording(settings.language), shown):
        typer.echo(line)
    if table is not None:
        with replacing(table, encoding="utf-8-sig") as stream:
            rows = csv.writer(stream)
            rows.writerow(COLUMNS)
            rows.writerows([neutral(cell) for cell in row] for row in diff_rows(found.diff))
        typer.echo(Wording(settings.language)("diff.written", path=table))
    if found.unreadable or (exit_code and found.diff.flips):
        raise typer.Exit(ExitCode.FAILED_CALLS)


def _lines(found: WhatIf, wording: Wording, shown: int) -> list[str]:
    lines = [
        wording(
            "diff.sides",
            old_id=found.old.scorecard_id,
            old_version=found.old.version,
            old_fingerprint=short_hash(found.old.fingerprint),
            new_id=found.new.scorecard_id,
            new_version=found.new.version,
            new_fingerprint=short_hash(found.new.fingerprint),
        ),
        *diff_lines(found.diff, wording, shown_calls=shown),
    ]
    if found.unknown:
        lines.append(wording("diff.not_judged", n=len(found.unknown)))
    return lines + [wording("diff.unreadable", reason=reason) for reason in found.unreadable]
