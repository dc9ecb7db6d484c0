"""Which complaints and risks came up, and which are rising."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.analysis.call_analysis import ComplaintTag
from qa_analyzer.report.figures import Figure, rate
from qa_analyzer.report.naming import complaint_name
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.team_figures import day_of, grouped
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class ComplaintRow:
    """One code: in how many calls, and the last day's share less the share of the days before it.

    ``change`` is None with fewer than two days. ``rising`` and ``falling`` say that the intervals of both
    shares lie apart, so that chance alone does not explain it.
    """

    code: str
    name: str
    kind: str
    calls: int
    share: Figure
    change: float | None
    rising: bool
    falling: bool


def complaint_mix(
    evaluations: Sequence[Evaluation], report_data: ReportData, wording: Wording, *, risks: bool
) -> tuple[ComplaintRow, ...]:
    """Return the codes that came up, most frequent first; a call counts once a code."""
    days = list(grouped(evaluations, day_of).values())
    last = days[-1] if len(days) > 1 else []
    before = [evaluation for day in days[:-1] for evaluation in day]
    kinds = {tag.code: tag.complaint_class for e in evaluations for tag in _tags(e, risks=risks)}
    counts = _count(evaluations, risks=risks)
    last_counts, before_counts = _count(last, risks=risks), _count(before, risks=risks)
    rows = []
    for code in sorted(counts, key=lambda code: (-counts[code], code)):
        now, then = rate(last_counts[code], len(last)), rate(before_counts[code], len(before))
        rows.append(
            ComplaintRow(
                code=code,
                name=complaint_name(code, report_data, wording),
                kind=wording.known(f"complaint_class.{kinds[code]}", kinds[code]),
                calls=counts[code],
                share=rate(counts[code], len(evaluations)),
                change=now.value - then.value if now.value is not None and then.value is not None else None,
                rising=now.low is not None and then.high is not None and now.low > then.high,
                falling=now.high is not None and then.low is not None and now.high < then.low,
            )
        )
    return tuple(rows)


def _tags(evaluation: Evaluation, *, risks: bool) -> tuple[ComplaintTag, ...]:
    return evaluation.analysis.risks if risks else evaluation.analysis.complaints


def _count(evaluations: Sequence[Evaluation], *, risks: bool) -> Counter[str]:
    return Counter(code for e in evaluations for code in {tag.code for tag in _tags(e, risks=risks)})
