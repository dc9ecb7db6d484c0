"""Packing: short stretches of one channel share a window, so that little time is spent on padding.

Recognisers of the Whisper family pay for a window whatever it holds. Each stretch keeps some of the real line noise
around it: joined without gaps, words at the seams get lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qa_analyzer.intervals import Span, union
from qa_analyzer.speech.vad import RATE_HZ, ChannelAudio, FloatArray


@dataclass(frozen=True, slots=True)
class PackOptions:
    """``join_gap_s``: voice this close stays one piece of audio as recorded. ``margin_s``: line noise kept on both sides of
    a piece. ``window_s``: most audio in a window. ``seam_s``: digital silence between pieces.
    """

    join_gap_s: float = 1.0
    margin_s: float = 0.3
    window_s: float = 20.0
    seam_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording and where it lies in its window."""

    source: Span
    offset_s: float

    @property
    def placed(self) -> Span:
        """Return the stretch of the window that the piece fills."""
        return Span(self.offset_s, self.offset_s + self.source.duration_s)

    def source_time_s(self, time_s: float) -> float:
        """Map a time of the window to a time of the recording, kept inside the piece."""
        return self.source.start_s + min(max(time_s - self.offset_s, 0.0), self.source.duration_s)


@dataclass(frozen=True, slots=True)
class Window:
    """What the recogniser gets at once: pieces of one channel, in order of time."""

    channel: int
    pieces: tuple[Piece, ...]

    def read(self, audio: ChannelAudio) -> FloatArray:
        """Return the samples of the window."""
        last = self.pieces[-1].placed
        samples = np.zeros(round(last.end_s * RATE_HZ), np.float32)
        for piece in self.pieces:
            part = audio.read(self.channel, piece.source.start_s, piece.source.end_s)
            start = round(piece.offset_s * RATE_HZ)
            part = part[: samples.size - start]
            samples[start : start + part.size] = part
        return samples

    def piece_at(self, time_s: float) -> Piece:
        """Return the piece that holds a time of the window, or the nearest."""
        return min(
            self.pieces,
            key=lambda piece: max(piece.offset_s - time_s, time_s - piece.placed.end_s, 0.0),
        )


def pack(
    voice: Sequence[Span], channel: int, *, duration_s: float, options: PackOptions | None = None
) -> tuple[Window, ...]:
    """Pack the voice of one channel into windows; no voice gives no window."""
    options = options or PackOptions()
    windows: list[Window] = []
    pieces: list[Piece] = []
    filled_s = 0.0
    for source in _pieces(voice, duration_s, options):
        offset_s = filled_s + (options.seam_s if pieces else 0.0)
        if pieces and offset_s + source.duration_s > options.window_s:
            windows.append(Window(channel, tuple(pieces)))
            pieces, offset_s = [], 0.0
        pieces.append(Piece(source, offset_s))
        filled_s = offset_s + source.duration_s
    if pieces:
        windows.append(Window(channel, tuple(pieces)))
    return tuple(windows)


def _pieces(voice: Sequence[Span], duration_s: float, options: PackOptions) -> Iterator[Span]:
    """Yield stretches of at most one window, each with its margins; margins never overlap."""
    cores = [
        part
        for joined in _joined(voice, options)
        for part in _cut(joined, options.window_s - 2 * options.margin_s)
    ]
    for number, core in enumerate(cores):
        before_s = cores[number - 1].end_s if number else 0.0
        after_s = cores[number + 1].start_s if number + 1 < len(cores) else duration_s
        start_s = max(
            0.0,
            core.start_s
            - min(options.margin_s, max(0.0, core.start_s - before_s) / 2 if number else options.margin_s),
        )
        last = number + 1 == len(cores)
        room_s = max(0.0, after_s - core.end_s) / (1 if last else 2)
        yield Span(start_s, min(duration_s, core.end_s + min(options.margin_s, room_s)))


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
