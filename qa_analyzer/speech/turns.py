"""Who holds the floor: the phrases of all channels become ordered turns.

A turn begins and ends with the voice that carries it, not with word times, which recognisers place loosely.
Turns of different channels keep their true times, so that interruptions show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa_analyzer.calls.call import Role
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.transcript import Turn, Word
from qa_analyzer.speech.wording import joined, with_pause_mark, written

FLOOR_GAP_S = 3.0
"""A longer silence ends a turn even when the same side goes on: it waited for something."""


def assemble_turns(
    phrases: Sequence[Phrase], roles: Mapping[int, Role], *, confidence: float = 1.0, physical: bool = True
) -> tuple[Turn, ...]:
    """Join phrases that hold words into turns, ordered by start.

    ``roles`` gives each channel (or speaker found in a mono mix: then ``physical`` is False and turns carry
    no channel) its role, ``confidence`` how sure that is.
    """
    floors: list[list[Phrase]] = []
    latest: dict[int, list[Phrase]] = {}
    ordered = sorted(phrases, key=lambda phrase: (phrase.span.start_s, phrase.span.end_s, phrase.channel))
    for phrase in ordered:
        if not written(phrase.words):
            continue
        floor = latest.get(phrase.channel)
        if floor is not None and _goes_on(floor, phrase, latest):
            floor.append(phrase)
        else:
            floor = [phrase]
            floors.append(floor)
            latest[phrase.channel] = floor
    turns: list[Turn] = []
    for index, floor in enumerate(floors):
        words = _words(floor)
        role = roles[floor[0].channel]
        turns.append(
            Turn(
                index=index,
                role=role,
                text=joined(words),
                channel=floor[0].channel if physical else None,
                start_s=floor[0].span.start_s,
                end_s=max(phrase.span.end_s for phrase in floor),
                words=words,
                role_confidence=0.0 if role is Role.UNKNOWN else confidence,
            )
        )
    return tuple(turns)


def _goes_on(floor: list[Phrase], phrase: Phrase, latest: Mapping[int, list[Phrase]]) -> bool:
    """Say whether a side keeps the floor: a short pause in which no other side took it.

    Another side that was heard only inside this side's voice (a back-channel, a short overlap) took nothing.
    """
    end_s = floor[-1].span.end_s
    if phrase.span.start_s - end_s > FLOOR_GAP_S:
        return False
    return all(
        other[-1].span.end_s <= end_s for channel, other in latest.items() if channel != phrase.channel
    )


def _words(floor: Sequence[Phrase]) -> tuple[Word, ...]:
    words: tuple[Word, ...] = ()
    for phrase in floor:
        words = (*with_pause_mark(words), *written(phrase.words))
    return words
