"""Decoding by PyAV: any container in, 16-bit samples at 16 kHz out by channel. The only home of ``av``."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av
import av.error

from qa_analyzer.calls.recording_header import (
    StatedLength,
    mp3_length_is_stated,
    not_a_recording,
    ogg_is_closed,
    wav_length,
)

SAMPLE_RATE_HZ = 16_000
MIN_SOURCE_RATE_HZ = 8_000
MAX_SOURCE_RATE_HZ = 192_000
MAX_MISSING_SHARE = 0.1

# Play-lists and the like name other files and hosts; only formats that hold the sound themselves are opened.
_FORMATS = {
    "format_whitelist": "wav,w64,mp3,mov,mp4,m4a,3gp,aac,ogg,matroska,webm,amr,flac,asf,gsm,aiff,au,caf"
}
# What encoders pad and headers round: no call is called truncated for less.
_ROUNDING_S = 0.5
_ROUNDING_SHARE = 0.01
_LONGEST_PACKET_S = 10.0


class RecordingFaultError(Exception):
    """The recording cannot be used; the message completes "<file> …" and says what to do."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was decoded. ``missing_s`` as in ``Audio``."""

    codec: str
    source_rate_hz: int
    channel_count: int
    sample_count: int
    missing_s: float | None


def open_regular(path: Path) -> io.BufferedReader:
    """Open a file for reading; raises OSError for what is no regular file, such as a pipe that never ends."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is no regular file")
    return os.fdopen(handle, "rb")


def open_container(stream: BinaryIO) -> av.container.InputContainer:
    """Open a recording that cannot make us open anything else; raises FFmpegError or ValueError."""
    # Recorders write tags in any encoding; none is read here.
    return av.open(_QuietStream(stream), mode="r", options=_FORMATS, metadata_errors="replace")


class _QuietStream:
    """The file as PyAV reads it. Damaged headers ask for impossible places, and PyAV prints refusals."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.name = str(stream.name)  # raw GSM is known by its suffix alone
        self.read = stream.read
        self.tell = stream.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        """Return the new position, or -1 where there is no such place."""
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError):
            return -1


def decode(stream: BinaryIO, new_spool: Callable[[], BinaryIO], *, max_duration_s: float) -> Decoded:
    """Decode the one sound track of a recording into one spool a channel; raises RecordingFaultError."""
    stream.seek(0, 2)
    if stream.tell() == 0:
        raise RecordingFaultError("is empty (0 bytes); copy it again from the recorder")
    stream.seek(0)
    try:
        with open_container(stream) as container:
            return _decode_container(container, stream, new_spool, max_duration_s)
    except av.error.FFmpegError as error:
        raise RecordingFaultError(f"{not_a_recording(stream)} ({error.strerror})") from error
    except (ValueError, OverflowError) as error:  # figures in the header that fit nothing
        raise RecordingFaultError(f"{not_a_recording(stream)} ({error})") from error


def _decode_container(
    container: av.container.InputContainer,
    stream: BinaryIO,
    new_spool: Callable[[], BinaryIO],
    max_duration_s: float,
) -> Decoded:
    track = _only_track(container)
    stated = _stated_length(container, track, stream)
    if stated.length_s is not None and stated.length_s > max_duration_s:
        raise _too_long(stated.length_s, max_duration_s)
    writer = _SpoolWriter(new_spool, max_duration_s)
    damaged_s = filled_s = 0.0
    broken_off = False
    packets = container.demux(track)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            broken_off = True
            break
        if packet is None:
            break
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            lost_s = min(float((packet.duration or 0) * (packet.time_base or 0)), _LONGEST_PACKET_S)
            damaged_s += lost_s
            if damaged_s > max(_LONGEST_PACKET_S, writer.sample_count / SAMPLE_RATE_HZ):
                break  # more is damaged than not: the file is refused below
            # Silence in its place keeps the times of what follows right.
            filled_s += writer.write_silence(lost_s)
            continue
        for frame in frames:
            writer.write(frame)
    writer.finish()
    present_s = writer.sample_count / SAMPLE_RATE_HZ - filled_s
    if present_s <= 0:
        raise RecordingFaultError("holds no sound (0 s); copy it again from the recorder")
    missing_s = _missing_s(stated, present_s, damaged_s, broken_off=broken_off)
    return Decoded(
        track.codec_context.codec.canonical_name,
        writer.source_rate_hz,
        writer.channel_count,
        writer.sample_count,
        missing_s,
    )


def _only_track(container: av.container.InputContainer) -> av.AudioStream:
    tracks = container.streams.audio
    if not tracks:
        raise RecordingFaultError("has no sound track; give the recording of the call")
    if len(tracks) > 1:
        raise RecordingFaultError(
            f"has {len(tracks)} sound tracks; export the two parties as the two channels of one track"
        )
    if tracks[0].codec_context is None:
        raise RecordingFaultError("has sound in an unknown coding, or a damaged header; convert it to WAV")
    channel_count = tracks[0].codec_context.channels
    if channel_count > 2:
        raise RecordingFaultError(
            f"has {channel_count} channels; export a mono mix, or agent and customer as two channels"
        )
    return tracks[0]


