"""A pool of worker processes on this machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import TimeoutError as CallTimeoutError
from concurrent.futures import wait
from dataclasses import dataclass
from multiprocessing import get_context
from typing import ClassVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from qa_analyzer.batch.groups import groups_of
from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.stopping import NEVER, Stop
from qa_analyzer.batch.time_limits import time_limit_s
from qa_analyzer.batch.work import CALL_TIMEOUT, LOSSES, WORKER_DIED, CallResult, WorkItem, failed

AHEAD = 32  # calls a worker; results may wait for a slow call before them, but memory stays flat
LOOK_S = 0.2  # how soon a wish to stop is heard
OUT_OF_MEMORY = 137  # as the kernel's own killer ends a process

Group = tuple[WorkItem, ...]
_processor: CallProcessor | None = None  # one for each worker process, set by _load


def _load(recipe: Recipe) -> None:
    global _processor
    _processor = recipe.build()


def _process(group: Group) -> tuple[CallResult, ...]:
    if _processor is None:
        raise RuntimeError("the worker was not initialized")
    try:
        return _processor.process_together(group)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # what is left of this process is not to be trusted; the pool replaces it


@dataclass(frozen=True, slots=True)
class PoolRunner:
    """Worker processes that each load the models once and take a group of calls at a time.

    A group that hangs is given up after a time in proportion to its length; one that kills its worker is
    noticed. Either way the worker is replaced, and the calls of the group are tried one by one: only one that
    hangs again, or kills ``LOSSES`` workers while it is alone, is recorded as failed.
    """

    name: ClassVar[str] = "pool"
    workers: int
    seconds_per_audio_second: float

    def run(
        self, work: Sequence[WorkItem], recipe: Recipe, stop: Stop = NEVER
    ) -> Generator[CallResult, None, None]:
        """Yield one result for each call, or for those in hand when ``stop`` was asked."""
        recipe.check()  # a wrong configuration must stop here, not kill worker after worker
        with ProcessPool(
            max_workers=self.workers, initializer=_load, initargs=(recipe,), context=get_context("spawn")
        ) as pool:
            try:
                yield from self._all_results(pool, work, stop)
            except BaseException:
                pool.stop()  # type: ignore[no-untyped-call]  # nobody waits for what is left
                raise

    def _all_results(self, pool: ProcessPool, work: Sequence[WorkItem], stop: Stop) -> Iterator[CallResult]:
        pending: deque[tuple[Group, ProcessFuture[tuple[CallResult, ...]]]] = deque()
        waiting = 0
        for group in groups_of(work, self.workers):
            if stop.asked:
                break
            pending.append((group, self._schedule(pool, group)))
            waiting += len(group)
            while waiting >= AHEAD * self.workers and _awaited(pending[0][1], stop):
                waiting -= len(pending[0][0])
                yield from self._results(pool, *pending.popleft())
        while pending:
            if not _awaited(pending[0][1], stop):
                pending = deque(each for each in pending if not _taken_back(each[1]))
            if pending:
                yield from self._results(pool, *pending.popleft())

    def _schedule(self, pool: ProcessPool, group: Group) -> ProcessFuture[tuple[CallResult, ...]]:
        limit_s = time_limit_s(group, self.seconds_per_audio_second)
        return pool.schedule(_process, args=(group,), timeout=limit_s)

    def _results(
        self, pool: ProcessPool, group: Group, future: ProcessFuture[tuple[CallResult, ...]], died: int = 0
    ) -> Iterator[CallResult]:
        outcome = _outcome(future)
        if not isinstance(outcome, _Lost):
            yield from outcome
        elif len(group) == 1:
            if outcome.error == WORKER_DIED and died + 1 < LOSSES:
                yield from self._results(pool, group, self._schedule(pool, group), died + 1)
            else:
                yield failed(group[0], outcome.error, outcome.message)
        else:
            alone = [(one, self._schedule(pool, (one,))) for one in group]
            for one, own_future in alone:
                yield from self._results(pool, (one,), own_future)


@dataclass(frozen=True, slots=True)
class _Lost:
    """Why a worker did not come back with results."""

    error: str
    message: str


def _outcome(future: ProcessFuture[tuple[CallResult, ...]]) -> tuple[CallResult, ...] | _Lost:
    try:
        results: tuple[CallResult, ...] = future.result()
        return results
    except CallTimeoutError:
        return _Lost(*CALL_TIMEOUT)
    except ProcessExpired as problem:
        died = f"its worker process died (exit code {problem.exitcode}), perhaps out of memory"
        return _Lost(WORKER_DIED, died)


def _awaited(future: ProcessFuture[tuple[CallResult, ...]], stop: Stop) -> bool:
    """Wait for a group; False once ``stop`` is asked: behind a long call others would go on beginning."""
    while not stop.asked:
        if wait([future], timeout=LOOK_S).done:
            return True
    return False


def _taken_back(future: ProcessFuture[tuple[CallResult, ...]]) -> bool:
    """Take a group back that no worker has begun; say whether that could be done."""
    if future.running() or future.done():
        return False
    return bool(future.cancel())  # type: ignore[no-untyped-call]
