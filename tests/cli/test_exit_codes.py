import json
from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

CALL = {"call_id": "T1", "turns": [{"role": "agent", "text": "您好"}]}


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    path.write_text(json.dumps(CALL, ensure_ascii=False), encoding="utf-8")
    return path


def run(calls: Path, *options: str) -> int:
    out = str(calls.parent / "out")
    return run_cli(
        ["run", str(calls), "--out", out, "--sentiment", "lexicon", "--workers", "1", "-q", *options]
    )


def test_all_calls_scored(calls: Path) -> None:
    assert run(calls) == ExitCode.OK


def test_unknown_options_and_missing_arguments(calls: Path) -> None:
    assert run(calls, "--no-such-option") == ExitCode.CONFIG
    assert run_cli(["run"]) == ExitCode.CONFIG


def test_a_scorecard_with_faults_names_each_line(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = calls.parent / "card.yaml"
    card.write_text(
        "id: my_card\nversion: 1\nname: 卡\nsections:\n  - id: one\n    nam: x\n    criteria: []\n", "utf-8"
    )
    assert run(calls, "--scorecard", str(card)) == ExitCode.CONFIG
    shown = capsys.readouterr().err
    assert "card.yaml:2" in shown
    assert "card.yaml:6" in shown
    assert not (calls.parent / "out" / "evaluations.jsonl").exists()


def test_models_that_are_missing(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(calls, "--sentiment", "no-such-model") == ExitCode.CONFIG
    assert "no-such-model" in capsys.readouterr().err


def test_an_input_that_is_not_there(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere.csv") == ExitCode.CONFIG


def test_a_bug_of_ours(
    calls: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("made up")

    monkeypatch.setattr("qa_analyzer.batch.night.read_calls", broken)
    assert run(calls) == ExitCode.BUG
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_bug_in_one_call_does_not_end_the_night(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("made up")

    monkeypatch.setattr("qa_analyzer.analysis.analyze.measure", broken)
    assert run(calls) == ExitCode.FAILED_CALLS
    failure = json.loads((calls.parent / "out" / "failures.jsonl").read_text(encoding="utf-8"))
    assert (failure["stage"], failure["error"]) == ("bug", "ZeroDivisionError")


def test_ctrl_c_says_how_to_go_on(
    calls: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qa_analyzer.analysis.analyze.measure", interrupted)
    assert run(calls) == ExitCode.INTERRUPTED
    assert "断点" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["--version"]) == ExitCode.OK
    assert run_cli(["--help"]) == ExitCode.OK
    shown = capsys.readouterr().out
    for command in ("run", "transcribe", "score", "report", "scorecard", "models", "doctor"):
        assert command in shown
