"""What a night is told: how many calls, since when, which again, how many may fail, and what lies ahead."""

import json
import wave
from pathlib import Path
from typing import Any

import pytest

from qa_analyzer.batch.output_lock import sole_writer
from qa_analyzer.batch.time_limits import START_UP_S, time_limit_s
from qa_analyzer.calls.call import Call
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

DAYS = {"N1": "2026-11-01 09:00:00", "N2": "2026-11-02 00:00:00", "N3": "2026-11-03 09:00:00", "N4": None}


@pytest.fixture(autouse=True)
def _by_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ACT_MODEL", "none")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Four good calls, one of which does not say when it was."""
    path = tmp_path / "calls.jsonl"
    turns = [{"role": "agent", "text": "您好"}, {"role": "customer", "text": "网断了。"}]
    calls = [{"call_id": each, "started_at": started, "turns": turns} for each, started in DAYS.items()]
    path.write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in calls), encoding="utf-8")
    return path


def run(source: Path, *options: str) -> int:
    out = str(source.parent / "out")
    given = ["--out", out, "--sentiment", "lexicon", "--workers", "1", "-q", "--no-report"]
    return run_cli(["run", str(source), *given, *options])


def judged(source: Path) -> list[str]:
    lines = (source.parent / "out" / "evaluations.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["call_id"] for line in lines]


def test_only_the_first_calls(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(source, "--limit", "2") == ExitCode.OK
    assert judged(source) == ["N1", "N2"]
    capsys.readouterr()
    assert run(source, "--dry-run") == ExitCode.OK
    assert "共 4 通，已完成 2 通" in capsys.readouterr().out
    assert judged(source) == ["N1", "N2"], "a dry run does nothing"
    assert run(source) == ExitCode.OK
    journal = (source.parent / "out" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["entry"]["call_id"] for line in journal] == ["N1", "N2", "N3", "N4"]


def test_only_later_calls_by_the_site_s_clock(source: Path) -> None:
    assert run(source, "--since", "2026-11-02") == ExitCode.OK
    assert judged(source) == ["N2", "N3", "N4"], "the one that does not say when it was is kept"


def test_failed_calls_are_done_again_when_asked(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("made up")

    with monkeypatch.context() as patched:
        patched.setattr("qa_analyzer.analysis.analyze.measure", broken)
        assert run(source, "--limit", "2") == ExitCode.FAILED_CALLS
    assert run(source) == ExitCode.FAILED_CALLS
    assert judged(source) == ["N3", "N4"], "what failed is taken over as such"
    assert run(source, "--retry-failed") == ExitCode.OK
    assert judged(source) == ["N1", "N2", "N3", "N4"]


@pytest.mark.parametrize(
    ("rate", "code"), [("0", 1), ("0.19", 1), ("0.2", 0), ("1", 0)], ids=lambda each: str(each)
)
def test_so_many_calls_may_fail(source: Path, rate: str, code: int) -> None:
    with source.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"call_id": "N5", "turns": []}) + "\n")
    assert run(source, "--max-failure-rate", rate) == code
    figures: dict[str, Any] = dict(
        line.rsplit(" ", 1)
        for line in (source.parent / "out" / "metrics.prom").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    assert figures["qa_analyzer_calls"] == "5"
    assert figures["qa_analyzer_calls_scored"] == "4"
    assert figures["qa_analyzer_calls_failed"] == "1"


def test_logs_are_one_object_a_line_and_end_with_the_figures(
    source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = str(source.parent / "out")
    options = ["--out", out, "--sentiment", "lexicon", "--workers", "1", "--no-report", "--json-logs"]
    assert run_cli(["run", str(source), *options]) == ExitCode.OK
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [event["event"] for event in events] == ["call_done"] * 4 + ["run_done"]
    assert {name: events[-1][name] for name in ("calls", "scored", "failed", "level", "report")} == {
        "calls": 4,
        "scored": 4,
        "failed": 0,
        "level": "info",
        "report": None,
    }


def test_two_runs_on_one_output(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sole_writer(source.parent / "out"):
        assert run(source) == ExitCode.CONFIG
    assert "another run" in capsys.readouterr().err
    assert run(source) == ExitCode.OK


def test_a_dry_run_adds_up_the_audio_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings, model = tmp_path / "recordings", tmp_path / "model"
    recordings.mkdir()
    model.mkdir()
    for name in ("model.bin", "config.json"):
        (model / name).write_bytes(b"{}")  # never loaded
    for minutes in (12, 24):
        write_silence(recordings / f"{minutes}.wav", minutes * 60)
    (recordings / "broken.wav").write_bytes(b"no sound")
    options = ["--out", str(tmp_path / "out"), "--asr-model", str(model), "--sentiment", "lexicon"]
    assert run_cli(["run", str(recordings), *options, "--dry-run"]) == ExitCode.OK
    said = capsys.readouterr().out
    assert "共 3 通" in said
    assert "0.60 小时" in said
    assert "1 个录音的文件头没有写明时长" in said
    assert not (tmp_path / "out").exists()


def test_a_time_limit_grows_with_the_length_of_the_calls(tmp_path: Path) -> None:
    write_silence(tmp_path / "short.wav", 30)
    write_silence(tmp_path / "long.wav", 300)
    short, long = (Call(name, audio_path=tmp_path / f"{name}.wav") for name in ("short", "long"))
    assert time_limit_s([short], 4.0) == pytest.approx(START_UP_S + 120)
    assert time_limit_s([short, long], 4.0) == pytest.approx(START_UP_S + 1320)


def write_silence(path: Path, length_s: int) -> None:
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(bytes(2 * 8000 * length_s))
