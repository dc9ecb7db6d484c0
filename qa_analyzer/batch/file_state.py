"""What a file is: by its content where that decides, by size and time where a change must only be noticed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def file_sha256(path: Path) -> str | None:
    """Return the sha256 of a file's content; None when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def file_state(path: Path) -> dict[str, object]:
    """Return path, size and time of a file, which change when it is written to."""
    try:
        state = path.stat()
    except OSError:
        return {"path": str(path), "missing": True}
    return {"path": str(path), "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}


def state_fingerprint(path: Path) -> str:
    """Return one hash over the state of a file, or of every file below a folder."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    canonical = json.dumps([file_state(each) for each in files], sort_keys=True)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
