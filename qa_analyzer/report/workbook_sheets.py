"""The sheets of the workbook as plain rows; ``workbook`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from qa_analyzer.report import formats
from qa_analyzer.report.agent_names import Agent, agents_of, by_time
from qa_analyzer.report.page_names import Pages, agent_of
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.review import review_queue
from qa_analyzer.report.team_figures import criterion_figures, group_figures
from qa_analyzer.report.turn_lines import complaint_name
from qa_analyzer.report.verdict_lines import evidence_line
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation, Verdict


class Kind(StrEnum):
    """What a column holds, and so how it is shown."""

    TEXT = "text"
    LONG = "long"
    COUNT = "count"
    SCORE = "score"
    SHARE = "share"
    SECONDS = "seconds"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Link:
    """A text that opens a page of the report."""

    text: str
    target: str


Cell: TypeAlias = str | float | Link | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``scaled`` colours it from low to high, ``alarming`` whatever is above 0."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 12
    scaled: bool = False
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet with a header row; the first ``frozen_columns`` stay in view."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    frozen_columns: int = 1
    filtered: bool = True


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
        _calls(report_data, pages, labels, wording, root),
        _criteria(report_data, wording),
        _evidence(report_data, pages, labels, wording, root),
    )


def _names(report_data: ReportData, wording: Wording) -> dict[str, str]:
    return {c.criterion_id: wording.name_of(c.names, c.criterion_id) for c in report_data.scorecard.criteria}


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
    names = _names(report_data, wording)
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


def _calls(
    report_data: ReportData, pages: Pages, labels: dict[str, str], wording: Wording, root: str
) -> Sheet:
    names = _names(report_data, wording)
    columns = (
        Column(wording("column.call"), width=16),
        Column(wording("column.agent"), width=20),
        Column(wording("column.team")),
        Column(wording("field.queue")),
        Column(wording("field.started_at"), width=17),
        Column(wording("field.duration"), width=9),
        Column(wording("column.score"), Kind.SCORE, 9, scaled=True),
        Column(wording("column.grade"), width=10),
        Column(wording("column.red_lines"), Kind.COUNT, 8, alarming=True),
        Column(wording("column.lost"), Kind.COUNT, 9),
        Column(wording("tag.complaint"), Kind.LONG, 24),
        Column(wording("tag.risk"), Kind.LONG, 18),
        Column(wording("call.mood_shift"), width=10),
        *(Column(name, Kind.VERDICT, 11) for name in names.values()),
    )
    rows = [
        _call_row(evaluation, report_data, pages, labels, list(names), wording, root)
        for evaluation in sorted(report_data.evaluations, key=by_time)
    ]
    return Sheet(wording("sheet.calls"), columns, rows)


def _call_row(
    evaluation: Evaluation,
    report_data: ReportData,
    pages: Pages,
    labels: dict[str, str],
    criterion_ids: list[str],
    wording: Wording,
    root: str,
) -> tuple[Cell, ...]:
    analysis = evaluation.analysis
    call = analysis.transcript.call
    results = {result.criterion_id: result for result in evaluation.criteria}
    shift = analysis.sentiment.shift
    failed = [result for result in evaluation.criteria if result.verdict is Verdict.FAIL]
    tags = [
        wording("list_separator").join(
            dict.fromkeys(complaint_name(tag.code, report_data, wording) for tag in found)
        )
        for found in (analysis.complaints, analysis.risks)
    ]
    return (
        Link(evaluation.call_id, root + pages.call(evaluation)),
        labels[agent_of(evaluation)],
        call.team,
        call.queue,
        formats.moment(call.started_at) if call.started_at else None,
        formats.clock(analysis.transcript.duration_s) if analysis.transcript.duration_s is not None else None,
        evaluation.percent,
        wording(f"grade.{evaluation.grade}"),
        int(evaluation.auto_failed),
        sum(result.points_possible - result.points_earned for result in failed),
        tags[0] or None,
        tags[1] or None,
        wording.known(f"shift.{shift}", shift) if shift else None,
        *(
            wording(f"verdict.{results[criterion_id].verdict}") if criterion_id in results else None
            for criterion_id in criterion_ids
        ),
    )


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
    names = _names(report_data, wording)
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


def _evidence(
    report_data: ReportData, pages: Pages, labels: dict[str, str], wording: Wording, root: str
) -> Sheet:
    columns = (
        Column(wording("column.call"), width=16),
        Column(wording("column.agent"), width=20),
        Column(wording("column.criterion"), width=16),
        Column(wording("column.verdict"), Kind.VERDICT, 11),
        Column(wording("column.lost"), Kind.COUNT, 8),
        Column(wording("column.explanation"), Kind.LONG, 40),
        Column(wording("column.evidence"), width=14),
        Column(wording("column.speaker"), width=8),
        Column(wording("column.moment"), width=13),
        Column(wording("column.quote"), Kind.LONG, 50),
        Column(wording("column.match"), width=14),
        Column(wording("column.heard"), Kind.SHARE, 8),
        Column(wording("column.note"), Kind.LONG, 30),
    )
    names = _names(report_data, wording)
    rows = [
        row
        for evaluation in sorted(report_data.evaluations, key=by_time)
        for result in evaluation.criteria
        if result.verdict is not Verdict.NOT_APPLICABLE
        for row in _evidence_rows(evaluation, result, names, pages, labels, wording, root)
    ]
    return Sheet(wording("sheet.evidence"), columns, rows)


def _evidence_rows(
    evaluation: Evaluation,
    result: CriterionResult,
    names: dict[str, str],
    pages: Pages,
    labels: dict[str, str],
    wording: Wording,
    root: str,
) -> Iterator[tuple[Cell, ...]]:
    """Yield one row a piece of evidence; a verdict without any keeps one, so that no verdict is missing."""
    page = root + pages.call(evaluation)
    failed = result.verdict is Verdict.FAIL
    lead = (
        labels[agent_of(evaluation)],
        names.get(result.criterion_id, result.criterion_id),
        wording(f"verdict.{result.verdict}"),
        result.points_possible - result.points_earned if failed else 0.0,
        result.explanation,
    )
    if not result.evidence:
        yield (Link(evaluation.call_id, page), *lead, None, None, None, None, None, None, None)
    for piece in result.evidence:
        line = evidence_line(evaluation, piece, wording)
        target = page if line.turn_index is None else f"{page}#turn-{line.turn_index}"
        yield (
            Link(evaluation.call_id, target),
            *lead,
            line.kind,
            line.role,
            line.when or None,
            piece.quote or None,
            line.how or None,
            piece.heard_share,
            piece.note or None,
        )
