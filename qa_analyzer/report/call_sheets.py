"""The workbook's sheets with a line a call or a piece of evidence."""

from __future__ import annotations

from collections.abc import Iterator

from qa_analyzer.report import formats
from qa_analyzer.report.agent_names import by_time
from qa_analyzer.report.naming import complaint_name, criterion_names, explanation_of
from qa_analyzer.report.page_names import Pages, agent_of
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.sheet import Cell, Column, Kind, Link, Sheet
from qa_analyzer.report.verdict_lines import evidence_line
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation, Verdict


def calls_sheet(
    report_data: ReportData, pages: Pages, labels: dict[str, str], wording: Wording, root: str
) -> Sheet:
    """Return a line a call, with every verdict."""
    names = criterion_names(report_data, wording)
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


def evidence_sheet(
    report_data: ReportData, pages: Pages, labels: dict[str, str], wording: Wording, root: str
) -> Sheet:
    """Return a line a piece of evidence; what did not apply is left out."""
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
    names = criterion_names(report_data, wording)
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
        explanation_of(result, wording),
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
