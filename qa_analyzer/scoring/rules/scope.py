"""Where a rule looks: which role, which turns, how close to the ends of the call or to another rule's hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.rules.outcome import Hit, State
from qa_analyzer.speech.transcript import Turn

if TYPE_CHECKING:
    from qa_analyzer.scoring.call_view import CallView

RoleName = Literal["agent", "customer", "any"]

#: Character ranges of the turns in scope, by turn index; the end is that of the turn's own text.
Regions = Mapping[int, tuple[int, int]]


class Anchor(BaseModel):
    """A hit of a named rule that a scope hangs on.

    ``hit`` counts from 1, or from the end with -1. ``turns`` and ``seconds`` bound how far from the hit to
    look; both absent means to the end of the call. ``same_turn`` keeps the rest of the hit's own turn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    hit: int = 1
    turns: int | None = Field(default=None, ge=0)
    seconds: float | None = Field(default=None, ge=0)
    same_turn: bool = True
    missing: Literal["everything", "nothing", "unknown"] = "nothing"


class Scope(BaseModel):
    """The stretch of the call in which a rule looks.

    ``first_*`` fields widen each other, and so do ``last_*`` ("the first two turns or 20 seconds, either
    suffices"); everything else narrows. Turns are counted among those of ``role``; seconds
    from the role's first word or to the end of the call.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_turns: int | None = Field(default=None, ge=1)
    first_seconds: float | None = Field(default=None, gt=0)
    last_turns: int | None = Field(default=None, ge=1)
    last_seconds: float | None = Field(default=None, gt=0)
    last_share: float | None = Field(default=None, gt=0, le=1)
    after: Anchor | None = None
    before: Anchor | None = None
    around: Anchor | None = None

    def anchors(self) -> tuple[Anchor, ...]:
        return tuple(anchor for anchor in (self.after, self.before, self.around) if anchor is not None)

    def regions(self, view: CallView, role: Role | None) -> Regions | None:
        """Return the ranges to look in; None when an anchor is unknown, empty where nothing is left."""
        if not self.model_fields_set:
            return view.everything(role)
        regions = {
            turn.index: (0, len(turn.text)) for turn in self._near_ends(view, view.turns_with_text(role))
        }
        for direction, anchor in (("after", self.after), ("before", self.before), ("around", self.around)):
            if anchor is None:
                continue
            outcome = view.outcome_of(anchor.rule)
            if outcome.state is State.UNKNOWN:
                return None
            hit = _nth(outcome.hits, anchor.hit) if outcome.state is State.HIT else None
            if hit is None:
                if anchor.missing == "unknown":
                    return None
                if anchor.missing == "nothing":
                    return {}
                continue
            regions = _narrow(view, regions, direction, anchor, hit)
        return regions

    def _near_ends(self, view: CallView, turns: Sequence[Turn]) -> Sequence[Turn]:
        first = self.first_turns is not None or self.first_seconds is not None
        last = self.last_turns is not None or self.last_seconds is not None or self.last_share is not None
        if not turns or not (first or last):
            return turns
        kept: set[int] = set()
        if self.first_turns is not None:
            kept.update(turn.index for turn in turns[: self.first_turns])
        if self.first_seconds is not None and turns[0].start_s is not None:
            limit_s = turns[0].start_s + self.first_seconds
            kept.update(turn.index for turn in turns if turn.start_s is not None and turn.start_s < limit_s)
        if self.last_turns is not None:
            kept.update(turn.index for turn in turns[-self.last_turns :])
        end_s = view.analysis.transcript.duration_s or turns[-1].end_s
        if self.last_seconds is not None and end_s is not None:
            limit_s = end_s - self.last_seconds
            kept.update(turn.index for turn in turns if turn.end_s is not None and turn.end_s > limit_s)
        if self.last_share is not None:
            kept.update(turn.index for turn in _last_share(view, turns, self.last_share))
        return [turn for turn in turns if turn.index in kept]


def role_of(name: RoleName) -> Role | None:
    """Return the role a rule names; None for anyone."""
    return None if name == "any" else Role(name)


def inside(hit: Hit, regions: Regions) -> bool:
    """Say whether a hit begins within the regions."""
    if hit.turn_index is None or hit.turn_index not in regions:
        return False
    start, end = regions[hit.turn_index]
    return start <= (hit.char_start or 0) < max(end, start + 1)


def _nth(hits: tuple[Hit, ...], number: int) -> Hit | None:
    index = number - 1 if number > 0 else number
    return hits[index] if -len(hits) <= index < len(hits) and number != 0 else None


def _last_share(view: CallView, turns: Sequence[Turn], share: float) -> Sequence[Turn]:
    """Return the turns of the last ``share`` of the call: of its turns, by their number."""
    first = len(view.turns) * (1 - share)
    return [turn for turn in turns if turn.index >= first]


def _narrow(
    view: CallView, regions: Regions, direction: str, anchor: Anchor, hit: Hit
) -> dict[int, tuple[int, int]]:
    at, char = hit.position
    char_end = hit.char_end if hit.char_end is not None else char
    narrowed: dict[int, tuple[int, int]] = {}
    for index, (start, end) in regions.items():
        turn = view.turns[index]
        if index == at:
            if not anchor.same_turn:
                continue
            if direction == "after":
                start = max(start, char_end)
            elif direction == "before":
                end = min(end, char)
        elif _on_the_other_side(direction, index, at) or not _near(view, turn, at, anchor, hit):
            continue
        if start < end:
            narrowed[index] = (start, end)
    return narrowed


def _on_the_other_side(direction: str, index: int, at: int) -> bool:
    return (direction == "after" and index < at) or (direction == "before" and index > at)


def _near(view: CallView, turn: Turn, at: int, anchor: Anchor, hit: Hit) -> bool:
    if anchor.turns is not None:
        low, high = sorted((turn.index, at))
        between = [
            other
            for other in view.turns[low : high + 1]
            if other.role is turn.role and other.index != at and spoken(other.text).chars
        ]
        if len(between) > anchor.turns:
            return False
    if anchor.seconds is not None:
        if turn.start_s is None or turn.end_s is None or hit.start_s is None or hit.end_s is None:
            return True
        apart_s = turn.start_s - hit.end_s if turn.index > at else hit.start_s - turn.end_s
        return apart_s <= anchor.seconds
    return True
