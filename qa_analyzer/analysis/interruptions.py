"""Who cut into whose speech with content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from qa_analyzer.analysis.call_analysis import Interruption
from qa_analyzer.analysis.floor import is_back_channel
from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span, intersection, total_s, union
from qa_analyzer.speech.transcript import Turn

#: The service standard's bound for cutting in.
MIN_INTERRUPTION_S = 0.5
#: Voice activity rounds both ends of an overlap; this much is forgiven when it is measured.
OVERLAP_TOLERANCE_S = 0.1
#: Pauses up to this length inside one's own speech do not give up the floor.
_HOLDS_FLOOR_S = 0.6
#: In a pause longer than this the other side may start without cutting in.
_SHORT_PAUSE_S = 0.3
#: The other side must have begun this much earlier, or both simply started together.
_HEAD_START_S = 0.25
#: Recognised words stand about this close to where they were said.
_WORD_SLACK_S = 0.25
#: Fewer syllables take no floor, and nobody speaks fewer a second.
_LEAST_CONTENT = 3
_SLOWEST_SPEECH = 1.0

SPEAKERS = (Role.AGENT, Role.CUSTOMER)


def span_of(turn: Turn) -> Span:
    """Return the time of a turn; an empty span at 0 where it has none."""
    if turn.start_s is None or turn.end_s is None:
        return Span(0.0, 0.0)
    return Span(turn.start_s, max(turn.start_s, turn.end_s))


def given_interruptions(turns: Sequence[Turn]) -> tuple[Interruption, ...]:
    """Return interruptions of a text that states its overlaps: it is taken at its word, however short."""
    return tuple(
        Interruption(turn.role, turn.index, turn.start_s, turn.overlap_s)
        for earlier, turn in pairwise(turns)
        if turn.overlap_s is not None
        and turn.overlap_s > 0
        and {turn.role, earlier.role} == set(SPEAKERS)
        and not is_back_channel(turn.text)
        and not is_back_channel(earlier.text)
    )


def measured_interruptions(
    turns: Sequence[Turn], voices: Mapping[Role, tuple[Span, ...]]
) -> tuple[Interruption, ...]:
    """Return interruptions by voice activity, in order of time."""
    found = [
        interruption
        for role, other in (SPEAKERS, SPEAKERS[::-1])
        for interruption in _cuts_in(turns, role, voices[role], other, voices[other])
    ]
    return tuple(sorted(found, key=lambda cut: (cut.start_s or 0.0, cut.turn_index)))


def _cuts_in(
    turns: Sequence[Turn], role: Role, own: tuple[Span, ...], other_role: Role, other: tuple[Span, ...]
) -> list[Interruption]:
    """Find where ``role`` takes the floor while the other side holds it and both then speak for a while."""
    cuts: list[Interruption] = []
    floors = union(other, join_gap_s=_SHORT_PAUSE_S)
    for stretch in _stretches(turns, role, own, floors):
        onset_s = stretch.start_s
        held = next((f for f in floors if f.start_s + _HEAD_START_S <= onset_s < f.end_s), None)
        if held is None:
            continue
        together = Span(onset_s, min(stretch.end_s, held.end_s))
        overlap_s = total_s(intersection(intersection(own, [together]), other))
        if overlap_s < MIN_INTERRUPTION_S - OVERLAP_TOLERANCE_S:
            continue
        turn = _turn_at(turns, role, stretch)
        if turn is None or not _content(turns, role, stretch, together):
            continue
        if is_back_channel(said_in(turns, other_role, held)):
            continue
        cuts.append(Interruption(role, turn.index, onset_s, overlap_s))
    return cuts


def _content(turns: Sequence[Turn], role: Role, stretch: Span, together: Span) -> bool:
    """Tell whether somebody who spoke up said something; cross-talk and breath leave hardly a word."""
    if len(spoken(said_in(turns, role, stretch)).chars) < _LEAST_CONTENT:
        return False
    # Even where the overlap is short, the words of the first second show what it was about.
    until_s = max(together.end_s, together.start_s + 1.0)
    heard = said_in(turns, role, Span(max(0.0, together.start_s - _WORD_SLACK_S), until_s))
    return not is_back_channel(heard) and len(spoken(heard).chars) >= together.duration_s * _SLOWEST_SPEECH


def _stretches(
    turns: Sequence[Turn], role: Role, own: Sequence[Span], floors: Sequence[Span]
) -> tuple[Span, ...]:
    """Join own voice over short pauses, but not into a new turn where the other side spoke up in between."""
    starts_s = [span_of(turn).start_s for turn in turns if turn.role is role and turn.start_s is not None]
    joined: list[Span] = []
    for span in own:
        if joined and span.start_s - joined[-1].end_s <= _HOLDS_FLOOR_S:
            before = joined[-1]
            new_turn = any(before.end_s < start_s <= span.end_s for start_s in starts_s)
            spoke_up = any(before.end_s <= floor.start_s < span.start_s for floor in floors)
            if not (new_turn and spoke_up):
                joined[-1] = Span(before.start_s, span.end_s)
                continue
        joined.append(span)
    return tuple(joined)


def _turn_at(turns: Sequence[Turn], role: Role, stretch: Span) -> Turn | None:
    shared = [
        (span_of(turn).overlap_s(stretch), turn)
        for turn in turns
        if turn.role is role and turn.start_s is not None
    ]
    best = max(shared, key=lambda pair: (pair[0], -pair[1].index), default=None)
    return best[1] if best is not None and best[0] > 0 else None


def said_in(turns: Sequence[Turn], role: Role, stretch: Span) -> str:
    """Return what a role said in a stretch: word by word where words have times, else its whole turns."""
    said: list[str] = []
    for turn in turns:
        if turn.role is not role or turn.start_s is None:
            continue
        if turn.words:
            said += [
                word.text
                for word in turn.words
                if stretch.start_s <= (word.start_s + word.end_s) / 2 < stretch.end_s
            ]
        elif span_of(turn).overlap_s(stretch) > 0:
            said.append(turn.text)
    return "".join(said)
