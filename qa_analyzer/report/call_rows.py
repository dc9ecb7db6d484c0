"""The table of calls as rows for the page's own script: small enough for thousands, never markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from qa_analyzer.report.agent_names import by_time
from qa_analyzer.report.naming import complaint_name
from qa_analyzer.report.page_names import Pages, agent_of
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation, Verdict

# One letter a verdict, in scorecard order; a blank for a criterion the call has no result for.
VERDICT_LETTERS = {Verdict.PASS: "p", Verdict.FAIL: "f", Verdict.UNSCORABLE: "u", Verdict.NOT_APPLICABLE: "n"}


class CallRow(TypedDict):
    """One call; keys are short because every call repeats them."""

    id: str
    page: str
    agent: str
    team: str
    queue: str
    at: str
    s: float | None
    score: float | None
    grade: str
    red: bool
    v: str
    tags: list[str]
    risks: list[str]
    shift: str


class CallTable(TypedDict):
    """What the script needs to draw, filter and sort the table."""

    rows: list[CallRow]
    criteria: list[dict[str, str]]
    tags: dict[str, str]
    words: dict[str, str]


def call_table(
    evaluations: Sequence[Evaluation],
    report_data: ReportData,
    pages: Pages,
    labels: dict[str, str],
    wording: Wording,
    *,
    root: str = "",
) -> CallTable:
    """Return the table of some calls, latest first. ``root`` leads from the page to the report's root."""
    criterion_ids = [criterion.criterion_id for criterion in report_data.scorecard.criteria]
    rows = [
        _row(evaluation, pages, labels, criterion_ids, root)
        for evaluation in sorted(evaluations, key=by_time, reverse=True)
    ]
    codes = sorted({code for row in rows for code in (*row["tags"], *row["risks"])})
    return CallTable(
        rows=rows,
        criteria=[
            {"id": criterion.criterion_id, "name": wording.name_of(criterion.names, criterion.criterion_id)}
            for criterion in report_data.scorecard.criteria
        ],
        tags={code: complaint_name(code, report_data, wording) for code in codes},
        words=wording.group("script"),
    )


def _row(
    evaluation: Evaluation, pages: Pages, labels: dict[str, str], criterion_ids: Sequence[str], root: str
) -> CallRow:
    analysis = evaluation.analysis
    call = analysis.transcript.call
    verdicts = {result.criterion_id: result.verdict for result in evaluation.criteria}
    duration_s = analysis.transcript.duration_s
    return CallRow(
        id=evaluation.call_id,
        page=root + pages.call(evaluation),
        agent=labels[agent_of(evaluation)],
        team=call.team or "",
        queue=call.queue or "",
        at=call.started_at.strftime("%Y-%m-%d %H:%M") if call.started_at else "",
        s=None if duration_s is None else round(duration_s),
        score=None if evaluation.percent is None else round(evaluation.percent, 1),
        grade=evaluation.grade.value,
        red=evaluation.auto_failed,
        v="".join(
            VERDICT_LETTERS[verdicts[criterion_id]] if criterion_id in verdicts else " "
            for criterion_id in criterion_ids
        ),
        tags=sorted({tag.code for tag in analysis.complaints}),
        risks=sorted({tag.code for tag in analysis.risks}),
        shift=analysis.sentiment.shift or "",
    )
