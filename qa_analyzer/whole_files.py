"""Files and folders that this program leaves behind: whole or absent, on the disk, and not for everybody.

A file is written beside its place, flushed to the disk and renamed, so nobody ever sees half of one, also
after a power cut. Files and folders are for their owner alone (0600, 0700) unless ``share`` says otherwise.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import IO

from qa_analyzer.errors import OutputError

DRAFT_PREFIX = ".draft."

# What a disk answers that takes no more, whatever is written and by whom.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)

# What file systems answer that cannot flush a folder: there the rename is as safe as it gets.
_CANNOT_FLUSH_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES)


class FileMode(StrEnum):
    """Who may read what is written: its owner, or the owner's group too."""

    PRIVATE = "private"
    GROUP = "group"

    @property
    def file_bits(self) -> int:
        """Return the permissions of a file."""
        return 0o600 if self is FileMode.PRIVATE else 0o640

    @property
    def folder_bits(self) -> int:
        """Return the permissions of a folder."""
        return 0o700 if self is FileMode.PRIVATE else 0o750


_mode = FileMode.PRIVATE


def share(mode: FileMode) -> None:
    """Choose who may read what this process writes from now on; a worker process must choose for itself."""
    global _mode
    _mode = mode


@contextmanager
def needing_room(path: Path) -> Iterator[None]:
    """Turn the answer of a disk that takes no more into an OutputError, also from inside a library."""
    try:
        yield
    except Exception as problem:
        reason = _lack_of_room(problem)
        if reason is None:
            raise
        raise OutputError(path, reason) from problem


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing; folders that exist keep their permissions."""
    with needing_room(path):
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):
            with suppress(FileExistsError):  # somebody else was quicker
                folder.mkdir(mode=_mode.folder_bits)
                folder.chmod(_mode.folder_bits)  # whatever the umask
        path.mkdir(exist_ok=True)  # raises where a file has that name


@contextmanager
def draft(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a file beside ``path`` that takes its place if the block ends without an error.

    It has the suffix of ``path``. ``durable=False`` leaves the flushing to the system: for many
    files that can be made again. Raises OutputError when the disk takes no more.
    """
    with needing_room(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=DRAFT_PREFIX, suffix=path.suffix)
        os.close(descriptor)
        beside = Path(name)
        try:
            yield beside
            beside.chmod(_mode.file_bits)
            if durable:
                _flush(beside)
            beside.replace(path)
            if durable:
                _flush_folder(path.parent)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


@contextmanager
def replacing(path: Path, *, encoding: str = "utf-8") -> Iterator[IO[str]]:
    """Open a new text file that takes the place of ``path`` if the block ends without an error.

    Missing folders are made; line ends are written as given.
    """
    make_folder(path.parent)
    with draft(path) as beside, beside.open("w", encoding=encoding, newline="") as stream:
        yield stream


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines, one after another; the file appears whole or not at all."""
    with replacing(path) as stream:
        for line in lines:
            stream.write(line + "\n")


def clear_drafts(folder: Path) -> None:
    """Remove what programs that were killed left half-written below a folder; nobody else may write there."""
    for beside in sorted(folder.rglob(f"{DRAFT_PREFIX}*")):
        with suppress(OSError):
            beside.unlink()


def open_to_append(path: Path) -> int:
    """Return the descriptor of a file that grows by appending; make it, name on the disk, if missing."""
    make_folder(path.parent)
    with needing_room(path):
        new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _mode.file_bits)
        if new:
            os.fchmod(descriptor, _mode.file_bits)
            _flush_folder(path.parent)
        return descriptor


def make_empty(path: Path) -> None:
    """Make an empty file with our permissions for a library to fill; one that exists is left alone."""
    if not path.exists():
        os.close(open_to_append(path))


def _lack_of_room(problem: BaseException | None) -> str | None:
    """Return how the disk refused, if that is what lies behind an error; libraries wrap it in their own."""
    while problem is not None:
        number = getattr(problem, "errno", None)
        if number in _NO_ROOM:
            return os.strerror(number)
        problem = problem.__cause__ or problem.__context__
    return None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    try:
        _flush(folder)
    except OSError as problem:
        if problem.errno not in _CANNOT_FLUSH_FOLDERS:
            raise
