"""Who holds the floor: recognised words and the voice activity of all channels become ordered turns.

A turn begins and ends with the voice that carries it, not with word times, which recognisers place loosely.
Turns of different channels keep their true times, so that interruptions show.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span, union
from qa_analyzer.speech.transcript import Turn, Word
from qa_analyzer.speech.wording import joined, with_pause_mark, written

PHRASE_GAP_S = 0.5
"""Voice closer than this belongs to one phrase: pauses inside a sentence are mostly shorter."""

FLOOR_GAP_S = 3.0
"""A longer silence ends a turn even when the same side goes on: it waited for something."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Voice of one channel without a real pause, and the words heard in it."""

    channel: int
    span: Span
    words: tuple[Word, ...]


def phrases_of(channel: int, voice: Sequence[Span], words: Sequence[Word]) -> tuple[Phrase, ...]:
    """Share the words of a channel out over its phrases by time, keeping their order.

    A word goes to the phrase that holds its middle, else to the nearest; phrases without words are left out.
    Words without any voice activity form phrases of their own.
    """
    if not words:
        return ()
    spans = union(voice, join_gap_s=PHRASE_GAP_S)
    if not spans:
        return (
            Phrase(channel, Span(words[0].start_s, max(words[0].start_s, words[-1].end_s)), tuple(words)),
        )
    shares: list[list[Word]] = [[] for _ in spans]
    reached = 0
    for word in words:
        reached = max(reached, _nearest(spans, (word.start_s + word.end_s) / 2))
        shares[reached].append(word)
    return tuple(
        Phrase(channel, span, tuple(share)) for span, share in zip(spans, shares, strict=True) if share
    )


def _nearest(spans: Sequence[Span], time_s: float) -> int:
    """Return the index of the span that holds ``time_s`` or lies nearest."""
    after = bisect_right([span.start_s for span in spans], time_s)
    candidates = [index for index in (after - 1, after) if 0 <= index < len(spans)]
    return min(
        candidates, key=lambda index: max(spans[index].start_s - time_s, time_s - spans[index].end_s, 0.0)
    )


def assemble_turns(phrases: Sequence[Phrase], roles: dict[int, tuple[Role, float]]) -> tuple[Turn, ...]:
    """Join phrases into turns, ordered by start; ``roles`` gives each channel its role and confidence."""
    floors: list[list[Phrase]] = []
    latest: dict[int, list[Phrase]] = {}
    for phrase in sorted(
        phrases, key=lambda phrase: (phrase.span.start_s, phrase.span.end_s, phrase.channel)
    ):
        floor = latest.get(phrase.channel)
        if floor is not None and _goes_on(floor, phrase, latest):
            floor.append(phrase)
        else:
            floor = [phrase]
            floors.append(floor)
            latest[phrase.channel] = floor
    turns = []
    for index, floor in enumerate(floors):
        channel = floor[0].channel
        role, confidence = roles[channel]
        words = _words(floor)
        turns.append(
            Turn(
                index=index,
                role=role,
                text=joined(words),
                channel=channel,
                start_s=floor[0].span.start_s,
                end_s=max(phrase.span.end_s for phrase in floor),
                words=words,
                role_confidence=confidence,
            )
        )
    return tuple(turns)


def _goes_on(floor: list[Phrase], phrase: Phrase, latest: dict[int, list[Phrase]]) -> bool:
    """Say whether a channel keeps the floor: a short pause in which no other side took it.

    Another side that was heard only inside this side's voice (a back-channel, a short overlap) took nothing.
    """
    end_s = floor[-1].span.end_s
    if phrase.span.start_s - end_s > FLOOR_GAP_S:
        return False
    return all(
        other[-1].span.end_s <= end_s or other[-1].span.start_s >= phrase.span.start_s
        for channel, other in latest.items()
        if channel != phrase.channel
    )


def _words(floor: list[Phrase]) -> tuple[Word, ...]:
    words: tuple[Word, ...] = ()
    for phrase in floor:
        words = (*with_pause_mark(words), *written(phrase.words))
    return words
