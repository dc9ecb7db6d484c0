"""kill -9 in the middle of a night: the same command goes on, and the outcome is that of a whole run."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

CALLS = [
    {
        "call_id": f"K{number:02d}",
        "agent_id": f"A{number % 3}",
        "turns": [
            {"role": "agent", "text": "您好，星河客服，请问有什么可以帮您？"},
            {"role": "customer", "text": f"我家宽带断了{number}天了，一直没人管。"},
            {"role": "agent", "text": "非常抱歉，明天上午十点前给您修好，再见。"},
        ],
    }
    for number in range(30)
]


def command(source: Path, out: Path) -> list[str]:
    options = ["--out", str(out), "--sentiment", "lexicon", "--workers", "1", "--quiet"]
    return [sys.executable, "-m", "qa_analyzer", "run", str(source), *options]


def test_a_killed_night_is_finished_by_the_same_command(tmp_path: Path) -> None:
    source = tmp_path / "calls.jsonl"
    source.write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in CALLS), "utf-8")
    subprocess.run(command(source, tmp_path / "whole"), check=True)
    journal = tmp_path / "cut" / "journal.jsonl"
    for finished in (2, 17):
        process = subprocess.Popen(command(source, tmp_path / "cut"))
        while process.poll() is None and (
            not journal.exists() or journal.read_bytes().count(b"\n") < finished
        ):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = journal.read_bytes()
    assert 17 <= left.count(b"\n") < len(CALLS)
    subprocess.run(command(source, tmp_path / "cut"), check=True)
    assert journal.read_bytes().startswith(left), "finished calls were not done again"
    assert journal.read_bytes().count(b"\n") == len(CALLS)
    for name in ("evaluations.jsonl", "failures.jsonl", "agents.csv"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    hidden = [path.name for path in (tmp_path / "cut").rglob("*.tmp")]
    assert not hidden, "half-written files are cleared away"
