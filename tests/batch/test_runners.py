import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from qa_analyzer.batch.pool_runner import PoolRunner
from qa_analyzer.batch.ray_runner import actor_class
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.runners import InProcessRunner, open_runner
from qa_analyzer.batch.work import CallResult, StoredTranscript, WorkItem
from qa_analyzer.calls.call import Call
from qa_analyzer.errors import ConfigError, OutputError


@dataclass(frozen=True)
class ScriptedProcessor:
    """Does what the name of the call says."""

    def process_together(self, group: tuple[WorkItem, ...]) -> tuple[CallResult, ...]:
        return tuple(self.process(work_item, len(group)) for work_item in group)

    def process(self, work_item: WorkItem, together: int) -> CallResult:
        if work_item.call_id.startswith("dies"):
            os.kill(os.getpid(), signal.SIGKILL)
        if work_item.call_id.startswith("starves"):
            raise MemoryError
        if work_item.call_id.startswith("full"):
            raise OutputError(Path("out"), "No space left on device")
        if work_item.call_id.startswith("hangs"):
            time.sleep(60)
        return CallResult(work_item.call_id, None, None, None, 1.0, {"together": float(together)})


@dataclass(frozen=True)
class ScriptedRecipe:
    broken: bool = False

    def check(self) -> None:
        if self.broken:
            raise ConfigError("no such model")

    def build(self) -> Any:
        return ScriptedProcessor()


def work(*names: str) -> list[StoredTranscript]:
    return [StoredTranscript(name, Path(name)) for name in names]


def recordings(*names: str) -> list[Call]:
    return [Call(name, audio_path=Path(f"absent/{name}.wav")) for name in names]


def run(runner: Any, names: tuple[str, ...], *, broken: bool = False) -> list[CallResult]:
    return list(runner.run(work(*names), cast(Recipe, ScriptedRecipe(broken))))


def test_both_runners_keep_the_order_of_the_calls() -> None:
    names = tuple(f"c{number}" for number in range(12))
    for runner in (InProcessRunner(), PoolRunner(2, 1.0)):
        assert [result.call_id for result in run(runner, names)] == list(names)


def test_a_call_that_kills_or_hangs_its_worker_is_recorded_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qa_analyzer.batch.time_limits.START_UP_S", 8.0)
    results = run(PoolRunner(2, 1.0), ("a", "dies", "b", "hangs", "c", "d"))
    failures = {result.call_id: result.failure.error for result in results if result.failure is not None}
    assert failures == {"dies": "WorkerDied", "hangs": "CallTimeout"}
    assert [result.call_id for result in results] == ["a", "dies", "b", "hangs", "c", "d"]


def test_recordings_are_processed_in_groups_and_in_order() -> None:
    names = [f"c{number}" for number in range(11)]
    for runner, sizes in ((InProcessRunner(), [8] * 8 + [3] * 3), (PoolRunner(1, 1.0), [8] * 8 + [3] * 3)):
        results = list(runner.run(recordings(*names), cast(Recipe, ScriptedRecipe())))
        assert [result.call_id for result in results] == names
        assert [result.stage_seconds["together"] for result in results] == sizes


def test_calls_of_a_lost_group_are_tried_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_analyzer.batch.time_limits.START_UP_S", 8.0)
    names = ["a", "dies", "b", "c", "d", "hangs", "e", "f", "starves", "g", "h", "i"]
    results = list(PoolRunner(2, 1.0).run(recordings(*names), cast(Recipe, ScriptedRecipe())))
    assert [result.call_id for result in results] == names
    failures = {result.call_id: result.failure.error for result in results if result.failure is not None}
    assert failures == {"dies": "WorkerDied", "hangs": "CallTimeout", "starves": "WorkerDied"}


def test_a_full_disk_ends_the_run_without_waiting_for_the_other_calls() -> None:
    started_s = time.monotonic()
    with pytest.raises(OutputError, match="No space"):
        run(PoolRunner(2, 1.0), ("a", "full", "hangs", "hangs too"))
    assert time.monotonic() - started_s < 50, "calls that hang for 60 s were not waited for"


def test_a_wrong_configuration_stops_before_any_worker_starts() -> None:
    with pytest.raises(ConfigError, match="no such model"):
        run(PoolRunner(2, 1.0), ("a",), broken=True)


def test_runners_are_opened_by_name() -> None:
    assert open_runner("pool", workers=3, seconds_per_audio_second=2.0) == PoolRunner(3, 2.0)
    with pytest.raises(ConfigError, match="in-process, pool, ray"):
        open_runner("moon", workers=1, seconds_per_audio_second=1.0)


def test_ray_gives_an_actor_a_gpu_where_one_is_asked_for() -> None:
    class FakeRay:
        @staticmethod
        def remote(**options: int) -> Callable[[object], dict[str, int]]:
            return lambda _class: options

    assert actor_class(FakeRay, gpus=1)["num_gpus"] == 1
    assert actor_class(FakeRay)["num_gpus"] == 0
    assert actor_class(FakeRay)["max_restarts"] == 0, "only the crew knows whom to blame"
