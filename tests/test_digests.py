import hashlib
import os
import time
from pathlib import Path

import pytest

from qa_analyzer import digests
from qa_analyzer.digests import sha256_of_file

HOUR_NS = 3_600_000_000_000


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that was really read."""
    digests._remembered.cache_clear()
    seen: list[Path] = []
    read = digests._read

    def watched(path: Path) -> str:
        seen.append(path)
        return read(path)

    monkeypatch.setattr(digests, "_read", watched)
    monkeypatch.setattr(digests, "_SETTLED_NS", 0)
    return seen


def written(path: Path, content: bytes, hours_ago: int = 1) -> Path:
    path.write_bytes(content)
    moment_ns = time.time_ns() - hours_ago * HOUR_NS
    os.utime(path, ns=(moment_ns, moment_ns))
    return path


def test_a_file_is_read_once(tmp_path: Path, reads: list[Path]) -> None:
    path = written(tmp_path / "model.bin", b"weights")
    expected = hashlib.sha256(b"weights").hexdigest()
    assert [sha256_of_file(path) for _ in range(3)] == [expected] * 3
    assert reads == [path]


def test_a_file_that_changed_is_read_again(tmp_path: Path, reads: list[Path]) -> None:
    path = written(tmp_path / "model.bin", b"weights")
    first = sha256_of_file(path)
    state = path.stat()
    time.sleep(0.05)  # the clock of a disk is coarse
    path.write_bytes(b"Weights")  # as long, and its time set back
    os.utime(path, ns=(state.st_mtime_ns, state.st_mtime_ns))
    assert path.stat().st_mtime_ns == state.st_mtime_ns
    assert sha256_of_file(path) != first, "the time at which its inode changed tells"
    written(tmp_path / "other.bin", b"weighty").replace(path)
    assert sha256_of_file(path) == hashlib.sha256(b"weighty").hexdigest()
    assert len(reads) == 3


def test_a_file_just_written_is_never_taken_from_memory(
    tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_SETTLED_NS", 60_000_000_000)
    path = tmp_path / "model.bin"
    for content in (b"one", b"two", b"six"):
        path.write_bytes(content)
        assert sha256_of_file(path) == hashlib.sha256(content).hexdigest()
    assert len(reads) == 3


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sha256_of_file(tmp_path / "none")
