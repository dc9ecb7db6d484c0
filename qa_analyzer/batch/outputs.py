"""The files that a finished run leaves behind, each replaced as a whole."""

from __future__ import annotations

import json
import math
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa_analyzer import __version__
from qa_analyzer.batch.work import CallResult
from qa_analyzer.kpi.agents import agent_table, write_agents_csv
from qa_analyzer.kpi.facts import Facts, FactsBuilder
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation
from qa_analyzer.scoring.evaluation_json import evaluation_to_json
from qa_analyzer.whole_files import replacing, write_lines

RUN_SCHEMA_VERSION = 1
LIBRARIES = ("faster-whisper", "ctranslate2", "torch", "transformers", "jieba", "pandas")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run came to. Counts include calls taken over from an interrupted run (``resumed``)."""

    calls: int
    scored: int
    transcribed: int
    failed: int
    resumed: int
    unscorable_criteria: int
    red_lines: int
    audio_s: float
    wall_s: float
    stage_seconds: Mapping[str, float]
    mean_percent: float | None
    workers: int
    runner: str

    @property
    def audio_s_per_wall_s(self) -> float | None:
        """Return the speed of recognition and scoring together; None without audio."""
        return self.audio_s / self.wall_s if self.audio_s and self.wall_s else None


class Tally:
    """Counts results as they come in, and keeps of each only what the files at the end need."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._stage_seconds: Counter[str] = Counter()
        self._percents: list[float] = []
        self._facts = FactsBuilder()
        self.failures: list[CallFailure] = []

    def add(self, result: CallResult) -> None:
        """Take one result."""
        counts, evaluation = self._counts, result.evaluation
        counts["calls"] += 1
        counts["transcribed"] += result.transcript is not None
        counts["resumed"] += result.resumed
        if not result.resumed:
            self._counts["audio_ms"] += round((result.audio_s or 0.0) * 1000)
            self._stage_seconds.update(result.stage_seconds)
        if result.failure is not None:
            self.failures.append(result.failure)
        if evaluation is None:
            return
        counts["scored"] += 1
        counts["red_lines"] += evaluation.auto_failed
        counts["unscorable"] += sum(each.verdict == "unscorable" for each in evaluation.criteria)
        if evaluation.percent is not None:
            self._percents.append(evaluation.percent)
        self._facts.add(evaluation)

    def summary(self, *, wall_s: float, workers: int, runner: str) -> RunSummary:
        """Return the figures of the run."""
        counts, percents = self._counts, self._percents
        return RunSummary(
            calls=counts["calls"],
            scored=counts["scored"],
            transcribed=counts["transcribed"],
            failed=len(self.failures),
            resumed=counts["resumed"],
            unscorable_criteria=counts["unscorable"],
            red_lines=counts["red_lines"],
            audio_s=counts["audio_ms"] / 1000,
            wall_s=wall_s,
            stage_seconds=dict(sorted(self._stage_seconds.items())),
            mean_percent=math.fsum(percents) / len(percents) if percents else None,
            workers=workers,
            runner=runner,
        )

    def facts(self) -> Facts:
        """Return what the table of agents is counted from."""
        return self._facts.facts()


def evaluations_of(results: Sequence[CallResult]) -> tuple[Evaluation, ...]:
    """Return the evaluations, in the order of the calls."""
    return tuple(result.evaluation for result in results if result.evaluation is not None)


def failures_of(results: Sequence[CallResult]) -> tuple[CallFailure, ...]:
    """Return the failures, in the order of the calls."""
    return tuple(result.failure for result in results if result.failure is not None)


def write_outputs(results: Iterable[CallResult], out_dir: Path, run_facts: Mapping[str, Any]) -> None:
    """Write the files of a run anew from its results."""
    tally = Tally()

    def lines() -> Iterator[str]:
        for result in results:
            tally.add(result)
            if result.evaluation is not None:
                # Not sorted: criteria stand in the order of the scorecard, also when they are read back.
                yield json.dumps(evaluation_to_json(result.evaluation), ensure_ascii=False)

    write_files(lines(), tally, out_dir, run_facts)


def write_files(
    evaluation_lines: Iterable[str], tally: Tally, out_dir: Path, run_facts: Mapping[str, Any]
) -> None:
    """Write evaluations.jsonl, then what the tally holds: agents.csv and failures.jsonl, and run.json."""
    write_lines(out_dir / "evaluations.jsonl", evaluation_lines)
    failed = (json.dumps(asdict(failure), ensure_ascii=False) for failure in tally.failures)
    write_lines(out_dir / "failures.jsonl", failed)
    write_agents_csv(agent_table(tally.facts()), out_dir / "agents.csv")
    with replacing(out_dir / "run.json") as stream:
        json.dump(run_facts, stream, ensure_ascii=False, indent=2, sort_keys=True)
        stream.write("\n")


def versions() -> dict[str, str]:
    """Return the versions of everything that figures rest on."""
    return {
        "qa_analyzer": __version__,
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }
