"""The files that a finished run leaves behind, each replaced as a whole."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa_analyzer import __version__
from qa_analyzer.batch.work import CallResult
from qa_analyzer.kpi.agents import agent_table, write_agents_csv
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


def summarize(results: Sequence[CallResult], *, wall_s: float, workers: int, runner: str) -> RunSummary:
    """Return the figures of a run."""
    evaluations = evaluations_of(results)
    percents = [evaluation.percent for evaluation in evaluations if evaluation.percent is not None]
    stage_seconds: Counter[str] = Counter()
    for result in results:
        if not result.resumed:
            stage_seconds.update(result.stage_seconds)
    return RunSummary(
        calls=len(results),
        scored=len(evaluations),
        transcribed=sum(result.transcript is not None for result in results),
        failed=sum(result.failure is not None for result in results),
        resumed=sum(result.resumed for result in results),
        unscorable_criteria=sum(
            criterion.verdict == "unscorable"
            for evaluation in evaluations
            for criterion in evaluation.criteria
        ),
        red_lines=sum(evaluation.auto_failed for evaluation in evaluations),
        audio_s=sum(result.audio_s or 0.0 for result in results if not result.resumed),
        wall_s=wall_s,
        stage_seconds=dict(sorted(stage_seconds.items())),
        mean_percent=sum(percents) / len(percents) if percents else None,
        workers=workers,
        runner=runner,
    )


def evaluations_of(results: Sequence[CallResult]) -> tuple[Evaluation, ...]:
    """Return the evaluations, in the order of the calls."""
    return tuple(result.evaluation for result in results if result.evaluation is not None)


def failures_of(results: Sequence[CallResult]) -> tuple[CallFailure, ...]:
    """Return the failures, in the order of the calls."""
    return tuple(result.failure for result in results if result.failure is not None)


def write_outputs(results: Sequence[CallResult], out_dir: Path, run_facts: Mapping[str, Any]) -> None:
    """Write evaluations.jsonl, agents.csv, failures.jsonl and run.json."""
    evaluations = evaluations_of(results)
    write_lines(out_dir / "evaluations.jsonl", (_line(evaluation_to_json(each)) for each in evaluations))
    write_lines(out_dir / "failures.jsonl", (_line(asdict(failure)) for failure in failures_of(results)))
    write_agents_csv(agent_table(evaluations), out_dir / "agents.csv")
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


def _line(value: Mapping[str, Any]) -> str:
    # Not sorted: criteria stand in the order of the scorecard, also when they are read back.
    return json.dumps(value, ensure_ascii=False)
