"""Find personal data in a call and mask it.

Masked text keeps its length, so that offsets of evidence stay valid. Whoever masks a call should analyze it first:
masked digits are not counted as speech.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from qa_analyzer.analysis.pii_numbers import PiiKind, PiiSpan, find_numbers
from qa_analyzer.analysis.pii_words import find_words
from qa_analyzer.intervals import Span, union
from qa_analyzer.speech.transcript import Transcript, Turn

__all__ = [
    "MASK",
    "PiiKind",
    "PiiSpan",
    "find_pii",
    "mask_text",
    "mask_transcript",
    "mask_turns",
    "spans_to_silence",
]

MASK = "*"


def find_pii(turns: Sequence[Turn]) -> tuple[PiiSpan, ...]:
    """Return the personal data of a call in order; of overlapping finds the longest is kept."""
    found = [*find_numbers(turns), *(span for turn in turns for span in find_words(turn))]
    kept: list[PiiSpan] = []
    for span in sorted(found, key=lambda span: (span.char_start - span.char_end, span)):
        if all(
            span.turn_index != other.turn_index
            or span.char_end <= other.char_start
            or span.char_start >= other.char_end
            for other in kept
        ):
            kept.append(span)
    return tuple(sorted(kept))


def mask_text(text: str, spans: Iterable[PiiSpan]) -> str:
    """Replace every letter, digit and Han character inside the spans; the length stays."""
    chars = list(text)
    for span in spans:
        for place in range(span.char_start, min(span.char_end, len(chars))):
            if chars[place].isalnum():
                chars[place] = MASK
    return "".join(chars)


def mask_turns(turns: Sequence[Turn], spans: Sequence[PiiSpan] | None = None) -> tuple[Turn, ...]:
    """Return the turns with personal data masked, also in their words; finds it first when ``spans`` is None."""
    if spans is None:
        spans = find_pii(turns)
    masked: list[Turn] = []
    for turn in turns:
        own = [span for span in spans if span.turn_index == turn.index]
        if not own:
            masked.append(turn)
            continue
        text = mask_text(turn.text, own)
        words = tuple(
            word if place is None else replace(word, text=text[place : place + len(word.text)])
            for word, place in zip(turn.words, _word_places(turn), strict=True)
        )
        masked.append(replace(turn, text=text, words=words))
    return tuple(masked)


def mask_transcript(transcript: Transcript) -> Transcript:
    """Return the transcript without personal data."""
    return replace(transcript, turns=mask_turns(transcript.turns))


def spans_to_silence(turns: Sequence[Turn], spans: Sequence[PiiSpan]) -> tuple[tuple[int | None, Span], ...]:
    """Return (channel, time) of personal data, for exported audio; without word times the whole turn is silenced."""
    silenced: dict[int | None, list[Span]] = {}
    for turn in turns:
        own = [span for span in spans if span.turn_index == turn.index]
        if not own or turn.start_s is None or turn.end_s is None:
            continue
        places = _word_places(turn)
        if not turn.words or None in places:
            silenced.setdefault(turn.channel, []).append(Span(turn.start_s, turn.end_s))
            continue
        for word, place in zip(turn.words, places, strict=True):
            if place is not None and any(
                place < span.char_end and place + len(word.text) > span.char_start for span in own
            ):
                silenced.setdefault(turn.channel, []).append(
                    Span(word.start_s, max(word.start_s, word.end_s))
                )
    channels = sorted(silenced, key=lambda channel: -1 if channel is None else channel)
    return tuple((channel, span) for channel in channels for span in union(silenced[channel], join_gap_s=0.2))


def _word_places(turn: Turn) -> list[int | None]:
    """Return where each word stands in the turn's text; None for a word that is not found in order."""
    places: list[int | None] = []
    cursor = 0
    for word in turn.words:
        place = turn.text.find(word.text, cursor) if word.text else -1
        places.append(None if place < 0 else place)
        cursor = cursor if place < 0 else place + len(word.text)
    return places
