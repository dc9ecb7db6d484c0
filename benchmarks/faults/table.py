"""The fault table: which harm, how often, and how often something went wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``wrong`` counts must be 0. ``failures`` are shown below it."""

    harm: str
    times: int
    wrong: int
    note: str
    failures: tuple[str, ...] = ()


def print_table(rows: Sequence[Row]) -> None:
    """Print the table as Markdown, and every failure on stderr."""
    print("| harm | times | wrong | |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.harm} | {row.times} | {row.wrong} | {row.note} |")
    for row in rows:
        for failure in row.failures:
            print(f"{row.harm}: {failure}", file=sys.stderr)


def row(harm: str, times: int, failures: Sequence[str], note: str = "") -> Row:
    """Return a line in which every failure counts as one wrong."""
    return Row(harm, times, len(failures), note, tuple(failures))


def kill_rows(folder: Path, *, seed: int, points: int, recordings: bool) -> list[Row]:
    """Kill text nights and, one kill in five, a night of recordings in a pool."""
    from benchmarks.faults.inputs import write_recordings, write_text_calls
    from benchmarks.faults.kills import Kills, kill_and_resume, pool_night, text_night

    kills = Kills()
    pooled = points // 5 if recordings else 0
    list_of_calls = folder / "calls.jsonl"
    calls = write_text_calls(list_of_calls, 30)
    kill_and_resume(text_night(list_of_calls, len(calls)), folder / "text", points - pooled, seed, kills)
    if pooled:
        made = write_recordings(folder / "recordings", 6)
        night = pool_night(folder / "recordings", len(made))
        kill_and_resume(night, folder / "pool", pooled, seed + 1, kills)
    landed = ", ".join(f"{count} {phase}" for phase, count in sorted(kills.phases.items()))
    return [
        row("kill -9: half-written file under its final name", kills.points, kills.half_written, landed),
        row("kill -9: resumed run fails", kills.points, kills.crashes),
        row("kill -9: outcome differs from an undisturbed run", kills.points, kills.different),
        row("kill -9: drafts left after resuming", kills.points, kills.left_over),
        row("kill -9 of the parent alone: workers that live on", kills.points // 10, kills.orphans),
    ]


def disk_rows(folder: Path, *, shares: Sequence[float]) -> list[Row]:
    """Fill the disk at several stages of a run."""
    from benchmarks.faults.disk import FullDisks, fill_disks
    from benchmarks.faults.inputs import write_text_calls

    disks = FullDisks()
    list_of_calls = folder / "calls.jsonl"
    write_text_calls(list_of_calls, 12)
    fill_disks(list_of_calls, folder, disks, shares)
    return [
        row("full disk: no clear message, or a wrong exit code", disks.times, disks.unclear, disks.how),
        row("full disk: half-written file under its final name", disks.times, disks.half_written),
        row("full disk: outcome differs once there is room", disks.times, disks.different),
    ]


def damage_rows(folder: Path, *, seed: int, rounds: int) -> list[Row]:
    """Damage files of a finished run."""
    from benchmarks.faults.damage import Damages, damage_files
    from benchmarks.faults.inputs import write_text_calls

    damages = Damages()
    list_of_calls = folder / "calls.jsonl"
    write_text_calls(list_of_calls, 6)
    damage_files(list_of_calls, folder, seed, rounds, damages)
    return [
        row(
            f"damaged {kind}",
            times,
            damages.wrong[kind],
            f"{damages.mended[kind]} made anew, "
            f"{times - damages.mended[kind] - len(damages.wrong[kind])} named",
        )
        for kind, times in damages.times.items()
    ]


def hostile_rows(
    folder: Path, *, seed: int, inputs: int, recordings: bool, sorts: Sequence[str]
) -> list[Row]:
    """Feed hostile inputs of every sort."""
    from benchmarks.faults.hostile import Counts
    from benchmarks.faults.hostile_sorts import SORTS

    rows = []
    for sort, share, needs_recogniser in SORTS:
        if (needs_recogniser and not recordings) or (sorts and sort.__name__ not in sorts):
            continue
        counts = Counts()
        sort(folder / sort.__name__, max(1, round(share * inputs)), seed, counts)
        faults = [
            *(f"crash: {fault}" for fault in counts.crashes),
            *(f"wrong exit: {fault}" for fault in counts.wrong_exits),
            *(f"lost: {fault}" for fault in counts.lost),
        ]
        what = f"{counts.evaluated} judged, {counts.named} failed by name, {counts.refused} refused by name; "
        wrong = f"crashes {len(counts.crashes)}, wrong exits {len(counts.wrong_exits)}, "
        wrong += f"silent losses {len(counts.lost)}"
        rows.append(row(f"hostile {sort.__name__.replace('_', ' ')}", counts.inputs, faults, what + wrong))
    return rows
