"""What a rule answers: found, not found, or not heard well enough to say; with the places behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import MatchKind


class State(StrEnum):
    """Three-valued truth: UNKNOWN is "cannot be told from this input", never a soft no."""

    HIT = "hit"
    MISS = "miss"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that a rule points at.

    ``char_start`` and ``char_end`` are offsets into the turn's own text; None for figures without words.
    ``certain`` is False where sound alone suggests it: enough for a thank-you, not for a red line.
    """

    turn_index: int | None
    role: Role
    quote: str
    match_kind: MatchKind
    char_start: int | None = None
    char_end: int | None = None
    start_s: float | None = None
    end_s: float | None = None
    distance: float = 0.0
    certain: bool = True
    label: str = ""
    note: str = ""

    @property
    def position(self) -> tuple[int, int]:
        """Return where the hit begins, for ordering."""
        return (-1 if self.turn_index is None else self.turn_index, self.char_start or 0)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch that was searched in vain. ``heard_share`` in [0, 1] is how much of it became text.

    ``family_keys`` are the phrase families that were looked for; empty where no phrases were.
    """

    role: Role
    turn_indexes: tuple[int, ...]
    start_s: float | None
    end_s: float | None
    text: str
    heard_share: float
    family_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule's answer. ``hits`` speak for HIT, ``windows`` for MISS, ``note`` for UNKNOWN."""

    state: State
    hits: tuple[Hit, ...] = ()
    windows: tuple[Window, ...] = ()
    note: str = ""

    @property
    def certain(self) -> bool:
        """Say whether at least one hit rests on more than sound."""
        return any(hit.certain for hit in self.hits) or not self.hits


def opposite(outcome: Outcome) -> Outcome:
    """Turn HIT and MISS round; UNKNOWN stays. Evidence stays what it was."""
    flipped = {State.HIT: State.MISS, State.MISS: State.HIT, State.UNKNOWN: State.UNKNOWN}
    return Outcome(flipped[outcome.state], outcome.hits, outcome.windows, outcome.note)


def joined(state: State, outcomes: Iterable[Outcome]) -> Outcome:
    """Join the evidence of several outcomes under one state, in order of the call and without repeats."""
    parts = tuple(outcomes)
    hits = {hit: None for part in parts for hit in part.hits}
    windows = {window: None for part in parts for window in part.windows}
    note = "；".join(dict.fromkeys(part.note for part in parts if part.note))
    return Outcome(
        state,
        tuple(sorted(hits, key=lambda hit: hit.position)),
        tuple(windows),
        note,
    )