def _stated_length(
    container: av.container.InputContainer, track: av.AudioStream, stream: BinaryIO
) -> StatedLength:
    """Return the length that the file itself states, never one that was estimated from its size."""
    name = container.format.name
    if name in ("wav", "ogg", "mp3"):
        position = stream.tell()
        try:
            if name == "wav":
                return wav_length(stream)
            if name == "ogg":
                return StatedLength(None, closed=ogg_is_closed(stream))
            if not mp3_length_is_stated(stream):
                return StatedLength(None)
        finally:
            stream.seek(position)
    elif name in ("aac", "amr", "gsm"):
        return StatedLength(None)
    if track.duration and track.time_base:
        return StatedLength(float(track.duration * track.time_base))
    return StatedLength(container.duration / av.time_base if container.duration else None)


def _missing_s(stated: StatedLength, present_s: float, damaged_s: float, *, broken_off: bool) -> float | None:
    whole_s = max(present_s + damaged_s, stated.length_s or 0.0)
    missing_s = whole_s - present_s
    if missing_s > MAX_MISSING_SHARE * whole_s:
        raise RecordingFaultError(
            f"is cut off or damaged: {present_s:.1f} s of {whole_s:.1f} s can be decoded, too little "
            "to judge the call; copy it again from the recorder"
        )
    if missing_s > max(_ROUNDING_S, _ROUNDING_SHARE * whole_s):
        return missing_s
    return 0.0 if stated.closed and not (broken_off and stated.length_s is None) else None


def _too_long(length_s: float, max_duration_s: float) -> RecordingFaultError:
    return RecordingFaultError(
        f"is {length_s / 3600:.1f} h long, over the limit of {max_duration_s / 3600:.1f} h; cut it into "
        "calls or raise the limit"
    )


class _SpoolWriter:
    """Resamples frames and appends each channel to its spool."""

    def __init__(self, new_spool: Callable[[], BinaryIO], max_duration_s: float) -> None:
        self.sample_count = 0
        self.source_rate_hz = 0
        self.channel_count = 0
        self._new_spool = new_spool
        self._max_duration_s = max_duration_s
        self._spools: tuple[BinaryIO, ...] = ()
        self._resampler: av.AudioResampler | None = None
        self._fifo: av.AudioFifo | None = None
        self._shape: tuple[str, str, int] | None = None

    def write(self, frame: av.AudioFrame) -> None:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or shape != self._shape:
            self._change_shape(frame)
            self._shape = shape
        assert self._fifo is not None
        frame.pts = None  # times are counted here, not taken from the file
        self._fifo.write(frame)
        # Some formats have frames of 20 ms, and every call into the resampler costs as much as decoding one.
        if self._fifo.samples >= frame.sample_rate:
            self._drain()

    def write_silence(self, duration_s: float) -> float:
        """Append silence and return its seconds; none before the first frame, when no channel is known."""
        if not self._spools:
            return 0.0
        self._drain()
        samples = round(duration_s * SAMPLE_RATE_HZ)
        self._check_length(samples)
        for spool in self._spools:
            spool.write(bytes(2 * samples))
        self.sample_count += samples
        return samples / SAMPLE_RATE_HZ

    def finish(self) -> None:
        """Append what the resampler holds back."""
        self._drain()
        if self._resampler is not None:
            for resampled in self._resampler.resample(None):
                self._append(resampled)
            self._resampler = None

    def _drain(self) -> None:
        if self._resampler is not None and self._fifo is not None and self._fifo.samples:
            for resampled in self._resampler.resample(self._fifo.read(0, partial=True)):
                self._append(resampled)

    def _change_shape(self, frame: av.AudioFrame) -> None:
        self.finish()
        channel_count = frame.layout.nb_channels
        if not self._spools:
            if not MIN_SOURCE_RATE_HZ <= frame.sample_rate <= MAX_SOURCE_RATE_HZ:
                raise RecordingFaultError(
                    f"is sampled at {frame.sample_rate} Hz; speech needs {MIN_SOURCE_RATE_HZ} to "
                    f"{MAX_SOURCE_RATE_HZ} Hz, telephone recordings have 8000"
                )
            self.source_rate_hz, self.channel_count = frame.sample_rate, channel_count
            self._spools = tuple(self._new_spool() for _ in range(channel_count))
        if channel_count != self.channel_count:
            raise RecordingFaultError(
                f"changes from {self.channel_count} to {channel_count} channels; export each part as a file"
            )
        self._fifo = av.AudioFifo()
        self._resampler = av.AudioResampler(format="s16p", layout=frame.layout, rate=SAMPLE_RATE_HZ)

    def _append(self, frame: av.AudioFrame) -> None:
        self._check_length(frame.samples)
        for spool, samples in zip(self._spools, frame.to_ndarray(), strict=True):
            spool.write(samples.data)
        self.sample_count += frame.samples

    def _check_length(self, more_samples: int) -> None:
        length_s = (self.sample_count + more_samples) / SAMPLE_RATE_HZ
        if length_s > self._max_duration_s:
            raise _too_long(length_s, self._max_duration_s)
