"""What criteria, complaints and risks are called in the reader's language."""

from __future__ import annotations

from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import CriterionResult


def criterion_names(report_data: ReportData, wording: Wording) -> dict[str, str]:
    """Return the scorecard's criteria in order, by id."""
    return {
        criterion.criterion_id: wording.name_of(criterion.names, criterion.criterion_id)
        for criterion in report_data.scorecard.criteria
    }


def explanation_of(result: CriterionResult, wording: Wording) -> str:
    """Return why a verdict was given in the reader's language, else as the scorecard words it."""
    return (wording.lang == "en" and result.explanation_en) or result.explanation


def complaint_name(code: str, report_data: ReportData, wording: Wording) -> str:
    """Return the name of a complaint or risk code; the code itself where nobody named it."""
    named = report_data.complaint_names.get(code)
    return wording.name_of(named, code) if named else wording.known(f"complaint.{code}", code)
