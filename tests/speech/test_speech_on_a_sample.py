"""The whole speech room on a recording that ships with the project, with real weights."""

from pathlib import Path

import pytest

from qa_analyzer.calls.call import Call, Role
from qa_analyzer.settings import shipped
from qa_analyzer.speech.transcribe import open_transcriber
from qa_analyzer.speech.transcript import RoleMethod, Transcript
from qa_analyzer.speech.transcript_json import read_transcript, transcript_fingerprint, write_transcript
from qa_analyzer.speech.wording import simplified

SAMPLE = shipped("samples", "recordings", "D001.wav")
MODELS = shipped("models")

pytestmark = [
    pytest.mark.model,
    pytest.mark.audio,
    pytest.mark.skipif(
        not (MODELS / "whisper-base" / "model.bin").is_file() or not SAMPLE.is_file(),
        reason="whisper-base or the sample is not installed",
    ),
]


@pytest.fixture(scope="module")
def transcript() -> Transcript:
    transcriber = open_transcriber("whisper-base", MODELS, device="cpu", threads=1)
    return transcriber.transcribe(Call("D001", audio_path=SAMPLE))


def test_agent_is_found_without_a_manifest(transcript: Transcript) -> None:
    assert transcript.roles.method is RoleMethod.INFERRED
    assert transcript.roles.agent_channel == 0
    assert transcript.turns[0].role is Role.AGENT


def test_turns_lie_where_they_were_spoken(transcript: Transcript) -> None:
    spoken = [(0.6, 5.7), (6.1, 15.5), (15.9, 21.3), (21.7, 24.9), (25.3, 35.5)]
    heard = [(turn.start_s, turn.end_s) for turn in transcript.turns[: len(spoken)]]
    for (start_s, end_s), (heard_start_s, heard_end_s) in zip(spoken, heard, strict=True):
        assert heard_start_s == pytest.approx(start_s, abs=0.7)
        assert heard_end_s == pytest.approx(end_s, abs=0.5)
    waits = [
        (later.start_s or 0) - (before.end_s or 0)
        for before, later in zip(transcript.turns[:-1], transcript.turns[1:], strict=True)
    ]
    assert max(waits) == pytest.approx(26, abs=1)


def test_words_are_simplified_and_carry_time_and_probability(transcript: Transcript) -> None:
    agent = "".join(turn.text for turn in transcript.turns if turn.role is Role.AGENT)
    assert "请问" in agent
    assert "再见" in agent
    for turn in transcript.turns:
        assert turn.text == simplified(turn.text)
        assert turn.text == "".join(word.text for word in turn.words).strip()
        assert all(0 < word.probability <= 1 for word in turn.words)
        assert all(word.start_s - (turn.start_s or 0) >= -0.8 for word in turn.words)


def test_stored_and_read_again_it_is_the_same(transcript: Transcript, tmp_path: Path) -> None:
    write_transcript(transcript, tmp_path / "D001.json")
    stored = read_transcript(tmp_path / "D001.json")
    assert stored == transcript
    assert transcript_fingerprint(stored) == transcript_fingerprint(transcript)
