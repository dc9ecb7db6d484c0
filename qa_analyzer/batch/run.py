"""A whole run: what is left to do, who does it, and what is written while it goes and when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa_analyzer.batch.journal import Journal, JournalEntry
from qa_analyzer.batch.metrics_file import METRICS_FILE, write_metrics
from qa_analyzer.batch.output_lock import sole_writer
from qa_analyzer.batch.outputs import RUN_SCHEMA_VERSION, RunSummary, summarize, versions, write_outputs
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.resume import taken_over, work_key
from qa_analyzer.batch.runners import Runner
from qa_analyzer.batch.work import CallResult, WorkItem
from qa_analyzer.errors import InputError, SpoolError
from qa_analyzer.kpi.records import Run
from qa_analyzer.kpi.store import KpiStore
from qa_analyzer.scoring.evaluation import CallFailure
from qa_analyzer.scoring.evaluation_json import evaluation_to_json
from qa_analyzer.whole_files import clear_drafts

JOURNAL = "journal.jsonl"
Listener = Callable[[CallResult], None]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is to be done. ``rejected`` are rows of the input that name no usable call; they count as failed.

    ``retry_failed`` does failed calls of an earlier run on the same output again. ``left_out`` counts the
    calls of the input that were purged from this output, and are not taken in again.
    """

    work: tuple[WorkItem, ...]
    rejected: tuple[InputError, ...]
    out_dir: Path
    recipe: Recipe
    workers: int = 1
    retry_failed: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The results in the order of the input, and their figures."""

    results: tuple[CallResult, ...]
    summary: RunSummary
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Writes a run to the store, if there is one."""

    store: KpiStore | None
    run: Run

    def __post_init__(self) -> None:
        if self.store is not None:
            self.store.save_run(self.run)

    def save(self, result: CallResult) -> None:
        if self.store is None:
            return
        if result.evaluation is not None:
            self.store.save_result(result.evaluation, run_id=self.run.run_id)
        if result.failure is not None:
            self.store.save_failure(result.failure, run_id=self.run.run_id)

    def close(self, summary: RunSummary, facts: Mapping[str, Any]) -> None:
        if self.store is not None:
            finished = replace(
                self.run,
                finished_at=datetime.now(UTC),
                calls_scored=summary.scored,
                calls_failed=summary.failed,
                facts=facts,
            )
            self.store.save_run(finished)


def execute(plan: RunPlan, runner: Runner, store: KpiStore | None, listener: Listener) -> FinishedRun:
    """Do what is left of a plan and write its outputs; ``listener`` hears of every call as it is done.

    Raises ConfigError when another run holds the output folder.
    """
    with sole_writer(plan.out_dir):
        clear_drafts(plan.out_dir)
        return _execute(plan, runner, store, listener)


def _execute(plan: RunPlan, runner: Runner, store: KpiStore | None, listener: Listener) -> FinishedRun:
    started_at, started = datetime.now(UTC), time.perf_counter()
    judges = plan.recipe.judges()
    keys = _keys(plan, judges)
    journal = Journal(plan.out_dir / JOURNAL)
    done = already_done(plan, keys)
    ledger = _Ledger(store, Run(f"{started_at:%Y%m%dT%H%M%S.%fZ}", started_at, source=str(plan.out_dir)))
    with journal:
        for result in done.values():
            ledger.save(result)
            listener(result)
        left = tuple(work_item for work_item in plan.work if work_item.call_id not in done)
        # Closed at once when something goes wrong here, so that no worker lives on.
        with closing(runner.run(left, plan.recipe)) as new_results:
            for result in new_results if left else ():
                done[result.call_id] = result
                # The store first: a call in the journal is not done again, and the store takes twice as once.
                ledger.save(result)
                journal.append(_entry(result, keys[result.call_id]))
                listener(result)
    rejected = tuple(_rejected_result(problem) for problem in plan.rejected)
    for result in rejected:
        ledger.save(result)
        listener(result)
    results = (*(done[work_item.call_id] for work_item in plan.work), *rejected)
    summary = summarize(
        results, wall_s=time.perf_counter() - started, workers=plan.workers, runner=runner.name
    )
    facts = _facts(plan, summary, judges, started_at)
    write_outputs(results, plan.out_dir, facts)
    write_metrics(summary, time.time(), plan.out_dir / METRICS_FILE)
    ledger.close(summary, facts)
    return FinishedRun(results, summary, facts)


def _keys(plan: RunPlan, judges: Mapping[str, str | None]) -> dict[str, str]:
    return {work_item.call_id: work_key(work_item, judges) for work_item in plan.work}


def already_done(plan: RunPlan, keys: Mapping[str, str] | None = None) -> dict[str, CallResult]:
    """Return the results that an earlier run on the same output left for this plan, by call_id."""
    keys = _keys(plan, plan.recipe.judges()) if keys is None else keys
    latest = Journal(plan.out_dir / JOURNAL).latest()
    done: dict[str, CallResult] = {}
    for work_item in plan.work:
        entry = latest.get((work_item.call_id, keys[work_item.call_id]))
        if entry is None or (entry.failure is not None and _tried_again(entry.failure, plan)):
            continue
        result = taken_over(work_item, entry, plan.recipe.transcripts_dir)
        if result is not None:
            done[work_item.call_id] = result
    return done


def _tried_again(failure: CallFailure, plan: RunPlan) -> bool:
    """Say whether a failed call is done again: on request, or when there was merely no room for it."""
    return plan.retry_failed or failure.error == SpoolError.__name__


def _entry(result: CallResult, key: str) -> JournalEntry:
    return JournalEntry(
        call_id=result.call_id,
        key=key,
        evaluation=evaluation_to_json(result.evaluation) if result.evaluation is not None else None,
        failure=result.failure,
        transcribed_only=result.evaluation is None and result.failure is None,
        audio_s=result.audio_s,
        stage_seconds=dict(result.stage_seconds),
    )


def _rejected_result(problem: InputError) -> CallResult:
    failure = CallFailure(
        problem.call_id, "input list", problem.stage, type(problem).__name__, problem.reason
    )
    return CallResult(problem.call_id, None, None, failure, None, {})


def _facts(
    plan: RunPlan, summary: RunSummary, judges: Mapping[str, str | None], started_at: datetime
) -> dict[str, Any]:
    return {
        "schema_version": RUN_SCHEMA_VERSION,
        "started_at": started_at.isoformat(timespec="seconds"),
        "versions": versions(),
        "fingerprints": dict(judges),
        "settings": plan.recipe.settings.model_dump(mode="json", exclude={"store"}),
        "left_out_as_purged": plan.left_out,
        "summary": {**asdict(summary), "audio_s_per_wall_s": summary.audio_s_per_wall_s},
    }
