"""A simulated night: many short calls, unattended; speed, scaling, Ray, memory and cost per call as Markdown.

    python -m benchmarks.night [--calls 500] [--compared 48] [--parts night scaling ray small]

The calls are pieces of 20 to 40 s cut from the recordings of ../shared/calls/audio (or below QA_SHARED), made
in a scratch folder. What is compared (1 or 2 workers, Ray, one call at a time) is measured on the first
``--compared`` of them, the night itself on all. One thread a worker, so that workers and cores match.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.inputs import RECORDINGS, write_pieces
from benchmarks.sizing import print_sizing
from benchmarks.watching import Watched, slope_per_100_calls_mb, watched_run
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.settings import Settings

SHORTEST_S, LONGEST_S = 20.0, 40.0
ONE_THREAD = {"QA_THREADS": "1", "OMP_NUM_THREADS": "1"}
ALONE = 12  # calls measured one at a time
PARTS = ("night", "scaling", "ray", "small")


@dataclass(slots=True)
class Bench:
    """Where the pieces lie and where runs may write."""

    folder: Path
    pieces: Path
    compared: int
    _start_ups_s: dict[tuple[str, ...], float] = field(default_factory=dict)

    def run(self, name: str, calls: int, workers: int, *options: str) -> Watched:
        """Run the first calls with that many workers."""
        limit = ("--limit", str(calls), "--workers", str(workers))
        return watched_run(self.pieces, self.folder / name, (*limit, *options), ONE_THREAD)

    def start_up_s(self, workers: int, *options: str) -> float:
        """Return what a run costs before and after its calls: one call a worker, minus the slowest call."""
        key = (str(workers), *options)
        if key not in self._start_ups_s:
            run = self.run("-".join(("start", *key)), workers, workers, *options)
            self._start_ups_s[key] = run.wall_s - sum(run.summary["stage_seconds"].values()) / workers
        return self._start_ups_s[key]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--compared", type=int, default=48)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qa-night-") as scratch:
        folder = Path(scratch)
        count = max(chosen.calls, chosen.compared)
        chance = random.Random(chosen.seed)
        lengths_s = [chance.uniform(SHORTEST_S, LONGEST_S) for _ in range(count)]
        if not write_pieces(RECORDINGS, folder / "pieces", lengths_s, seed=chosen.seed):
            raise SystemExit(f"{RECORDINGS} holds no recordings: set QA_SHARED")
        hours = sum(lengths_s) / 3600
        print(f"{count} calls of {SHORTEST_S:.0f} to {LONGEST_S:.0f} s, {hours:.2f} h of audio; ", end="")
        print(
            f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} at the start\n", flush=True
        )
        bench = Bench(folder, folder / "pieces", min(chosen.compared, count))
        speeds: dict[int, float] = {}
        if "scaling" in chosen.parts:
            speeds = print_scaling(bench, chosen.workers)
        if "ray" in chosen.parts:
            print_ray(bench, chosen.workers)
        if "night" in chosen.parts:
            night = bench.run("night", chosen.calls, chosen.workers)
            print_night(night, chosen.workers)
            if "small" in chosen.parts:
                print_costs(bench, night, chosen.workers)
            print_sizing(night, chosen.workers, speeds.get(1))
        print(f"\nload {os.getloadavg()[0]:.1f} at the end; other programs make every figure here worse")


def print_scaling(bench: Bench, workers: int) -> dict[int, float]:
    """Compare one call at a time, one worker and several; return audio seconds per second by workers."""
    single_s, single_audio_s = _alone(bench)
    speeds, busy = {}, False
    print(
        f"| {bench.compared} calls, one thread each | audio h per hour | start-up and report s | command s |"
    )
    print("|---|---|---|---|")
    alone = min(ALONE, bench.compared)
    print(f"| single-call times added up ({alone} calls alone) | {single_audio_s / single_s:.1f} | – | – |")
    for count in sorted({1, workers}):
        start_up_s = bench.start_up_s(count)
        run = bench.run(f"workers{count}", bench.compared, count)
        speeds[count] = run.audio_s / (run.wall_s - start_up_s)
        busy = busy or start_up_s > run.wall_s / 2
        print(f"| {count} workers | {speeds[count]:.1f} | {start_up_s:.1f} | {run.wall_s:.1f} |", flush=True)
    if busy:
        print("\nStart-up is most of a run: take more calls, or a quieter machine.")
    if workers > 1:
        print(f"\nScaling 1 → {workers} workers: {speeds[workers] / speeds[1]:.2f} ×; ", end="")
    print(f"against single-call times: {speeds[workers] / (single_audio_s / single_s):.2f} ×\n", flush=True)
    return speeds


def print_ray(bench: Bench, workers: int) -> None:
    """Compare the pool with Ray on this machine: time, and the evaluations byte for byte."""
    out = bench.folder / f"workers{workers}"
    pool = None if out.exists() else bench.run(f"workers{workers}", bench.compared, workers)
    start_up_s = bench.start_up_s(workers, "--runner", "ray")
    ray = bench.run("ray", bench.compared, workers, "--runner", "ray")
    same = (out / "evaluations.jsonl").read_bytes() == (
        bench.folder / "ray" / "evaluations.jsonl"
    ).read_bytes()
    print(
        f"Ray, {bench.compared} calls, {workers} actors: "
        f"{ray.audio_s / (ray.wall_s - start_up_s):.1f} audio h ",
        end="",
    )
    print(f"per hour, start-up and report {start_up_s:.1f} s, command {ray.wall_s:.1f} s", end="")
    print(f" (pool {pool.wall_s:.1f} s)" if pool is not None else "", end="")
    print(f"; evaluations byte for byte the same as the pool's: {'yes' if same else 'NO'}\n", flush=True)


def print_night(night: Watched, workers: int) -> None:
    """Print speed and memory of the whole night."""
    calls = night.summary["calls"]
    working = [sample for sample in night.samples if sample.calls_done >= calls // 4]
    print(f"| the night: {calls} calls, {workers} workers | |\n|---|---|")
    print(f"| audio | {night.audio_s / 3600:.2f} h |")
    print(f"| from command to report | {night.wall_s:.0f} s |")
    print(f"| audio hours per hour, everything included | {night.audio_s / night.wall_s:.1f} |")
    print(f"| failed | {night.summary['failed']} |")
    print(f"| memory of all processes, peak | {max(sample.total_mb for sample in night.samples):.0f} MB |")
    print(f"| the program itself, peak | {max(sample.parent_mb for sample in night.samples):.0f} MB |")
    largest = [max(sample.workers_mb, default=0.0) for sample in night.samples]
    print(f"| a worker, peak | {max(largest):.0f} MB |")
    for name, value in (
        ("program", [sample.parent_mb for sample in working]),
        ("workers", [sum(sample.workers_mb) for sample in working]),
    ):
        slope = slope_per_100_calls_mb(working, value) if working else None
        shown = "too few samples" if slope is None else f"{slope:+.1f} MB per 100 calls"
        print(f"| growth after the first quarter, {name} | {shown} |")
    print(flush=True)


def print_costs(bench: Bench, night: Watched, workers: int) -> None:
    """Print what a call costs in a small run and in the night, and in each tenth of the night."""
    start_up_s = bench.start_up_s(workers)
    print("| calls | seconds a call without start-up | seconds per audio second |\n|---|---|---|")
    few = bench.run("few", 10, workers)
    for run in (few, night):
        spent_s = run.wall_s - start_up_s
        print(
            f"| {run.summary['calls']} | {spent_s / run.summary['calls']:.2f} | {spent_s / run.audio_s:.3f} |"
        )
    calls = night.summary["calls"]
    if calls >= 100:
        marks = [night.done_at_s(round(calls * tenth / 10)) for tenth in range(1, 11)]
        costs = [(later - sooner) / (calls / 10) for sooner, later in itertools.pairwise(marks)]
        shown = " ".join(f"{cost:.2f}" for cost in costs)
        print(f"\nSeconds a call in the second to the last tenth of the night: {shown} ", end="")
        print(
            f"(median {statistics.median(costs):.2f}); report and workbook {night.wall_s - marks[-1]:.0f} s"
        )
    print(flush=True)


def _alone(bench: Bench) -> tuple[float, float]:
    """Process calls one at a time in this process, models loaded; return seconds and seconds of audio."""
    settings = Settings()
    recipe = Recipe(
        settings=settings,
        transcripts_dir=bench.folder / "alone",
        recordings=True,
        evaluate=True,
        threads=1,
    )
    processor = recipe.build()
    calls = read_calls(bench.pieces, InputOptions()).calls
    processor.process(calls[-1])  # what is loaded at the first call
    started_s = time.monotonic()
    results = [processor.process(call) for call in calls[: min(ALONE, bench.compared)]]
    return time.monotonic() - started_s, sum(result.audio_s or 0.0 for result in results)


if __name__ == "__main__":
    main()
