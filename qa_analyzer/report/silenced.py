"""A recording without the stretches in which personal data is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.intervals import Span, intersection


class Sound(Protocol):
    """Samples of a recording by channel and time."""

    @property
    def rate_hz(self) -> int: ...
    @property
    def channel_count(self) -> int: ...
    @property
    def duration_s(self) -> float: ...

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
        """Return samples of one channel in [-1, 1]."""
        ...


class SilencedSound:
    """Reads another recording with some stretches empty on every channel.

    A line carries an echo of one party to the other's channel, faint but enough to hear a number by.
    """

    def __init__(self, sound: Sound, silenced: Sequence[Span]) -> None:
        self._sound = sound
        self._silenced = silenced
        self.rate_hz = sound.rate_hz
        self.channel_count = sound.channel_count
        self.duration_s = sound.duration_s

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
        """Return samples of one channel in [-1, 1]."""
        samples = self._sound.read(channel, start_s, end_s).copy()
        start_s = max(0.0, start_s)
        read = Span(start_s, start_s + len(samples) / self.rate_hz)
        for span in intersection(self._silenced, [read]):
            first = int((span.start_s - start_s) * self.rate_hz)
            last = int(np.ceil((span.end_s - start_s) * self.rate_hz))
            samples[first:last] = 0.0
        return samples
