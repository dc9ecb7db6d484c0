"""Running the program while its time, its progress and the memory of its processes are watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S = 1.0
WORKER_MB = 150.0  # what multiprocessing starts beside them is smaller, workers with a model are larger


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory at one moment: the program itself, each worker below it, and how many calls were done."""

    at_s: float
    parent_mb: float
    workers_mb: tuple[float, ...]
    calls_done: int

    @property
    def total_mb(self) -> float:
        """Return the sum; pages that processes share are counted in each."""
        return self.parent_mb + sum(self.workers_mb)


@dataclass(frozen=True, slots=True)
class Watched:
    """A finished run. ``wall_s`` is from command to end, everything included."""

    wall_s: float
    facts: dict[str, Any]
    samples: tuple[Sample, ...] = field(repr=False)

    @property
    def summary(self) -> dict[str, Any]:
        """Return the figures that the run wrote about itself."""
        summary: dict[str, Any] = self.facts["summary"]
        return summary

    @property
    def audio_s(self) -> float:
        """Return the seconds of audio that were processed."""
        return float(self.summary["audio_s"])

    def done_at_s(self, calls: int) -> float:
        """Return when that many calls were done."""
        return next((each.at_s for each in self.samples if each.calls_done >= calls), self.wall_s)


def watched_run(source: Path, out: Path, options: Sequence[str], environment: dict[str, str]) -> Watched:
    """Run ``qa-analyzer run`` to its end; ends the benchmark when a call fails."""
    out.mkdir(parents=True, mode=0o700)
    log = out.parent / f"{out.name}.log"
    samples = []
    started_s = time.monotonic()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "qa_analyzer", "run", str(source), "--out", str(out), "--quiet", *options],
            stdout=stream,
            stderr=stream,
            env={**os.environ, **environment},
        )
        next_s = started_s
        while process.poll() is None:
            samples.append(_sample(started_s, process.pid, _below(process.pid), out))
            next_s += SAMPLE_S
            time.sleep(max(0.05, next_s - time.monotonic()))
    wall_s = time.monotonic() - started_s
    if process.returncode != 0:
        raise SystemExit(
            f"the run ended with {process.returncode}: {log.read_text(errors='replace')[-3000:]}"
        )
    facts = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return Watched(wall_s, facts, tuple(samples))


def slope_per_100_calls_mb(samples: Sequence[Sample], value: Sequence[float]) -> float | None:
    """Return how memory grows with the calls, by least squares; None where too few were seen."""
    points = [(sample.calls_done, mb) for sample, mb in zip(samples, value, strict=True)]
    if len({calls for calls, _ in points}) < 3:
        return None
    mean_calls = sum(calls for calls, _ in points) / len(points)
    mean_mb = sum(mb for _, mb in points) / len(points)
    spread = sum((calls - mean_calls) ** 2 for calls, _ in points)
    return 100 * sum((calls - mean_calls) * (mb - mean_mb) for calls, mb in points) / spread


def _sample(started_s: float, parent: int, workers: set[int], out: Path) -> Sample:
    journal = out / "journal.jsonl"
    done = journal.read_bytes().count(b"\n") if journal.is_file() else 0
    sizes = sorted((size for pid in workers if (size := _resident_mb(pid)) >= WORKER_MB), reverse=True)
    return Sample(time.monotonic() - started_s, _resident_mb(parent), tuple(sizes), done)


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * PAGE_BYTES / 1e6


def _below(pid: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for child, parent in _children_of_all().items():
        children.setdefault(parent, []).append(child)
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def _children_of_all() -> dict[int, int]:
    """Return the parent of every process of this machine."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
    return parents
