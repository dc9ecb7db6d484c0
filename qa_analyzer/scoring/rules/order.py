"""Rules about order: one thing after another, and what the agent owes when the customer says something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.scoring.rules.outcome import Hit, Outcome, State, joined

if TYPE_CHECKING:
    from qa_analyzer.scoring.call_view import CallView
    from qa_analyzer.scoring.rules.union import Rule


class OrderRule(BaseModel):
    """The rules hit in this order, each after the end of the one before; inside one turn its words decide."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["order"] = "order"
    rules: tuple[Rule, ...] = Field(min_length=2)
    within_turns: int | None = Field(default=None, ge=0, description="turns from one to the next at most")

    def judge(self, view: CallView) -> Outcome:
        outcomes = [rule.judge(view) for rule in self.rules]
        if any(outcome.state is State.MISS for outcome in outcomes):
            return joined(State.MISS, outcomes)
        if any(outcome.state is State.UNKNOWN for outcome in outcomes):
            return joined(State.UNKNOWN, outcomes)
        chain = self._chain([outcome.hits for outcome in outcomes])
        return Outcome(State.HIT, chain) if chain else Outcome(State.MISS, joined(State.MISS, outcomes).hits)

    def _chain(self, hits: list[tuple[Hit, ...]]) -> tuple[Hit, ...] | None:
        # Depth-first over few hits: the earliest chain that keeps the distances.
        def extend(chain: tuple[Hit, ...], rest: list[tuple[Hit, ...]]) -> tuple[Hit, ...] | None:
            if not rest:
                return chain
            for hit in rest[0]:
                if not chain or self._follows(chain[-1], hit):
                    found = extend((*chain, hit), rest[1:])
                    if found is not None:
                        return found
            return None

        return extend((), hits)

    def _follows(self, earlier: Hit, later: Hit) -> bool:
        end = (earlier.position[0], earlier.char_end or earlier.position[1])
        if later.position < end:
            return False
        return self.within_turns is None or later.position[0] - earlier.position[0] <= self.within_turns


class ConditionalRule(BaseModel):
    """When ``when`` hits, ``then`` must hit within so many turns or seconds after it.

    ``each: every`` asks it of every hit, ``any`` of one, ``first`` of the first. MISS when it is owed and not
    there; with no hit of ``when`` nothing is owed and the rule is a HIT without evidence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["conditional"] = "conditional"
    when: Rule
    then: Rule
    within_turns: int | None = Field(default=None, ge=0)
    within_seconds: float | None = Field(default=None, ge=0)
    each: Literal["every", "any", "first"] = "every"

    def judge(self, view: CallView) -> Outcome:
        when = self.when.judge(view)
        if when.state is not State.HIT:
            return Outcome(State.HIT if when.state is State.MISS else State.UNKNOWN, note=when.note)
        then = self.then.judge(view)
        owed = when.hits[:1] if self.each == "first" else when.hits
        answers = [(trigger, self._answer(trigger, then.hits)) for trigger in owed]
        met = [answer for _, answer in answers if answer is not None]
        enough = any(answer for _, answer in answers) if self.each == "any" else len(met) == len(answers)
        if enough:
            return Outcome(State.HIT, tuple(hit for pair in answers for hit in pair if hit is not None))
        unmet = tuple(trigger for trigger, answer in answers if answer is None)
        state = State.UNKNOWN if then.state is State.UNKNOWN else State.MISS
        return Outcome(state, unmet, then.windows, then.note)

    def _answer(self, trigger: Hit, hits: tuple[Hit, ...]) -> Hit | None:
        for hit in hits:
            if hit.position <= trigger.position:
                continue
            if self.within_turns is not None and hit.position[0] - trigger.position[0] > self.within_turns:
                continue
            late = hit.start_s is not None and trigger.end_s is not None and self.within_seconds is not None
            if late and hit.start_s - trigger.end_s > self.within_seconds:  # type: ignore[operator]
                continue
            return hit
        return None
