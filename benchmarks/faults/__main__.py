"""Harm a night on purpose and count what goes wrong; everything must be 0.

    python -m benchmarks.faults [kills] [disk] [damage] [hostile] [--seed 7] [--points 50] [--inputs 300]

Prints Markdown; ends with 1 when a count is not 0. Text calls, and short recordings for a fifth of the kills
and for the decoder. Takes minutes. The full disk is a small tmpfs where this user may mount one, else a limit
on file sizes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.faults.disk import SHARES
from benchmarks.faults.program import warm_up
from benchmarks.faults.table import Row, damage_rows, disk_rows, hostile_rows, kill_rows, print_table

PARTS = ("kills", "disk", "damage", "hostile")


def main() -> None:
    """Run the chosen parts and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--points", type=int, default=50, help="kills")
    parser.add_argument("--rounds", type=int, default=2, help="damages of each sort to each kind of file")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES, help="room on the full disks")
    parser.add_argument("--sorts", nargs="+", default=(), help="of hostile inputs, by function name")
    parser.add_argument("--inputs", type=int, default=300, help="hostile inputs")
    parser.add_argument("--no-recordings", action="store_true", help="no model is needed then")
    chosen = parser.parse_args()
    warm_up()
    rows: list[Row] = []
    for part in chosen.parts or PARTS:
        started_s = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="qa-faults-") as folder:
            rows += _rows(part, Path(folder), chosen)
        print(f"{part}: {time.monotonic() - started_s:.0f} s", file=sys.stderr)
    print_table(rows)
    sys.exit(1 if any(row.wrong for row in rows) else 0)


def _rows(part: str, folder: Path, chosen: argparse.Namespace) -> list[Row]:
    if part == "damage":
        return damage_rows(folder, seed=chosen.seed, rounds=chosen.rounds)
    recordings = not chosen.no_recordings
    if part == "hostile":
        return hostile_rows(
            folder, seed=chosen.seed, inputs=chosen.inputs, recordings=recordings, sorts=chosen.sorts
        )
    if part == "disk":
        return disk_rows(folder, shares=chosen.shares)
    return kill_rows(folder, seed=chosen.seed, points=chosen.points, recordings=recordings)


if __name__ == "__main__":
    main()
