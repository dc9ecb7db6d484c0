"""The moments worth hearing on an agent's page, and the coaching points they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa_analyzer.report.naming import explanation_of
from qa_analyzer.report.page_names import Pages, agent_of
from qa_analyzer.report.report_data import CriterionView, ReportData
from qa_analyzer.report.team_figures import CriterionFigures, GroupFigures
from qa_analyzer.report.verdict_lines import EvidenceLine, evidence_line
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import (
    CriterionResult,
    Evaluation,
    Evidence,
    EvidenceKind,
    MatchKind,
    Verdict,
)

MAX_MOMENTS = 5
MAX_COACHING_POINTS = 4
MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """A quote worth hearing. ``page`` leads from an agent's page to the call."""

    evaluation: Evaluation
    page: str
    criterion_id: str
    name: str
    verdict: Verdict
    red_line: bool
    explanation: str
    line: EvidenceLine | None


@dataclass(frozen=True, slots=True)
class CoachingPoint:
    """What to work on: how often missed, at what cost, where to hear it, and how it sounds done well."""

    criterion: CriterionView
    name: str
    own: CriterionFigures
    team: CriterionFigures
    examples: tuple[Moment, ...]
    model: Moment | None
    model_is_own: bool


def worst_moments(
    evaluations: Sequence[Evaluation], report_data: ReportData, pages: Pages, wording: Wording
) -> tuple[Moment, ...]:
    """Return the costliest failures, red lines first, one a criterion and call."""
    found = [
        (not result.auto_fail, result.points_earned - result.points_possible, moment)
        for evaluation, result in _results(evaluations, Verdict.FAIL)
        if (moment := _moment(evaluation, result, report_data, pages, wording)).line is not None
        or result.auto_fail
    ]
    found.sort(key=lambda entry: (entry[0], entry[1], entry[2].evaluation.call_id, entry[2].criterion_id))
    return _varied([moment for _, _, moment in found])


def best_moments(
    evaluations: Sequence[Evaluation], report_data: ReportData, pages: Pages, wording: Wording
) -> tuple[Moment, ...]:
    """Return passes in the agent's own words, from the calls with the best scores; one a criterion."""
    found = [
        (-(evaluation.percent or 0.0), -result.points_possible, moment)
        for evaluation, result in _results(evaluations, Verdict.PASS)
        if not evaluation.auto_failed
        and (moment := _moment(evaluation, result, report_data, pages, wording)).line is not None
    ]
    # Weight first: an empathic sentence says more than a correct goodbye.
    found.sort(key=lambda entry: (entry[1], entry[0], entry[2].evaluation.call_id, entry[2].criterion_id))
    return _varied([moment for _, _, moment in found])


def coaching_points(
    evaluations: Sequence[Evaluation],
    peers: Sequence[Evaluation],
    own: GroupFigures,
    team: GroupFigures,
    report_data: ReportData,
    pages: Pages,
    wording: Wording,
) -> tuple[CoachingPoint, ...]:
    """Return what cost this agent most: red lines, then points lost."""
    views = {criterion.criterion_id: criterion for criterion in report_data.scorecard.criteria}
    failing = [figures for figures in own.criteria.values() if figures.failed]
    failing.sort(
        key=lambda figures: (
            not views[figures.criterion_id].auto_fail,
            -figures.points_lost,
            -figures.failed,
            figures.criterion_id,
        )
    )
    chosen = failing[:MAX_COACHING_POINTS]
    points = []
    for figures in chosen:
        criterion_id = figures.criterion_id
        examples = [
            _moment(evaluation, result, report_data, pages, wording)
            for evaluation, result in _results(evaluations, Verdict.FAIL, criterion_id)
        ]
        examples.sort(key=lambda moment: (moment.line is None, moment.evaluation.call_id))
        model = _model(evaluations, criterion_id, report_data, pages, wording)
        model_is_own = model is not None
        if model is None:
            agent_ids = {agent_of(evaluation) for evaluation in evaluations}
            others = [evaluation for evaluation in peers if agent_of(evaluation) not in agent_ids]
            model = _model(others, criterion_id, report_data, pages, wording)
        points.append(
            CoachingPoint(
                criterion=views[criterion_id],
                name=wording.name_of(views[criterion_id].names, criterion_id),
                own=figures,
                team=team.criteria[criterion_id],
                examples=tuple(examples[:MAX_EXAMPLES]),
                model=model,
                model_is_own=model_is_own,
            )
        )
    return tuple(points)


def _results(
    evaluations: Iterable[Evaluation], verdict: Verdict, criterion_id: str | None = None
) -> Iterable[tuple[Evaluation, CriterionResult]]:
    for evaluation in evaluations:
        for result in evaluation.criteria:
            if result.verdict is verdict and criterion_id in (None, result.criterion_id):
                yield evaluation, result


def _model(
    evaluations: Iterable[Evaluation],
    criterion_id: str,
    report_data: ReportData,
    pages: Pages,
    wording: Wording,
) -> Moment | None:
    """Return the pass to learn from: the best call whose words were recognised exactly."""
    best: tuple[tuple[bool, float, str], Evaluation, CriterionResult] | None = None
    for evaluation, result in _results(evaluations, Verdict.PASS, criterion_id):
        piece = _quote_of(result)
        if piece is None or evaluation.auto_failed:
            continue
        order = (piece.match_kind is not MatchKind.EXACT, -(evaluation.percent or 0.0), evaluation.call_id)
        if best is None or order < best[0]:
            best = (order, evaluation, result)
    return _moment(best[1], best[2], report_data, pages, wording) if best else None


def _quote_of(result: CriterionResult) -> Evidence | None:
    """Return the longest quote behind the verdict; a near miss only where a fail has nothing else."""
    quoted = [
        piece
        for piece in result.evidence
        if piece.quote and piece.kind in (EvidenceKind.MATCH, EvidenceKind.MEASURE)
    ]
    if not quoted and result.verdict is Verdict.FAIL:
        quoted = [
            piece for piece in result.evidence if piece.quote and piece.kind is EvidenceKind.NEAREST_MISS
        ]
    return max(quoted, key=lambda piece: (len(piece.quote), -(piece.start_s or 0.0)), default=None)


def _moment(
    evaluation: Evaluation, result: CriterionResult, report_data: ReportData, pages: Pages, wording: Wording
) -> Moment:
    views = {criterion.criterion_id: criterion for criterion in report_data.scorecard.criteria}
    view = views.get(result.criterion_id)
    piece = _quote_of(result)
    return Moment(
        evaluation=evaluation,
        page=f"../{pages.call(evaluation)}",
        criterion_id=result.criterion_id,
        name=wording.name_of(view.names if view else {}, result.criterion_id),
        verdict=result.verdict,
        red_line=result.auto_fail,
        explanation=explanation_of(result, wording),
        line=evidence_line(evaluation, piece, wording) if piece else None,
    )


def _varied(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """Keep the first of each criterion, then fill up, so that one habit does not crowd out the rest."""
    firsts: dict[str, Moment] = {}
    for moment in moments:
        firsts.setdefault(moment.criterion_id, moment)
    chosen = list(firsts.values())[:MAX_MOMENTS]
    for moment in moments:
        if len(chosen) >= MAX_MOMENTS:
            break
        if moment.red_line and not any(moment is other for other in chosen):
            chosen.append(moment)
    return tuple(chosen)
