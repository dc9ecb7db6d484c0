"""Test doubles of the speech room: recordings made of arrays, and a recogniser that says what it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from qa_analyzer.intervals import Span
from qa_analyzer.speech.asr import FAST, Effort, Recognition
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.transcript import Word

RATE_HZ = 16_000
FloatArray = npt.NDArray[np.float32]


class ArrayAudio:
    """A recording held in memory."""

    rate_hz = RATE_HZ
    missing_s = 0.0

    def __init__(self, *channels: FloatArray) -> None:
        self.channels = channels
        self.channel_count = len(channels)
        self.duration_s = channels[0].size / RATE_HZ

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> FloatArray:
        last = None if end_s is None else round(end_s * RATE_HZ)
        return self.channels[channel][round(start_s * RATE_HZ) : last]


class ScriptedEngine:
    """Answers each window from a function of its loudness-free length; records what it was asked."""

    name = "scripted"
    fingerprint = "0" * 64

    def __init__(self, answer: Callable[[FloatArray, Effort], Recognition]) -> None:
        self.answer = answer
        self.asked: list[tuple[float, Effort, str]] = []

    def recognize(
        self, windows: Sequence[FloatArray], *, effort: Effort = FAST, prompt: str = ""
    ) -> tuple[Recognition, ...]:
        self.asked += [(window.size / RATE_HZ, effort, prompt) for window in windows]
        return tuple(self.answer(window, effort) for window in windows)


def spoken_words(text: str, start_s: float, end_s: float, probability: float = 0.9) -> tuple[Word, ...]:
    """Spread the characters of a text evenly over a stretch of time."""
    step_s = (end_s - start_s) / max(1, len(text))
    return tuple(
        Word(char, round(start_s + step_s * at, 3), round(start_s + step_s * (at + 1), 3), probability)
        for at, char in enumerate(text)
    )


@pytest.fixture
def phrase() -> Callable[..., Phrase]:
    """Build a fully voiced phrase whose words fill it."""

    def build(text: str, start_s: float, end_s: float, channel: int = 0, probability: float = 0.9) -> Phrase:
        span = Span(start_s, end_s)
        return Phrase(channel, span, (span,), spoken_words(text, start_s, end_s, probability), -0.3, 0.01)

    return build


@pytest.fixture
def array_audio() -> type[ArrayAudio]:
    return ArrayAudio


@pytest.fixture
def scripted_engine() -> type[ScriptedEngine]:
    return ScriptedEngine
