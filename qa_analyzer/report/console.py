"""The summary after a run: a table for the terminal, and plain lines to paste into a chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from qa_analyzer.report import formats
from qa_analyzer.report.agent_names import Agent, agents_of
from qa_analyzer.report.page_names import Pages
from qa_analyzer.report.report_data import ReportData, RunFacts, ScorecardView
from qa_analyzer.report.summary_lines import SHOWN_AGENTS, summary_lines
from qa_analyzer.report.team_figures import GroupFigures, group_figures
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation


class CallOutcome(Protocol):
    """What the summary needs of one call of a run."""

    @property
    def evaluation(self) -> Evaluation | None: ...

    @property
    def failure(self) -> CallFailure | None: ...


class Finished(Protocol):
    """What the summary needs of a finished run."""

    @property
    def results(self) -> Iterable[CallOutcome]: ...

    @property
    def facts(self) -> Mapping[str, object]: ...


def print_summary(
    finished: Finished,
    *,
    lang: str = "zh",
    scorecard: ScorecardView | None = None,
    report_page: Path | None = None,
    console: Console | None = None,
) -> None:
    """Print what a run came to. A terminal gets a table too; a pipe or a file gets only the lines to paste.

    Without a scorecard, criteria are called by their ids and grades' edges are the standard's.
    """
    console = console or Console()
    wording = Wording(lang)
    report_data = _report_data(finished, scorecard)
    if console.is_terminal and report_data.evaluations:
        console.print(_table(report_data, wording))
        console.print(Text(wording("console.paste"), style="dim"))
    for line in summary_lines(report_data, wording, report_page=report_page):
        # Transcripts are not markup, and a pasted line must not be broken by the width of this window.
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _report_data(finished: Finished, scorecard: ScorecardView | None) -> ReportData:
    results = tuple(finished.results)
    evaluations = tuple(each.evaluation for each in results if each.evaluation is not None)
    failures = tuple(each.failure for each in results if each.failure is not None)
    started_at = str(finished.facts.get("started_at") or "")
    return ReportData(
        run=RunFacts(run_id=started_at, version="", started_at=_moment(started_at)),
        scorecard=scorecard or ScorecardView("", "", {}, ()),
        evaluations=evaluations,
        failures=failures,
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _table(report_data: ReportData, wording: Wording) -> Table:
    agents = agents_of(report_data.evaluations, Pages.of(report_data.evaluations), wording)
    rows = sorted(((agent, group_figures(agent.evaluations, ())) for agent in agents), key=_by_score)
    table = Table(title=wording("console.title"), title_justify="left")
    table.add_column(wording("column.agent"), overflow="fold")
    table.add_column(wording("column.team"), overflow="fold")
    for key in ("calls", "mean", "interval", "passing", "red_lines", "complaints"):
        table.add_column(wording(f"column.{key}"), justify="right")
    for agent, figures in rows[:SHOWN_AGENTS]:
        score = figures.score
        interval = "" if score.low is None else f"{score.low:.0f}–{score.high:.0f}"
        table.add_row(
            Text(formats.printable(agent.label)),
            Text(formats.printable(agent.team or formats.NOTHING)),
            str(figures.calls),
            formats.decimal(score.value),
            interval,
            formats.share(figures.passing.value),
            Text(str(figures.red_lines), style="bold red" if figures.red_lines else ""),
            str(figures.complaints),
        )
    if len(rows) > SHOWN_AGENTS:
        table.caption = wording("console.agents_more", n=len(rows) - SHOWN_AGENTS)
    return table


def _by_score(row: tuple[Agent, GroupFigures]) -> tuple[float, str]:
    agent, figures = row
    return (figures.score.value if figures.score.value is not None else 101.0, agent.agent_id)
