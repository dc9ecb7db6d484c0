"""When the disk takes no more: the night stops at once, says so, and the same command goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from qa_analyzer.batch import process_call
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.errors import SpoolError

CALLS = [
    {
        "call_id": f"F{number}",
        "turns": [{"role": "agent", "text": "您好"}, {"role": "customer", "text": "你好"}],
    }
    for number in range(3)
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in CALLS), encoding="utf-8")
    return path


def run(source: Path) -> int:
    out = str(source.parent / "out")
    return run_cli(["run", str(source), "--out", out, "--sentiment", "lexicon", "--workers", "1", "-q"])


def lines(source: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (source.parent / "out" / name).read_bytes().splitlines()]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied")]
)
def test_a_transcript_that_cannot_be_written_stops_the_night(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError
) -> None:
    write = process_call.write_transcript

    def refuse(transcript: Any, path: Path) -> None:
        if path.stem == "F1":
            raise error
        write(transcript, path)

    with monkeypatch.context() as full:
        full.setattr(process_call, "write_transcript", refuse)
        assert run(source) == ExitCode.STOPPED
    said = capsys.readouterr().err
    assert error.strerror in said
    assert "F1.json" in said.replace("\n", "")
    assert "Traceback" not in said
    assert run(source) == ExitCode.OK
    assert [line["call_id"] for line in lines(source, "evaluations.jsonl")] == ["F0", "F1", "F2"]
    assert lines(source, "failures.jsonl") == []


def test_a_call_without_room_to_decode_is_tried_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = process_call.transcript_from_turns

    def refuse(call: Any) -> Any:
        if call.call_id == "F1":
            raise SpoolError("F1", "F1.wav cannot be spooled")
        return read(call)

    with monkeypatch.context() as full:
        full.setattr(process_call, "transcript_from_turns", refuse)
        assert run(source) == ExitCode.FAILED_CALLS
    assert [line["error"] for line in lines(source, "failures.jsonl")] == ["SpoolError"]
    assert run(source) == ExitCode.OK
    assert lines(source, "failures.jsonl") == []


def test_drafts_of_a_killed_run_are_cleared_away(source: Path) -> None:
    out = source.parent / "out"
    (out / "transcripts").mkdir(parents=True)
    left = [out / ".draft.abc.json", out / "transcripts" / ".draft.x.json"]
    for path in left:
        path.write_text("half", encoding="utf-8")
    assert run(source) == ExitCode.OK
    assert not any(path.exists() for path in left)
