"""Actors on a local or existing Ray cluster, each holding the loaded models.

Recordings and transcripts are reached by path, so every node must see the same folders.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from qa_analyzer.batch.groups import groups_of
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.time_limits import time_limit_s
from qa_analyzer.batch.work import CALL_TIMEOUT, CallResult, WorkItem, failed
from qa_analyzer.errors import MissingDependencyError, OutputError

IN_FLIGHT = 2  # groups handed to an actor at a time: results waiting in memory stay few
RETRIES = 1  # what was lost with its node is tried once more, on another actor

Group = tuple[WorkItem, ...]


class _Worker:
    """What lives in an actor."""

    def __init__(self, recipe: Recipe) -> None:
        self._processor = recipe.build()

    def process_together(self, group: Group) -> tuple[CallResult, ...]:
        return self._processor.process_together(group)


@dataclass(frozen=True, slots=True)
class _Handed:
    """A group in the hands of an actor; ``lost`` says how often its actor was lost while it was alone."""

    group: Group
    number: int
    actor: Any
    reference: Any
    limit_s: float
    lost: int


@dataclass(slots=True)
class _Crew:
    """The actors, and the time limits of what each has in hand. Typed loosely: Ray is an optional library."""

    ray: Any
    remote_class: Any
    recipe: Recipe
    actors: list[Any]
    load_s: list[float]
    seconds_per_audio_second: float

    def submit(self, group: Group, lost: int = 0) -> _Handed:
        idlest = min(range(len(self.actors)), key=lambda number: self.load_s[number])
        limit_s = time_limit_s(group, self.seconds_per_audio_second)
        self.load_s[idlest] += limit_s
        actor = self.actors[idlest]
        return _Handed(group, idlest, actor, actor.process_together.remote(group), limit_s, lost)

    def replace(self, handed: _Handed) -> None:
        """Put a new actor in the place of a lost one, unless another group noticed before."""
        if self.actors[handed.number] is handed.actor:
            self.ray.kill(handed.actor, no_restart=True)
            self.actors[handed.number] = self.remote_class.remote(self.recipe)


@dataclass(frozen=True, slots=True)
class RayRunner:
    """One actor a worker. ``address`` is None for a cluster of this machine alone."""

    name: ClassVar[str] = "ray"
    workers: int
    seconds_per_audio_second: float
    address: str | None = None

    def run(self, work: Sequence[WorkItem], recipe: Recipe) -> Generator[CallResult, None, None]:
        """Yield one result for each call, in the order of the calls.

        Calls of a group that hangs or loses its actor are tried one by one.
        """
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
            load_s = [0.0] * self.workers
            crew = _Crew(ray, remote_class, recipe, actors, load_s, self.seconds_per_audio_second)
            yield from self._all_results(crew, work)
        finally:
            ray.shutdown()

    def _all_results(self, crew: _Crew, work: Sequence[WorkItem]) -> Iterator[CallResult]:
        pending: deque[_Handed] = deque()
        for group in groups_of(work, self.workers):
            pending.append(crew.submit(group))
            if len(pending) >= IN_FLIGHT * self.workers:
                yield from self._results(crew, pending.popleft())
        while pending:
            yield from self._results(crew, pending.popleft())

    def _results(self, crew: _Crew, handed: _Handed) -> Iterator[CallResult]:
        try:
            # What the actor had in hand before may take its whole time first.
            results: tuple[CallResult, ...] = crew.ray.get(
                handed.reference, timeout=crew.load_s[handed.number]
            )
        except crew.ray.exceptions.GetTimeoutError:
            error, message = CALL_TIMEOUT
        except crew.ray.exceptions.RayError as problem:
            if isinstance(problem, OutputError):
                # Ray wraps what the actor raised in a class of both kinds; no other actor would fare better.
                raise getattr(problem, "cause", problem) from problem
            error, message = "WorkerDied", f"its Ray actor was lost: {type(problem).__name__}"
        else:
            crew.load_s[handed.number] -= handed.limit_s
            yield from results
            return
        crew.load_s[handed.number] -= handed.limit_s
        crew.replace(handed)
        if len(handed.group) > 1:
            alone = [crew.submit((one,)) for one in handed.group]
            for one in alone:
                yield from self._results(crew, one)
        elif error == "WorkerDied" and handed.lost < RETRIES:
            # Perhaps another call in the hands of the same actor was to blame.
            yield from self._results(crew, crew.submit(handed.group, handed.lost + 1))
        else:
            yield failed(handed.group[0], error, message)
