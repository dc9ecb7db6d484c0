import ctypes

import numpy as np
import pytest

from qa_analyzer.speech import freed_memory
from qa_analyzer.speech.freed_memory import give_back


def resident_mb() -> float:
    with open("/proc/self/statm") as stream:  # noqa: PTH123
        return int(stream.read().split()[1]) * 4096 / 1e6


def test_freed_memory_leaves_the_process() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("no glibc")
    give_back()
    before = resident_mb()
    # Below the size that the C library maps apart; the last one stays, so that the heap cannot shrink.
    blocks = [np.ones(12_000) for _ in range(1500)]
    del blocks[:-1]
    assert resident_mb() > before + 50
    give_back()
    assert resident_mb() < before + 30


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    monkeypatch.setattr(freed_memory.ctypes, "CDLL", lambda _name: Other())
    freed_memory._trim.cache_clear()
    give_back()
    assert freed_memory._trim() is None
    freed_memory._trim.cache_clear()
