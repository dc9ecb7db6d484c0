"""One writer at a time for an output folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from qa_analyzer.errors import ConfigError
from qa_analyzer.whole_files import make_folder

LOCK = ".lock"


@contextmanager
def sole_writer(out_dir: Path) -> Iterator[None]:
    """Hold the output folder, made if missing; raises ConfigError when another program holds it.

    The system lets go of the lock when a program dies, however it dies.
    """
    make_folder(out_dir)
    lock = FileLock(out_dir / LOCK, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as problem:
        raise ConfigError(
            f"another run is writing to {out_dir}: wait for it, or choose another --out"
        ) from problem
    try:
        yield
    finally:
        lock.release()
