"""Hostile inputs: none may crash the program, end it with a wrong code, or get lost without a word."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.program import LIGHT, Outcome, run_fork, start_fresh

OK, FAILED_CALLS, CONFIG = 0, 1, 2
# Errors of a call that stand for a crash of ours.
CRASHES = ("WorkerDied", "CallTimeout")


@dataclass(slots=True)
class Counts:
    """What came of one sort of hostile inputs."""

    inputs: int = 0
    evaluated: int = 0
    named: int = 0
    refused: int = 0
    crashes: list[str] = field(default_factory=list)
    wrong_exits: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Results:
    """What a run wrote about its calls."""

    evaluated: tuple[str, ...]
    failures: tuple[dict[str, str], ...]

    @property
    def ids(self) -> set[str]:
        """Return every call that the run accounts for."""
        return {*self.evaluated, *(failure["call_id"] for failure in self.failures)}

    @property
    def count(self) -> int:
        """Return how many calls the run accounts for."""
        return len(self.evaluated) + len(self.failures)


def results_of(out: Path) -> Results:
    """Read evaluations and failures; nothing where the run wrote none."""
    evaluated = [json.loads(line)["call_id"] for line in _lines(out / "evaluations.jsonl")]
    failures = [json.loads(line) for line in _lines(out / "failures.jsonl")]
    return Results(tuple(evaluated), tuple(failures))


def judge_many(
    run: Callable[[Path], Outcome], out: Path, expected: Sequence[str] | int, counts: Counts, what: str
) -> None:
    """Judge one run over many hostile calls: ``expected`` are their ids, or their number."""
    outcome = run(out)
    found = results_of(out)
    counts.inputs += expected if isinstance(expected, int) else len(expected)
    counts.evaluated += len(found.evaluated)
    counts.named += len(found.failures)
    _judge_end(outcome, found, counts, what)
    if outcome.code == CONFIG:
        counts.wrong_exits.append(f"{what}: refused as a whole: {outcome.output[-800:]}")
    if outcome.code in (OK, FAILED_CALLS):
        missing = expected - found.count if isinstance(expected, int) else len(set(expected) - found.ids)
        which = "" if isinstance(expected, int) else f": {sorted(set(expected) - found.ids)[:5]}"
        counts.lost += [f"{what}: {missing} calls{which}"] * (missing > 0)


def judge_one(
    run: Callable[[Path], Outcome], out: Path, expected: int, counts: Counts, path: Path, *, strict: bool
) -> None:
    """Judge a run over one hostile file, which may be refused as a whole, by name.

    ``strict`` counts calls: at least ``expected`` must be accounted for.
    """
    outcome = run(out)
    found = results_of(out)
    counts.inputs += 1
    _judge_end(outcome, found, counts, path.name)
    if outcome.code == CONFIG:
        counts.refused += 1
        if path.name not in outcome.output.replace("\n", ""):
            counts.wrong_exits.append(f"{path.name}: refused without its name: {outcome.output[-800:]}")
        return
    counts.evaluated += bool(found.evaluated)
    counts.named += bool(found.failures)
    if strict and found.count < expected:
        counts.lost.append(f"{path.name}: {found.count} of {expected} calls accounted for")


def _judge_end(outcome: Outcome, found: Results, counts: Counts, what: str) -> None:
    if outcome.crashed:
        counts.crashes.append(f"{what}: ended with {outcome.code}: {outcome.output[-1500:]}")
    elif outcome.code == CONFIG:
        if found.count:
            counts.wrong_exits.append(f"{what}: ended with 2 after judging")
    elif outcome.code != (FAILED_CALLS if found.failures else OK):
        counts.wrong_exits.append(f"{what}: ended with {outcome.code}, {len(found.failures)} failures")
    for failure in found.failures:
        if failure["stage"] == "bug" or failure["error"] in CRASHES:
            counts.crashes.append(
                f"{what}: {failure['call_id']}: {failure['error']}: {failure['message'][-900:]}"
            )


def light_run(source: Path, *options: str) -> Callable[[Path], Outcome]:
    """Return a run over text calls in a fork."""
    return lambda out: run_fork(["run", str(source), "--out", str(out), *LIGHT, *options])


def pool_run(source: Path) -> Callable[[Path], Outcome]:
    """Return a run over recordings in worker processes."""
    options = ("--sentiment", "lexicon", "--workers", "2", "--quiet")
    return lambda out: start_fresh(["run", str(source), "--out", str(out), *options]).wait(1200)


def score_run(folder: Path) -> Callable[[Path], Outcome]:
    """Return a scoring of stored transcripts in a fork."""
    return lambda out: run_fork(["score", str(folder), "--out", str(out), *LIGHT])


def seeded(seed: int, name: str) -> random.Random:
    """Return chance of its own for each sort of input, so that adding one changes no other."""
    return random.Random(f"{seed} {name}")


def _lines(path: Path) -> list[str]:
    return path.read_bytes().decode().split("\n")[:-1] if path.is_file() else []
