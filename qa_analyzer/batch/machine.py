"""How many workers this machine can take: its cores and memory, or what a container gives us of them."""

from __future__ import annotations

import math
import os
from pathlib import Path

# Measured on a night of 500 calls with the base model: recogniser, models of sentiment and acts, and calls.
WORKER_BYTES = 1_900_000_000
PROGRAM_BYTES = 400_000_000

CGROUP = Path("/sys/fs/cgroup")


def workers_for_this_machine(calls: int) -> int:
    """Return how many workers fit the cores, the memory and the number of calls."""
    room = (memory_bytes() - PROGRAM_BYTES) // WORKER_BYTES
    return max(1, min(cores(), room, calls))


def threads_for_each(workers: int) -> int:
    """Return how many threads a worker gets when the cores are shared out; results do not depend on it."""
    return max(1, cores() // workers)


def cores(limits: Path = CGROUP) -> int:
    """Return the cores that this process may use, by its affinity and by the quota of its container."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _first_line(limits / "cpu.max").partition(" ")
    if quota.isdecimal() and period.isdecimal() and int(period) > 0:
        ours = min(ours, math.ceil(int(quota) / int(period)))
    return max(1, ours)


def memory_bytes(limits: Path = CGROUP) -> int:
    """Return the memory of the machine, or of the container where that is less."""
    all_of_it = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _first_line(limits / "memory.max")
    return min(all_of_it, int(limit)) if limit.isdecimal() else all_of_it


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").partition("\n")[0].strip()
    except (OSError, ValueError):
        return ""
