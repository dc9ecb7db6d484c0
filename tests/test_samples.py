"""The main job on real audio: the samples, through the command line, with the installed recogniser."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.scoring.evaluation_json import SCHEMA_PATH
from qa_analyzer.settings import shipped

ROOT = Path(__file__).parents[1]
INSTALLED = (
    shipped("models", "whisper-base", "model.bin").is_file() and shipped("models", "sentiment-zh").is_dir()
)

pytestmark = [
    pytest.mark.model,
    pytest.mark.audio,
    pytest.mark.skipif(
        not INSTALLED and not os.environ.get("CI"),
        reason="weights are missing: run `qa-analyzer models install`",
    ),
]

# The recogniser gets about every fifth character wrong; a fall below this is a fault of ours.
MIN_AGREEMENT = 0.85
RED_LINES = {"D008", "D013"}
GRADES = {"D001": {"excellent"}, "D008": {"fail"}, "D013": {"fail"}}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "out"
    assert run_cli(["run", str(ROOT / "samples" / "manifest.csv"), "--out", str(folder), "-q"]) == ExitCode.OK
    return folder


@pytest.fixture(scope="module")
def evaluations(out: Path) -> dict[str, dict[str, Any]]:
    lines = (out / "evaluations.jsonl").read_text(encoding="utf-8").splitlines()
    return {each["call_id"]: each for each in map(json.loads, lines)}


@pytest.fixture(scope="module")
def labels() -> dict[str, dict[str, Any]]:
    lines = (ROOT / "samples" / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return {each["call_id"]: each["gold"] for each in map(json.loads, lines)}


def test_every_sample_is_scored(evaluations: dict[str, Any], labels: dict[str, Any]) -> None:
    assert set(evaluations) == set(labels)
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    for evaluation in evaluations.values():
        jsonschema.validate(evaluation, schema)


def test_verdicts_agree_with_the_labels(evaluations: dict[str, Any], labels: dict[str, Any]) -> None:
    pairs = [
        (expected, evaluations[call_id]["criteria"][criterion_id]["verdict"])
        for call_id, gold in labels.items()
        for criterion_id, expected in gold["criteria"].items()
    ]
    agreement = sum(expected == found for expected, found in pairs) / len(pairs)
    assert agreement >= MIN_AGREEMENT


def test_red_lines_are_called_where_they_were_crossed_and_nowhere_else(evaluations: dict[str, Any]) -> None:
    assert {call_id for call_id, each in evaluations.items() if each["auto_failed"]} == RED_LINES
    for call_id, grades in GRADES.items():
        assert evaluations[call_id]["grade"] in grades


def test_a_quote_or_no_score(out: Path, evaluations: dict[str, Any]) -> None:
    for call_id, evaluation in evaluations.items():
        transcript = json.loads((out / "transcripts" / f"{call_id}.json").read_text(encoding="utf-8"))
        for criterion_id, criterion in evaluation["criteria"].items():
            if criterion["verdict"] in ("pass", "fail"):
                assert criterion["evidence"], (call_id, criterion_id)
            for evidence in criterion["evidence"]:
                if evidence["kind"] == "match" and evidence["turn_index"] is not None:
                    assert evidence["quote"] in transcript["turns"][evidence["turn_index"]]["text"]
                    assert 0 <= evidence["start_s"] <= evidence["end_s"] <= transcript["duration_s"]


def test_what_a_mono_mix_cannot_tell_is_left_to_a_human(evaluations: dict[str, Any]) -> None:
    assert evaluations["D004"]["criteria"]["no_interruption"]["verdict"] == "unscorable"
    assert evaluations["D004"]["metrics"]["overlap_s"] is None


def test_everything_is_written(out: Path) -> None:
    for name in (
        "agents.csv",
        "failures.jsonl",
        "run.json",
        "metrics.prom",
        "report.xlsx",
        "report/index.html",
    ):
        assert (out / name).is_file(), name
