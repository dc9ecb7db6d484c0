"""Damaged files: the next run makes them anew or says clearly which one is damaged."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.program import LIGHT, Outcome, run_fork
from benchmarks.faults.state import JOURNAL, STORE, differences

FEWEST = ("journal", "store")
EVALUATIONS = "evaluations.jsonl"
# What ``score`` starts from.
SCORED_FROM = {"transcript, scored again": "transcripts/*.json", "kept analysis": "analyses/*.json"}
SAID = (1, 2, 4)  # exit codes that come with a message

Harm = Callable[[bytes, random.Random], bytes]


@dataclass(slots=True)
class Damages:
    """What came of damaged files, by kind of file."""

    times: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, fault: str | None, *, mended: bool) -> None:
        """Count one damaged file."""
        self.times[kind] += 1
        self.mended[kind] += mended
        self.wrong.setdefault(kind, [])
        if fault is not None:
            self.wrong[kind].append(fault)


def cut(content: bytes, chance: random.Random) -> bytes:
    """Lose the end."""
    return content[: chance.randrange(len(content))]


def flip(content: bytes, chance: random.Random) -> bytes:
    """Turn one bit."""
    damaged = bytearray(content)
    damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def zero(content: bytes, chance: random.Random) -> bytes:
    """Lose a stretch to zeros, as after a power cut."""
    length = min(len(content), 4096)
    first = chance.randrange(len(content) - length + 1) // 4096 * 4096
    return content[:first] + bytes(length) + content[first + length :]


def garbage_line(content: bytes, chance: random.Random) -> bytes:
    """Put a line of anything between two lines."""
    lines = content.splitlines(keepends=True)
    lines.insert(chance.randrange(len(lines) + 1), chance.randbytes(80) + b"\n")
    return b"".join(lines)


def replace(content: bytes, chance: random.Random) -> bytes:
    """Put another file in its place."""
    return chance.randbytes(max(200, len(content) // 4))


def empty(_content: bytes, _chance: random.Random) -> bytes:
    """Leave nothing."""
    return b""


LINES: tuple[Harm, ...] = (cut, flip, zero, garbage_line, replace, empty)
# One flipped bit inside a row is beyond SQLite, which keeps no check sums.
DATABASE: tuple[Harm, ...] = (cut, zero, replace, empty)


def damage_files(source: Path, folder: Path, seed: int, rounds: int, damages: Damages) -> None:
    """Damage a finished run's files one by one and run the same command again on it.

    Each kind of file gets each harm ``rounds`` times; 0 is one harm for each of the few that matter most.
    """
    whole = folder / "whole"
    undisturbed = run_fork(_command(source, whole))
    if undisturbed.code != 0:
        raise SystemExit(f"the undisturbed run ended with {undisturbed.code}: {undisturbed.output[-2000:]}")
    chance = random.Random(seed)
    for kind, name, harm in _harms(whole, chance, rounds):
        out = folder / "harmed"
        shutil.copytree(whole, out)
        path = out / name
        path.write_bytes(harm(path.read_bytes(), chance))
        fault, mended = _run_again(source, whole, out, name)
        damages.note(kind, f"{name}, {harm.__name__}: {fault}" if fault else None, mended=mended)
        shutil.rmtree(out)
    judged = folder / "judged"
    run_fork(["score", str(whole), "--out", str(judged), *LIGHT])
    for _ in range(max(1, rounds)):
        for kind, pattern in SCORED_FROM.items():
            for harm in LINES if rounds else (flip,):
                out = folder / "harmed"
                shutil.copytree(whole, out)
                path = chance.choice(sorted(out.glob(pattern)))
                path.write_bytes(harm(path.read_bytes(), chance))
                fault, mended = _score_again(out, judged, path)
                damages.note(kind, f"{path.name}, {harm.__name__}: {fault}" if fault else None, mended=mended)
                shutil.rmtree(out)


def _command(source: Path, out: Path) -> list[str]:
    return ["run", str(source), "--out", str(out), *LIGHT]


def _harms(whole: Path, chance: random.Random, rounds: int) -> Iterator[tuple[str, str, Harm]]:
    for _ in range(max(1, rounds)):
        for kind, names, harms in (
            ("journal", [JOURNAL], LINES),
            ("store", [STORE], DATABASE),
            ("transcript", _names(whole, "transcripts/*.json"), LINES),
            ("evaluations.jsonl", ["evaluations.jsonl"], LINES),
            ("report page", _names(whole, "report/**/*.*"), LINES),
        ):
            for harm in harms if rounds else harms[1:2] if kind in FEWEST else ():
                yield kind, chance.choice(names), harm


def _names(whole: Path, pattern: str) -> list[str]:
    return sorted(str(path.relative_to(whole)) for path in whole.glob(pattern) if path.stat().st_size)


def _run_again(source: Path, whole: Path, out: Path, name: str) -> tuple[str | None, bool]:
    """Return what went wrong, if anything, and whether the file was made anew without a word."""
    again = run_fork(_command(source, out))
    if again.crashed:
        return _ended(again), False
    if again.code == 0:
        different = differences(whole, out)
        return (f"silent: {different}" if different else None), not different
    if again.code not in SAID or Path(name).name not in again.output:
        return f"unclear: {_ended(again)}", False
    (out / name).unlink()  # as the message says
    for side in ("-wal", "-shm"):
        (out / f"{name}{side}").unlink(missing_ok=True)
    after = run_fork(_command(source, out))
    if after.code != 0:
        return f"moved away: {_ended(after)}", False
    different = differences(whole, out)
    return (f"moved away: {different}" if different else None), False


def _score_again(out: Path, judged: Path, path: Path) -> tuple[str | None, bool]:
    """Score the stored transcripts again: the same evaluations, or the damaged call is named as failed."""
    again = out.parent / "again"
    outcome = run_fork(["score", str(out), "--out", str(again), *LIGHT])
    try:
        if outcome.crashed or outcome.code not in (0, 1):
            return _ended(outcome), False
        if outcome.code == 0:
            same = (again / EVALUATIONS).read_bytes() == (judged / EVALUATIONS).read_bytes()
            return (None, True) if same else ("silent: other evaluations", False)
        named = f'"{path.stem}"' in (again / "failures.jsonl").read_text(encoding="utf-8")
        return (None if named else f"not named: {_ended(outcome)}"), False
    finally:
        shutil.rmtree(again, ignore_errors=True)


def _ended(outcome: Outcome) -> str:
    return f"ended with {outcome.code}: {outcome.output[-1200:]}"
