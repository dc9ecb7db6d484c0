"""The sheets of the workbook as plain rows; ``workbook`` writes them."""

from __future__ import annotations

from collections.abc import Sequence

from qa_analyzer.report import formats
from qa_analyzer.report.agent_names import Agent, agents_of
from qa_analyzer.report.call_sheets import calls_sheet, evidence_sheet
from qa_analyzer.report.naming import criterion_names
from qa_analyzer.report.page_names import Pages
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.review import review_queue
from qa_analyzer.report.sheet import Cell, Column, Kind, Link, Sheet
from qa_analyzer.report.team_figures import criterion_figures, group_figures
from qa_analyzer.report.wording import Wording


def sheets_of(
    report_data: ReportData, pages: Pages, wording: Wording, *, pages_dir: str
) -> tuple[Sheet, ...]:
    """Return the sheets in reading order. ``pages_dir`` leads from the workbook to the report's root."""
    agents = agents_of(report_data.evaluations, pages, wording)
    labels = {agent.agent_id: agent.label for agent in agents}
    root = f"{pages_dir.rstrip('/')}/" if pages_dir else ""
    return (
        _summary(report_data, agents, wording),
        _agents(report_data, agents, wording, root),
        calls_sheet(report_data, pages, labels, wording, root),
        _criteria(report_data, wording),
        evidence_sheet(report_data, pages, labels, wording, root),
    )


def _summary(report_data: ReportData, agents: Sequence[Agent], wording: Wording) -> Sheet:
    run, scorecard = report_data.run, report_data.scorecard
    total = group_figures(report_data.evaluations, ())
    rows: list[tuple[Cell, ...]] = [
        (wording("field.run"), run.run_id),
        (wording("field.started_at"), formats.moment(run.started_at)),
        (wording("field.scorecard"), f"{scorecard.scorecard_id} {scorecard.version}"),
        (wording("field.asr"), run.asr_model),
        (wording("field.sentiment_model"), run.sentiment_model),
        (wording("tile.calls"), total.calls),
        (wording("nav.agents"), len(agents)),
        (wording("tile.score"), formats.decimal(total.score.value)),
        (wording("column.interval"), _interval(total.score.low, total.score.high)),
        (wording("tile.passing"), formats.share(total.passing.value)),
        (wording("tile.red_lines"), total.red_lines),
        (wording("tile.review"), len(review_queue(report_data.evaluations, scorecard))),
        (wording("tile.failures"), len(report_data.failures)),
    ]
    rows += [(wording("overview.warnings"), warning) for warning in run.warnings]
    rows += [
        (wording("overview.how"), wording(f"overview.{key}"))
        for key in ("how_score", "how_interval", "how_evidence")
    ]
    rows += [
        (wording("nav.failures"), f"{failure.call_id}{wording('colon')}{failure.message}")
        for failure in report_data.failures
    ]
    columns = (Column(wording("column.name"), width=20), Column(wording("column.value"), Kind.LONG, 90))
    return Sheet(wording("sheet.summary"), columns, rows, filtered=False)


def _interval(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{low:.1f}–{high:.1f}"


def _agents(report_data: ReportData, agents: Sequence[Agent], wording: Wording, root: str) -> Sheet:
    names = criterion_names(report_data, wording)
    columns = (
        Column(wording("column.agent"), width=20),
        Column(wording("column.team")),
        Column(wording("column.calls"), Kind.COUNT, 9),
        Column(wording("column.mean"), Kind.SCORE, 10, scaled=True),
        Column(wording("column.interval"), width=14),
        Column(wording("column.passing"), Kind.SHARE, 10, scaled=True),
        Column(wording("column.red_lines"), Kind.COUNT, 9, alarming=True),
        Column(wording("column.complaints"), Kind.COUNT, 9),
        Column(wording("column.weakest"), width=18),
        *(Column(name, Kind.SHARE, 11, scaled=True) for name in names.values()),
    )
    rows: list[tuple[Cell, ...]] = []
    for agent in agents:
        figures = group_figures(agent.evaluations, list(names))
        rows.append(
            (
                Link(agent.label, root + agent.page),
                agent.team,
                figures.calls,
                figures.score.value,
                _interval(figures.score.low, figures.score.high),
                figures.passing.value,
                figures.red_lines,
                figures.complaints,
                names[figures.weakest.criterion_id] if figures.weakest else None,
                *(criterion.met.value for criterion in figures.criteria.values()),
            )
        )
    return Sheet(wording("sheet.agents"), columns, rows)


def _criteria(report_data: ReportData, wording: Wording) -> Sheet:
    columns = (
        Column(wording("column.criterion"), width=20),
        Column(wording("column.weight"), Kind.COUNT, 8),
        Column(wording("column.met"), Kind.SHARE, 10, scaled=True),
        Column(wording("column.interval"), width=14),
        Column(wording("verdict.pass"), Kind.COUNT, 9),
        Column(wording("verdict.fail"), Kind.COUNT, 9),
        Column(wording("verdict.unscorable"), Kind.COUNT, 10),
        Column(wording("verdict.na"), Kind.COUNT, 10),
        Column(wording("column.lost"), Kind.COUNT, 9),
        Column(wording("column.rule"), Kind.LONG, 70),
    )
    names = criterion_names(report_data, wording)
    figures = criterion_figures(report_data.evaluations, list(names))
    rows: list[tuple[Cell, ...]] = []
    for criterion in report_data.scorecard.criteria:
        own = figures[criterion.criterion_id]
        met = own.met
        interval = None if met.low is None else f"{met.low * 100:.0f}–{(met.high or 0.0) * 100:.0f}%"
        rule = wording.name_of(criterion.descriptions, "") or None
        rows.append(
            (
                names[criterion.criterion_id],
                criterion.weight,
                met.value,
                interval,
                own.passed,
                own.failed,
                own.unscorable,
                own.not_applicable,
                own.points_lost,
                rule,
            )
        )
    return Sheet(wording("sheet.criteria"), columns, rows)
