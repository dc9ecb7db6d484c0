"""A whole run: what is left to do, who does it, and what is written while it goes and when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from qa_analyzer.batch.journal import Journal, JournalEntry, Place
from qa_analyzer.batch.metrics_file import METRICS_FILE, write_metrics
from qa_analyzer.batch.output_lock import sole_writer
from qa_analyzer.batch.outputs import RUN_SCHEMA_VERSION, RunSummary, Tally, versions, write_files
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.resume import taken_over, work_key
from qa_analyzer.batch.run_results import RunResults
from qa_analyzer.batch.runners import Runner
from qa_analyzer.batch.stopping import Stop
from qa_analyzer.batch.work import CallResult, WorkItem
from qa_analyzer.errors import InputError, SpoolError
from qa_analyzer.kpi.records import Run
from qa_analyzer.kpi.store import KpiStore
from qa_analyzer.scoring.evaluation import CallFailure
from qa_analyzer.whole_files import clear_drafts

JOURNAL = "journal.jsonl"
Listener = Callable[[CallResult], None]
Each = TypeVar("Each")
FEW, MANY = 8, 100  # so many calls share a transaction and a flush, at first and at most
QUICK_S = 0.25  # of work in a call: what took longer is kept at once


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
    stop: Stop = field(default_factory=Stop, compare=False)


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The results in the order of the input, and their figures."""

    results: RunResults | tuple[CallResult, ...]
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

    def save(self, *results: CallResult) -> None:
        if self.store is None:
            return
        evaluations = [result.evaluation for result in results if result.evaluation is not None]
        self.store.save_results(evaluations, run_id=self.run.run_id)
        for result in results:
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

    Raises ConfigError when another run holds the output folder, KeyboardInterrupt once the calls in hand are
    kept when ``plan.stop`` was asked.
    """
    with sole_writer(plan.out_dir):
        clear_drafts(plan.out_dir)
        return _execute(plan, runner, store, listener)


def _execute(plan: RunPlan, runner: Runner, store: KpiStore | None, listener: Listener) -> FinishedRun:
    started_at, started = datetime.now(UTC), time.perf_counter()
    judges = plan.recipe.judges()
    keys = _keys(plan, judges)
    journal, tally = Journal(plan.out_dir / JOURNAL), Tally()
    places: dict[str, Place] = {}
    ledger = _Ledger(store, Run(f"{started_at:%Y%m%dT%H%M%S.%fZ}", started_at, source=str(plan.out_dir)))
    with journal:
        for several in _few_at_a_time(_done_before(plan, keys)):
            results = [result for result, _ in several]
            ledger.save(*results)
            places.update((result.call_id, place) for result, place in several)
            _tell(results, tally, listener)
        left = tuple(work_item for work_item in plan.work if work_item.call_id not in places)
        # Closed at once when something goes wrong here, so that no worker lives on.
        with closing(runner.run(left, plan.recipe, plan.stop)) as new_results:
            for results in _few_at_a_time(new_results if left else (), dear=_took_long):
                # The store first: a call in the journal is not done again, and the store takes twice as once.
                ledger.save(*results)
                written = journal.append(*(_entry(result, keys[result.call_id]) for result in results))
                places.update(zip((result.call_id for result in results), written, strict=True))
                _tell(results, tally, listener)
    if plan.stop.asked and len(places) < len(plan.work):
        raise KeyboardInterrupt
    rejected = tuple(_rejected_result(problem) for problem in plan.rejected)
    ledger.save(*rejected)
    _tell(rejected, tally, listener)
    finished = RunResults(
        journal,
        [(work_item, places[work_item.call_id]) for work_item in plan.work],
        rejected,
        plan.recipe.transcripts_dir,
    )
    summary = tally.summary(wall_s=time.perf_counter() - started, workers=plan.workers, runner=runner.name)
    facts = _facts(plan, summary, judges, started_at)
    write_files(finished.evaluation_lines(), tally, plan.out_dir, facts)
    write_metrics(summary, time.time(), plan.out_dir / METRICS_FILE)
    ledger.close(summary, facts)
    return FinishedRun(finished, summary, facts)


def _few_at_a_time(
    results: Iterable[Each], dear: Callable[[Each], bool] = lambda _: False
) -> Iterator[list[Each]]:
    """Yield results a few together: each transaction and each flush to the disk costs milliseconds.

    One that is ``dear`` goes on at once, with those before it. When a run is killed, a few others may be
    lost, which are soon done again: seven at first, later a twentieth of what is done.
    """
    few: list[Each] = []
    for number, result in enumerate(results):
        few.append(result)
        if len(few) >= min(MANY, max(FEW, number // 20)) or dear(result):
            yield few
            few = []
    if few:
        yield few


def _took_long(result: CallResult) -> bool:
    return result.failure is not None or sum(result.stage_seconds.values()) > QUICK_S


def _tell(results: Iterable[CallResult], tally: Tally, listener: Listener) -> None:
    for result in results:
        tally.add(result)
        listener(result)


def _keys(plan: RunPlan, judges: Mapping[str, str | None]) -> dict[str, str]:
    return {work_item.call_id: work_key(work_item, judges) for work_item in plan.work}


def calls_done(plan: RunPlan) -> frozenset[str]:
    """Return the calls that an earlier run on the same output has finished for this plan."""
    keys = _keys(plan, plan.recipe.judges())
    return frozenset(result.call_id for result, _ in _done_before(plan, keys))


def _done_before(plan: RunPlan, keys: Mapping[str, str]) -> Iterator[tuple[CallResult, Place]]:
    """Yield the results that an earlier run on the same output left for this plan, and where they stand."""
    journal = Journal(plan.out_dir / JOURNAL)
    known = journal.places()
    for work_item in plan.work:
        place = known.get((work_item.call_id, keys[work_item.call_id]))
        if place is None:
            continue
        (entry,) = journal.read([place])
        if entry.failure is not None and _tried_again(entry.failure, plan):
            continue
        result = taken_over(work_item, entry, plan.recipe.transcripts_dir)
        if result is not None:
            yield result, place


def _tried_again(failure: CallFailure, plan: RunPlan) -> bool:
    """Say whether a failed call is done again: on request, or when there was merely no room for it."""
    return plan.retry_failed or failure.error == SpoolError.__name__


def _entry(result: CallResult, key: str) -> JournalEntry:
    return JournalEntry(
        call_id=result.call_id,
        key=key,
        evaluation=result.published,
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
