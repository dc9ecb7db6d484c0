"""How many cores a night needs: one measured figure, and an openly extrapolated table."""

from __future__ import annotations

from benchmarks.watching import Watched

NIGHT_H = 8.0
MACHINES = ((1, 2), (1, 8), (1, 32), (4, 32), (10, 32))  # nodes, cores each
# Beyond the cores measured here, memory bandwidth and shared storage take their part.
BEYOND = 0.8


def print_sizing(night: Watched, workers: int, one_worker: float | None) -> None:
    """Print audio hours per night by machines; only the line of this machine was measured.

    ``one_worker`` is the speed of one worker in audio seconds per second, where that was measured.
    """
    measured = night.audio_s / night.wall_s
    per_core = measured / workers
    worker_mb = max(max(sample.workers_mb, default=0.0) for sample in night.samples)
    parent_mb = max(sample.parent_mb for sample in night.samples)
    print(f"Sizing: {per_core:.1f} audio hours per core and hour, measured with {workers} workers", end="")
    print(f" (one worker alone {one_worker:.1f})" if one_worker is not None else "", end="")
    print(f"; {worker_mb:.0f} MB a worker, {parent_mb:.0f} MB for the program.")
    print("audio hours per night = nodes × cores × hours of the night × audio hours per core and hour × 0.8")
    print("(× 1 on the machine that was measured; the 0.8 beyond it is an assumption, not a measurement)\n")
    print(f"| nodes × cores | audio hours in {NIGHT_H:.0f} h | calls of 5 minutes | memory a node | |")
    print("|---|---|---|---|---|")
    for nodes, cores in MACHINES:
        here = (nodes, cores) == (1, workers)
        hours = nodes * cores * NIGHT_H * per_core * (1.0 if here else BEYOND)
        memory_gb = (cores * worker_mb + parent_mb) / 1000
        basis = "measured here" if here else "extrapolated"
        print(f"| {nodes} × {cores} | {hours:,.0f} | {hours * 12:,.0f} | {memory_gb:.0f} GB | {basis} |")
    print(
        "\nGPU: none was here to measure. On one, run 50 calls and read `audio_s_per_wall_s` in run.json;",
        end=" ",
    )
    print("that figure takes the place of cores × audio hours per core and hour.", flush=True)
