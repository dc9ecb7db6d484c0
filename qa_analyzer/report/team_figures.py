"""What many evaluations add up to on a page: by agent, team, day and criterion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from qa_analyzer.report.figures import Figure, mean, rate
from qa_analyzer.scoring.evaluation import Evaluation, Grade, Verdict

GroupKey = TypeVar("GroupKey", bound=Hashable)


@dataclass(frozen=True, slots=True)
class CriterionFigures:
    """How often one criterion was met. ``met`` is over judged calls only."""

    criterion_id: str
    passed: int
    failed: int
    unscorable: int
    not_applicable: int
    points_lost: float

    @property
    def judged(self) -> int:
        return self.passed + self.failed

    @property
    def met(self) -> Figure:
        return rate(self.passed, self.judged)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The figures of a group of calls. ``score`` and ``passing`` leave unscored calls out."""

    calls: int
    scored: int
    score: Figure
    passing: Figure
    red_lines: int
    complaints: int
    risks: int
    improved: int
    unchanged: int
    worsened: int
    criteria: dict[str, CriterionFigures]

    @property
    def weakest(self) -> CriterionFigures | None:
        """The judged criterion with the lowest pass rate that failed at all; None where nothing failed."""
        failing = [figures for figures in self.criteria.values() if figures.failed]
        return min(
            failing,
            key=lambda figures: (figures.passed / figures.judged, -figures.judged, figures.criterion_id),
            default=None,
        )


def group_figures(evaluations: Sequence[Evaluation], criterion_ids: Sequence[str]) -> GroupFigures:
    """Add up a group of calls."""
    percents = [evaluation.percent for evaluation in evaluations if evaluation.percent is not None]
    good = sum(evaluation.grade in (Grade.EXCELLENT, Grade.PASS) for evaluation in evaluations)
    shifts = Counter(evaluation.analysis.sentiment.shift for evaluation in evaluations)
    return GroupFigures(
        calls=len(evaluations),
        scored=len(percents),
        score=mean(percents),
        passing=rate(good, len(percents)),
        red_lines=sum(evaluation.auto_failed for evaluation in evaluations),
        complaints=sum(bool(evaluation.analysis.complaints) for evaluation in evaluations),
        risks=sum(bool(evaluation.analysis.risks) for evaluation in evaluations),
        improved=shifts["improved"],
        unchanged=shifts["unchanged"],
        worsened=shifts["worsened"],
        criteria=criterion_figures(evaluations, criterion_ids),
    )


def criterion_figures(
    evaluations: Iterable[Evaluation], criterion_ids: Sequence[str]
) -> dict[str, CriterionFigures]:
    """Count verdicts by criterion, in the given order."""
    verdicts: dict[str, Counter[Verdict]] = {criterion_id: Counter() for criterion_id in criterion_ids}
    lost: dict[str, float] = defaultdict(float)
    for evaluation in evaluations:
        for result in evaluation.criteria:
            if result.criterion_id in verdicts:
                verdicts[result.criterion_id][result.verdict] += 1
                if result.verdict is Verdict.FAIL:
                    lost[result.criterion_id] += result.points_possible - result.points_earned
    return {
        criterion_id: CriterionFigures(
            criterion_id,
            counts[Verdict.PASS],
            counts[Verdict.FAIL],
            counts[Verdict.UNSCORABLE],
            counts[Verdict.NOT_APPLICABLE],
            lost[criterion_id],
        )
        for criterion_id, counts in verdicts.items()
    }


def grouped(
    evaluations: Iterable[Evaluation], key: Callable[[Evaluation], GroupKey | None]
) -> dict[GroupKey, list[Evaluation]]:
    """Group calls by a key, keys in order; calls whose key is None are in no group."""
    groups: dict[GroupKey, list[Evaluation]] = defaultdict(list)
    for evaluation in evaluations:
        name = key(evaluation)
        if name is not None:
            groups[name].append(evaluation)
    return {name: groups[name] for name in sorted(groups, key=str)}


def day_of(evaluation: Evaluation) -> str | None:
    """Return the local day of the call; None where its start is not known."""
    started_at = evaluation.analysis.transcript.call.started_at
    return started_at.date().isoformat() if started_at else None


def team_of(evaluation: Evaluation) -> str | None:
    """Return the call's team; None where it is not known."""
    return evaluation.analysis.transcript.call.team or None
