"""Faults made from a synthetic call: two voices in turns, telephone band, line noise, -38 dB cross-talk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.channel_checks import ChannelFault, ChannelReport, check_channels, inspect_channels
from qa_analyzer.intervals import Span, total_s

RATE_HZ = 16_000
Samples = NDArray[np.float64]
AGENT = (Span(0.5, 5.0), Span(9.0, 13.0), Span(17.0, 20.0))
CUSTOMER = (Span(5.2, 8.8), Span(13.2, 16.5))
DURATION_S = 21.0


@dataclass
class MemoryAudio:
    channels: Sequence[Samples]
    missing_s: float | None = 0.0
    rate_hz: int = RATE_HZ

    @property
    def channel_count(self) -> int:
        return len(self.channels)

    @property
    def duration_s(self) -> float:
        return len(self.channels[0]) / RATE_HZ

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
        last = len(self.channels[channel]) if end_s is None else round(end_s * RATE_HZ)
        return self.channels[channel][round(start_s * RATE_HZ) : last].astype(np.float32)


def noise(level: float, seed: int, duration_s: float = DURATION_S) -> Samples:
    return level * np.random.default_rng(seed).normal(0, 1, round(duration_s * RATE_HZ))


@pytest.fixture(scope="module")
def sides(voice_of: Callable[..., Samples]) -> tuple[Samples, Samples]:
    def turns(seed: int, pitch_hz: float, spans: Sequence[Span]) -> Samples:
        side = np.zeros(round(DURATION_S * RATE_HZ))
        for number, span in enumerate(spans):
            first = round(span.start_s * RATE_HZ)
            spoken = voice_of(span.duration_s, seed=seed + number, pitch_hz=pitch_hz)
            side[first : first + len(spoken)] = spoken
        return side

    return turns(1, 190.0, AGENT), turns(50, 120.0, CUSTOMER)


def line(
    sides: tuple[Samples, Samples], *, cross_talk_db: float = -38.0, delay_s: float = 0.0
) -> list[Samples]:
    """Return both channels with noise; channel 1 hears channel 0 at the given level."""
    gain = 10 ** (cross_talk_db / 20)
    late = np.roll(sides[0], round(delay_s * RATE_HZ))
    return [sides[0] + 0.012 * sides[1] + noise(0.001, 1), sides[1] + gain * late + noise(0.001, 2)]


def kinds(faults: Sequence[ChannelFault]) -> list[tuple[str, int | None]]:
    return [(fault.problem.value, fault.channel) for fault in faults]


def inspect(
    channels: Sequence[Samples], voices: Sequence[Sequence[Span]] = (AGENT, CUSTOMER)
) -> ChannelReport:
    return inspect_channels(MemoryAudio(channels), voices)


def test_a_sound_call_has_no_faults(sides: tuple[Samples, Samples]) -> None:
    report = inspect(line(sides))
    assert report.faults == ()
    assert report.copied_voice == ((), ())
    for levels, spans in zip(report.levels, (AGENT, CUSTOMER), strict=True):
        assert levels.voiced_s == pytest.approx(total_s(spans), abs=0.05)
        assert levels.level_dbfs == pytest.approx(-22, abs=4)
        assert levels.noise_dbfs == pytest.approx(-60, abs=3)
        assert levels.clipped_share == 0


@pytest.mark.parametrize("gain", [1.0, -1.0, 0.4])
def test_the_same_track_twice(sides: tuple[Samples, Samples], gain: float) -> None:
    mixed = sides[0] + sides[1]
    both = tuple(sorted((*AGENT, *CUSTOMER)))
    report = inspect([mixed + noise(0.001, 1), gain * mixed + noise(0.001, 2)], (both, both))
    assert kinds(report.faults) == [("dual_mono", None)]
    assert report.faults[0].value > 0.95
    assert report.copied_voice == ((), ())


@pytest.mark.parametrize(
    ("level_db", "delay_s"), [(-10, 0.0), (-20, 0.0), (-26, 0.0), (-20, 0.12), (-26, 0.28)]
)
def test_bleed_and_echo_are_measured(sides: tuple[Samples, Samples], level_db: float, delay_s: float) -> None:
    report = inspect(line(sides, cross_talk_db=level_db, delay_s=delay_s))
    assert kinds(report.faults) == [("bleed", 1)]
    assert report.faults[0].value == pytest.approx(level_db, abs=1.5)
    assert f"after {1000 * delay_s:.0f} ms" in report.faults[0].detail


def test_voice_that_is_only_a_copy_is_told_apart(sides: tuple[Samples, Samples]) -> None:
    heard = tuple(sorted((*AGENT, *CUSTOMER)))
    report = inspect(line(sides, cross_talk_db=-15), (AGENT, heard))
    assert kinds(report.faults) == [("bleed", 1)]
    assert report.copied_voice[0] == ()
    copied = report.copied_voice[1]
    assert total_s(copied) == pytest.approx(total_s(AGENT), rel=0.15)
    assert sum(span.overlap_s(own) for span in copied for own in CUSTOMER) < 0.5


def test_two_people_talking_at_once_are_no_copy(voice_of: Callable[..., Samples]) -> None:
    both = (Span(0.0, 20.0),)
    channels = [voice_of(20.0, seed=3, pitch_hz=200.0), 0.7 * voice_of(20.0, seed=9, pitch_hz=130.0)]
    report = inspect(channels, (both, both))
    assert report.faults == ()
    assert report.copied_voice == ((), ())


def test_silence_only(sides: tuple[Samples, Samples]) -> None:
    report = inspect([np.zeros_like(sides[0]), noise(2e-4, 3)], ((), ()))
    assert kinds(report.faults) == [("silent_channel", 0), ("silent_channel", 1)]
    assert report.faults[0].value == -120.0


def test_one_silent_channel(sides: tuple[Samples, Samples]) -> None:
    channels = line(sides)
    assert kinds(inspect([channels[0], noise(2e-4, 3)], (AGENT, ())).faults) == [("silent_channel", 1)]


def test_sound_without_speech(sides: tuple[Samples, Samples]) -> None:
    moments = np.arange(len(sides[0])) / RATE_HZ
    music = 0.2 * np.sin(2 * np.pi * 440 * moments)
    faults = inspect([sides[0], music], (AGENT, (Span(3.0, 3.2),))).faults
    assert kinds(faults) == [("no_speech", 1)]
    assert faults[0].value == pytest.approx(0.2)


def test_clipping(sides: tuple[Samples, Samples]) -> None:
    channels = line(sides)
    loud = np.clip(20 * channels[0], -32256 / 32768, 32256 / 32768)  # the highest A-law code
    faults = inspect([loud, channels[1]]).faults
    assert ("clipping", 0) in kinds(faults)
    assert faults[0].value > 0.01
    rare = channels[0].copy()
    rare[round(1.0 * RATE_HZ) : round(1.0 * RATE_HZ) + 20] = 1.0
    assert inspect([rare, channels[1]]).faults == ()


@pytest.mark.parametrize(("factor", "word"), [(2.0, "too fast"), (1.5, "too fast"), (0.5, "too slow")])
def test_wrong_speed(sides: tuple[Samples, Samples], factor: float, word: str) -> None:
    positions = np.arange(0, len(sides[0]) - 1, factor)
    played = [np.interp(positions, np.arange(len(side)), side) for side in sides]
    voices = [
        tuple(Span(span.start_s / factor, span.end_s / factor) for span in spans)
        for spans in (AGENT, CUSTOMER)
    ]
    faults = inspect(played, voices).faults
    assert kinds(faults) == [("wrong_speed", 0), ("wrong_speed", 1)]
    assert all(word in fault.detail for fault in faults)


def test_hiss_does_not_look_fast(sides: tuple[Samples, Samples]) -> None:
    # A telephone line digitised at 16 kHz: wide hiss, but the voice itself ends at 3400 Hz.
    assert inspect([side + noise(0.02, number) for number, side in enumerate(sides)]).faults == ()


def test_swapped_channels_are_only_doubted_with_reason(sides: tuple[Samples, Samples]) -> None:
    audio = MemoryAudio(line(sides))
    assert check_channels(audio, (AGENT, CUSTOMER), agent_channel=0) == ()
    faults = check_channels(audio, (AGENT, CUSTOMER), agent_channel=1)
    assert kinds(faults) == [("swapped", None)]
    assert faults[0].value == pytest.approx(total_s(AGENT) / total_s(CUSTOMER), abs=0.01)


def test_truncation_is_a_finding(sides: tuple[Samples, Samples]) -> None:
    channels = line(sides)
    (lost,) = check_channels(MemoryAudio(channels, missing_s=2.5), (AGENT, CUSTOMER))
    assert (lost.problem.value, lost.channel, lost.value) == ("truncated", None, 2.5)
    (unknown,) = check_channels(MemoryAudio(channels, missing_s=None), (AGENT, CUSTOMER))
    assert "never closed" in unknown.detail


def test_mono_is_checked_alone(sides: tuple[Samples, Samples]) -> None:
    report = inspect([sides[0] + sides[1]], (tuple(sorted((*AGENT, *CUSTOMER))),))
    assert report.faults == ()
    assert len(report.levels) == 1


def test_a_recording_shorter_than_a_frame() -> None:
    report = inspect([np.zeros(100), np.zeros(100)], ((), ()))
    assert kinds(report.faults) == [("silent_channel", 0), ("silent_channel", 1)]


def test_on_a_decoded_file(
    tmp_path: Path, sides: tuple[Samples, Samples], encode: Callable[..., Path]
) -> None:
    mixed = sides[0] + sides[1]
    both = tuple(sorted((*AGENT, *CUSTOMER)))
    path = encode(tmp_path / "c.mp3", [mixed, mixed], codec="libmp3lame", container_format="mp3")
    with open_audio(path, call_id="c") as audio:
        assert kinds(check_channels(audio, (both, both))) == [("dual_mono", None)]
