"""One pass over a channel: its levels, clipping and spectrum, in blocks, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.intervals import Span

FRAME_S = 0.02
BLOCK_S = 60.0
CLIPPED_LEVEL = 0.97
"""Of full scale: the highest A-law code is 0.984, the highest mu-law code 0.980."""

_FFT_SAMPLES = 1024
_FLOOR_DBFS = -120.0


class ReadableAudio(Protocol):
    """What the checks need of ``Audio``."""

    @property
    def rate_hz(self) -> int: ...

    @property
    def channel_count(self) -> int: ...

    @property
    def duration_s(self) -> float: ...

    @property
    def missing_s(self) -> float | None: ...

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
        """Return samples in [-1, 1]."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ChannelLevels:
    """How one channel sounds.

    ``frame_power`` is the mean square of every 20 ms, ``voiced`` says which of them hold voice.
    ``level_dbfs`` is the median of the voiced frames, ``noise_dbfs`` of the others (None where there are
    none); ``loudest_dbfs`` is passed by one frame of a hundred. ``clipped_share`` is of the voiced
    samples. ``spectrum`` is the power of the voiced parts less that of the pauses, by ``frequencies_hz``.
    """

    frame_power: NDArray[np.float32]
    voiced: NDArray[np.bool_]
    level_dbfs: float | None
    noise_dbfs: float | None
    loudest_dbfs: float
    clipped_share: float
    spectrum: NDArray[np.float64]
    frequencies_hz: NDArray[np.float64]

    @property
    def voiced_s(self) -> float:
        return float(np.count_nonzero(self.voiced)) * FRAME_S

    def band_db(self, low_hz: float, high_hz: float) -> float:
        """Return the voiced power of a band over that of all bands above 100 Hz."""
        within = (self.frequencies_hz >= low_hz) & (self.frequencies_hz < high_hz)
        heard = self.frequencies_hz >= 100
        return decibels(float(self.spectrum[within].sum())) - decibels(float(self.spectrum[heard].sum()))


def measure_levels(audio: ReadableAudio, channel: int, voice: Sequence[Span]) -> ChannelLevels:
    """Read a channel once and measure it."""
    frame_samples = round(FRAME_S * audio.rate_hz)
    voiced = voiced_frames(voice, audio.duration_s)
    powers: list[NDArray[np.float32]] = []
    clipped = voiced_samples = 0
    spectra = np.zeros((2, _FFT_SAMPLES // 2 + 1))  # of pauses, of voice
    counts = np.zeros(2)
    window = np.hanning(_FFT_SAMPLES)
    for start_s in np.arange(0.0, audio.duration_s, BLOCK_S):
        samples = audio.read(channel, float(start_s), float(start_s) + BLOCK_S)
        frames = samples[: samples.size // frame_samples * frame_samples].reshape(-1, frame_samples)
        if not len(frames):
            break
        first = round(start_s / FRAME_S)
        here = voiced[first : first + len(frames)]
        frames = frames[: len(here)]
        powers.append(np.mean(np.square(frames), axis=1))
        clipped += int(np.count_nonzero(np.abs(frames[here]) >= CLIPPED_LEVEL))
        voiced_samples += int(np.count_nonzero(here)) * frame_samples
        windows = samples[: samples.size // _FFT_SAMPLES * _FFT_SAMPLES].reshape(-1, _FFT_SAMPLES)
        middles = (np.arange(len(windows)) * _FFT_SAMPLES + _FFT_SAMPLES // 2) // frame_samples
        power = np.square(np.abs(np.fft.rfft(windows * window, axis=1)))
        for kind in (0, 1):
            chosen = here[np.minimum(middles, len(here) - 1)] == bool(kind)
            spectra[kind] += power[chosen].sum(axis=0)
            counts[kind] += np.count_nonzero(chosen)
    frame_power = np.concatenate(powers) if powers else np.zeros(0, np.float32)
    voiced = voiced[: len(frame_power)]
    of_pauses, of_voice = spectra / np.maximum(counts, 1)[:, None]
    return ChannelLevels(
        frame_power=frame_power,
        voiced=voiced,
        level_dbfs=_median_db(frame_power[voiced]),
        noise_dbfs=_median_db(frame_power[~voiced]),
        loudest_dbfs=decibels(float(np.percentile(frame_power, 99))) if frame_power.size else _FLOOR_DBFS,
        clipped_share=clipped / voiced_samples if voiced_samples else 0.0,
        spectrum=np.maximum(of_voice - of_pauses, 0.0),
        frequencies_hz=np.fft.rfftfreq(_FFT_SAMPLES, 1 / audio.rate_hz).astype(np.float64),
    )


def voiced_frames(voice: Sequence[Span], duration_s: float) -> NDArray[np.bool_]:
    """Return for every 20 ms of a recording whether it lies in a span."""
    voiced = np.zeros(int(np.ceil(duration_s / FRAME_S)), dtype=np.bool_)
    for span in voice:
        voiced[max(0, round(span.start_s / FRAME_S)) : max(0, round(span.end_s / FRAME_S))] = True
    return voiced


def decibels(power: float) -> float:
    """Return 10 log10 of a power, not below -120."""
    return 10 * float(np.log10(power)) if power > 1e-12 else _FLOOR_DBFS


def _median_db(powers: NDArray[np.float32]) -> float | None:
    return decibels(float(np.median(powers))) if powers.size else None
