"""Ctrl-C: the calls in hand are finished and kept, no other is begun, and the same command goes on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from qa_analyzer.batch.groups import MOST_CALLS
from qa_analyzer.batch.pool_runner import PoolRunner
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.runners import InProcessRunner, Runner
from qa_analyzer.batch.stopping import Stop
from qa_analyzer.batch.work import CallResult, StoredTranscript, WorkItem
from qa_analyzer.cli.exit_codes import ExitCode


@dataclass(frozen=True)
class SlowProcessor:
    log: Path

    def process_together(self, group: Sequence[WorkItem]) -> tuple[CallResult, ...]:
        time.sleep(0.3)
        with self.log.open("a") as log:
            log.write("".join(f"{each.call_id}\n" for each in group))
        return tuple(CallResult(each.call_id, None, None, None, 1.0, {}) for each in group)


@dataclass(frozen=True)
class LongFirstProcessor(SlowProcessor):
    """Takes long over the first group, after others have seen two groups done."""

    def process_together(self, group: Sequence[WorkItem]) -> tuple[CallResult, ...]:
        if group[0].call_id == "c000":
            wait_for_groups(self.log, 2)
            time.sleep(4)
        return super().process_together(group)


@dataclass(frozen=True)
class SlowRecipe:
    log: Path
    processor: type[SlowProcessor] = SlowProcessor

    def check(self) -> None:
        pass

    def build(self) -> Any:
        return self.processor(self.log)


def wait_for_groups(log: Path, groups: int) -> None:
    while not log.exists() or len(log.read_text().split()) < groups * MOST_CALLS:
        time.sleep(0.02)


@pytest.mark.parametrize("runner", [InProcessRunner(), PoolRunner(2, 1.0)], ids=lambda each: each.name)
def test_what_is_in_hand_is_finished_and_nothing_new_is_begun(runner: Runner, tmp_path: Path) -> None:
    work = [StoredTranscript(f"c{number:03d}", Path("x")) for number in range(120)]
    stop, log = Stop(), tmp_path / "log"
    given = []
    for result in runner.run(work, cast(Recipe, SlowRecipe(log)), stop):
        stop.asked = True
        given.append(result.call_id)
    assert sorted(given) == given
    assert set(given) == set(log.read_text().split()), "all that was begun is given, and nothing else"
    assert 0 < len(given) < len(work) / 2


def test_behind_a_long_call_no_other_is_begun(tmp_path: Path) -> None:
    work = [StoredTranscript(f"c{number:03d}", Path("x")) for number in range(120)]
    stop, log = Stop(), tmp_path / "log"

    def ask() -> None:
        wait_for_groups(log, 2)
        stop.asked = True

    asking = threading.Thread(target=ask)
    asking.start()
    recipe = cast(Recipe, SlowRecipe(log, LongFirstProcessor))
    given = [result.call_id for result in PoolRunner(2, 1.0).run(work, recipe, stop)]
    asking.join()
    assert set(given) == set(log.read_text().split())
    assert given[0] == "c000", "the long one is finished"
    assert 2 * MOST_CALLS < len(given) < len(work) / 2


CALLS = [
    {
        "call_id": f"S{number:03d}",
        "turns": [
            {"role": "agent", "text": "您好，请问有什么可以帮您？"},
            {"role": "customer", "text": f"我家宽带断了{number}天了，没人管。"},
        ],
    }
    for number in range(64)
]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_in_a_terminal(workers: str, tmp_path: Path) -> None:
    source, out = tmp_path / "calls.jsonl", tmp_path / "out"
    source.write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in CALLS), "utf-8")
    options = ["--out", str(out), "--sentiment", "lexicon", "--workers", workers, "--quiet", "--no-report"]
    command = [sys.executable, "-m", "qa_analyzer", "run", str(source), *options]
    environment = {**os.environ, "QA_ACT_MODEL": "none"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, start_new_session=True)
    journal = out / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes()):
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the program and all its workers
    _, said = process.communicate(timeout=180)
    assert process.returncode == ExitCode.INTERRUPTED, said.decode()
    assert "手上的通话".encode() in said
    assert "断点".encode() in said
    assert b"Traceback" not in said
    kept = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert 0 < len(kept) < len(CALLS)
    assert all(line["entry"]["failure"] is None for line in kept)
    assert not (out / "evaluations.jsonl").exists()
    assert subprocess.run(command, env=environment, check=False).returncode == ExitCode.OK
    assert journal.read_bytes().count(b"\n") == len(CALLS), "finished calls were not done again"
    assert (out / "evaluations.jsonl").read_bytes().count(b"\n") == len(CALLS)
