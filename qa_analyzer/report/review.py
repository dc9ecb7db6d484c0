"""Which calls a person should look at first, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qa_analyzer.report.report_data import ScorecardView
from qa_analyzer.scoring.evaluation import Evaluation, Verdict

# Half the smallest criterion of a 100-point card (5 points): one such verdict decides the grade.
NEAR_THRESHOLD_PERCENT = 2.5

# Below this the sides may be swapped, and every role-dependent verdict with them.
SURE_ROLES = 0.8


class ReviewReason(StrEnum):
    """Why a person should look, most urgent first."""

    UNSCORED = "unscored"
    UNSCORABLE = "unscorable"
    NEAR_THRESHOLD = "near_threshold"
    UNSURE_GRADE = "unsure_grade"
    RED_LINE = "red_line"
    UNSURE_ROLES = "unsure_roles"
    DAMAGED = "damaged"
    RISK = "risk"


_URGENCY = {reason: rank for rank, reason in enumerate(ReviewReason)}


@dataclass(frozen=True, slots=True)
class Review:
    """One call to look at.

    ``open_points`` is the weight of what could not be judged; ``grade_chance`` is how likely the grade
    withstands recognition errors (1 for text that was given).
    """

    evaluation: Evaluation
    reasons: tuple[ReviewReason, ...]
    open_points: float
    distance: float | None
    grade_chance: float = 1.0


def review_queue(evaluations: tuple[Evaluation, ...], scorecard: ScorecardView) -> tuple[Review, ...]:
    """Return the calls that need a person: unscorable first, then near a grade's edge, then the rest.

    Of calls with the same first reason those with the most open points come first, then those whose grade is
    the least sure.
    """
    reviews = [
        review for review in (_review(evaluation, scorecard) for evaluation in evaluations) if review.reasons
    ]
    return tuple(sorted(reviews, key=_order))


def _order(review: Review) -> tuple[int, float, float, float, int, str]:
    distance = review.distance if review.distance is not None else 100.0
    return (
        _URGENCY[review.reasons[0]],
        -review.open_points,
        review.grade_chance,
        distance,
        -len(review.reasons),
        review.evaluation.call_id,
    )


def _review(evaluation: Evaluation, scorecard: ScorecardView) -> Review:
    weights = {criterion.criterion_id: criterion.weight for criterion in scorecard.criteria}
    open_results = [result for result in evaluation.criteria if result.verdict is Verdict.UNSCORABLE]
    open_points = sum(weights.get(result.criterion_id, result.points_possible) for result in open_results)
    transcript = evaluation.analysis.transcript
    distance = None
    if evaluation.percent is not None and not evaluation.auto_failed:
        distance = min((abs(evaluation.percent - edge) for edge in scorecard.bands.values()), default=None)
    found = {
        ReviewReason.UNSCORED: evaluation.percent is None,
        ReviewReason.UNSCORABLE: bool(open_results),
        ReviewReason.NEAR_THRESHOLD: distance is not None and distance <= NEAR_THRESHOLD_PERCENT,
        ReviewReason.UNSURE_GRADE: _reaches_another_grade(evaluation, scorecard),
        ReviewReason.RED_LINE: evaluation.auto_failed,
        ReviewReason.UNSURE_ROLES: transcript.roles.confidence < SURE_ROLES,
        ReviewReason.DAMAGED: bool(transcript.channel_findings),
        ReviewReason.RISK: any(tag.code == "escalation" for tag in evaluation.analysis.risks),
    }
    score_range = evaluation.score_range
    return Review(
        evaluation,
        tuple(reason for reason, holds in found.items() if holds),
        open_points,
        distance,
        score_range.grade_chance if score_range is not None else 1.0,
    )


def _reaches_another_grade(evaluation: Evaluation, scorecard: ScorecardView) -> bool:
    """Say whether the range of the score is so wide that it holds another grade."""
    score_range = evaluation.score_range
    if score_range is None:
        return False
    return any(score_range.low < edge <= score_range.high for edge in scorecard.bands.values())
