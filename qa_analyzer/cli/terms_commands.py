"""The command that shows which terms customers use more than a week ago."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from qa_analyzer.analysis.complaints import load_lexicon
from qa_analyzer.analysis.rising_terms import RisingTerm
from qa_analyzer.batch.term_weeks import TermWeeks, read_term_weeks, write_terms_csv
from qa_analyzer.errors import ConfigError
from qa_analyzer.report.formats import printable
from qa_analyzer.settings import load_settings

CSV_NAME = "rising_terms.csv"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("terms")(terms)


def terms(
    sources: Annotated[list[Path], typer.Argument(metavar="OUT...", help="OUT of one or more runs.")],
    days: Annotated[int, typer.Option("--days", min=1, help="Length of each of the two stretches.")] = 7,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="Last day that counts [that of the latest call]."),
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help=f"Where the table goes [{CSV_NAME} in the first OUT].")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many terms to show; the file has all.")] = 30,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (YAML).")] = None,
) -> None:
    """Show the words that customers say more in the last days than in as many days before."""
    settings = load_settings(config)
    lexicon = load_lexicon(settings.lexicon, settings.lexicon_overrides)
    weeks = read_term_weeks(sources, lexicon, days=days, until=until.date() if until else None)
    for problem in weeks.unreadable:
        typer.echo(f"left out: {problem}", err=True)
    if not weeks.enough:
        raise ConfigError(_too_little(weeks))
    path = csv_file or sources[0] / CSV_NAME
    write_terms_csv(weeks.terms, path)
    console = Console()
    console.print(_heading(weeks))
    if weeks.terms:
        console.print(_table(weeks.terms[:top]))
    else:
        console.print("没有明显增多的词 / no term rose by more than chance explains")
    console.print(f"{len(weeks.terms)} → {path}", markup=False, soft_wrap=True)


def _heading(weeks: TermWeeks) -> str:
    undated = f"；{weeks.undated} 通没有日期，未计入" if weeks.undated else ""
    return (
        f"{weeks.first_day()} – {weeks.last_day}：{weeks.calls_now} 通，"
        f"与之前 {weeks.days} 天的 {weeks.calls_before} 通相比{undated}"
    )


def _too_little(weeks: TermWeeks) -> str:
    if weeks.last_day is None:
        return "no call says when it started: give started_at in the manifest or --filename-pattern"
    return (
        f"{weeks.calls_now} calls in the {weeks.days} days to {weeks.last_day}, {weeks.calls_before} in the "
        "days before: name the OUT folders of both stretches, or choose other --days or --until"
    )


def _table(rising: tuple[RisingTerm, ...]) -> Table:
    table = Table("词 term", "本期 now", "上期 before", "G²", "词库 in lexicon", "例 example")
    for term in rising:
        quotes = [f"{example.call_id}：{printable(example.quote)}" for example in term.examples[:2]]
        table.add_row(
            escape(term.term),
            str(term.turns_now),
            str(term.turns_before),
            f"{term.keyness:.1f}",
            "✓" if term.known else "",
            escape("\n".join(quotes)),
        )
    return table
