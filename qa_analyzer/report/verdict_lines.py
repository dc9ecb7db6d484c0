"""Verdicts of one call as lines of its page: what was decided, on which words, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qa_analyzer.report.formats import clock, decimal, moment, points
from qa_analyzer.report.naming import explanation_of
from qa_analyzer.report.report_data import CriterionView, ReportData
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import (
    CriterionResult,
    Evaluation,
    Evidence,
    EvidenceKind,
    MatchKind,
    Verdict,
)

_LISTENING_ORDER: tuple[EvidenceKind, ...] = (
    EvidenceKind.MATCH,
    EvidenceKind.MEASURE,
    EvidenceKind.NEAREST_MISS,
    EvidenceKind.CONDITION,
    EvidenceKind.WINDOW,
)


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One piece of evidence: ``when`` is its span, ``at`` its start; no ``turn_index``: outside the call."""

    evidence: Evidence
    kind: str
    role: str
    when: str
    at: str
    how: str
    turn_index: int | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """What a person decided on one criterion."""

    verdict: Verdict
    reviewer: str
    when: str
    reason: str


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One criterion of one call. ``lost`` is the points it cost; 0 for any verdict but fail.

    ``verdict`` is the machine's; ``people`` hold what people decided, the decision that holds last.
    """

    criterion_id: str
    name: str
    description: str
    verdict: Verdict
    points: str
    lost: float
    red_line: bool
    explanation: str
    evidence: tuple[EvidenceLine, ...]
    people: tuple[PersonLine, ...] = ()

    @property
    def moment(self) -> EvidenceLine | None:
        """What to play when the verdict is clicked: deciding words, else a near miss, else the window."""
        order = _LISTENING_ORDER
        if self.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            # That nothing was found in a whole stretch is no moment to listen to.
            order = order[:-1]
        placed = [
            line
            for line in self.evidence
            if line.evidence.kind in order
            and (line.turn_index is not None or line.evidence.start_s is not None)
        ]
        return min(placed, key=lambda line: _LISTENING_ORDER.index(line.evidence.kind), default=None)


@dataclass(frozen=True, slots=True)
class SectionBlock:
    """One scorecard section of one call with the points it came to."""

    name: str
    points: str
    verdicts: tuple[VerdictLine, ...]


def section_blocks(
    evaluation: Evaluation, report_data: ReportData, wording: Wording
) -> tuple[SectionBlock, ...]:
    """Return the verdicts in scorecard order; results outside the scorecard come last, none is dropped."""
    results = {result.criterion_id: result for result in evaluation.criteria}
    people: dict[str, list[PersonLine]] = {}
    for override in report_data.overrides_of(evaluation):
        when = moment(override.decided_at)
        line = PersonLine(override.verdict, override.reviewer, when, override.reason)
        people.setdefault(override.criterion_id, []).append(line)
    blocks = []
    for section in report_data.scorecard.sections:
        judged = [(criterion, results.pop(criterion.criterion_id, None)) for criterion in section.criteria]
        lines = [
            _line(evaluation, criterion, result, wording, people.get(result.criterion_id, ()))
            for criterion, result in judged
            if result is not None
        ]
        if lines:
            name = wording.name_of(section.names, section.section_id)
            blocks.append(_block(name, lines, [result for _, result in judged if result is not None]))
    if results:
        rest = list(results.values())
        views = [CriterionView(result.criterion_id, {}, result.points_possible) for result in rest]
        lines = [
            _line(evaluation, view, result, wording, people.get(result.criterion_id, ()))
            for view, result in zip(views, rest, strict=True)
        ]
        blocks.append(_block(wording("call.other_criteria"), lines, rest))
    return tuple(blocks)


def _block(name: str, lines: list[VerdictLine], results: list[CriterionResult]) -> SectionBlock:
    judged = [result for result in results if result.verdict in (Verdict.PASS, Verdict.FAIL)]
    possible = sum(result.points_possible for result in judged)
    earned = sum(result.points_earned for result in judged)
    return SectionBlock(name, f"{points(earned)} / {points(possible)}" if possible else "", tuple(lines))


def _line(
    evaluation: Evaluation,
    criterion: CriterionView,
    result: CriterionResult,
    wording: Wording,
    people: Iterable[PersonLine],
) -> VerdictLine:
    failed = result.verdict is Verdict.FAIL
    judged = result.verdict in (Verdict.PASS, Verdict.FAIL)
    counted = judged and result.points_possible > 0
    return VerdictLine(
        criterion_id=result.criterion_id,
        name=wording.name_of(criterion.names, result.criterion_id),
        description=wording.name_of(criterion.descriptions, ""),
        verdict=result.verdict,
        points=f"{points(result.points_earned)} / {points(result.points_possible)}" if counted else "",
        lost=result.points_possible - result.points_earned if failed else 0.0,
        red_line=result.auto_fail or criterion.auto_fail,
        explanation=explanation_of(result, wording),
        evidence=tuple(evidence_line(evaluation, piece, wording) for piece in result.evidence),
        people=tuple(people),
    )


def evidence_line(evaluation: Evaluation, piece: Evidence, wording: Wording) -> EvidenceLine:
    """Return one piece of evidence with its words for people."""
    turn_count = len(evaluation.analysis.transcript.turns)
    inside = piece.turn_index is not None and 0 <= piece.turn_index < turn_count
    when = at = ""
    if piece.start_s is not None:
        when = at = clock(piece.start_s)
        if piece.end_s is not None and clock(piece.end_s) != when:
            when = f"{when}–{clock(piece.end_s)}"
    elif inside and piece.turn_index is not None:
        when = at = wording("call.turn_number", number=piece.turn_index + 1)
    how = ""
    if piece.match_kind not in (MatchKind.NONE, MatchKind.MEASURE):
        how = wording(f"match.{piece.match_kind}")
        if piece.distance > 0:
            how += wording("match.distance", distance=decimal(piece.distance, 2))
    return EvidenceLine(
        evidence=piece,
        kind=wording(f"evidence.{piece.kind}"),
        role=wording(f"role.{piece.role}"),
        when=when,
        at=at,
        how=how,
        turn_index=piece.turn_index if inside else None,
    )
