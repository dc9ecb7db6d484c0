import json
from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

CALL = {
    "call_id": "T1",
    "turns": [
        {"role": "agent", "text": "喂，哪位"},
        {"role": "customer", "text": "我手机号是13912345678，查话费"},
        {"role": "agent", "text": "四十块，再见"},
    ],
}


@pytest.fixture(scope="module")
def text_calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "calls.jsonl"
    path.write_text(json.dumps(CALL, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def explained(capsys: pytest.CaptureFixture[str], on: Path, *more: str) -> tuple[int, str]:
    code = run_cli(["scorecard", "explain", "T1", "--on", str(on), "--sentiment", "lexicon", *more])
    return code, capsys.readouterr().out


def test_the_same_story_from_text_run_and_store(
    text_calls: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--sentiment", "lexicon", "--workers", "1", "-q"]
    assert run_cli(["run", str(text_calls), "--out", str(tmp_path / "out"), *options]) == ExitCode.OK
    capsys.readouterr()
    code, told = explained(capsys, text_calls)
    assert code == ExitCode.OK
    assert "✗ 主动问候 greeting：不合格（0 / 10 分）" in told
    assert "13912345678" not in told
    store = f"sqlite:///{tmp_path / 'out' / 'qa.sqlite'}"
    for source in (tmp_path / "out", tmp_path / "out" / "qa.sqlite"):
        assert explained(capsys, source) == (ExitCode.OK, told)
    assert run_cli(["scorecard", "explain", "T1", "--on", store, "--sentiment", "lexicon"]) == ExitCode.OK
    assert capsys.readouterr().out == told


def test_one_criterion_in_english(text_calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = explained(capsys, text_calls, "-c", "greeting", "--lang", "en")
    assert code == ExitCode.OK
    assert "greeting: Fail (0 of 10 points)" in told
    assert "closing_courtesy" not in told


def test_unknown_calls_and_criteria_are_named(text_calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["scorecard", "explain", "T9", "--on", str(text_calls)]) == ExitCode.CONFIG
    assert "'T9'" in capsys.readouterr().err
    assert explained(capsys, text_calls, "-c", "nonsense")[0] == ExitCode.CONFIG


def test_a_text_file_leaves_nothing_behind(text_calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explained(capsys, text_calls)
    assert [path.name for path in text_calls.parent.iterdir()] == ["calls.jsonl"]
