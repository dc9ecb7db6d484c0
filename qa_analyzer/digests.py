"""Digests of large files: models are named by their content, and asked for it several times in a run."""

from __future__ import annotations

import hashlib
import os
import time
from functools import lru_cache
from pathlib import Path

# A file written to so recently may be written to again without its time changing: clocks of disks are coarse.
_SETTLED_NS = 2_000_000_000


def sha256_of_file(path: Path) -> str:
    """Return the sha256 of a file's content as lower-case hex; raises OSError.

    Read once in a process while path, file, size and times stay the same. To find out whether a disk still
    holds what was written, read it again instead: ``verify_models`` does.
    """
    state = path.stat()
    key = state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
    if time.time_ns() - max(state.st_mtime_ns, state.st_ctime_ns) < _SETTLED_NS:
        return _read(path)
    return _remembered(os.fspath(path), key)


@lru_cache(maxsize=256)
def _remembered(path: str, _state: tuple[int, ...]) -> str:
    return _read(Path(path))


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
