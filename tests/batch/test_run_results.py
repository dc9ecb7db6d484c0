import json
from dataclasses import replace
from pathlib import Path

import pytest

from qa_analyzer.batch.journal import Journal, JournalEntry
from qa_analyzer.batch.run import FEW, MANY, _few_at_a_time
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.scoring.evaluation import CallFailure

QUIET = ["--sentiment", "lexicon", "--workers", "1", "-q"]


def entry(call_id: str, percent: float, key: str = "k") -> JournalEntry:
    text = json.dumps({"call_id": call_id, "percent": percent, "说明": "好"}, ensure_ascii=False)
    return JournalEntry(call_id, key, text, None, False, None, {"score": 0.1})


def test_entries_are_found_by_place_and_evaluations_copied_as_written(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    failed = JournalEntry("c", "k", None, CallFailure("c", "", "", "E", "坏"), False, None, {})
    with Journal(path) as journal:
        first = journal.append(entry("a", 50.0), failed)
        (second,) = journal.append(entry("b", 87.5))
    journal = Journal(path)
    assert [each.call_id for each in journal.read([second, *first])] == ["b", "a", "c"]
    texts = list(journal.evaluations([second, *first]))
    assert texts == [entry("b", 87.5).evaluation, entry("a", 50.0).evaluation]
    assert journal.places() == {("a", "k"): first[0], ("c", "k"): first[1], ("b", "k"): second}


def test_a_place_of_a_damaged_entry_is_no_place(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        first, second = journal.append(entry("a", 50.0), entry("b", 60.0))
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"60.0", b"61.0"))
    journal = Journal(path)
    assert journal.places() == {("a", "k"): first}
    with pytest.raises(ValueError, match="changed"):
        list(journal.read([second]))


def test_quick_results_go_on_together_and_a_dear_one_at_once() -> None:
    assert [len(few) for few in _few_at_a_time(range(FEW * 2 + 3))] == [FEW, FEW, 3]
    assert list(_few_at_a_time([1, 2, 30, 4], dear=lambda number: number > 9)) == [[1, 2, 30], [4]]
    assert list(_few_at_a_time([])) == []
    sizes = [len(few) for few in _few_at_a_time(range(10_000))]
    assert sum(sizes) == 10_000
    assert sizes[0] == FEW
    assert max(sizes) == MANY


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    turns = [
        {"role": "agent", "text": "您好，请问有什么可以帮您"},
        {"role": "customer", "text": "我家断网了"},
    ]
    lines = [json.dumps({"call_id": f"c{number}", "agent_id": "A", "turns": turns}) for number in range(11)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_without_a_report_the_figures_are_the_same(
    calls: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, bare = tmp_path / "whole", tmp_path / "bare"
    assert run_cli(["run", str(calls), "--out", str(whole), *QUIET[:-1]]) == ExitCode.OK
    told = capsys.readouterr().out
    assert run_cli(["run", str(calls), "--out", str(bare), "--no-report", *QUIET[:-1]]) == ExitCode.OK
    # The first line tells the minute of the run, the last where the report is.
    bare_lines = capsys.readouterr().out.splitlines()[1:]
    assert bare_lines
    assert bare_lines == told.splitlines()[1 : len(bare_lines) + 1]
    assert not (bare / "report").exists()
    assert not (bare / "report.xlsx").exists()
    for name in ("evaluations.jsonl", "agents.csv", "failures.jsonl"):
        assert (bare / name).read_bytes() == (whole / name).read_bytes(), name
    assert run_cli(["report", str(bare)]) == ExitCode.OK
    assert (bare / "report" / "index.html").is_file()


def test_scoring_again_needs_no_model_and_keeps_the_order(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert run_cli(["run", str(calls), "--out", str(out), *QUIET, "--no-report"]) == ExitCode.OK
    before = (out / "evaluations.jsonl").read_bytes()

    def refuse(*_: object) -> None:
        raise AssertionError("a model was opened")

    monkeypatch.setattr("qa_analyzer.batch.recipe.Recipe._analyzer", refuse)
    again = ["score", str(out), "--out", str(tmp_path / "again"), *QUIET, "--no-report"]
    assert run_cli(again) == ExitCode.OK
    names = [json.loads(line)["call_id"] for line in before.splitlines()]
    scored = (tmp_path / "again" / "evaluations.jsonl").read_bytes()
    assert sorted(scored.splitlines()) == sorted(before.splitlines())
    assert names == [f"c{number}" for number in range(11)]


def test_an_entry_read_back_is_the_one_written(tmp_path: Path) -> None:
    written = entry("a", 50.0)
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append(written)
    (read,) = Journal(tmp_path / "j.jsonl").entries()
    assert isinstance(written.evaluation, str)
    assert read == replace(written, evaluation=json.loads(written.evaluation))
