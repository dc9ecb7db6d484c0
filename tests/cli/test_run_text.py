"""The whole job over text calls, through the command line, without any model."""

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.settings import shipped

SCHEMA = shipped("qa_analyzer", "scoring", "schemas", "evaluation.schema.json")


def turn(role: str, text: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "text": text, "pause_before_s": 0.4, "overlap_s": 0, **more}


GOOD = {
    "call_id": "T1",
    "agent_id": "A7",
    "direction": "inbound",
    "gold": {"criteria": "must never be read"},
    "turns": [
        turn("agent", "您好，星河宽带客服，工号七一八，请问有什么可以帮您？", sentiment="must never be read"),
        turn("customer", "我家网断了两天了，真急人。"),
        turn("agent", "断了两天确实耽误事，非常抱歉。您是说家里宽带从前天开始上不了网，对吗？"),
        turn("customer", "对。"),
        turn("agent", "已经给您派单，明天中午十二点前师傅上门。请问还有其他需要吗？"),
        turn("customer", "没有了，谢谢。"),
        turn("agent", "不客气，感谢您的来电，祝您生活愉快，再见。"),
    ],
}
RUDE = {
    "call_id": "T2",
    "agent_id": "A8",
    "direction": "inbound",
    "turns": [
        turn("agent", "喂。"),
        turn("customer", "我想問一下🙂，這個月話費怎麼多扣了三十塊？"),
        turn("agent", "不知道，别问我，你听不懂人话吗？"),
        turn("customer", "你什么态度，我要投诉到工信部。"),
        turn("agent", "有本事你去投诉啊。"),
    ],
}
EMPTY = {"call_id": "T3", "turns": []}
STRANGE = {"call_id": "T4", "turns": [turn("supervisor", "喂")]}


def write_calls(path: Path, *calls: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in calls), encoding="utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(source: Path, out: Path, *options: str) -> int:
    return run_cli(
        ["run", str(source), "--out", str(out), "--sentiment", "lexicon", "--workers", "1", "-q", *options]
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    source = write_calls(folder / "calls.jsonl", GOOD, RUDE, EMPTY, STRANGE, GOOD)
    assert run(source, folder / "out") == ExitCode.FAILED_CALLS
    return folder / "out"


def test_evaluations_keep_the_published_form(finished: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    evaluations = lines(finished / "evaluations.jsonl")
    assert [each["call_id"] for each in evaluations] == ["T1", "T2"]
    for evaluation in evaluations:
        jsonschema.validate(evaluation, schema)


def test_verdicts_carry_their_evidence(finished: Path) -> None:
    good, rude = lines(finished / "evaluations.jsonl")
    greeting = good["criteria"]["greeting"]
    assert greeting["verdict"] == "pass"
    assert greeting["evidence"][0]["turn_index"] == 0
    assert greeting["evidence"][0]["quote"] in GOOD["turns"][0]["text"]
    assert good["criteria"]["speech_rate"]["verdict"] == "na"
    assert not good["auto_failed"]
    assert rude["auto_failed"]
    assert rude["percent"] == 0
    assert rude["criteria"]["greeting"]["verdict"] == "fail"
    assert rude["criteria"]["greeting"]["evidence"], "a fail of an absence shows the window that was searched"
    assert all(criterion["explanation"] for each in (good, rude) for criterion in each["criteria"].values())
    assert {tag["code"] for tag in good["complaints"]} == {"outage"}
    assert {tag["code"] for tag in rude["risks"]} == {"escalation"}


def test_unusable_calls_are_recorded_and_nothing_is_lost(finished: Path) -> None:
    failures = lines(finished / "failures.jsonl")
    assert sorted(failure["call_id"] for failure in failures) == ["T1", "T3", "T4"]
    reasons = {failure["call_id"]: failure["message"] for failure in failures}
    assert "supervisor" in reasons["T4"]
    summary = json.loads((finished / "run.json").read_text(encoding="utf-8"))["summary"]
    assert (summary["calls"], summary["scored"], summary["failed"]) == (5, 2, 3)


def test_agents_are_summed_up(finished: Path) -> None:
    with (finished / "agents.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["agent_id"]: row for row in csv.DictReader(stream)}
    assert set(rows) == {"A7", "A8"}
    assert float(rows["A8"]["mean_percent"]) == 0
    assert int(rows["A8"]["red_line_calls"]) == 1


def test_the_report_is_there_and_escapes_what_was_said(finished: Path) -> None:
    index = (finished / "report" / "index.html").read_text(encoding="utf-8")
    assert 'lang="zh' in index
    assert "http://" not in index.replace("http://www.w3.org", "")


def test_a_second_run_does_nothing_again_and_changes_nothing(finished: Path) -> None:
    before = (finished / "evaluations.jsonl").read_bytes()
    journal = (finished / "journal.jsonl").read_bytes()
    assert run(finished.parent / "calls.jsonl", finished) == ExitCode.FAILED_CALLS
    assert (finished / "evaluations.jsonl").read_bytes() == before
    assert (finished / "journal.jsonl").read_bytes() == journal


def test_scoring_and_reporting_start_from_transcripts(finished: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert (
        run_cli(["score", str(finished), "--out", str(again), "--sentiment", "lexicon", "-q"]) == ExitCode.OK
    )
    assert (again / "evaluations.jsonl").read_bytes() == (finished / "evaluations.jsonl").read_bytes()
    (finished / "report" / "index.html").unlink()
    assert run_cli(["report", str(finished)]) == ExitCode.OK
    assert (finished / "report" / "index.html").is_file()


def test_a_report_is_written_again_whatever_line_ends_were_said(tmp_path: Path) -> None:
    bad = {"call_id": "U1", "turns": [turn("agent\u2028", "您好"), turn("\u2028nobody", "a\u2028b")]}
    source = write_calls(tmp_path / "calls.jsonl", GOOD, bad)
    assert run(source, tmp_path / "out") == ExitCode.FAILED_CALLS
    assert "\u2028" in (tmp_path / "out" / "failures.jsonl").read_text(encoding="utf-8")
    assert run_cli(["report", str(tmp_path / "out")]) == ExitCode.OK


def test_personal_data_is_masked_unless_it_is_asked_for(tmp_path: Path) -> None:
    call = {
        "call_id": "P1",
        "turns": [turn("agent", "您好，请讲"), turn("customer", "我的号码是13812345678，网断了")],
    }
    source = write_calls(tmp_path / "calls.jsonl", call)
    assert run(source, tmp_path / "masked") == ExitCode.OK
    assert run(source, tmp_path / "kept", "--keep-pii") == ExitCode.OK
    for folder, shown in (("masked", False), ("kept", True)):
        files = [
            path for path in (tmp_path / folder).rglob("*") if path.is_file() and path.name != "qa.sqlite-shm"
        ]
        holding = {path.suffix for path in files if b"13812345678" in path.read_bytes()}
        assert bool(holding) == shown, (folder, holding)
