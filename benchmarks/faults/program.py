"""Starting the program: as a fork of this process that has loaded it already, or from scratch.

A fork saves the seconds of starting up, so that kills fall into the work and hundreds of inputs take minutes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.cli.main import run_cli

PATIENCE_S = 300.0
KILLED = -signal.SIGKILL

# One process and no model: what is tested here is the night around the calls.
os.environ["QA_ACT_MODEL"] = "none"
LIGHT = ("--sentiment", "lexicon", "--workers", "1", "--quiet")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended. A negative ``code`` is the signal that ended it; ``output`` is all it said."""

    code: int
    output: str
    seconds: float

    @property
    def crashed(self) -> bool:
        """Say whether the program fell over instead of ending."""
        return self.code < 0 or self.code == 3 or "Traceback (most recent call last)" in self.output


@dataclass(slots=True)
class Started:
    """A running program and everything it started, as one process group."""

    pid: int
    said: Path
    started_s: float
    _code: int | None = None

    def kill(self, *, group: bool = True) -> None:
        """Kill -9 the whole group, or the program alone."""
        if group:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        if self._code is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, patience_s: float = PATIENCE_S) -> Outcome:
        """Wait for the end; a program that takes longer than ``patience_s`` is killed."""
        give_up_s = time.monotonic() + patience_s
        while self.poll() is None:
            if time.monotonic() > give_up_s:
                self.kill()
            time.sleep(0.005)
        output = self.said.read_text(encoding="utf-8", errors="replace")
        self.said.unlink()
        assert self._code is not None
        return Outcome(self._code, output, time.monotonic() - self.started_s)


def warm_up() -> None:
    """Load in this process whatever a run of text calls loads, for its forks to have."""
    turns = [{"role": "agent", "text": "您好"}, {"role": "customer", "text": "你好"}]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "one.jsonl")
        source.write_text(json.dumps({"call_id": "one", "turns": turns}) + "\n", encoding="utf-8")
        code = run_cli(["run", str(source), "--out", str(Path(folder, "out")), *LIGHT])
    if code != 0:
        raise SystemExit("the program cannot run here: see qa-analyzer doctor")


def start_fork(arguments: Sequence[str], prepare: Callable[[], object] | None = None) -> Started:
    """Start ``qa-analyzer`` with these arguments in a fork of this process; ``prepare`` runs in it first."""
    said = _new_file()
    sys.stdout.flush()
    sys.stderr.flush()
    started_s = time.monotonic()
    pid = os.fork()
    if pid:
        return Started(pid, said, started_s)
    code = 70
    try:
        os.setsid()
        descriptor = os.open(said, os.O_WRONLY)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        if prepare is not None:
            prepare()
        code = run_cli(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def start_fresh(arguments: Sequence[str]) -> Started:
    """Start ``python -m qa_analyzer`` with these arguments, as cron would."""
    said = _new_file()
    with said.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "qa_analyzer", *arguments],
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    process.returncode = 0  # this class waits for it, not Popen
    return Started(process.pid, said, time.monotonic())


def run_fork(arguments: Sequence[str], prepare: Callable[[], object] | None = None) -> Outcome:
    """Run ``qa-analyzer`` to its end in a fork of this process."""
    return start_fork(arguments, prepare).wait()


def _new_file() -> Path:
    descriptor, name = tempfile.mkstemp(prefix="faults-", suffix=".log")
    os.close(descriptor)
    return Path(name)
