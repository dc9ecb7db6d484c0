"""Find personal data in a call and mask it.

Masked text keeps its length, so that offsets of evidence stay valid. Whoever masks a call should analyze it
first: masked digits are not counted as speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from qa_analyzer.analysis.mandarin import MASK
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
    "masked_times",
]

SILENCE_MARGIN_S = 0.3  # how far a recogniser's word times may lie from the voice
SECONDS_A_CHAR = 0.15  # digits read out in a hurry: four hundred a minute

_MASKED_RUN = re.compile(rf"{re.escape(MASK)}(?:[\W_]*{re.escape(MASK)})?")


def find_pii(turns: Sequence[Turn]) -> tuple[PiiSpan, ...]:
    """Return the personal data of a call in order; of overlapping finds the longest is kept."""
    words = [span for turn in turns for span in find_words(turn)]
    found = [*find_numbers(turns), *words, *_names_again(turns, words)]
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


def _names_again(turns: Sequence[Turn], words: Sequence[PiiSpan]) -> Iterator[PiiSpan]:
    """Yield every other place where a full name that was found once is said."""
    texts = {turn.index: turn.text for turn in turns}
    names = {
        texts[span.turn_index][span.char_start : span.char_end] for span in words if span.kind is PiiKind.NAME
    }
    for name in sorted(name for name in names if len(name) > 1):
        for turn in turns:
            for found in re.finditer(re.escape(name), turn.text):
                yield PiiSpan(turn.index, found.start(), found.end(), PiiKind.NAME)


def mask_text(text: str, spans: Iterable[PiiSpan]) -> str:
    """Replace every letter, digit and Han character inside the spans; the length stays."""
    chars = list(text)
    for span in spans:
        for place in range(span.char_start, min(span.char_end, len(chars))):
            if chars[place].isalnum():
                chars[place] = MASK
    return "".join(chars)


def mask_turns(turns: Sequence[Turn], spans: Sequence[PiiSpan] | None = None) -> tuple[Turn, ...]:
    """Return the turns with personal data masked, also in their words; None finds the spans first."""
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
    return replace(transcript, turns=mask_turns(transcript.turns), pii_masked=True)


def masked_times(turns: Sequence[Turn]) -> tuple[Span, ...]:
    """Return when the masked words of a call are said, with ``SILENCE_MARGIN_S`` on either side.

    Recognisers place words loosely, so a run of masked words lasts at least as long as it takes to say. A
    turn whose words have no times counts as a whole.
    """
    times: list[Span] = []
    for turn in turns:
        if MASK not in turn.text or turn.start_s is None or turn.end_s is None:
            continue
        places = _word_places(turn)
        if not turn.words or None in places:
            times.append(Span(turn.start_s, turn.end_s))
            continue
        for run in _MASKED_RUN.finditer(turn.text):
            said = [
                word
                for word, place in zip(turn.words, places, strict=True)
                if place is not None and place < run.end() and place + len(word.text) > run.start()
            ]
            if said:
                times.append(_lasting(said[0].start_s, said[-1].end_s, run.group().count(MASK)))
    return union([Span(max(0.0, t.start_s - SILENCE_MARGIN_S), t.end_s + SILENCE_MARGIN_S) for t in times])


def _lasting(start_s: float, end_s: float, chars: int) -> Span:
    missing_s = max(0.0, chars * SECONDS_A_CHAR - (end_s - start_s))
    return Span(max(0.0, start_s - missing_s / 2), max(start_s, end_s) + missing_s / 2)


def _word_places(turn: Turn) -> list[int | None]:
    """Return where each word stands in the turn's text; None for a word that is not found in order."""
    places: list[int | None] = []
    cursor = 0
    for word in turn.words:
        place = turn.text.find(word.text, cursor) if word.text else -1
        places.append(None if place < 0 else place)
        cursor = cursor if place < 0 else place + len(word.text)
    return places
