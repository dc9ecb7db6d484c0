"""How each verdict on one call came about: every rule that was asked, in order, with its answer.

The rules themselves answer. A listener stands between a rule and those it asks and passes every question on,
so what is told here is what scoring does, for every kind of rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.scoring.call_view import CallView, words_in
from qa_analyzer.scoring.criterion import conclude, decide
from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation
from qa_analyzer.scoring.rules.outcome import Hit, Outcome, State, Window
from qa_analyzer.scoring.rules.scope import role_of
from qa_analyzer.scoring.rules.text import TextRule
from qa_analyzer.scoring.rules.union import RULE_KINDS
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard_model import Criterion

#: The rules of a criterion in the order in which they are asked.
STEPS = ("unscorable_when", "na_when", "applies_when", "fail_when", "pass_when")


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """One hit; ``probability`` is the recogniser's mean over its words, None for text that was given."""

    hit: Hit
    probability: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the rule as the scorecard writes it, its answer, and what it asked in turn.

    ``where`` is the field it stands in, or the name of the definition. ``window`` is where a rule about words
    looked; ``nearest`` what came closest where it found nothing.
    """

    where: str
    rule: BaseModel
    outcome: Outcome
    places: tuple[FoundPlace, ...]
    window: Window | None
    nearest: Hit | None
    parts: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class CriterionStory:
    """One verdict. ``asked`` are the rules that were asked; ``unasked`` those the verdict did not need.

    ``decided_by`` names the step that settled it: a rule, or ``roles`` or ``words`` when nothing was asked.
    """

    criterion: Criterion
    result: CriterionResult
    decided_by: str
    asked: tuple[Asked, ...]
    unasked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallStory:
    """One call: its evaluation, and the story of each verdict that was asked for."""

    evaluation: Evaluation
    criteria: tuple[CriterionStory, ...]


@dataclass
class _Notebook:
    """What was asked so far; the last list takes the questions of the rule that is being answered."""

    open: list[list[Asked]] = field(default_factory=lambda: [[]])


class _Listener:
    """Stands in a rule's place, lets it answer and writes the answer down."""

    def __init__(self, rule: BaseModel, where: str, notebook: _Notebook) -> None:
        self._rule, self._where, self._notebook = rule, where, notebook
        self._asking = _with_listeners(rule, notebook)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._asking, name)

    def judge(self, view: CallView) -> Outcome:
        parts: list[Asked] = []
        self._notebook.open.append(parts)
        try:
            outcome: Outcome = self._asking.judge(view)  # type: ignore[attr-defined]
            window = _window(self._rule, outcome, view)
        finally:
            self._notebook.open.pop()
        self._notebook.open[-1].append(self._asked(view, outcome, window, parts))
        return outcome

    def _asked(self, view: CallView, outcome: Outcome, window: Window | None, parts: list[Asked]) -> Asked:
        nearest = None
        if window is not None and outcome.state is not State.HIT and view.nearest_misses is not None:
            nearest = view.nearest_misses.find(outcome.windows, view.turns)
        places = tuple(FoundPlace(hit, _probability(view, hit)) for hit in outcome.hits)
        return Asked(self._where, self._rule, outcome, places, window, nearest, tuple(parts))


def explain(scorer: Scorer, analysis: CallAnalysis, criterion_ids: Iterable[str] = ()) -> CallStory:
    """Judge a call and tell how; without ``criterion_ids`` every criterion.

    Raises KeyError for a criterion that the scorecard does not have.
    """
    by_id = {criterion.id: criterion for criterion in scorer.scorecard.criteria}
    chosen = [by_id[criterion_id] for criterion_id in criterion_ids] or list(by_id.values())
    stories = tuple(_story(criterion, scorer, analysis) for criterion in chosen)
    return CallStory(scorer.score(analysis), stories)


def _story(criterion: Criterion, scorer: Scorer, analysis: CallAnalysis) -> CriterionStory:
    # A view of its own: definitions are then asked, and told, where this criterion first needs them.
    notebook = _Notebook()
    view = scorer.view(analysis)
    view.definitions = {
        name: _Listener(rule, name, notebook)  # type: ignore[misc]
        for name, rule in view.definitions.items()
    }
    rules = {name: rule for name in STEPS if (rule := getattr(criterion, name)) is not None}
    listening = criterion.model_copy(
        update={name: _Listener(rule, name, notebook) for name, rule in rules.items()}
    )
    judgement = decide(listening, view)
    asked = tuple(notebook.open[0])
    reached = {each.where for each in asked}
    return CriterionStory(
        criterion,
        conclude(criterion, judgement, view),
        judgement.step,
        asked,
        tuple(name for name in rules if name not in reached),
    )


def _with_listeners(rule: BaseModel, notebook: _Notebook) -> BaseModel:
    """Return the rule with a listener in the place of every rule that it may ask."""
    listeners: dict[str, object] = {}
    for name in type(rule).model_fields:
        part = getattr(rule, name)
        if isinstance(part, RULE_KINDS):
            listeners[name] = _Listener(part, name, notebook)
        elif isinstance(part, tuple) and any(isinstance(each, RULE_KINDS) for each in part):
            listeners[name] = tuple(
                _Listener(each, f"{name}.{number}", notebook) for number, each in enumerate(part, 1)
            )
    return rule.model_copy(update=listeners) if listeners else rule


def _window(rule: BaseModel, outcome: Outcome, view: CallView) -> Window | None:
    """Return where a rule about words looked, whether it found them or not."""
    if not isinstance(rule, TextRule):
        return None
    if outcome.windows:
        return outcome.windows[0]
    regions = rule.scope.regions(view, role_of(rule.role))
    return view.searched(role_of(rule.role), regions) if regions is not None else None


def _probability(view: CallView, hit: Hit) -> float | None:
    if hit.turn_index is None or hit.char_start is None or hit.char_end is None:
        return None
    words = words_in(view.turns[hit.turn_index], hit.char_start, hit.char_end)
    return sum(word.probability for word in words) / len(words) if words else None
