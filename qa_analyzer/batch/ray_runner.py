"""Calls on a local or existing Ray cluster, by actors that each hold the loaded models.

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
from qa_analyzer.batch.ray_crew import Crew, Group
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.stopping import NEVER, Stop
from qa_analyzer.batch.work import CallResult, WorkItem
from qa_analyzer.errors import ConfigError, MissingDependencyError

IN_FLIGHT = 2  # groups handed to an actor at a time: results waiting in memory stay few


class _Worker:
    """What lives in an actor."""

    def __init__(self, recipe: Recipe) -> None:
        self._processor = recipe.build()

    def up(self) -> None:
        """Return when the models are loaded: calls are answered one after another."""

    def process_together(self, group: Group) -> tuple[CallResult, ...]:
        return self._processor.process_together(group)


def actor_class(ray: Any, gpus: int = 0) -> Any:
    """Return what makes an actor of a recipe. Ray restarts and retries nothing by itself: see ``Crew``.

    Ray hides the machine's GPUs from actors that did not ask for one.
    """
    return ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=0, max_task_retries=0)(_Worker)


@dataclass(frozen=True, slots=True)
class RayRunner:
    """One actor a worker. ``address`` is None for a cluster of this machine alone."""

    name: ClassVar[str] = "ray"
    workers: int
    seconds_per_audio_second: float
    address: str | None = None

    def run(
        self, work: Sequence[WorkItem], recipe: Recipe, stop: Stop = NEVER
    ) -> Generator[CallResult, None, None]:
        """Yield one result for each call, in order, or for those in hand when ``stop`` was asked.

        Calls of a group that hangs or loses its actor are tried one by one on a new actor, one that loses its
        actor alone once more. Raises RunnerError when the cluster is lost.
        """
        recipe.check()
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing leaves the machine
        try:
            import ray
        except ImportError as problem:
            raise MissingDependencyError("--runner ray", "ray") from problem
        self._connect(ray)
        try:
            gpus = int(recipe.recordings and recipe.settings.device == "cuda")
            crew = Crew(ray, actor_class(ray, gpus), recipe, self.workers, self.seconds_per_audio_second)
            yield from self._all_results(crew, work, stop)
        finally:
            ray.shutdown()

    def _connect(self, ray: Any) -> None:
        alone = self.address is None
        try:
            ray.init(
                address="local" if alone else self.address,
                num_cpus=self.workers if alone else None,
                include_dashboard=False if alone else None,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, ValueError, RuntimeError) as problem:
            where = "on this machine" if alone else f"at {self.address}"
            raise ConfigError(f"no Ray cluster {where}: {problem}") from problem

    def _all_results(self, crew: Crew, work: Sequence[WorkItem], stop: Stop) -> Iterator[CallResult]:
        pending: deque[Group] = deque()
        for group in groups_of(work, self.workers):
            if stop.asked:
                break
            crew.hand_out(group)
            pending.append(group)
            if len(pending) >= IN_FLIGHT * self.workers:
                yield from map(crew.result, pending.popleft())
        while pending:
            yield from map(crew.result, pending.popleft())
