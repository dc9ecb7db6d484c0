import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.speech.vad import FRAME_S, VoiceDetector, VoiceOptions, voiced_spans

PLAIN = VoiceOptions(pad_s=0.0, min_silence_s=0.0, min_voice_s=0.0)


def frames(*runs: tuple[float, int]) -> np.ndarray:
    return np.concatenate([np.full(count, value, np.float32) for value, count in runs])


def test_hysteresis_starts_high_and_ends_low() -> None:
    spans = voiced_spans(frames((0.1, 10), (0.4, 5), (0.6, 10), (0.4, 5), (0.2, 10)), PLAIN, duration_s=2.0)
    assert [(span.start_s, span.end_s) for span in spans] == [(15 * FRAME_S, 30 * FRAME_S)]


def test_short_pauses_join_and_clicks_vanish() -> None:
    probabilities = frames((0.9, 30), (0.0, 5), (0.9, 30), (0.0, 40), (0.9, 2), (0.0, 40))
    spans = voiced_spans(probabilities, VoiceOptions(pad_s=0.0), duration_s=10.0)
    assert [(span.start_s, span.end_s) for span in spans] == [(0.0, round(65 * FRAME_S, 3))]


@given(
    st.lists(st.floats(0, 1, width=32), max_size=200),
    st.floats(0.05, 0.5),
    st.floats(0.0, 0.3),
)
def test_spans_are_ordered_apart_and_inside(values: list[float], silence_s: float, pad_s: float) -> None:
    duration_s = max(0.01, len(values) * FRAME_S - 0.005)
    options = VoiceOptions(min_silence_s=silence_s, pad_s=pad_s)
    spans = voiced_spans(np.array(values, np.float32), options, duration_s=duration_s)
    assert all(0 <= span.start_s < span.end_s <= duration_s + 0.001 for span in spans)
    assert all(left.end_s < right.start_s for left, right in itertools.pairwise(spans))


@pytest.mark.model
def test_blocks_do_not_change_the_answer(array_audio: type, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(7)
    noise = (generator.standard_normal(16_000 * 20) * 0.1).astype(np.float32)
    noise *= np.repeat(generator.integers(0, 2, 40), 8000).astype(np.float32)
    audio = array_audio(noise)
    detector = VoiceDetector()
    whole = np.concatenate(list(detector._probabilities(audio, 0)))
    monkeypatch.setattr("qa_analyzer.speech.vad.BLOCK_FRAMES", 17)
    pieces = np.concatenate(list(detector._probabilities(audio, 0)))
    assert np.allclose(whole, pieces, atol=1e-4)


@pytest.mark.model
def test_silence_holds_no_voice(array_audio: type) -> None:
    assert VoiceDetector().spans(array_audio(np.zeros(16_000 * 3, np.float32)), 0) == ()
