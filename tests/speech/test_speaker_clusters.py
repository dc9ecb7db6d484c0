from collections.abc import Sequence

import numpy as np
import pytest

from qa_analyzer.intervals import Span
from qa_analyzer.speech import speaker_clusters
from qa_analyzer.speech.diarization import VoiceprintDiarizer
from qa_analyzer.speech.speaker_clusters import clustered, settled
from qa_analyzer.speech.speaker_embeddings import (
    MIN_WINDOW_S,
    WINDOW_S,
    embeddings_of,
    log_mel,
    windows_of,
)

RATE_HZ = 16_000
FloatArray = np.ndarray


def voices(speakers: Sequence[int], spread: float = 0.5, seed: int = 4) -> FloatArray:
    """Make an embedding a window: the speaker's own direction and some chance, length 1."""
    generator = np.random.default_rng(seed)
    own = np.eye(64)[list(speakers)]
    chance = generator.standard_normal(own.shape)
    vectors = own + spread * chance / np.linalg.norm(chance, axis=1, keepdims=True)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def in_a_row(count: int) -> list[Span]:
    return [Span(0.75 * number, 0.75 * number + 1.5) for number in range(count)]


def test_voices_are_parted() -> None:
    speakers = [0, 0, 1, 1, 1, 0, 0, 1, 2, 2]
    labels = clustered(voices(speakers))
    assert len(set(zip(labels.tolist(), speakers, strict=True))) == 3


def test_one_voice_stays_one() -> None:
    assert len(set(clustered(voices([3] * 50)).tolist())) == 1


def test_a_speaker_is_carried_from_block_to_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker_clusters, "BLOCK_WINDOWS", 40)
    speakers = [0] * 20 + [1] * 20 + [1] * 40 + [0] * 30 + [1] * 10 + [0] * 5
    labels = clustered(voices(speakers))
    assert len(set(zip(labels.tolist(), speakers, strict=True))) == 2


def test_a_window_that_sounds_odd_among_its_neighbours_changes_no_speaker() -> None:
    speakers = [0] * 6 + [1] * 6
    embeddings = voices(speakers, spread=0.2)
    embeddings[3] = embeddings[3] * 0.5 + embeddings[9] * 0.6
    embeddings[3] /= np.linalg.norm(embeddings[3])
    labels = np.array([0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1])
    assert settled(embeddings, in_a_row(12), labels, (0, 1)).tolist() == speakers


def test_other_voices_are_left_alone() -> None:
    speakers = [0, 0, 2, 1, 1, 2]
    labels = settled(voices(speakers), in_a_row(6), np.array(speakers), (0, 1))
    assert labels.tolist() == speakers


def test_no_windows_no_voices() -> None:
    assert clustered(np.zeros((0, 64), np.float32)).tolist() == []


def test_windows_cover_the_voice_and_nothing_else() -> None:
    voice = [Span(1.0, 1.2), Span(2.0, 6.1), Span(9.0, 10.0)]
    windows = windows_of(voice)
    assert all(MIN_WINDOW_S <= window.duration_s <= WINDOW_S + 1e-9 for window in windows)
    assert (windows[0].start_s, windows[-2].end_s, windows[-1]) == (2.0, 6.1, Span(9.0, 10.0))
    assert all(any(span.overlap_s(window) > window.duration_s - 1e-9 for span in voice) for window in windows)


def test_features_show_the_pitch_of_a_tone() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    low, high = (
        log_mel(np.sin(2 * np.pi * pitch_hz * time_s).astype(np.float32)).mean(axis=0).argmax()
        for pitch_hz in (300, 3000)
    )
    assert log_mel(np.zeros(RATE_HZ, np.float32)).shape == (98, 80)
    assert low < 15 < 45 < high


def pulsing(pitch_hz: float, duration_s: int) -> FloatArray:
    """Make a tone that comes and goes: of a steady one nothing is left once its mean is taken off."""
    time_s = np.arange(duration_s * RATE_HZ) / RATE_HZ
    tone = np.sin(2 * np.pi * 2 * time_s) ** 2 * np.sin(2 * np.pi * pitch_hz * time_s)
    noise = np.random.default_rng(2).standard_normal(time_s.size)
    return (0.5 * tone + 1e-3 * noise).astype(np.float32)


class Pitch:
    """A speaker model that knows a voice by its loudest band."""

    def __init__(self) -> None:
        self.most_at_once = 0

    def embed(self, features: FloatArray) -> FloatArray:
        self.most_at_once = max(self.most_at_once, len(features))
        loudest = features.std(axis=1).argmax(axis=1)
        return np.eye(80, dtype=np.float32)[loudest // 20 * 20]


def test_two_pitches_are_two_speakers_over_several_minutes(array_audio: type) -> None:
    sound = np.concatenate([pulsing(400 if turn % 2 == 0 else 2600, 4) for turn in range(40)])
    voice = [Span(4.0 * turn, 4.0 * turn + 3.7) for turn in range(40)]
    model = Pitch()
    found = VoiceprintDiarizer(model).diarize(array_audio(sound), 0, voice)
    assert found.speakers == 2
    assert [one.speaker for one in found.spans] == [turn % 2 for turn in range(40)]
    assert all(one.span == pytest.approx(own) for one, own in zip(found.spans, voice, strict=True))
    assert model.most_at_once <= 16


def test_embeddings_keep_the_order_of_their_windows(array_audio: type) -> None:
    sound = np.concatenate([pulsing(400, 70), pulsing(2600, 70)])
    windows = [Span(1, 2.5), Span(30, 30.6), Span(66, 67.5), Span(80, 81.5), Span(130, 131.0)]
    model = Pitch()
    together = embeddings_of(array_audio(sound), 0, windows, model)
    assert np.array_equal(together[0], together[2])
    assert np.array_equal(together[3], together[4])
    assert not np.array_equal(together[0], together[3])


def test_too_little_voice_is_not_parted(array_audio: type) -> None:
    audio = array_audio(np.zeros(5 * RATE_HZ, np.float32))
    found = VoiceprintDiarizer(Pitch()).diarize(audio, 0, [Span(0, 1)])
    assert (found.spans, found.speakers) == ((), 0)
