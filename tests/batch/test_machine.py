from pathlib import Path

import pytest

from qa_analyzer.batch import machine
from qa_analyzer.batch.machine import cores, memory_bytes, threads_for_each, workers_for_this_machine


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_analyzer.batch.machine.os.sched_getaffinity", lambda _process: range(8))


def test_there_are_never_more_workers_than_calls() -> None:
    assert workers_for_this_machine(1) == 1
    assert workers_for_this_machine(0) == 1


@pytest.mark.parametrize(
    ("gigabytes", "workers"), [(1, 1), (2.3, 1), (4.1, 1), (4.2, 2), (15.5, 7), (16, 8), (64, 8)]
)
def test_workers_fit_into_the_memory_beside_the_program(
    gigabytes: float, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "memory_bytes", lambda: int(gigabytes * 1e9))
    assert workers_for_this_machine(1000) == workers


def test_workers_share_the_cores_out() -> None:
    assert [threads_for_each(workers) for workers in (1, 2, 3, 8, 64)] == [8, 4, 2, 1, 1]


@pytest.mark.parametrize(
    ("quota", "found"),
    [
        ("max 100000", 8),
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("10000 100000", 1),
        ("1600000 100000", 8),
        ("0 0", 8),
        ("", 8),
    ],
)
def test_a_container_s_share_of_the_cores_counts(tmp_path: Path, quota: str, found: int) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert cores(tmp_path) == found


def test_a_container_s_memory_counts_where_it_is_less(tmp_path: Path) -> None:
    whole = memory_bytes(tmp_path)
    for limit, found in (("max", whole), ("1000000000", 1_000_000_000), (str(10**18), whole), ("?", whole)):
        (tmp_path / "memory.max").write_text(limit + "\n")
        assert memory_bytes(tmp_path) == found
