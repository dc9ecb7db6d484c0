"""A drop folder: recordings are processed once they have stopped growing."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qa_analyzer.calls.inputs import AUDIO_SUFFIXES


@dataclass
class DropFolder:
    """Remembers what was seen in a folder; a file is settled when size and time stood still for ``settle_s``.

    ``now_s`` is a monotonic clock.
    """

    folder: Path
    settle_s: float
    now_s: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[int, int, float]] = field(default_factory=dict)
    _handed_out: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def settled(self) -> frozenset[Path]:
        """Return all settled recordings when there is a new one among them, else nothing.

        All, not only the new ones: the outputs of a run describe everything that was processed so far.
        """
        now_s = self.now_s()
        settled: dict[Path, tuple[int, int]] = {}
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() not in AUDIO_SUFFIXES:
                continue
            try:
                state = path.stat()
            except OSError:
                continue  # taken away meanwhile
            if not stat.S_ISREG(state.st_mode):
                continue
            size, mtime_ns = state.st_size, state.st_mtime_ns
            known = self._seen.get(path)
            if known is None or known[:2] != (size, mtime_ns):
                self._seen[path] = (size, mtime_ns, now_s)
            elif size > 0 and now_s - known[2] >= self.settle_s:
                settled[path] = (size, mtime_ns)
        if settled == self._handed_out:
            return frozenset()
        self._handed_out = settled
        return frozenset(settled)
