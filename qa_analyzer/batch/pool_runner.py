"""A pool of worker processes on this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as CallTimeoutError
from dataclasses import dataclass
from multiprocessing import get_context
from typing import ClassVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.time_limits import time_limit_s
from qa_analyzer.batch.work import CALL_TIMEOUT, CallResult, WorkItem, failed

AHEAD = 16  # results may wait for a slow call before them, but memory stays flat

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
            for work_item in upcoming:
                pending.append((work_item, self._schedule(pool, work_item)))
                if len(pending) >= AHEAD * self.workers:
                    yield _result(*pending.popleft())
            while pending:
                yield _result(*pending.popleft())

    def _schedule(self, pool: ProcessPool, work_item: WorkItem) -> ProcessFuture[CallResult]:
        limit_s = time_limit_s(work_item, self.seconds_per_audio_second)
        return pool.schedule(_process, args=(work_item,), timeout=limit_s)


def _result(work_item: WorkItem, future: ProcessFuture[CallResult]) -> CallResult:
    try:
        result: CallResult = future.result()
        return result
    except CallTimeoutError:
        reason = CALL_TIMEOUT
    except ProcessExpired as problem:
        reason = (
            "WorkerDied",
            f"its worker process died (exit code {problem.exitcode}), perhaps out of memory",
        )
    return failed(work_item, *reason)
