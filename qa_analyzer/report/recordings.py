"""Recordings beside the pages: in a form that browsers play, with the waveform to draw."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import av
import numpy as np

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.errors import DecodeError, OutputError, SpoolError
from qa_analyzer.intervals import Span
from qa_analyzer.report.report_files import ReportFiles
from qa_analyzer.report.silenced import SilencedSound, Sound
from qa_analyzer.whole_files import DRAFT_PREFIX, draft

# What Chromium and Firefox both play. A recorder's other formats (AMR, GSM, ADPCM …) become MP3.
_PLAYABLE: Mapping[str, tuple[str, ...]] = {
    ".wav": ("pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"),
    ".mp3": ("mp3", "mp3float"),
    ".m4a": ("aac",),
    ".mp4": ("aac",),
    ".ogg": ("opus", "vorbis"),
    ".opus": ("opus",),
    ".flac": ("flac",),
}
# Speech of two telephone channels; enough to judge a tone of voice by.
MP3_BIT_RATE = 48_000

WAVE_COLUMNS = 600
_READ_S = 60.0
_PEAKS_VERSION = 1


class Absence(StrEnum):
    """Why a page has no recording."""

    NOT_GIVEN = "not_given"
    UNREADABLE = "unreadable"
    CHANGED = "changed"  # not the file that was judged: its moments would be others


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording of one page: its file under the report's root, or why there is none.

    ``waves`` are closed SVG paths, one a channel, in a box ``WAVE_COLUMNS`` wide and 100 high. ``silenced``
    is how many stretches of personal data cannot be heard in it.
    """

    name: str | None
    waves: tuple[str, ...] = ()
    absence: Absence | None = None
    silenced: int = 0


NO_RECORDING = Recording(None, absence=Absence.NOT_GIVEN)


def add_recording(
    path: Path | None,
    files: ReportFiles,
    *,
    call_id: str,
    judged_sha256: str | None = None,
    silence: Sequence[Span] = (),
) -> Recording:
    """Put a recording beside the pages with its waveform; what an earlier report left there is used again.

    The file is linked where the disk allows it, else copied; where something must be silenced, an MP3 without
    it is written. A recording that cannot be read, or whose sha256 is not ``judged_sha256``, is left out: the
    page says so, and the report goes on.
    """
    if path is None:
        return NO_RECORDING
    try:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        if judged_sha256 not in (None, sha256):
            return Recording(None, absence=Absence.CHANGED)
        return _add(path, sha256, files, call_id, silence)
    except SpoolError as problem:
        raise OutputError(files.out_dir, problem.reason) from problem
    except (OSError, DecodeError, av.FFmpegError):
        return Recording(None, absence=Absence.UNREADABLE)


def _add(path: Path, sha256: str, files: ReportFiles, call_id: str, silence: Sequence[Span]) -> Recording:
    stem = f"audio/{sha256[:24]}{_named(silence)}"
    listing = f"{stem}.json"
    known = _known(files.out_dir / listing)
    if known is not None and (files.out_dir / known.name).is_file():
        files.keep(known.name)
        files.keep(listing)
        return Recording(known.name, wave_paths(known.peaks), silenced=len(silence))
    with open_audio(path, call_id=call_id) as audio:
        sound: Sound = SilencedSound(audio, silence) if silence else audio
        peaks = peaks_of(sound)
        playable = not silence and audio.codec in _PLAYABLE.get(path.suffix.lower(), ())
        name = f"{stem}{path.suffix.lower()}" if playable else f"{stem}.mp3"
        if playable:
            _link_or_copy(path, files.out_dir / name)
        else:
            with draft(files.out_dir / name, durable=False) as part:
                _write_mp3(sound, part)
        files.keep(name)
    kept = json.dumps({"version": _PEAKS_VERSION, "name": name, "peaks": peaks}, separators=(",", ":"))
    files.write_text(listing, kept)
    return Recording(name, wave_paths(peaks), silenced=len(silence))


def _named(silence: Sequence[Span]) -> str:
    """Return what tells a silenced recording from the whole one, and from one silenced elsewhere."""
    if not silence:
        return ""
    stretches = " ".join(f"{span.start_s:.3f}-{span.end_s:.3f}" for span in silence)
    return f"-{hashlib.sha256(stretches.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    peaks: list[list[int]]


def _known(listing: Path) -> _Known | None:
    """Read what an earlier report measured; anything else than that is measured again."""
    try:
        kept = json.loads(listing.read_text(encoding="utf-8"))
        if kept["version"] != _PEAKS_VERSION or Path(kept["name"]).parent.as_posix() != "audio":
            return None
        return _Known(str(kept["name"]), [[int(peak) for peak in channel] for channel in kept["peaks"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def peaks_of(audio: Sound, columns: int = WAVE_COLUMNS) -> list[list[int]]:
    """Return the loudest sample of each column, by channel, in hundredths of the recording's own peak.

    Telephone speech rarely fills the scale; a waveform drawn to full scale would be a flat line.
    """
    loudest = np.zeros((audio.channel_count, columns), dtype=np.float32)
    column_s = audio.duration_s / columns
    step = max(1, int(_READ_S / column_s)) if column_s else columns
    for channel in range(audio.channel_count):
        for first in range(0, columns, step):
            last = min(columns, first + step)
            samples = np.abs(audio.read(channel, first * column_s, last * column_s))
            edges = np.linspace(0, len(samples), last - first + 1).astype(int)
            for column in range(last - first):
                part = samples[edges[column] : edges[column + 1]]
                loudest[channel, first + column] = part.max() if len(part) else 0.0
    top = float(loudest.max()) or 1.0
    return [[round(100 * float(peak) / top) for peak in channel] for channel in loudest]


def wave_paths(peaks: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """Return each channel's peaks as a closed SVG path, mirrored in a box 100 high, a unit a column."""
    paths = []
    for channel in peaks:
        upper = [f"{at} {50 - peak // 2}" for at, peak in enumerate(channel)]
        lower = [f"{at} {50 + peak // 2}" for at, peak in reversed([*enumerate(channel)])]
        paths.append(f"M{'L'.join(upper + lower)}Z" if channel else "")
    return tuple(paths)


def _link_or_copy(source: Path, target: Path) -> None:
    link = target.with_name(f"{DRAFT_PREFIX}{os.getpid()}{target.suffix}")
    link.unlink(missing_ok=True)
    try:
        # Two thousand recordings are many gigabytes; a second name costs nothing. Its permissions are those
        # of the recording, which are not ours to change: the folder keeps others out.
        link.hardlink_to(source.resolve())
        link.replace(target)
    except OSError:
        with draft(target, durable=False) as copy:
            shutil.copyfile(source, copy)
    finally:
        link.unlink(missing_ok=True)


def _write_mp3(audio: Sound, path: Path) -> None:
    """Write an MP3 of a recording that browsers do not play, a minute at a time."""
    layout = "stereo" if audio.channel_count == 2 else "mono"
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=audio.rate_hz, layout=layout, bit_rate=MP3_BIT_RATE)
        start_s = 0.0
        while start_s < audio.duration_s:
            sides = [audio.read(side, start_s, start_s + _READ_S) for side in range(audio.channel_count)]
            frame = av.AudioFrame.from_ndarray(np.stack(sides), format="fltp", layout=layout)
            frame.sample_rate = audio.rate_hz
            container.mux(stream.encode(frame))
            start_s += _READ_S
        container.mux(stream.encode(None))
