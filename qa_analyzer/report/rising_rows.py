"""Words that customers say more this week than last, with the calls they were said in."""

from __future__ import annotations

from dataclasses import dataclass

from qa_analyzer.analysis.rising_terms import RisingTerm
from qa_analyzer.report.page_names import Pages
from qa_analyzer.report.report_data import ReportData

MAX_RISING = 15


@dataclass(frozen=True, slots=True)
class RisingQuote:
    """One turn that holds the term; ``page`` leads to it."""

    call_id: str
    page: str
    quote: str


@dataclass(frozen=True, slots=True)
class RisingRow:
    """One term of the table."""

    term: RisingTerm
    quotes: tuple[RisingQuote, ...]


def rising_rows(report_data: ReportData, pages: Pages) -> tuple[RisingRow, ...] | None:
    """Return the terms that rose most; None where the report holds no two weeks to compare."""
    if report_data.rising_terms is None:
        return None
    calls = {evaluation.call_id: evaluation for evaluation in report_data.evaluations}
    return tuple(
        RisingRow(
            term,
            tuple(
                RisingQuote(
                    example.call_id,
                    f"{pages.call(calls[example.call_id])}#turn-{example.turn_index}",
                    example.quote,
                )
                for example in term.examples
                if example.call_id in calls
            ),
        )
        for term in report_data.rising_terms[:MAX_RISING]
    )
