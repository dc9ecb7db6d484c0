"""Packing: short stretches of one channel share a window, so that little time is spent on padding.

Recognisers of the Whisper family pay for a window whatever it holds. Each stretch keeps some of the real line
noise around it: joined without gaps, words at the seams get lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from qa_analyzer.intervals import Span, union
from qa_analyzer.speech.vad import RATE_HZ, ChannelAudio, FloatArray

EVENNESS_S = 0.25
CORE_TRIM_S = 0.35


@dataclass(frozen=True, slots=True)
class PackOptions:
    """How voice is packed.

    Voice at most ``join_gap_s`` apart stays one piece as recorded; ``margin_s`` of line noise is kept
    on both sides of a piece; ``window_s`` is the most audio in a window. Long windows cost more, but context
    helps: 15.2 % of characters wrong with 22 s, 13.9 % with 28 s (Whisper base, eight calls).
    """

    join_gap_s: float = 2.0
    margin_s: float = 0.4
    window_s: float = 28.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording and where it lies in its window."""

    source: Span
    offset_s: float

    @property
    def placed(self) -> Span:
        """Return the stretch of the window that the piece fills."""
        return Span(self.offset_s, self.offset_s + self.source.duration_s)

    @property
    def core(self) -> Span:
        """Return ``placed`` without its margins of line noise."""
        trim_s = min(CORE_TRIM_S, self.source.duration_s / 3)
        return Span(self.offset_s + trim_s, self.offset_s + self.source.duration_s - trim_s)

    def source_time_s(self, time_s: float) -> float:
        """Map a time of the window to a time of the recording, kept inside the piece."""
        return self.source.start_s + min(max(time_s - self.offset_s, 0.0), self.source.duration_s)


@dataclass(frozen=True, slots=True)
class Window:
    """What the recogniser gets at once: pieces of one channel, in order of time."""

    channel: int
    pieces: tuple[Piece, ...]

    @property
    def duration_s(self) -> float:
        return self.pieces[-1].placed.end_s

    def read(self, audio: ChannelAudio) -> FloatArray:
        """Return the samples of the window."""
        samples = np.zeros(round(self.duration_s * RATE_HZ), np.float32)
        for piece in self.pieces:
            part = audio.read(self.channel, piece.source.start_s, piece.source.end_s)
            start = round(piece.offset_s * RATE_HZ)
            part = part[: samples.size - start]
            samples[start : start + part.size] = part
        return samples

    def piece_of(self, word: Span) -> Piece:
        """Return the piece a word belongs to, given its time in the window.

        Aligned words often swallow the pause before or after them; what counts is how much of a word lies in
        the middle of a piece, where the voice is. Words that lie in no middle belong to the nearest piece.
        """
        best = max(self.pieces, key=lambda piece: piece.core.overlap_s(word))
        if best.core.overlap_s(word) > 0:
            return best
        middle_s = (word.start_s + word.end_s) / 2
        return min(
            self.pieces,
            key=lambda piece: max(piece.offset_s - middle_s, middle_s - piece.placed.end_s, 0.0),
        )


def pack(
    voice: Sequence[Span], channel: int, *, duration_s: float, options: PackOptions | None = None
) -> tuple[Window, ...]:
    """Pack the voice of one channel into windows; no voice gives no window."""
    options = options or PackOptions()
    sources = list(_pieces(voice, duration_s, options))
    if not sources:
        return ()
    # As few windows as possible, and then as even as possible: batches of equal windows waste nothing.
    fewest = len(_filled(sources, options.window_s))
    low_s, high_s = max(source.duration_s for source in sources), options.window_s
    while high_s - low_s > EVENNESS_S:
        middle_s = (low_s + high_s) / 2
        if len(_filled(sources, middle_s)) == fewest:
            high_s = middle_s
        else:
            low_s = middle_s
    return tuple(_window(channel, filled) for filled in _filled(sources, high_s))


def _filled(sources: Sequence[Span], window_s: float) -> list[list[Span]]:
    """Fill windows one after the other."""
    windows: list[list[Span]] = []
    room_s = 0.0
    for source in sources:
        if not windows or source.duration_s > room_s + 1e-9:
            windows.append([])
            room_s = window_s
        windows[-1].append(source)
        room_s -= source.duration_s
    return windows


def _window(channel: int, sources: Sequence[Span]) -> Window:
    offsets_s = accumulate((source.duration_s for source in sources), initial=0.0)
    return Window(
        channel, tuple(Piece(source, offset_s) for source, offset_s in zip(sources, offsets_s, strict=False))
    )


def _pieces(voice: Sequence[Span], duration_s: float, options: PackOptions) -> Iterator[Span]:
    """Yield stretches of at most one window, each with its margins; margins never overlap."""
    longest_s = options.window_s - 2 * options.margin_s
    cores = [part for joined in _joined(voice, options) for part in _cut(joined, longest_s)]
    for number, core in enumerate(cores):
        room_before_s = (core.start_s - cores[number - 1].end_s) / 2 if number else core.start_s
        room_after_s = duration_s - core.end_s
        if number + 1 < len(cores):
            room_after_s = (cores[number + 1].start_s - core.end_s) / 2
        yield Span(
            core.start_s - min(options.margin_s, max(0.0, room_before_s)),
            core.end_s + min(options.margin_s, max(0.0, room_after_s)),
        )


def _joined(voice: Sequence[Span], options: PackOptions) -> Iterator[Span]:
    """Join neighbouring voice while the piece fits into one window; it then parts at its pauses."""
    longest_s = options.window_s - 2 * options.margin_s
    current: Span | None = None
    for span in union(voice):
        if current is None:
            current = span
        elif span.start_s - current.end_s <= options.join_gap_s and span.end_s - current.start_s <= longest_s:
            current = Span(current.start_s, span.end_s)
        else:
            yield current
            current = span
    if current is not None:
        yield current


def _cut(span: Span, longest_s: float) -> Iterator[Span]:
    """Cut voice without pauses into equal parts that fit."""
    parts = max(1, int(np.ceil(span.duration_s / longest_s)))
    step_s = span.duration_s / parts
    for number in range(parts):
        end_s = span.end_s if number == parts - 1 else span.start_s + (number + 1) * step_s
        yield Span(span.start_s + number * step_s, end_s)
