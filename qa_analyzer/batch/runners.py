"""Where calls are processed: in this process, in a pool of worker processes, or on a Ray cluster.

A new place to run is a class with ``name`` and ``run``, listed in ``RUNNERS`` and opened in ``open_runner``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from qa_analyzer.batch.groups import groups_of
from qa_analyzer.batch.pool_runner import PoolRunner
from qa_analyzer.batch.ray_runner import RayRunner
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.stopping import NEVER, Stop
from qa_analyzer.batch.work import CallResult, WorkItem
from qa_analyzer.errors import ConfigError


class Runner(Protocol):
    """Processes calls and yields their results in the order of the calls."""

    name: ClassVar[str]

    def run(
        self, work: Sequence[WorkItem], recipe: Recipe, stop: Stop = NEVER
    ) -> Generator[CallResult, None, None]:
        """Yield one result for each call, or for those in hand when ``stop`` was asked.

        Raises ConfigError when the models cannot be loaded.
        """
        ...


@dataclass(frozen=True, slots=True)
class InProcessRunner:
    """One group of calls after another in this process: for a few calls, and for tests."""

    name: ClassVar[str] = "in-process"

    def run(
        self, work: Sequence[WorkItem], recipe: Recipe, stop: Stop = NEVER
    ) -> Generator[CallResult, None, None]:
        """Yield one result for each call, until ``stop`` is asked."""
        processor = recipe.build()
        for group in groups_of(work, workers=1):
            if stop.asked:
                return
            yield from processor.process_together(group)


RUNNERS: tuple[type[Runner], ...] = (InProcessRunner, PoolRunner, RayRunner)


def open_runner(
    name: str, *, workers: int, seconds_per_audio_second: float, ray_address: str | None = None
) -> Runner:
    """Return the runner of that name; raises ConfigError for an unknown one."""
    if name == InProcessRunner.name:
        return InProcessRunner()
    if name == PoolRunner.name:
        return PoolRunner(workers, seconds_per_audio_second)
    if name == RayRunner.name:
        return RayRunner(workers, seconds_per_audio_second, ray_address)
    known = ", ".join(runner.name for runner in RUNNERS)
    raise ConfigError(f"unknown runner {name!r}: choose one of {known}")
