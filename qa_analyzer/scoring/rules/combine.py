"""Combinators in three-valued logic: an unknown part leaves the whole unknown unless the rest decides it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.scoring.rules.outcome import Outcome, State, joined, opposite

if TYPE_CHECKING:
    from qa_analyzer.scoring.call_view import CallView
    from qa_analyzer.scoring.rules.union import Rule


class _Combinator(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AllRule(_Combinator):
    """Every rule hits."""

    kind: Literal["all"] = "all"
    rules: tuple[Rule, ...] = Field(min_length=1)

    def judge(self, view: CallView) -> Outcome:
        outcomes = []
        for rule in self.rules:
            outcome = rule.judge(view)
            if outcome.state is State.MISS:
                return outcome
            outcomes.append(outcome)
        unknown = any(outcome.state is State.UNKNOWN for outcome in outcomes)
        return joined(State.UNKNOWN if unknown else State.HIT, outcomes)


class AnyRule(_Combinator):
    """At least one rule hits."""

    kind: Literal["any"] = "any"
    rules: tuple[Rule, ...] = Field(min_length=1)

    def judge(self, view: CallView) -> Outcome:
        outcomes = [rule.judge(view) for rule in self.rules]
        hits = [outcome for outcome in outcomes if outcome.state is State.HIT]
        if hits:
            return joined(State.HIT, hits)
        unknown = [outcome for outcome in outcomes if outcome.state is State.UNKNOWN]
        return joined(State.UNKNOWN, unknown) if unknown else joined(State.MISS, outcomes)


class NotRule(_Combinator):
    """The rule does not hit, and enough was heard to say so."""

    kind: Literal["not"] = "not"
    rule: Rule

    def judge(self, view: CallView) -> Outcome:
        return opposite(self.rule.judge(view))


class AtLeastRule(_Combinator):
    """At least ``count`` of the rules hit."""

    kind: Literal["n_of"] = "n_of"
    count: int = Field(ge=1)
    rules: tuple[Rule, ...] = Field(min_length=1)

    def judge(self, view: CallView) -> Outcome:
        outcomes = [rule.judge(view) for rule in self.rules]
        hits = [outcome for outcome in outcomes if outcome.state is State.HIT]
        possible = len(hits) + sum(outcome.state is State.UNKNOWN for outcome in outcomes)
        if len(hits) >= self.count:
            return joined(State.HIT, hits)
        return joined(State.UNKNOWN if possible >= self.count else State.MISS, outcomes)


class AssumeRule(_Combinator):
    """The rule's answer, with ``unknown`` in place of "cannot be told"."""

    kind: Literal["assume"] = "assume"
    rule: Rule
    unknown: Literal["hit", "miss"] = "miss"

    def judge(self, view: CallView) -> Outcome:
        outcome = self.rule.judge(view)
        if outcome.state is not State.UNKNOWN:
            return outcome
        return replace(outcome, state=State(self.unknown), note="")


class UseRule(_Combinator):
    """The answer of a rule that stands under ``definitions``."""

    kind: Literal["use"] = "use"
    rule: str

    def judge(self, view: CallView) -> Outcome:
        return view.outcome_of(self.rule)


class ConstantRule(_Combinator):
    """Always, or never: for scorecards in the making."""

    kind: Literal["constant"] = "constant"
    value: bool

    def judge(self, view: CallView) -> Outcome:  # noqa: ARG002 (the seam's signature)
        return Outcome(State.HIT if self.value else State.MISS)
