"""The commands that read what a run left behind."""

import json
from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("night") / "夜间 100%?"  # signs that mean something in URLs
    source = str(ROOT / "samples" / "text_calls.jsonl")
    options = ["--out", str(out), "--sentiment", "lexicon", "--workers", "1", "-q"]
    assert run_cli(["run", source, *options]) == ExitCode.OK
    return out


def test_kpis_are_shown_with_n(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["kpi", str(night), "--by", "team", "--kpi", "qa_score"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "一组" in shown
    assert "二组" in shown


def test_unknown_figures_and_stores_are_configuration_errors(
    night: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(["kpi", str(night), "--by", "moon"]) == ExitCode.CONFIG
    assert "--by takes agent" in capsys.readouterr().err
    assert run_cli(["kpi", str(tmp_path)]) == ExitCode.CONFIG


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_exports_hold_the_calls_asked_for(night: Path, tmp_path: Path, form: str) -> None:
    options = ["--out", str(tmp_path), "--format", form, "--team", "一组"]
    assert run_cli(["export", str(night), *options]) == ExitCode.OK
    exported = "".join(path.read_text(encoding="utf-8-sig") for path in tmp_path.glob(f"*.{form}"))
    assert "S1" in exported
    assert "S2" not in exported


def test_changes_are_exported_once(night: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--out", str(tmp_path), "--format", "jsonl", "--changes"]
    assert run_cli(["export", str(night), *options]) == ExitCode.OK
    capsys.readouterr()
    assert run_cli(["export", str(night), *options]) == ExitCode.OK
    assert "nothing changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], {"S1", "S2"}),
        (["--agent", "A02"], {"S2"}),
        (["--team", "一组"], {"S1"}),
        (["--from", "2026-11-16", "--until", "2026-11-16"], {"S1", "S2"}),
        (["--from", "2026-11-17"], set()),
    ],
)
def test_calls_are_written_in_the_contact_shape(
    night: Path, tmp_path: Path, filters: list[str], expected: set[str]
) -> None:
    assert run_cli(["export-contacts", str(night), "--out", str(tmp_path / "c"), *filters]) == ExitCode.OK
    written = {path.stem: json.loads(path.read_text("utf-8")) for path in (tmp_path / "c").glob("*.json")}
    assert set(written) == expected
    for call_id, document in written.items():
        assert document["ContactId"] == call_id
        assert document["ContentMetadata"] == {"Output": "Redacted"}
        assert document["Transcript"]
