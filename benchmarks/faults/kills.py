"""kill -9 at random moments: the same command goes on, and the outcome is that of an undisturbed run."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.program import KILLED, LIGHT, Started, start_fork, start_fresh
from benchmarks.faults.state import differences, drafts, half_written, phase

ATTEMPTS = 5  # a run that ended before its kill is tried again


@dataclass(slots=True)
class Kills:
    """What came of the kills."""

    points: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    half_written: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Night:
    """A run to be disturbed: how it is started, on which input, and how many calls it has."""

    start: Callable[[list[str]], Started]
    source: Path
    calls: int
    options: tuple[str, ...]

    def run(self, out: Path) -> Started:
        """Start the run on an output folder."""
        return self.start(["run", str(self.source), "--out", str(out), *self.options])


def text_night(source: Path, calls: int) -> Night:
    """Text calls in one process that is loaded already."""
    return Night(start_fork, source, calls, LIGHT)


def pool_night(source: Path, calls: int) -> Night:
    """Recordings in two worker processes, everything started from scratch."""
    return Night(start_fresh, source, calls, ("--sentiment", "lexicon", "--workers", "2", "--quiet"))


def kill_and_resume(night: Night, folder: Path, points: int, seed: int, kills: Kills) -> None:
    """Kill a fresh run at ``points`` moments, look at its files, resume it, and compare.

    Every tenth kill takes the parent alone: its workers must go by themselves.
    """
    whole = folder / "whole"
    undisturbed = night.run(whole).wait()
    if undisturbed.code != 0:
        raise SystemExit(f"the undisturbed run ended with {undisturbed.code}: {undisturbed.output[-2000:]}")
    for number, moment_s in enumerate(_moments(points, undisturbed.seconds, seed)):
        out = folder / f"cut{number}"
        _kill(night, out, moment_s, kills, alone=number % 10 == 9)
        kills.half_written += [f"point {number}: {fault}" for fault in half_written(out)]
        kills.phases[phase(out, night.calls)] += 1
        resumed = night.run(out).wait()
        kills.points += 1
        if resumed.code != 0:
            kills.crashes.append(f"point {number}: resumed with {resumed.code}: {resumed.output[-1500:]}")
        else:
            kills.different += [f"point {number}: {fault}" for fault in differences(whole, out)]
            kills.left_over += [f"point {number}: {name}" for name in drafts(out)]
        shutil.rmtree(out)


def _moments(points: int, length_s: float, seed: int) -> Iterator[float]:
    """Yield random moments, one in each of equal stretches of the run: few kills meet every stage too."""
    chance = random.Random(seed)
    for number in range(points):
        yield (number + chance.uniform(0.02, 1.0)) / points * length_s


def _kill(night: Night, out: Path, moment_s: float, kills: Kills, *, alone: bool) -> None:
    for _ in range(ATTEMPTS):
        running = night.run(out)
        time.sleep(moment_s)
        if running.poll() is None:
            running.kill(group=not alone)
        ended = running.wait()
        if ended.code == KILLED:
            break
        shutil.rmtree(out)  # it was quicker than the undisturbed run
        moment_s *= 0.8
    if alone:
        _wait_for_orphans(running.pid, kills)


def _wait_for_orphans(group: int, kills: Kills, patience_s: float = 60.0) -> None:
    give_up_s = time.monotonic() + patience_s
    while members := _group_members(group):
        if time.monotonic() > give_up_s:
            kills.orphans.append(f"{len(members)} processes live on")
            running = Started(group, Path(), 0.0)
            running.kill()
            return
        time.sleep(0.2)


def _group_members(group: int) -> list[int]:
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            members.append(int(entry.name))
    return members
