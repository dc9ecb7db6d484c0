import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa_analyzer.calls.call import Call, Direction, Role
from qa_analyzer.errors import TranscriptError
from qa_analyzer.intervals import Span
from qa_analyzer.speech.transcript import (
    AudioFacts,
    AuditKind,
    AuditSpan,
    Channel,
    ChannelFinding,
    ChannelProblem,
    RoleAssignment,
    RoleMethod,
    Transcript,
    Turn,
    VoiceFigures,
    Word,
)
from qa_analyzer.speech.transcript_json import (
    packed,
    read_transcript,
    transcript_fingerprint,
    transcript_from_json,
    transcript_to_json,
    unpacked,
    write_transcript,
)


@pytest.fixture
def transcript() -> Transcript:
    call = Call(
        "c1",
        audio_path=Path("night/c1.wav"),
        started_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        direction=Direction.INBOUND,
        extra=(("城市", "长沙"),),
    )
    words = (Word("您", 0.5, 0.7, 0.91), Word("好", 0.7, 0.9, 0.5))
    return Transcript(
        call=call,
        turns=(
            Turn(0, Role.AGENT, "您好", 0, 0.5, 0.9, words),
            Turn(
                1, Role.CUSTOMER, "😀喂", 1, 0.8, 2.0, role_confidence=0.97, voice=VoiceFigures(-21.5, None)
            ),
        ),
        roles=RoleAssignment(RoleMethod.INFERRED, 0.97, 0, False, ("side 0 speaks first",)),
        overlap_known=True,
        audio=AudioFacts("night/c1.wav", "ab" * 32, 3.0, 8000, 2, "pcm_alaw"),
        duration_s=3.0,
        channels=(Channel(0, Role.AGENT, (Span(0.5, 0.9),), -21.5, 0.0),),
        channel_findings=(ChannelFinding(ChannelProblem.CLIPPING, 1, 0.02, "2 %"),),
        audit=(AuditSpan(AuditKind.LOW_CONFIDENCE, 1, 0.8, 2.0, "0.31"),),
        asr_model="scripted",
        asr_fingerprint="f" * 64,
    )


def test_file_round_trip_keeps_everything(transcript: Transcript, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "c1.json"
    write_transcript(transcript, path)
    assert read_transcript(path) == transcript
    assert [left.name for left in path.parent.iterdir()] == ["c1.json"]
    assert "您好" in path.read_text(encoding="utf-8")


def test_a_file_of_ours_with_a_contradiction_is_refused(transcript: Transcript, tmp_path: Path) -> None:
    path = tmp_path / "c1.json"
    write_transcript(replace(transcript, roles=replace(transcript.roles, confidence=1.5)), path)
    with pytest.raises(TranscriptError, match=r"roles\.confidence: outside"):
        read_transcript(path)


def test_handed_on_it_stays_the_same(transcript: Transcript) -> None:
    text = packed(transcript)
    assert text is not None
    assert unpacked(text) == transcript
    assert unpacked(text[:-1]) is None
    broken = replace(transcript, turns=(replace(transcript.turns[0], text="\ud83d"),))
    assert packed(broken) is None


def test_a_fingerprint_is_that_of_its_own_transcript(transcript: Transcript) -> None:
    other = replace(transcript, duration_s=4.0)
    prints = [transcript_fingerprint(each) for each in (transcript, other, transcript, replace(other))]
    assert prints[0] == prints[2] != prints[1] == prints[3]


def test_failed_write_keeps_the_old_file(transcript: Transcript, tmp_path: Path) -> None:
    path = tmp_path / "c1.json"
    write_transcript(transcript, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        write_transcript(replace(transcript, duration_s=float("nan")), path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_fingerprint_follows_words_not_metadata(transcript: Transcript) -> None:
    moved = replace(
        transcript,
        call=replace(transcript.call, audio_path=Path("other/c1.wav"), csat=5.0),
        audio=replace(transcript.audio, path="other/c1.wav") if transcript.audio else None,
    )
    changed = replace(transcript, turns=(replace(transcript.turns[0], text="你好"), transcript.turns[1]))
    assert transcript_fingerprint(moved) == transcript_fingerprint(transcript)
    assert transcript_fingerprint(changed) != transcript_fingerprint(transcript)
    assert transcript_fingerprint(replace(transcript, call=replace(transcript.call, call_id="c2"))) != (
        transcript_fingerprint(transcript)
    )


def _set(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(plain: dict[str, Any]) -> None:
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        place: Any = plain
        for step in steps:
            place = place[step]
        place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_set("schema_version", 99), "schema_version is 99"),
        (_set("turns.0.role", "seat"), r"turns\.0\.role"),
        (_set("turns.1.index", 5), r"turns\.1\.index: is 5, expected 1"),
        (_set("turns.0.end_s", 0.1), r"turns\.0: ends before it starts"),
        (_set("turns.0.start_s", "0.5"), r"turns\.0\.start_s"),
        (_set("turns.0.words.1.probability", 1.5), r"turns\.0\.words\.1"),
        (_set("channels.0.voice.0.end_s", 0.0), "span ends before it starts"),
        (_set("roles.confidence", -1.0), r"roles\.confidence"),
        (_set("audit.0.kind", "odd"), r"audit\.0\.kind"),
        (_set("call.audio_path", None), "either a recording or given turns"),
    ],
)
def test_damage_is_named(transcript: Transcript, change: Callable[[dict[str, Any]], None], told: str) -> None:
    plain = transcript_to_json(transcript)
    change(plain)
    with pytest.raises(TranscriptError, match=told) as caught:
        transcript_from_json(plain)
    assert caught.value.call_id == "c1"


def test_missing_part_is_named(transcript: Transcript) -> None:
    plain = transcript_to_json(transcript)
    del plain["roles"]
    with pytest.raises(TranscriptError, match="roles"):
        transcript_from_json(plain)


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\xff\xfe", b"{", b"[" * 100_000])
def test_files_that_are_no_transcripts(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "c9.json"
    path.write_bytes(content)
    with pytest.raises(TranscriptError) as caught:
        read_transcript(path)
    assert caught.value.call_id == "c9"


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="cannot be read"):
        read_transcript(tmp_path / "none.json")


def test_json_is_plain(transcript: Transcript) -> None:
    assert json.loads(json.dumps(transcript_to_json(transcript))) == transcript_to_json(transcript)


def test_numbers_are_written_as_digits_beside_the_text(transcript: Transcript, tmp_path: Path) -> None:
    said = replace(transcript.turns[0], text="二十四小时内，号码幺三八零")
    spoken = replace(transcript, turns=(said, transcript.turns[1]))
    path = tmp_path / "c1.json"
    write_transcript(spoken, path)
    first, second = json.loads(path.read_text(encoding="utf-8"))["turns"]
    assert (first["text"], first["text_digits"]) == ("二十四小时内，号码幺三八零", "24小时内，号码1380")
    assert "text_digits" not in second
    assert read_transcript(path) == spoken
