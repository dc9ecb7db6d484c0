"""How fast stored calls are scored again with another scorecard, by the command that does it.

    python benchmarks/scoring.py [--calls 1000 3000 10000] [--workers 2] [--changed 0.03] [--report]

Makes perturbed copies of labelled text calls (3 % of the characters changed; the more is changed, the fewer
turns recur from call to call), stores them as an earlier run leaves them (transcripts, and analyses made with
the configured models on the originals), and runs ``qa-analyzer score`` on them: each call is read, judged,
journaled and saved to a store. Prints wall and processor seconds and peak memory. ``--report`` lets it write
the report too. What it costs to analyze a call anew is measured on the originals. The calls are those
of --shared DIR, by default $QA_SHARED.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.batch.kept_analyses import ANALYSES, KeptAnalyses
from qa_analyzer.batch.night import TRANSCRIPTS
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.settings import load_settings
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.transcript_json import write_transcript

AGENTS = 100
FILLERS = "的了是我您这个那有在就不人都一上也到说要去会着没看好自己"
POLL_S = 0.2


@dataclass
class Ready:
    """Hands out an analysis that was made before."""

    analysis: CallAnalysis

    def analyze(self, transcript: Transcript) -> CallAnalysis:
        return replace(self.analysis, transcript=transcript)


@dataclass(frozen=True)
class Cost:
    """What one command took. Memory is the most that was held at one moment, in MB."""

    wall_s: float
    cpu_s: float
    parent_mb: float
    all_mb: float


def originals(paths: Sequence[Path]) -> list[Transcript]:
    """Return the text calls of the files that are there."""
    options = InputOptions(timezone="Asia/Shanghai", allow_outside=True)
    return [
        transcript_from_turns(call)
        for path in paths
        if path.is_file()
        for call in read_calls(path, options).calls
    ]


def perturbed(analysis: CallAnalysis, call_id: str, chance: random.Random, changed: float) -> Transcript:
    """Return a copy with a share of its characters changed, but no tagged words: these still stand there."""
    transcript = analysis.transcript
    kept: dict[int, set[int]] = {}
    for tag in (*analysis.complaints, *analysis.risks):
        kept.setdefault(tag.turn_index, set()).update(range(tag.char_start, tag.char_end))
    turns = tuple(
        replace(
            turn,
            text="".join(
                chance.choice(FILLERS)
                if "\u4e00" <= char <= "\u9fff"
                and place not in kept.get(turn.index, ())
                and chance.random() < changed
                else char
                for place, char in enumerate(turn.text)
            ),
        )
        for turn in transcript.turns
    )
    agent = f"A{chance.randrange(AGENTS):03d}"
    return replace(transcript, turns=turns, call=replace(transcript.call, call_id=call_id, agent_id=agent))


def store_copies(
    analyses: Sequence[CallAnalysis], kept: KeptAnalyses, out: Path, calls: range, changed: float
) -> None:
    """Leave calls of these numbers as a run leaves them: each transcript, and its analysis."""
    chance = random.Random(calls.start)
    for number in calls:
        analysis = analyses[number % len(analyses)]
        transcript = perturbed(analysis, f"c{number:06d}", chance, changed)
        write_transcript(transcript, out / TRANSCRIPTS / f"{transcript.call_id}.json")
        kept._analyzer = Ready(analysis)  # type: ignore[assignment]
        kept.analyze(transcript)


@contextmanager
def unflushed() -> Iterator[None]:
    """Leave the flushing of many small files to the system while they are prepared."""
    flush = os.fsync
    os.fsync = lambda _: None  # type: ignore[assignment]
    try:
        yield
    finally:
        os.fsync = flush


def processes(root: int) -> dict[int, float]:
    """Return the resident memory in MB of a process and everything below it."""
    parents: dict[int, int] = {}
    memory: dict[int, float] = {}
    page_mb = os.sysconf("SC_PAGE_SIZE") / 1e6
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            memory[int(entry.name)] = int(fields[21]) * page_mb
            parents[int(entry.name)] = int(fields[1])
        except (OSError, IndexError, ValueError):
            continue
    found = {root}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {number: memory[number] for number in found if number in memory}


def measured(command: Sequence[str]) -> Cost:
    """Run a command and watch its memory."""
    before = os.times()
    started = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks = {"parent": 0.0, "all": 0.0}

    def watch() -> None:
        while running.poll() is None:
            held = processes(running.pid)
            peaks["parent"] = max(peaks["parent"], held.get(running.pid, 0.0))
            peaks["all"] = max(peaks["all"], sum(held.values()))
            time.sleep(POLL_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = running.wait()
    wall_s = time.perf_counter() - started
    watcher.join()
    if code != 0:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    after = os.times()
    cpu_s = after.children_user - before.children_user + after.children_system - before.children_system
    return Cost(wall_s, cpu_s, peaks["parent"], peaks["all"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = Path(__file__).parent
    parser.add_argument("--calls", type=int, nargs="+", default=[1000, 3000, 10000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--changed", type=float, default=0.03, help="share of the characters")
    parser.add_argument("--report", action="store_true", help="write the report too")
    parser.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("QA_SHARED", here.parents[1] / "shared"))
    )
    parser.add_argument("--folder", type=Path, help="keep the stored calls here")
    options = parser.parse_args()
    sources = [options.shared / "calls" / "calls.jsonl", here / "calls" / "author_a.jsonl"]
    texts = originals(sources)
    if not texts:
        raise SystemExit(f"none of {', '.join(map(str, sources))} is there")
    recipe = Recipe(load_settings(), Path(), recordings=False, evaluate=True, threads=1)
    with tempfile.TemporaryDirectory() as scratch:
        out = options.folder or Path(scratch)
        analyzer = recipe.analyzer(None)
        analyzer.analyze(texts[0])  # loads the models
        started = time.process_time()
        analyses = [analyzer.analyze(text) for text in texts]
        print(
            f"{(time.process_time() - started) / len(texts) * 1e3:.0f} processor ms to analyze a call anew; "
            f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} at the start\n"
        )
        print(
            "| calls | wall s | processor s | processor ms a call | peak MB parent | peak MB all processes |"
        )
        print("|---|---|---|---|---|---|")
        stored = 0
        for count in sorted(options.calls):
            with unflushed():
                store_copies(
                    analyses, recipe.analyzer(out / ANALYSES), out, range(stored, count), options.changed
                )
            stored = count
            for leftover in ("journal.jsonl", "qa.sqlite"):
                (out / leftover).unlink(missing_ok=True)
            command = [sys.executable, "-m", "qa_analyzer", "score", str(out), "-q"]
            command += ["--workers", str(options.workers), *([] if options.report else ["--no-report"])]
            cost = measured(command)
            print(
                f"| {count} | {cost.wall_s:.1f} | {cost.cpu_s:.1f} | {cost.cpu_s / count * 1e3:.1f} "
                f"| {cost.parent_mb:.0f} | {cost.all_mb:.0f} |",
                flush=True,
            )
    print(f"\nload {os.getloadavg()[0]:.1f} at the end; other programs make every figure here worse")


if __name__ == "__main__":
    main()
