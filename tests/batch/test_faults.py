"""The fault harness of benchmarks/faults, reduced: every count must be 0. `make bench-night` does it all."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<harm>[^|]+) \| (?P<times>\d+) \| (?P<wrong>\d+) \|", flags=re.MULTILINE)


def faults(*arguments: str) -> dict[str, tuple[int, int]]:
    """Return how often each harm was done and how often something went wrong."""
    command = [sys.executable, "-m", "benchmarks.faults", *arguments]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    rows = {row["harm"]: (int(row["times"]), int(row["wrong"])) for row in ROW.finditer(finished.stdout)}
    assert rows, finished.stderr[-3000:]
    assert finished.returncode == 0, finished.stderr[-6000:]
    return rows


def test_harmed_nights_of_text_calls() -> None:
    rows = faults("--points", "3", "--rounds", "0", "--inputs", "12", "--shares", "0.4", "--no-recordings")
    assert {harm.split(":")[0].split()[0] for harm in rows} >= {"kill", "full", "damaged", "hostile"}
    assert all(times > 0 for harm, (times, _) in rows.items() if "alone" not in harm)


@pytest.mark.model
def test_hostile_recordings() -> None:
    rows = faults("hostile", "--inputs", "11", "--sorts", "recordings")
    assert rows == {"hostile recordings": (3, 0)}
