"""Ray actors and the calls in their hands; a lost actor is replaced, and only the guilty call fails.

Ray itself restarts and retries nothing. What an actor had finished may be lost with it, so the oldest group
without results is not always the guilty one: what it had in hand is done again one at a time.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.time_limits import time_limit_s
from qa_analyzer.batch.work import CALL_TIMEOUT, LOSSES, WORKER_DIED, CallResult, WorkItem, failed
from qa_analyzer.errors import ConfigError, RunnerError

ACTOR_START_S = 600.0  # a cluster may have to start a node for it first

Group = tuple[WorkItem, ...]


@dataclass(slots=True)
class _Task:
    """A group in the hands of an actor; ``lost`` says how often its actor was lost while it was alone.

    ``alone`` asks that the actor has nothing else in hand. Without ``reference`` it is still to be sent.
    """

    group: Group
    limit_s: float
    lost: int = 0
    alone: bool = False
    reference: Any = None


@dataclass(slots=True)
class _Place:
    """One actor and what it is to do, oldest first. ``up`` resolves when its models are loaded."""

    actor: Any
    up: Any
    since_s: float
    started: bool = False
    tasks: deque[_Task] = field(default_factory=deque)

    @property
    def load_s(self) -> float:
        return sum(task.limit_s for task in self.tasks)

    def holds(self, work_item: WorkItem) -> bool:
        return any(work_item is each for task in self.tasks for each in task.group)

    def send(self) -> None:
        """Send the actor what it may have in hand by now."""
        sent_alone = False
        for number, task in enumerate(self.tasks):
            if sent_alone or (task.alone and number > 0):
                return
            if task.reference is None:
                task.reference = self.actor.process_together.remote(task.group)
            sent_alone = task.alone


class Crew:
    """Hands groups of calls to actors and gives their results. Typed loosely: Ray is an optional library."""

    def __init__(
        self, ray: Any, actor_class: Any, recipe: Recipe, workers: int, seconds_per_audio_second: float
    ) -> None:
        self._ray = ray
        self._actor_class = actor_class
        self._recipe = recipe
        self._seconds_per_audio_second = seconds_per_audio_second
        self._results: dict[str, CallResult] = {}
        self._worked = False  # then what goes wrong is no longer the configuration
        self._places = [self._new_place() for _ in range(workers)]

    def hand_out(self, group: Group) -> None:
        """Give a group to the actor with the least to do."""
        self._give(self._task(group))

    def result(self, work_item: WorkItem) -> CallResult:
        """Wait for the result of a call that was handed out.

        Raises what ended the work as a whole: OutputError, ConfigError, RunnerError.
        """
        while work_item.call_id not in self._results:
            self._settle_oldest(self._place_of(work_item))
        return self._results.pop(work_item.call_id)

    def _new_place(self) -> _Place:
        actor = self._actor_class.remote(self._recipe)
        return _Place(actor, actor.up.remote(), time.monotonic())

    def _place_of(self, work_item: WorkItem) -> _Place:
        for place in self._places:
            if place.holds(work_item):
                return place
        raise RuntimeError(f"{work_item.call_id} is in nobody's hands")

    def _task(self, group: Group, lost: int = 0, *, alone: bool = False) -> _Task:
        return _Task(group, time_limit_s(group, self._seconds_per_audio_second), lost, alone)

    def _give(self, task: _Task) -> None:
        idlest = min(self._places, key=lambda place: place.load_s)
        idlest.tasks.append(task)
        idlest.send()

    def _settle_oldest(self, place: _Place) -> None:
        """Wait for the oldest group of an actor: for its results, or until it is lost."""
        if not self._is_up(place):
            self._do_without(place)
            return
        task = place.tasks[0]
        errors = self._ray.exceptions
        try:
            results: tuple[CallResult, ...] = self._ray.get(task.reference, timeout=task.limit_s)
        except errors.GetTimeoutError:
            self._replace(place, *CALL_TIMEOUT)
        except errors.RayTaskError as problem:
            if not isinstance(problem.cause, MemoryError):
                raise problem.cause from None  # it would end the night on this machine too
            self._replace(place, WORKER_DIED, "its Ray actor ran out of memory")
        except (errors.RaySystemError, errors.LocalRayletDiedError) as problem:
            raise RunnerError(f"the Ray cluster cannot be used any more: {_first_line(problem)}") from problem
        except errors.RayError as problem:
            if getattr(problem, "actor_init_failed", False):
                kind = RunnerError if self._worked else ConfigError
                raise kind(f"a Ray actor could not start: {problem}") from problem
            self._replace(place, WORKER_DIED, f"its Ray actor was lost: {type(problem).__name__}")
        else:
            for work_item, result in zip(task.group, results, strict=True):
                self._results[work_item.call_id] = result
            self._worked = True
            place.tasks.popleft()
            place.send()

    def _is_up(self, place: _Place) -> bool:
        """Wait until an actor has loaded its models or is lost; False when no node has room for it."""
        if not place.started:
            left_s = max(0.0, place.since_s + ACTOR_START_S - time.monotonic())
            place.started = bool(self._ray.wait([place.up], timeout=left_s)[0])
        return place.started

    def _do_without(self, place: _Place) -> None:
        """Share out the work of an actor that never started: nodes went, or were fewer than workers."""
        self._ray.kill(place.actor, no_restart=True)
        self._places.remove(place)
        if not self._places:
            raise RunnerError("no node of the Ray cluster has had room for a worker")
        for task in place.tasks:
            self._give(self._task(task.group, task.lost, alone=task.alone))

    def _replace(self, lost: _Place, error: str, message: str) -> None:
        """Put a new actor in the place of a lost one; it does again what that had in hand, one at a time."""
        self._ray.kill(lost.actor, no_restart=True)
        place = self._new_place()
        self._places[self._places.index(lost)] = place
        oldest, *others = lost.tasks
        losses = oldest.lost + int(oldest.alone)
        if len(oldest.group) > 1:
            again = [self._task((one,), alone=True) for one in oldest.group]
        elif error == WORKER_DIED and losses < LOSSES:
            again = [self._task(oldest.group, losses, alone=True)]
        else:
            again = []
            (work_item,) = oldest.group
            self._results[work_item.call_id] = failed(work_item, error, message)
        for task in others:
            in_hand = task.reference is not None
            again.append(self._task(task.group, task.lost, alone=task.alone or in_hand))
        place.tasks.extend(again)
        place.send()


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]
