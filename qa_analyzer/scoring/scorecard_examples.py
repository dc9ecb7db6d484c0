"""Tests that a scorecard carries itself: examples, and whether they would notice a change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from qa_analyzer.analysis.call_analysis import (
    ActTag,
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    SentimentLabel,
    TurnSentiment,
)
from qa_analyzer.analysis.metrics import measure
from qa_analyzer.calls.call import Call, Direction, GivenTurn, Role
from qa_analyzer.scoring.criterion import judge
from qa_analyzer.scoring.evaluation import Verdict
from qa_analyzer.scoring.rules.combine import ConstantRule
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import Scorecard
from qa_analyzer.scoring.scorecard_model import Criterion, Example, ExampleTurn
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import AudioFacts, RoleAssignment, RoleMethod

_WRITTEN_TURN = re.compile(r"\s*(坐席|客户|agent|customer)\s*[:：]\s*(.+)", re.DOTALL)
_ROLES = {"坐席": Role.AGENT, "客户": Role.CUSTOMER, "agent": Role.AGENT, "customer": Role.CUSTOMER}
_RULES = ("unscorable_when", "na_when", "applies_when", "fail_when", "pass_when")
_NO_AUDIO = AudioFacts("example.wav", "0" * 64, 60.0, 8000, 2, "pcm_alaw")


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What came of one example; ``number`` counts from 1 within its criterion."""

    criterion_id: str
    number: int
    expected: Verdict
    found: Verdict
    explanation: str

    @property
    def good(self) -> bool:
        return self.expected is self.found


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule replaced by "always" or "never"; ``noticed`` when an example's verdict changes with it."""

    criterion_id: str
    rule: str
    always: bool
    noticed: bool


def run_examples(scorecard: Scorecard) -> tuple[ExampleResult, ...]:
    """Judge every example of every criterion by that criterion."""
    scorer = Scorer(scorecard)
    return tuple(result for criterion in scorecard.criteria for result in _run(scorer, criterion))


def mutate(scorecard: Scorecard) -> tuple[Mutant, ...]:
    """Break every rule of every criterion that has examples, and see whether an example notices."""
    scorer = Scorer(scorecard)
    return tuple(
        Mutant(criterion.id, name, always, not all(result.good for result in _run(scorer, broken)))
        for criterion in scorecard.criteria
        if criterion.examples
        for name, always, broken in _broken(criterion)
    )


def analysis_of(example: Example, call_id: str = "example") -> CallAnalysis:
    """Build the analysis an example describes; nothing is recognised or guessed."""
    turns = tuple(_turn(turn) for turn in example.turns)
    transcript = transcript_from_turns(
        Call(
            call_id,
            given_turns=tuple(
                GivenTurn(
                    Role(turn.role), turn.text, pause_before_s=turn.pause_before_s, overlap_s=turn.overlap_s
                )
                for turn in turns
            ),
            direction=Direction(example.direction) if example.direction else None,
            started_at=datetime(2026, 1, 5, example.hour) if example.hour is not None else None,  # noqa: DTZ001 (local)
        )
    )
    metrics = measure(transcript)
    if example.speech_rate_cpm is not None:
        transcript = replace(transcript, audio=_NO_AUDIO)
        metrics = replace(metrics, speech_rate_cpm={Role.AGENT: example.speech_rate_cpm})
    if not example.roles_known:
        transcript = replace(transcript, roles=RoleAssignment(RoleMethod.NONE, 0.0, None, diarized=False))
    return CallAnalysis(
        transcript, metrics, _sentiment(turns), _complaints(turns), (), "example", acts=_acts(turns)
    )


def _run(scorer: Scorer, criterion: Criterion) -> Iterator[ExampleResult]:
    for number, example in enumerate(criterion.examples, 1):
        result = judge(criterion, scorer.view(analysis_of(example)))
        yield ExampleResult(criterion.id, number, example.verdict, result.verdict, result.explanation)


def _broken(criterion: Criterion) -> Iterator[tuple[str, bool, Criterion]]:
    for name in _RULES:
        if getattr(criterion, name) is not None:
            for always in (True, False):
                yield name, always, criterion.model_copy(update={name: ConstantRule(value=always)})


def _turn(turn: ExampleTurn | str) -> ExampleTurn:
    if isinstance(turn, ExampleTurn):
        return turn
    written = _WRITTEN_TURN.fullmatch(turn)
    if written is None:
        raise ValueError(f"an example turn begins with 坐席： or 客户：, not {turn!r}")
    if _ROLES[written.group(1)] is Role.AGENT:
        return ExampleTurn(role="agent", text=written.group(2))
    return ExampleTurn(role="customer", text=written.group(2))


def _sentiment(turns: tuple[ExampleTurn, ...]) -> CallSentiment:
    judged = tuple(
        TurnSentiment(
            index,
            SentimentLabel.NEGATIVE if turn.negative else SentimentLabel.NEUTRAL,
            -0.9 if turn.negative else 0.0,
            0.95,
        )
        for index, turn in enumerate(turns)
    )
    return CallSentiment(None, None, None, None, None, judged, "example")


def _acts(turns: tuple[ExampleTurn, ...]) -> tuple[ActTag, ...] | None:
    """Return the acts that the example names; None, as without a model, where it names none."""
    if all(turn.act is None for turn in turns):
        return None
    return tuple(
        ActTag(turn.act, index, 0, len(turn.text), turn.probability)
        for index, turn in enumerate(turns)
        if turn.act is not None
    )


def _complaints(turns: tuple[ExampleTurn, ...]) -> tuple[ComplaintTag, ...]:
    return tuple(
        ComplaintTag(turn.complaint, "example", index, None, turn.text, 0, len(turn.text), "exact")
        for index, turn in enumerate(turns)
        if turn.complaint is not None
    )
