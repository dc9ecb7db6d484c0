"""Actors on a local or existing Ray cluster, each holding the loaded models.

Recordings and transcripts are reached by path, so every node must see the same folders.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.time_limits import time_limit_s
from qa_analyzer.batch.work import CALL_TIMEOUT, CallResult, WorkItem, failed
from qa_analyzer.errors import MissingDependencyError

IN_FLIGHT = 2  # calls handed to an actor at a time: results waiting in memory stay few
RETRIES = 1  # a call whose node was lost is tried once more, on another actor


class _Worker:
    """What lives in an actor."""

    def __init__(self, recipe: Recipe) -> None:
        self._processor = recipe.build()

    def process(self, work_item: WorkItem) -> CallResult:
        return self._processor.process(work_item)


@dataclass(slots=True)
class _Crew:
    """The actors and how many calls each has in hand. Typed loosely: Ray is an optional library."""

    ray: Any
    remote_class: Any
    recipe: Recipe
    actors: list[Any]
    load: list[int]

    def submit(self, work_item: WorkItem) -> tuple[int, Any]:
        idlest = min(range(len(self.actors)), key=lambda number: self.load[number])
        self.load[idlest] += 1
        return idlest, self.actors[idlest].process.remote(work_item)

    def replace(self, number: int) -> None:
        self.ray.kill(self.actors[number], no_restart=True)
        self.actors[number] = self.remote_class.remote(self.recipe)


@dataclass(frozen=True, slots=True)
class RayRunner:
    """One actor a worker. ``address`` is None for a cluster of this machine alone."""

    name: ClassVar[str] = "ray"
    workers: int
    seconds_per_audio_second: float
    address: str | None = None

    def run(self, work: Sequence[WorkItem], recipe: Recipe) -> Iterator[CallResult]:
        """Yield one result for each call, in the order of the calls."""
        recipe.check()
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing leaves the machine
        try:
            import ray
        except ImportError as problem:
            raise MissingDependencyError("--runner ray", "ray") from problem
        ray.init(
            address=self.address,
            num_cpus=self.workers if self.address is None else None,
            include_dashboard=False if self.address is None else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        try:
            remote_class = ray.remote(num_cpus=1, max_restarts=RETRIES, max_task_retries=RETRIES)(_Worker)
            actors = [remote_class.remote(recipe) for _ in range(self.workers)]
            yield from self._results(_Crew(ray, remote_class, recipe, actors, [0] * self.workers), work)
        finally:
            ray.shutdown()

    def _results(self, crew: _Crew, work: Sequence[WorkItem]) -> Iterator[CallResult]:
        pending: deque[tuple[WorkItem, int, Any]] = deque()
        for work_item in work:
            pending.append((work_item, *crew.submit(work_item)))
            if len(pending) >= IN_FLIGHT * self.workers:
                yield self._result(crew, *pending.popleft())
        while pending:
            yield self._result(crew, *pending.popleft())

    def _result(self, crew: _Crew, work_item: WorkItem, number: int, reference: Any) -> CallResult:
        # The calls before it on the same actor may take their whole time first.
        limit_s = IN_FLIGHT * time_limit_s(work_item, self.seconds_per_audio_second)
        try:
            result: CallResult = crew.ray.get(reference, timeout=limit_s)
            return result
        except crew.ray.exceptions.GetTimeoutError:
            crew.replace(number)
            return failed(work_item, *CALL_TIMEOUT)
        except crew.ray.exceptions.RayError as problem:
            crew.replace(number)
            return failed(work_item, "WorkerDied", f"its Ray actor was lost: {type(problem).__name__}")
        finally:
            crew.load[number] -= 1
