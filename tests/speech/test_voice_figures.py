"""Loudness and pitch on sounds whose loudness and pitch are known, as a telephone carries them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span
from qa_analyzer.speech.transcript import Turn
from qa_analyzer.speech.voice_figures import frame_figures, with_voice_figures

RATE_HZ = 16_000
Floats = npt.NDArray[np.float32]


def voice_like(pitch_hz: Floats | float, seconds: float = 1.0, *, level_dbfs: float = -20.0) -> Floats:
    """Return harmonics between 300 and 3400 Hz, falling like a voice's; the fundamental itself is missing."""
    pitch = np.broadcast_to(np.asarray(pitch_hz, np.float64), int(seconds * RATE_HZ))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    sound = np.zeros(len(phase))
    for harmonic in range(1, 50):
        heard = (harmonic * pitch >= 300) & (harmonic * pitch <= 3400)
        sound += np.where(heard, np.cos(harmonic * phase + harmonic**2) / harmonic, 0.0)
    sound *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(sound)))
    return sound.astype(np.float32)


def a_law(samples: Floats) -> Floats:
    """Return samples as G.711 A-law keeps them."""
    loud = np.abs(samples) * 87.6
    scale = 1 + np.log(87.6)
    packed = np.sign(samples) * np.where(loud < 1, loud, 1 + np.log(np.maximum(loud, 1))) / scale
    packed = np.round(packed * 127) / 127
    unpacked = np.abs(packed) * scale
    return (np.sign(packed) * np.where(unpacked < 1, unpacked, np.exp(unpacked - 1)) / 87.6).astype(
        np.float32
    )


def noise(seconds: float, level_dbfs: float) -> Floats:
    samples = np.random.default_rng(5).normal(size=int(seconds * RATE_HZ))
    return (samples * 10 ** (level_dbfs / 20)).astype(np.float32)


@given(pitch_hz=st.floats(80, 380), level_dbfs=st.floats(-45, -10))
@settings(max_examples=40, deadline=None)
def test_pitch_of_a_tone_without_its_fundamental_through_a_telephone(
    pitch_hz: float, level_dbfs: float
) -> None:
    levels, pitches = frame_figures(a_law(voice_like(pitch_hz, 0.5, level_dbfs=level_dbfs)))
    assert np.median(pitches) == pytest.approx(pitch_hz, rel=0.01)
    assert np.mean(pitches > 0) > 0.95
    assert np.median(levels) == pytest.approx(level_dbfs, abs=1.0)


@pytest.mark.parametrize(("low_hz", "high_hz"), [(110, 220), (180, 330), (240, 120)])
def test_a_glide_is_followed(low_hz: float, high_hz: float) -> None:
    glide = np.geomspace(low_hz, high_hz, 2 * RATE_HZ).astype(np.float32)
    _, pitches = frame_figures(a_law(voice_like(glide, 2.0)))
    true = glide[320::320][: len(pitches)]
    errors = 12 * np.abs(np.log2(pitches[: len(true)] / true))
    assert np.all(pitches > 0)
    assert np.percentile(errors, 95) < 0.5  # semitones


def test_a_voice_in_line_noise_keeps_its_pitch() -> None:
    _, pitches = frame_figures(voice_like(140) + noise(1.0, -35))
    assert np.median(pitches[pitches > 0]) == pytest.approx(140, rel=0.02)


@pytest.mark.parametrize("sound", [noise(1.0, -20), np.zeros(RATE_HZ, np.float32), np.zeros(0, np.float32)])
def test_what_has_no_pitch_gets_none(sound: Floats) -> None:
    _, pitches = frame_figures(sound)
    assert np.mean(pitches > 0) < 0.05 if len(pitches) else True


class Recording:
    """Two channels in memory; counts what is read at once."""

    rate_hz = RATE_HZ
    channel_count = 2
    missing_s = 0.0

    def __init__(self, *channels: Floats) -> None:
        self.channels = channels
        self.duration_s = len(channels[0]) / RATE_HZ
        self.longest_read_s = 0.0

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> Floats:
        samples = self.channels[channel][
            round(start_s * RATE_HZ) : None if end_s is None else round(end_s * RATE_HZ)
        ]
        self.longest_read_s = max(self.longest_read_s, len(samples) / RATE_HZ)
        return samples


def test_each_turn_gets_the_sound_of_its_own_voice() -> None:
    quiet, loud = voice_like(120, 2.0, level_dbfs=-30), voice_like(200, 2.0, level_dbfs=-18)
    silence = np.zeros(2 * RATE_HZ, np.float32)
    recording = Recording(np.concatenate([quiet, silence, loud]), np.concatenate([silence, loud, silence]))
    turns = (
        Turn(0, Role.CUSTOMER, "慢慢说", 0, 0.0, 2.0),
        Turn(1, Role.AGENT, "好的", 1, 2.0, 4.0),
        # The turn is longer than its voice; what lies between is not part of how it sounds.
        Turn(2, Role.CUSTOMER, "我很着急", 0, 2.5, 6.0),
        Turn(3, Role.CUSTOMER, "嗯", 0, 5.8, 6.0),
    )
    voices = ((Span(0, 2), Span(4, 6)), (Span(2, 4),))
    figures = [turn.voice for turn in with_voice_figures(turns, recording, voices)]
    assert [figure and round(figure.level_dbfs) for figure in figures] == [-30, -18, -18, None]
    assert [figure and figure.pitch_hz and round(figure.pitch_hz, -1) for figure in figures] == [
        120, 200, 200, None,
    ]  # fmt: skip


def test_noise_has_a_level_but_no_pitch() -> None:
    recording = Recording(noise(3.0, -25), noise(3.0, -25))
    (turn,) = with_voice_figures([Turn(0, Role.CUSTOMER, "喂", 0, 0.0, 3.0)], recording, ((Span(0, 3),), ()))
    assert turn.voice is not None
    assert turn.voice.pitch_hz is None
    assert turn.voice.level_dbfs == pytest.approx(
        -28, abs=1.5
    )  # half of white noise is above a telephone's band


def test_turns_of_a_mix_stay_as_they_are() -> None:
    turns = (Turn(0, Role.CUSTOMER, "你好", None, 0.0, 2.0), Turn(1, Role.AGENT, "你好", 1))
    assert with_voice_figures(turns, Recording(voice_like(150, 2.0)), ((Span(0, 2),),)) == turns


def test_a_long_turn_is_read_in_pieces() -> None:
    recording = Recording(voice_like(150, 75.0), np.zeros(0, np.float32))
    (turn,) = with_voice_figures(
        [Turn(0, Role.CUSTOMER, "长", 0, 0.0, 75.0)], recording, ((Span(0, 75),), ())
    )
    assert turn.voice is not None
    assert turn.voice.pitch_hz == pytest.approx(150, rel=0.01)
    assert recording.longest_read_s <= 30.0
