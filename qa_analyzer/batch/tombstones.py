"""Which calls were purged from an output folder, so that no later run takes them in again.

The file holds no call id, which may be a telephone number: only salted digests. Its lines are appended:
the salt, a line a call, and a line when a purge has been through everything. Removing the file lets all
calls in again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from qa_analyzer.errors import ConfigError
from qa_analyzer.whole_files import open_to_append

PURGED_FILE = "purged.jsonl"


class Tombstones:
    """The purged calls of one output folder; ``in`` asks for a call id."""

    def __init__(self, out_dir: Path) -> None:
        """Read the file, if there is one; raises ConfigError when it is damaged."""
        self._path = out_dir / PURGED_FILE
        self._salt: str | None = None
        self._digests: set[str] = set()
        self.unswept = False
        self._whole_bytes = 0  # what follows is a line that the power cut off
        self._read()

    def __contains__(self, call_id: str) -> bool:
        return self._salt is not None and self._digest(call_id) in self._digests

    def __len__(self) -> int:
        return len(self._digests)

    def add(self, call_ids: Iterable[str]) -> None:
        """Write down that these calls are to go, and wait until it is on the disk."""
        lines: list[dict[str, str]] = []
        if self._salt is None:
            self._salt = secrets.token_hex(16)
            lines.append({"salt": self._salt})
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for digest in sorted({self._digest(call_id) for call_id in call_ids} - self._digests):
            self._digests.add(digest)
            lines.append({"call": digest, "purged_at": now})
            self.unswept = True
        self._append(lines)

    def mark_swept(self) -> None:
        """Write down that nothing of these calls is left anywhere."""
        if self.unswept:
            self._append([{"swept_at": datetime.now(UTC).isoformat(timespec="seconds")}])
            self.unswept = False

    def _digest(self, call_id: str) -> str:
        return hashlib.sha256(f"{self._salt}\0{call_id}".encode("utf-8", "surrogatepass")).hexdigest()

    def _append(self, lines: list[dict[str, str]]) -> None:
        if not lines:
            return
        text = "".join(json.dumps(line) + "\n" for line in lines)
        descriptor = open_to_append(self._path)
        try:
            os.ftruncate(descriptor, self._whole_bytes)
            os.write(descriptor, text.encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._whole_bytes += len(text)

    def _read(self) -> None:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return
        self._whole_bytes = raw.rfind(b"\n") + 1
        for number, line in enumerate(raw[: self._whole_bytes].splitlines(), start=1):
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError) as problem:
                raise ConfigError(
                    f"{self._path}, line {number}: damaged; without it purged calls would be taken in again. "
                    "Mend the line, or remove the file to allow that"
                ) from problem

    def _take(self, line: dict[str, str]) -> None:
        if "salt" in line:
            self._salt = self._salt or line["salt"]
        elif "swept_at" in line:
            self.unswept = False
        else:
            self._digests.add(line["call"])
            self.unswept = True
