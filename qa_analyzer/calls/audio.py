"""Recordings: any common telephone format in, 16 kHz samples by channel out, memory flat for any length.

The decoded sound is spooled to unnamed temporary files (two bytes a sample, so 115 MB an hour and channel)
and read from there in pieces. A recording of which a part is missing is refused, or carries ``missing_s``;
see ``open_audio``.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.calls.decoding import (
    SAMPLE_RATE_HZ,
    Decoded,
    RecordingFaultError,
    decode,
    open_regular,
)
from qa_analyzer.errors import DecodeError, SpoolError

MAX_DURATION_S = 12 * 3600.0
"""Longer than any call; a file that decodes to more is damaged or hostile."""

_BYTES_PER_SAMPLE = 2


class Audio:
    """One decoded recording. Use it as a context manager: closing it frees the temporary files.

    ``rate_hz`` is of the samples read here, ``source_rate_hz`` of the file. ``missing_s`` is the sound that
    the file should hold and does not, beyond what formats round: 0 for a whole file, None where the file
    was not closed properly and nobody knows how much is missing.
    """

    rate_hz = SAMPLE_RATE_HZ

    def __init__(self, path: Path, sha256: str, decoded: Decoded, spools: tuple[BinaryIO, ...]) -> None:
        self.path = path
        self.sha256 = sha256
        self.codec = decoded.codec
        self.source_rate_hz = decoded.source_rate_hz
        self.channel_count = decoded.channel_count
        self.sample_count = decoded.sample_count
        self.duration_s = decoded.sample_count / SAMPLE_RATE_HZ
        self.missing_s = decoded.missing_s
        self._spools = spools

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
        """Return samples of one channel in [-1, 1]; times outside the recording are cut to it.

        Safe to call from several threads. Raises IndexError for a channel that is not there.
        """
        if not 0 <= channel < self.channel_count:
            raise IndexError(f"channel {channel} of {self.channel_count}")
        first = self._sample_at(start_s)
        last = self.sample_count if end_s is None else self._sample_at(end_s)
        wanted = max(0, last - first)
        raw = bytearray(wanted * _BYTES_PER_SAMPLE)
        view = memoryview(raw)
        while view:
            # Not a memory map: mapped pages would count as memory of this process.
            got = os.preadv(self._spools[channel].fileno(), [view], (last * _BYTES_PER_SAMPLE) - len(view))
            if got == 0:
                raise DecodeError(self.path.stem, "its decoded sound was cut short in the temporary folder")
            view = view[got:]
        samples = np.frombuffer(raw, dtype="<i2")
        return samples.astype(np.float32) / np.float32(32768)

    def _sample_at(self, time_s: float) -> int:
        return min(max(round(time_s * SAMPLE_RATE_HZ), 0), self.sample_count)

    def close(self) -> None:
        """Free the temporary files; reading is not possible afterwards."""
        for spool in self._spools:
            spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_audio(
    path: Path, *, call_id: str, max_duration_s: float = MAX_DURATION_S, spool_dir: Path | None = None
) -> Audio:
    """Decode a recording with one or two channels.

    ``spool_dir`` defaults to the system's temporary folder; use one on disk where that folder is in memory.
    Raises DecodeError, with what to do, for what is no recording, is longer than ``max_duration_s``, or
    lacks more than a tenth of what its header announces: half a call must not be judged as a whole one.
    """
    with ExitStack() as opened:
        try:
            stream = opened.enter_context(open_regular(path))
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise DecodeError(
                call_id, f"{path.name} cannot be read: {error.strerror}; check the file and its permissions"
            ) from error
        try:
            spools: list[BinaryIO] = []

            def new_spool() -> BinaryIO:
                spool = opened.enter_context(tempfile.TemporaryFile(dir=spool_dir))
                spools.append(spool)
                return spool

            decoded = decode(stream, new_spool, max_duration_s=max_duration_s)
            for spool in spools:
                spool.flush()
        except RecordingFaultError as fault:
            raise DecodeError(call_id, f"{path.name} {fault}") from fault
        except OSError as error:
            raise SpoolError(
                call_id,
                f"{path.name} cannot be spooled to {spool_dir or tempfile.gettempdir()}: {error.strerror}; "
                "free some space (115 MB an hour and channel) or set TMPDIR to a larger disk",
            ) from error
        stream.close()
        opened.pop_all()
    return Audio(path, sha256, decoded, tuple(spools))
