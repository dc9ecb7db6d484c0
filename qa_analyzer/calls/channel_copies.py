"""Sound of one channel that turns up in the other: the same track twice, electrical cross-talk, or an echo.

Half-second windows of both channels are cross-correlated. Two people speaking at once do not correlate; a
copy does, whatever its level, as long as it stands out of the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.calls.channel_levels import FRAME_S, ChannelLevels, ReadableAudio
from qa_analyzer.intervals import Span, union

WINDOW_S = 0.5
MAX_DELAY_S = 0.3
"""Echo paths of telephone networks are shorter."""

COPY_COHERENCE = 0.7
MAX_WINDOWS = 600
_WINDOW_FRAMES = round(WINDOW_S / FRAME_S)
_VOICED_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Copy:
    """How much of ``source`` is heard in the other channel.

    ``coherence`` is the median over the windows in which the source speaks and is the louder side,
    ``coverage`` the share of them that are a copy; ``level_db`` and ``delay_s`` are medians over these,
    None without any.
    """

    source: int
    windows: int
    coherence: float
    coverage: float
    level_db: float | None
    delay_s: float | None


def measure_copy(audio: ReadableAudio, levels: Sequence[ChannelLevels], source: int) -> Copy:
    """Measure how much of one channel is heard in the other, on at most ``MAX_WINDOWS`` windows."""
    other = 1 - source
    speaking, power = _windows(levels[source]), _window_power(levels[source])
    chosen = np.flatnonzero((speaking >= _VOICED_SHARE) & (power >= _window_power(levels[other])))
    if chosen.size > MAX_WINDOWS:
        chosen = chosen[np.linspace(0, chosen.size - 1, MAX_WINDOWS).round().astype(int)]
    found = [_correlate(audio, source, int(window)) for window in chosen]
    copies = [one for one in found if one.coherence >= COPY_COHERENCE]
    return Copy(
        source=source,
        windows=len(found),
        coherence=float(np.median([one.coherence for one in found])) if found else 0.0,
        coverage=len(copies) / len(found) if found else 0.0,
        level_db=float(np.median([one.level_db for one in copies])) if copies else None,
        delay_s=float(np.median([one.delay_s for one in copies])) if copies else None,
    )


def copied_voice(audio: ReadableAudio, levels: Sequence[ChannelLevels], source: int) -> tuple[Span, ...]:
    """Return where the voice in the other channel is only a copy of ``source``: nobody speaks there."""
    other = 1 - source
    both = (_windows(levels[source]) > 0) & (_windows(levels[other]) > 0)
    louder = _window_power(levels[source]) > _window_power(levels[other])
    copies: list[Span] = []
    for window in np.flatnonzero(both & louder):
        if _correlate(audio, source, int(window)).coherence >= COPY_COHERENCE:
            copies.append(Span(float(window) * WINDOW_S, float(window + 1) * WINDOW_S))
    return union(copies)


@dataclass(frozen=True, slots=True)
class _Correlation:
    coherence: float
    level_db: float
    delay_s: float


def _correlate(audio: ReadableAudio, source: int, window: int) -> _Correlation:
    start_s = window * WINDOW_S
    emitted = _halved(audio.read(source, start_s, start_s + WINDOW_S))
    # The copy may come later; what lies after the window belongs to it.
    heard = _halved(audio.read(1 - source, start_s, start_s + WINDOW_S + MAX_DELAY_S))
    if emitted.size == 0 or heard.size < emitted.size:
        return _Correlation(0.0, -120.0, 0.0)
    size = 1 << (emitted.size + heard.size - 1).bit_length()
    products = np.fft.irfft(np.conj(np.fft.rfft(emitted, size)) * np.fft.rfft(heard, size), size)
    products = products[: heard.size - emitted.size + 1]
    energies = np.cumsum(np.concatenate([[0.0], np.square(heard)]))
    heard_energy = energies[emitted.size :] - energies[: -emitted.size]
    emitted_energy = float(np.square(emitted).sum())
    coherences = np.abs(products) / np.sqrt(np.maximum(emitted_energy * heard_energy, 1e-12))
    delay = int(np.argmax(coherences))
    gain = abs(float(products[delay])) / max(emitted_energy, 1e-12)
    return _Correlation(
        float(min(1.0, coherences[delay])),
        20 * float(np.log10(max(gain, 1e-6))),
        delay / (audio.rate_hz / 2),
    )


def _halved(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Halve the rate: telephone speech ends at 3400 Hz."""
    pairs = samples[: samples.size // 2 * 2].reshape(-1, 2).astype(np.float64)
    halved: NDArray[np.float64] = pairs.mean(axis=1)
    return halved


def _windows(levels: ChannelLevels) -> NDArray[np.float64]:
    """Return the voiced share of every window."""
    whole = levels.voiced.size // _WINDOW_FRAMES * _WINDOW_FRAMES
    shares: NDArray[np.float64] = levels.voiced[:whole].reshape(-1, _WINDOW_FRAMES).mean(axis=1)
    return shares


def _window_power(levels: ChannelLevels) -> NDArray[np.float32]:
    whole = levels.frame_power.size // _WINDOW_FRAMES * _WINDOW_FRAMES
    power: NDArray[np.float32] = levels.frame_power[:whole].reshape(-1, _WINDOW_FRAMES).mean(axis=1)
    return power
