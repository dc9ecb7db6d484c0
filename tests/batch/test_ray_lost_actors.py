"""Ray actors that are killed, die of a call or hang: no call is lost, none is doubled."""

import importlib.util
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from qa_analyzer.batch.ray_crew import ACTOR_START_S, Crew
from qa_analyzer.batch.ray_runner import RayRunner, actor_class
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.stopping import NEVER
from qa_analyzer.batch.work import LOSSES, WORKER_DIED, CallResult, StoredTranscript, WorkItem
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.errors import ConfigError, OutputError, RunnerError

pytestmark = [
    pytest.mark.ray,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None and not os.environ.get("CI"),
        reason="Ray is not installed: pip install 'qa_analyzer[ray]'",
    ),
]


@dataclass(frozen=True)
class ScriptedProcessor:
    """Does what the name of the call says, and writes down every call it takes up."""

    log: Path

    def process_together(self, group: tuple[WorkItem, ...]) -> tuple[CallResult, ...]:
        return tuple(self.process(work_item) for work_item in group)

    def process(self, work_item: WorkItem) -> CallResult:
        name = work_item.call_id
        before = self.log.read_text().splitlines() if self.log.exists() else []
        with self.log.open("a") as log:
            log.write(f"{name}\n")
        if name.startswith("dies-always") or (name.startswith("dies") and before.count(name) < 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if name.startswith("starves"):
            raise MemoryError
        if name.startswith("full"):
            raise OutputError(Path("out"), "No space left on device")
        if name.startswith("hangs"):
            time.sleep(600)
        return CallResult(name, None, None, None, 1.0, {})


@dataclass(frozen=True)
class ScriptedRecipe:
    log: Path
    broken: bool = False

    def check(self) -> None:
        pass

    def build(self) -> Any:
        if self.broken:
            raise ConfigError("no such model on this node")
        return ScriptedProcessor(self.log)


@pytest.fixture(autouse=True)
def _sent_by_value() -> Iterator[None]:
    """Workers cannot import this module: its classes travel whole."""
    from ray import cloudpickle

    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
    yield
    cloudpickle.unregister_pickle_by_value(module)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """One cluster of this machine for all tests here, with room for two actors."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    ray.init(
        address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR
    )
    yield ray
    ray.shutdown()


def results(ray: Any, recipe: ScriptedRecipe, work: list[WorkItem], workers: int = 1) -> list[CallResult]:
    crew = Crew(ray, actor_class(ray), cast(Recipe, recipe), workers, seconds_per_audio_second=1.0)
    return list(RayRunner(workers, 1.0)._all_results(crew, work, NEVER))


def texts(*names: str) -> list[WorkItem]:
    return [StoredTranscript(name, Path(name)) for name in names]


def failures(some: list[CallResult]) -> dict[str, str]:
    return {result.call_id: result.failure.error for result in some if result.failure is not None}


def test_a_call_that_kills_its_actor_again_fails_alone(ray: Any, tmp_path: Path) -> None:
    # "a", "b" and "c" are done so fast that their results die with the actor: they are not to blame.
    names = ["a", "dies-once", "b", "c", "dies-always", "d", "e", "f", *(f"g{number}" for number in range(9))]
    log = tmp_path / "log"
    found = results(ray, ScriptedRecipe(log), texts(*names), workers=2)
    assert [result.call_id for result in found] == names
    assert failures(found) == {"dies-always": WORKER_DIED}
    taken_up = log.read_text().splitlines()
    assert taken_up.count("dies-once") == 2, "with its group, and alone"
    assert taken_up.count("dies-always") == LOSSES, "its group never came to it"
    assert max(map(taken_up.count, names)) == 2


def test_calls_that_hang_or_take_all_memory_are_given_up_and_the_others_go_on(
    ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa_analyzer.batch.time_limits.START_UP_S", 4.0)
    names = ["a", "starves", "b", "c", "hangs", "d", "e", "f", "g", "h"]
    found = results(ray, ScriptedRecipe(tmp_path / "log"), texts(*names))
    assert [result.call_id for result in found] == names
    assert failures(found) == {"starves": WORKER_DIED, "hangs": "CallTimeout"}


def test_an_actor_that_no_node_has_room_for_is_done_without(ray: Any, tmp_path: Path) -> None:
    work = texts(*(f"c{number}" for number in range(20)))
    recipe = cast(Recipe, ScriptedRecipe(tmp_path / "log"))
    crew = Crew(ray, actor_class(ray), recipe, 2, 1.0)
    homeless = actor_class(ray).options(num_cpus=64).remote(recipe)
    waited_s = time.monotonic() - ACTOR_START_S
    crew._places[0] = replace(crew._places[0], actor=homeless, up=homeless.up.remote(), since_s=waited_s)
    found = list(RayRunner(2, 1.0)._all_results(crew, work, NEVER))
    assert [result.call_id for result in found] == [each.call_id for each in work]
    assert failures(found) == {}

    crew = Crew(ray, actor_class(ray).options(num_cpus=64), recipe, 1, 1.0)
    crew._places[0].since_s = waited_s
    with pytest.raises(RunnerError, match="had room"):
        list(RayRunner(1, 1.0)._all_results(crew, work, NEVER))


def test_a_full_disk_and_a_missing_model_end_the_run(ray: Any, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space"):
        results(ray, ScriptedRecipe(tmp_path / "log"), texts("a", "full", "b"))
    with pytest.raises(ConfigError, match="no such model on this node"):
        results(ray, ScriptedRecipe(tmp_path / "log", broken=True), texts("a", "b"))


CALLS = [
    {
        "call_id": f"K{number:03d}",
        "turns": [
            {"role": "agent", "text": "您好，请问有什么可以帮您？"},
            {"role": "customer", "text": f"我家宽带断了{number}天了，没人管。"},
            {"role": "agent", "text": "非常抱歉，明天上午十点前给您修好，再见。"},
        ],
    }
    for number in range(80)
]


def test_kill_9_of_an_actor_in_the_middle_of_a_night_changes_no_byte(tmp_path: Path) -> None:
    source, out = tmp_path / "calls.jsonl", tmp_path / "ray"
    source.write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in CALLS), "utf-8")
    options = [str(source), "--sentiment", "lexicon", "--workers", "2", "-q", "--no-report"]
    environment = {**os.environ, "QA_ACT_MODEL": "none"}
    command = [sys.executable, "-m", "qa_analyzer", "run", *options, "--runner", "ray", "--out", str(out)]
    process = subprocess.Popen(command, env=environment)
    try:
        done = wait_for_lines(out / "journal.jsonl", process)
        victim = actors_of(process.pid)[0]
        os.kill(victim, signal.SIGKILL)
        assert process.wait(timeout=120) == ExitCode.OK
    finally:
        if process.poll() is None:
            process.kill()
    assert done < len(CALLS) / 2, "killed too late to prove anything"
    undisturbed = tmp_path / "pool"
    pool = [*command[:-3], "in-process", "--out", str(undisturbed)]
    assert subprocess.run(pool, env=environment, check=False).returncode == ExitCode.OK
    assert (out / "evaluations.jsonl").read_bytes() == (undisturbed / "evaluations.jsonl").read_bytes()
    assert (out / "evaluations.jsonl").read_bytes().count(b"\n") == len(CALLS)
    assert (out / "journal.jsonl").read_bytes().count(b"\n") == len(CALLS)
    assert (out / "failures.jsonl").read_bytes() == b""


def wait_for_lines(journal: Path, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None:
        if journal.exists() and (lines := journal.read_bytes().count(b"\n")):
            return lines
        time.sleep(0.005)
    raise AssertionError(f"the run ended by itself with {process.returncode}")


def actors_of(parent: int) -> list[int]:
    """Return the processes of actors below a process; other clusters on this machine are left alone."""
    parents, titles = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            titles[int(entry.name)] = (entry / "cmdline").read_bytes()
        except OSError:
            continue

    def below(process: int) -> bool:
        return process == parent or (process in parents and below(parents[process]))

    return sorted(each for each, title in titles.items() if title.startswith(b"ray::_Worker") and below(each))


def test_a_cluster_that_is_not_there_is_a_configuration_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "calls.jsonl"
    source.write_text(json.dumps(CALLS[0], ensure_ascii=False), "utf-8")
    options = ["--out", str(tmp_path / "out"), "--sentiment", "lexicon", "--runner", "ray", "-q"]
    assert run_cli(["run", str(source), *options, "--ray-address", "ray://127.0.0.1:1"]) == ExitCode.CONFIG
    assert "ray://127.0.0.1:1" in capfd.readouterr().err
    assert not (tmp_path / "out" / "evaluations.jsonl").exists()
