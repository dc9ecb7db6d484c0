"""People's verdicts beside the machine's: which decision holds, and what score a call has by it.

The machine's verdict and score are never changed; the reviewed score stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from qa_analyzer.kpi.records import Override
from qa_analyzer.scoring.evaluation import CriterionResult, Verdict
from qa_analyzer.scoring.score import percent_of


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A call that people looked at. ``percent`` counts their verdicts where given, else the machine's.

    It is None where nothing was judged, or where a criterion's points are not known. ``changed`` says whether
    they decided anything otherwise than the machine.
    """

    percent: float | None
    changed: bool


def holding(overrides: Iterable[Override]) -> dict[str, Override]:
    """Return the decision that holds on each criterion: the latest one, whoever made it."""
    latest: dict[str, Override] = {}
    for override in sorted(overrides, key=lambda each: (each.decided_at, each.reviewer)):
        latest[override.criterion_id] = override
    return latest


def reviewed(
    criteria: Iterable[CriterionResult], overrides: Iterable[Override], weights: Mapping[str, float]
) -> Reviewed:
    """Count a call by people's verdicts. ``weights`` are points of criteria that the machine left out."""
    decisions = holding(overrides)
    results: list[CriterionResult] = []
    changed = unknown = False
    for result in criteria:
        decision = decisions.get(result.criterion_id)
        if decision is None or decision.verdict is result.verdict:
            results.append(result)
            continue
        changed = True
        weight: float | None = result.points_possible or weights.get(result.criterion_id)
        if weight is None and result.auto_fail:
            weight = 0.0  # a red line costs the whole call, not points
        judged = decision.verdict in (Verdict.PASS, Verdict.FAIL)
        unknown = unknown or (judged and weight is None)
        possible = (weight or 0.0) if judged else 0.0
        earned = possible if decision.verdict is Verdict.PASS else 0.0
        results.append(
            replace(result, verdict=decision.verdict, points_possible=possible, points_earned=earned)
        )
    return Reviewed(None if unknown else percent_of(tuple(results))[0], changed)
