"""Recordings made at test time: voices of numpy, encoded by PyAV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

RATE_HZ = 16_000
Samples = NDArray[np.float64]
Encode = Callable[..., Path]


def make_tone(
    duration_s: float, frequency_hz: float, *, rate_hz: int = RATE_HZ, level: float = 0.3
) -> Samples:
    return level * np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * rate_hz)) / rate_hz)


def make_voice(duration_s: float, *, seed: int, pitch_hz: float = 150.0) -> Samples:
    """Buzz through three wandering resonances, in syllables; cut to the telephone band like a real line."""
    rng = np.random.default_rng(seed)
    count = round(duration_s * RATE_HZ)
    moments = np.arange(count) / RATE_HZ
    knots = np.arange(0, duration_s + 0.3, 0.3)
    pitch = pitch_hz * (1 + 0.1 * np.interp(moments, knots, rng.normal(0, 1, len(knots))))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    buzz = np.zeros(count)
    for harmonic in range(1, 40):
        frequency = pitch_hz * harmonic
        if frequency > 3400:
            break
        shape = sum(
            gain / (1 + ((frequency - center) / 150) ** 2)
            for center, gain in ((500, 1.0), (1500, 0.5), (2500, 0.3))
        )
        wander = 1 + 0.5 * np.sin(2 * np.pi * rng.uniform(1, 4) * moments + rng.uniform(0, 6))
        buzz += shape * wander * np.sin(harmonic * phase + rng.uniform(0, 6))
    buzz += 0.05 * rng.normal(0, 1, count)
    syllables = np.clip(
        np.sin(2 * np.pi * rng.uniform(3.5, 4.5) * moments + rng.uniform(0, 6)) + 0.4, 0.02, None
    )
    spectrum = np.fft.rfft(buzz * syllables)
    frequencies = np.fft.rfftfreq(count, 1 / RATE_HZ)
    spectrum[(frequencies < 250) | (frequencies > 3500)] = 0
    spoken = np.fft.irfft(spectrum, count)
    return 0.1 * spoken / np.sqrt(np.mean(spoken**2))


def write_recording(
    path: Path,
    channels: Sequence[Samples],
    *,
    codec: str = "pcm_s16le",
    rate_hz: int = RATE_HZ,
    container_format: str | None = None,
) -> Path:
    with av.open(str(path), "w", format=container_format) as container:
        layout = "mono" if len(channels) == 1 else "stereo"
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        if codec == "wmav2":  # has no default
            stream.bit_rate = 24_000 * len(channels)
        stream.codec_context.open()
        to_encoder = av.AudioResampler(
            format=stream.codec_context.format,
            layout=layout,
            rate=rate_hz,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        planes = np.clip(np.stack(channels) * 32768, -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(planes, format="s16p", layout=layout)
        frame.sample_rate = rate_hz
        for ready in (*to_encoder.resample(frame), *to_encoder.resample(None)):
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def tone() -> Callable[..., Samples]:
    return make_tone


@pytest.fixture(scope="session")
def voice_of() -> Callable[..., Samples]:
    return make_voice


@pytest.fixture
def encode() -> Encode:
    return write_recording
