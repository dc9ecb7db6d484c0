"""What a run has finished so far, one line a call, safe against kill -9 and power loss.

A line is appended and flushed to disk once a call is done, so a restart knows exactly what is left. Every
line carries a check sum. A torn last line (the power went while it was written) and a line that was damaged
later are dropped: their calls are done again.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from qa_analyzer.scoring.evaluation import CallFailure
from qa_analyzer.whole_files import draft, needing_room, open_to_append

_START = b'{"entry": '
# The evaluation comes first, so that it can be found and copied without reading the rest.
_EVALUATION = b'{"evaluation": '
_END_BYTES = len(b', "crc32": "00000000"}')


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One finished call. ``key`` names its input and everything that judged it.

    Exactly one of ``evaluation`` (in its published JSON form), ``failure`` and ``transcribed_only`` says what
    came of it. An evaluation that is written may be JSON text already; one that was read is not.
    """

    call_id: str
    key: str
    evaluation: dict[str, Any] | str | None
    failure: CallFailure | None
    transcribed_only: bool
    audio_s: float | None
    stage_seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the file, and how long its evaluation is (0 where it has none)."""

    offset: int
    evaluation_bytes: int


class Journal:
    """The append-only file behind resume. Use as a context manager to write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def entries(self) -> Iterator[JournalEntry]:
        """Yield what is readable, in the order it was written; unreadable lines are passed over."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as stream:
            for raw in stream:
                entry = _parse(raw)
                if entry is not None:
                    yield entry

    def latest(self) -> dict[tuple[str, str], JournalEntry]:
        """Return the last entry for each (call_id, key)."""
        return {(entry.call_id, entry.key): entry for entry in self.entries()}

    def drop(self, gone: Callable[[str], bool], *, dry_run: bool = False) -> int:
        """Remove the entries of calls for good, and unreadable lines with them; return how many.

        The others stay as they were written. Nobody may be writing meanwhile.
        """

        def goes(raw: bytes) -> bool:
            entry = _parse(raw)
            return entry is None or gone(entry.call_id)

        if not self._path.is_file():
            return 0
        with self._path.open("rb") as stream:
            count = sum(map(goes, stream))
        if count and not dry_run:
            with self._path.open("rb") as stream, draft(self._path) as beside, beside.open("wb") as kept:
                kept.writelines(raw for raw in stream if not goes(raw))
        return count

    def places(self) -> dict[tuple[str, str], Place]:
        """Return where the last readable entry for each (call_id, key) stands; memory holds no entries."""
        found: dict[tuple[str, str], Place] = {}
        if not self._path.is_file():
            return found
        offset = 0
        with self._path.open("rb") as stream:
            for raw in stream:
                entry = _parse(raw)
                if entry is not None:
                    size = 0 if entry.evaluation is None else len(_text(entry.evaluation))
                    found[entry.call_id, entry.key] = Place(offset, size)
                offset += len(raw)
        return found

    def read(self, places: Iterable[Place]) -> Iterator[JournalEntry]:
        """Yield the entries that stand there; raises ValueError where one was damaged meanwhile."""
        with self._path.open("rb") as stream:
            for place in places:
                stream.seek(place.offset)
                entry = _parse(stream.readline())
                if entry is None:
                    raise ValueError(f"{self._path} was changed while it was read")
                yield entry

    def evaluations(self, places: Iterable[Place]) -> Iterator[str]:
        """Yield the evaluations that stand there as JSON text, as it was written."""
        with self._path.open("rb") as stream:
            for place in places:
                if place.evaluation_bytes:
                    stream.seek(place.offset + len(_START) + len(_EVALUATION))
                    yield stream.read(place.evaluation_bytes).decode("utf-8", "surrogatepass")

    def append(self, *entries: JournalEntry) -> tuple[Place, ...]:
        """Add lines and wait until they are on the disk; return where they stand."""
        if self._descriptor is None:
            raise RuntimeError("the journal is not open")
        offset = os.lseek(self._descriptor, 0, os.SEEK_END)
        places: list[Place] = []
        lines: list[bytes] = []
        for entry in entries:
            line, evaluation_bytes = _line(entry)
            places.append(Place(offset, evaluation_bytes))
            lines.append(line)
            offset += len(line)
        left = memoryview(b"".join(lines))
        with needing_room(self._path):
            while left:  # a disk that fills up takes a part first
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        return tuple(places)

    def __enter__(self) -> Self:
        ends_torn = (
            self._path.is_file() and self._path.stat().st_size > 0 and not _ends_with_newline(self._path)
        )
        self._descriptor = open_to_append(self._path)
        if ends_torn:
            with needing_room(self._path):
                os.write(self._descriptor, b"\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _line(entry: JournalEntry) -> tuple[bytes, int]:
    """Return the line of an entry, and the length of the evaluation in it."""
    evaluation = _text(entry.evaluation)
    rest = {
        "call_id": entry.call_id,
        "key": entry.key,
        "failure": asdict(entry.failure) if entry.failure is not None else None,
        "transcribed_only": entry.transcribed_only,
        "audio_s": entry.audio_s,
        "stage_seconds": entry.stage_seconds,
    }
    text = _EVALUATION + evaluation + b", " + _text(rest)[1:]
    size = 0 if entry.evaluation is None else len(evaluation)
    return _START + text + _end(text) + b"\n", size


def _text(value: object) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _end(text: bytes) -> bytes:
    return b', "crc32": "%08x"}' % zlib.crc32(text)


def _parse(raw: bytes) -> JournalEntry | None:
    raw = raw.removesuffix(b"\n")
    text = raw[len(_START) : -_END_BYTES]
    if not raw.startswith(_START + _EVALUATION) or raw[-_END_BYTES:] != _end(text):
        return None
    try:
        fields = json.loads(text.decode("utf-8", "surrogatepass"))
        failure = CallFailure(**fields.pop("failure")) if fields.get("failure") else None
        fields.pop("failure", None)
        return JournalEntry(failure=failure, **fields)
    except (ValueError, TypeError, AttributeError):
        return None  # written by another version


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
