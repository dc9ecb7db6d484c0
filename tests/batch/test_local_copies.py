"""Calls whose recordings lie elsewhere: copied for as long as they are heard, named where they lie."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import fsspec
import pytest

from qa_analyzer.batch.groups import groups_of
from qa_analyzer.batch.local_copies import PREFIX
from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.batch.time_limits import time_limit_s
from qa_analyzer.batch.work import CallResult, source_of
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.calls.remote import RemoteRecordings
from qa_analyzer.errors import CallError
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import AudioFacts, Transcript
from qa_analyzer.speech.transcript_json import read_transcript

RECORDINGS = RemoteRecordings(("memory://calls",), max_bytes=100)


@dataclass
class Machine:
    """A transcriber that remembers where it listened, and what lay there."""

    fingerprint: str = "f" * 64
    heard: list[tuple[Path, bytes]] = field(default_factory=list)

    def transcribe(self, call: Call) -> Transcript:
        assert call.audio_path is not None
        sound = call.audio_path.read_bytes()
        self.heard.append((call.audio_path, sound))
        said = GivenTurn(Role.AGENT, f"您好，我是{call.call_id}")
        plain = transcript_from_turns(Call(call.call_id, given_turns=(said,)))
        sha256 = hashlib.sha256(sound).hexdigest()
        audio = AudioFacts(str(call.audio_path), sha256, 1.0, 8000, 1, "pcm_s16le")
        return replace(plain, call=call, audio=audio, asr_fingerprint=self.fingerprint)

    def transcribe_together(self, calls: Sequence[Call]) -> tuple[Transcript | CallError, ...]:
        return tuple(self.transcribe(call) for call in calls)


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    system = fsspec.filesystem("memory")
    for name in ("a", "b"):
        system.pipe(f"/calls/{name}.wav", f"sound of {name}".encode())
    system.pipe("/calls/huge.wav", bytes(101))
    yield system
    system.store.clear()


def elsewhere(name: str) -> Call:
    return Call(name, audio_url=f"memory://calls/{name}.wav")


def process(tmp_path: Path, machine: Machine, *names: str) -> tuple[CallResult, ...]:
    processor = CallProcessor(tmp_path / "t", cast(Any, machine), None, None, recordings=RECORDINGS)
    return processor.process_together([elsewhere(name) for name in names])


def test_recordings_are_here_only_while_they_are_heard(tmp_path: Path) -> None:
    machine = Machine()
    results = process(tmp_path, machine, "a", "b")
    assert [result.failure for result in results] == [None, None]
    assert [sound for _, sound in machine.heard] == [b"sound of a", b"sound of b"]
    assert all(path.is_relative_to(tmp_path / "tmp") for path, _ in machine.heard)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_transcripts_name_the_recording_where_it_lies(tmp_path: Path) -> None:
    process(tmp_path, Machine(), "a")
    stored = read_transcript(tmp_path / "t" / "a.json")
    assert stored.call == elsewhere("a")
    assert stored.audio is not None
    assert stored.audio.path == "memory://calls/a.wav"
    assert str(tmp_path) not in (tmp_path / "t" / "a.json").read_text(encoding="utf-8")


def test_the_same_recording_is_not_heard_twice(tmp_path: Path, storage: Any) -> None:
    machine = Machine()
    process(tmp_path, machine, "a")
    before = (tmp_path / "t" / "a.json").read_bytes()
    (again,) = process(tmp_path, machine, "a")
    assert (again.failure, len(machine.heard)) == (None, 1)
    assert (tmp_path / "t" / "a.json").read_bytes() == before
    storage.pipe("/calls/a.wav", b"another sound")
    process(tmp_path, machine, "a")
    assert [sound for _, sound in machine.heard] == [b"sound of a", b"another sound"]


def test_what_cannot_be_fetched_fails_alone(tmp_path: Path) -> None:
    machine = Machine()
    results = process(tmp_path, machine, "a", "none", "huge", "b")
    failures = {result.call_id: result.failure for result in results if result.failure is not None}
    assert {call_id: failure.stage for call_id, failure in failures.items()} == {
        "none": "fetch",
        "huge": "fetch",
    }
    assert failures["huge"].source == "memory://calls/huge.wav"
    assert "100 are allowed" in failures["huge"].message
    assert len(machine.heard) == 2
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_worker_that_was_not_told_of_allowed_places_fetches_nothing(tmp_path: Path) -> None:
    machine = Machine()
    (result,) = CallProcessor(tmp_path, cast(Any, machine), None, None).process_together([elsewhere("a")])
    assert result.failure is not None
    assert "none is allowed" in result.failure.message
    assert machine.heard == []


def test_folders_of_killed_programs_are_removed_after_two_days(tmp_path: Path) -> None:
    old, young = (tmp_path / "tmp" / f"{PREFIX}{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir()
        (folder / "a.wav").write_bytes(b"sound")
    os.utime(old, (time.time() - 3 * 24 * 3600,) * 2)
    process(tmp_path, Machine(), "a")
    assert (old.exists(), young.exists()) == (False, True)


def test_plans_know_recordings_that_are_not_here_yet() -> None:
    call = elsewhere("a")
    assert source_of(call) == "memory://calls/a.wav"
    assert time_limit_s([call], 10.0) > 3600
    assert list(groups_of([call, elsewhere("b")], 1)) == [(call,), (elsewhere("b"),)]  # of any length


def test_a_call_is_a_recording_or_a_text() -> None:
    with pytest.raises(ValueError, match="either"):
        Call("a", audio_url="memory://calls/a.wav", given_turns=(GivenTurn(Role.AGENT, "您好"),))
    with pytest.raises(ValueError, match="either"):
        Call("a")
