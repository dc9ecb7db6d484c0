"""Phrases: voice of one channel without a real pause, with the words heard in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.intervals import Span, parts_within, union
from qa_analyzer.speech.asr import Recognition
from qa_analyzer.speech.packing import Window
from qa_analyzer.speech.transcript import Word

PHRASE_GAP_S = 0.5
"""Voice closer than this belongs to one phrase: pauses inside a sentence are mostly shorter."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """``voice`` is the voice activity inside ``span``; ``words`` are empty where nothing was recognised.

    ``avg_logprob`` and ``no_speech_probability`` are of the window that held the phrase.
    """

    channel: int
    span: Span
    voice: tuple[Span, ...] = ()
    words: tuple[Word, ...] = ()
    avg_logprob: float = 0.0
    no_speech_probability: float = 0.0

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)

    @property
    def probability(self) -> float:
        """Return the mean word probability; 0 without words."""
        return sum(word.probability for word in self.words) / len(self.words) if self.words else 0.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One window and what was recognised in it."""

    window: Window
    recognition: Recognition

    def words(self) -> tuple[Word, ...]:
        """Return the words with times of the recording, rounded to milliseconds."""
        timed: list[Word] = []
        for word in self.recognition.words:
            piece = self.window.piece_of(Span(word.start_s, max(word.start_s, word.end_s)))
            start_s = round(piece.source_time_s(word.start_s), 3)
            end_s = max(start_s, round(piece.source_time_s(word.end_s), 3))
            timed.append(Word(word.text, start_s, end_s, round(word.probability, 3)))
        return tuple(timed)


def phrases_of(channel: int, voice: Sequence[Span], heard: Sequence[Heard]) -> tuple[Phrase, ...]:
    """Share the recognised words of a channel out over its voice, in order.

    A word goes to the phrase that holds most of it, else to the nearest. Words of a channel without any voice
    activity form one phrase a window.
    """
    voice = union(voice)
    spans = union(voice, join_gap_s=PHRASE_GAP_S)
    own = [one for one in heard if one.window.channel == channel]
    if not spans:
        return tuple(_unvoiced(channel, one) for one in own if one.recognition.words)
    shares: list[list[Word]] = [[] for _ in spans]
    sources: list[Recognition | None] = [None] * len(spans)
    reached = 0
    for one in own:
        for piece in one.window.pieces:
            index = bisect_right(spans, piece.source.start_s, key=lambda span: span.end_s)
            while index < len(spans) and spans[index].start_s < piece.source.end_s:
                sources[index] = sources[index] or one.recognition
                index += 1
        for word in one.words():
            reached = max(reached, _owner(spans, Span(word.start_s, word.end_s)))
            shares[reached].append(word)
    return tuple(
        Phrase(
            channel,
            span,
            parts_within(voice, span),
            tuple(share),
            source.avg_logprob if source else 0.0,
            source.no_speech_probability if source else 0.0,
        )
        for span, share, source in zip(spans, shares, sources, strict=True)
    )


def _unvoiced(channel: int, one: Heard) -> Phrase:
    words = one.words()
    span = Span(words[0].start_s, max(word.end_s for word in words))
    return Phrase(
        channel, span, (), words, one.recognition.avg_logprob, one.recognition.no_speech_probability
    )


def _owner(spans: Sequence[Span], word: Span) -> int:
    """Return the index of the span that holds most of a word, else of the one nearest to its middle."""
    after = bisect_right(spans, word.start_s, key=lambda span: span.start_s)
    candidates = [index for index in range(after - 1, after + 2) if 0 <= index < len(spans)]
    best = max(candidates, key=lambda index: spans[index].overlap_s(word))
    if spans[best].overlap_s(word) > 0:
        return best
    middle_s = (word.start_s + word.end_s) / 2
    return min(
        candidates,
        key=lambda index: max(spans[index].start_s - middle_s, middle_s - spans[index].end_s, 0.0),
    )
