"""Files that are never seen half-written: written beside, flushed to disk, renamed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

PRIVATE_MODE = 0o600  # calls are personal: nobody but the owner reads what a run writes


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a new text file that takes the place of ``path`` only when the block ends without an error."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines, one after another; the file appears whole or not at all."""
    with replacing(path) as stream:
        for line in lines:
            stream.write(line + "\n")
