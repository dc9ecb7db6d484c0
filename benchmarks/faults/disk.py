"""A disk that fills up: the run says so and ends; with room again it comes to the same outcome."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.program import LIGHT, Outcome, run_fork
from benchmarks.faults.state import differences, drafts, half_written

STOPPED = 4
SHARES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.97)  # of the room that the run needs
HINTS = ("disk is full", "No space left", "File too large")
ROOMY = 64_000_000


@dataclass(slots=True)
class FullDisks:
    """What came of disks that filled up."""

    times: int = 0
    how: str = ""
    unclear: list[str] = field(default_factory=list)
    half_written: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)


def fill_disks(source: Path, folder: Path, disks: FullDisks, shares: Sequence[float]) -> None:
    """Run on disks of several sizes until they are full, then give them room and go on."""
    whole = folder / "whole"
    undisturbed = run_fork(_command(source, whole))
    if undisturbed.code != 0:
        raise SystemExit(f"the undisturbed run ended with {undisturbed.code}: {undisturbed.output[-2000:]}")
    with _small_disk(folder) as disk:
        disks.how = "tmpfs" if isinstance(disk, _Tmpfs) else "limit on file sizes"
        for share in shares:
            out = disk.folder / f"out{round(share * 100)}"
            full = run_fork(_command(source, out), disk.limit(whole, share))
            _judge(full, share, disks)
            disks.half_written += [f"{share:.0%}: {fault}" for fault in half_written(out)]
            again = run_fork(_command(source, out), disk.lift())
            disks.times += 1
            if again.code != 0:
                disks.different.append(f"{share:.0%}: goes on with {again.code}: {again.output[-1500:]}")
            else:
                disks.different += [f"{share:.0%}: {fault}" for fault in differences(whole, out)]
                disks.different += [f"{share:.0%}: draft left: {name}" for name in drafts(out)]
            subprocess.run(["rm", "-rf", str(out)], check=True)


def _command(source: Path, out: Path) -> list[str]:
    return ["run", str(source), "--out", str(out), *LIGHT]


def _judge(full: Outcome, share: float, disks: FullDisks) -> None:
    if full.code != STOPPED or full.crashed or not any(hint in full.output for hint in HINTS):
        disks.unclear.append(f"{share:.0%}: ended with {full.code}: {full.output[-1500:]}")


@dataclass(frozen=True, slots=True)
class _Tmpfs:
    folder: Path

    def limit(self, whole: Path, share: float) -> None:
        self._resize(max(round(_used(whole) * share), 16_384))

    def lift(self) -> None:
        self._resize(ROOMY)

    def _resize(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)


@dataclass(frozen=True, slots=True)
class _FileSizes:
    """No file may grow over a limit: what a user without rights can do. The largest file decides."""

    folder: Path

    def limit(self, whole: Path, share: float) -> Callable[[], None]:
        largest = max(path.stat().st_size for path in whole.rglob("*") if path.is_file())
        size = max(round(largest * share), 4096)
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    def lift(self) -> None:
        return None


@contextmanager
def _small_disk(folder: Path) -> Iterator[_Tmpfs | _FileSizes]:
    point = Path(tempfile.mkdtemp(dir=folder, prefix="disk-"))
    mounted = False
    if os.geteuid() == 0:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs", str(point)]
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield _Tmpfs(point) if mounted else _FileSizes(point)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(point)], check=True)


def _used(folder: Path) -> int:
    """Return the room that a tree takes, in whole pages as a tmpfs counts."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file())
