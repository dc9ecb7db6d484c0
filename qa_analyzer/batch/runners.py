"""Where calls are processed: in this process, or in a pool of worker processes. ``RUNNERS`` lists them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as CallTimeoutError
from dataclasses import dataclass
from multiprocessing import get_context
from typing import ClassVar, Protocol

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.work import CallResult, StoredTranscript, WorkItem, source_of
from qa_analyzer.calls.recording_length import stated_duration_s
from qa_analyzer.errors import ConfigError
from qa_analyzer.scoring.evaluation import CallFailure

START_UP_S = 300.0  # loading models on a busy machine, before a call's own time counts
LOWEST_BYTES_PER_S = 500.0  # AMR at 4.75 kbit/s: no recording holds more seconds for its size
WORKER_BYTES = 1_600_000_000  # recogniser, sentiment model and one call, measured on the base model


class Runner(Protocol):
    """Processes calls and yields their results in the order of the calls."""

    name: ClassVar[str]

    def run(self, work: Sequence[WorkItem], recipe: Recipe) -> Iterator[CallResult]:
        """Yield one result for each call. Raises ConfigError when the models cannot be loaded."""
        ...


@dataclass(frozen=True, slots=True)
class InProcessRunner:
    """One call after another in this process: for a few calls, and for tests."""

    name: ClassVar[str] = "in-process"

    def run(self, work: Sequence[WorkItem], recipe: Recipe) -> Iterator[CallResult]:
        """Yield one result for each call."""
        processor = recipe.build()
        for work_item in work:
            yield processor.process(work_item)


_processor: CallProcessor | None = None  # one for each worker process, set by _load


def _load(recipe: Recipe) -> None:
    global _processor
    _processor = recipe.build()


def _process(work_item: WorkItem) -> CallResult:
    if _processor is None:
        raise RuntimeError("the worker was not initialized")
    return _processor.process(work_item)


@dataclass(frozen=True, slots=True)
class PoolRunner:
    """Worker processes that each load the models once.

    A call that hangs is given up after a time in proportion to its length; a call that kills its worker is
    recorded as failed. Either way the worker is replaced and the others go on.
    """

    name: ClassVar[str] = "pool"
    workers: int
    seconds_per_audio_second: float

    def run(self, work: Sequence[WorkItem], recipe: Recipe) -> Iterator[CallResult]:
        """Yield one result for each call."""
        recipe.check()  # a wrong configuration must stop here, not kill worker after worker
        with ProcessPool(
            max_workers=self.workers, initializer=_load, initargs=(recipe,), context=get_context("spawn")
        ) as pool:
            pending: deque[tuple[WorkItem, ProcessFuture[CallResult]]] = deque()
            upcoming = iter(work)
            # A short queue keeps memory flat and Ctrl-C quick, whatever the number of calls.
            for work_item in upcoming:
                pending.append((work_item, self._schedule(pool, work_item)))
                if len(pending) >= 2 * self.workers:
                    yield _result(*pending.popleft())
            while pending:
                yield _result(*pending.popleft())

    def _schedule(self, pool: ProcessPool, work_item: WorkItem) -> ProcessFuture[CallResult]:
        limit_s = START_UP_S + self.seconds_per_audio_second * _longest_audio_s(work_item)
        return pool.schedule(_process, args=(work_item,), timeout=limit_s)


RUNNERS: tuple[type[Runner], ...] = (InProcessRunner, PoolRunner)


def open_runner(name: str, *, workers: int, seconds_per_audio_second: float) -> Runner:
    """Return the runner of that name; raises ConfigError for an unknown one."""
    if name == InProcessRunner.name:
        return InProcessRunner()
    if name == PoolRunner.name:
        return PoolRunner(workers, seconds_per_audio_second)
    known = ", ".join(runner.name for runner in RUNNERS)
    raise ConfigError(f"unknown runner {name!r}: choose one of {known}")


def workers_for_this_machine(calls: int) -> int:
    """Return how many workers fit the cores, the memory and the number of calls."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores, memory_bytes // WORKER_BYTES, calls))


def _longest_audio_s(work_item: WorkItem) -> float:
    if isinstance(work_item, StoredTranscript) or work_item.audio_path is None:
        return 0.0
    stated_s = stated_duration_s(work_item.audio_path)
    if stated_s is not None:
        return stated_s
    try:
        return work_item.audio_path.stat().st_size / LOWEST_BYTES_PER_S
    except OSError:
        return 0.0


def _result(work_item: WorkItem, future: ProcessFuture[CallResult]) -> CallResult:
    try:
        result: CallResult = future.result()
        return result
    except CallTimeoutError:
        reason = ("CallTimeout", "took longer than the time limit for its length and was given up")
    except ProcessExpired as problem:
        reason = (
            "WorkerDied",
            f"its worker process died (exit code {problem.exitcode}), perhaps out of memory",
        )
    failure = CallFailure(work_item.call_id, source_of(work_item), "worker", *reason)
    return CallResult(work_item.call_id, None, None, failure, None, {})
