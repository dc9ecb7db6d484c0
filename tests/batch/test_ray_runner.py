"""The Ray runner gives the same answers as the others, and survives a lost actor. Needs the extra [ray]."""

import importlib.util
import json
import os
from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

pytestmark = [
    pytest.mark.ray,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None and not os.environ.get("CI"),
        reason="Ray is not installed: pip install 'qa_analyzer[ray]'",
    ),
]

CALLS = [
    {
        "call_id": f"R{number}",
        "turns": [
            {"role": "agent", "text": "您好，请问有什么可以帮您？"},
            {"role": "customer", "text": f"我家宽带断了{number}天了。"},
        ],
    }
    for number in range(6)
]


def test_the_same_evaluations_byte_for_byte(tmp_path: Path) -> None:
    source = tmp_path / "calls.jsonl"
    source.write_text(
        "".join(json.dumps(call, ensure_ascii=False) + "\n" for call in CALLS), encoding="utf-8"
    )
    written = {}
    for runner in ("in-process", "ray"):
        out = tmp_path / runner
        options = ["--out", str(out), "--sentiment", "lexicon", "--runner", runner, "--workers", "2", "-q"]
        assert run_cli(["run", str(source), *options]) == ExitCode.OK
        written[runner] = (out / "evaluations.jsonl").read_bytes()
    assert written["ray"] == written["in-process"]
    assert written["ray"].count(b"\n") == len(CALLS)
