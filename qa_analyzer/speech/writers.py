"""A transcript as people and other programs read it: plain text, SRT, WebVTT and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from qa_analyzer.calls.call import Role
from qa_analyzer.speech.digits import with_digits
from qa_analyzer.speech.transcript import Transcript, Turn
from qa_analyzer.whole_files import replacing

ROLE_NAMES = {Role.AGENT: "坐席", Role.CUSTOMER: "客户", Role.UNKNOWN: "说话人"}
CSV_COLUMNS = ("index", "role", "channel", "start_s", "end_s", "text", "mean_probability", "text_digits")
SHORTEST_CUE_S = 0.2


def to_text(transcript: Transcript) -> str:
    """Return one line a turn: ``[00:01:05.2] 坐席：…``; without times, only the speaker."""
    lines = []
    for turn in transcript.turns:
        time = f"[{_clock(turn.start_s, '.')[:-2]}] " if turn.start_s is not None else ""
        lines.append(f"{time}{_speaker(turn)}：{_one_line(turn.text)}")
    return "".join(f"{line}\n" for line in lines)


def to_srt(transcript: Transcript) -> str:
    """Return SubRip subtitles; turns without times cannot be shown and are left out."""
    cues = []
    for number, (turn, start_s, end_s) in enumerate(_timed(transcript), start=1):
        times = f"{_clock(start_s, ',')} --> {_clock(end_s, ',')}"
        cues.append(f"{number}\n{times}\n{_speaker(turn)}：{_one_line(turn.text)}\n")
    return "\n".join(cues)


def to_vtt(transcript: Transcript) -> str:
    """Return WebVTT with a voice tag a turn; turns without times are left out."""
    cues = ["WEBVTT\n"]
    for turn, start_s, end_s in _timed(transcript):
        text = _one_line(turn.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{_clock(start_s, '.')} --> {_clock(end_s, '.')}\n<v {_speaker(turn)}>{text}\n")
    return "\n".join(cues)


def to_csv(transcript: Transcript) -> str:
    """Return a table with a row a turn; unknown times are empty cells. Formulas are defused for
    spreadsheets.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for turn in transcript.turns:
        text = _one_line(turn.text)
        surest = sum(word.probability for word in turn.words) / len(turn.words) if turn.words else None
        writer.writerow(
            (
                turn.index,
                turn.role.value,
                "" if turn.channel is None else turn.channel,
                "" if turn.start_s is None else f"{turn.start_s:.3f}",
                "" if turn.end_s is None else f"{turn.end_s:.3f}",
                _cell(text),
                "" if surest is None else f"{surest:.3f}",
                _cell(with_digits(text)),
            )
        )
    return table.getvalue()


FORMATS: tuple[tuple[str, Callable[[Transcript], str]], ...] = (
    ("txt", to_text),
    ("srt", to_srt),
    ("vtt", to_vtt),
    ("csv", to_csv),
)


def write_formats(transcript: Transcript, folder: Path, suffixes: tuple[str, ...]) -> tuple[Path, ...]:
    """Write the transcript as ``<call_id>.<suffix>``; raise KeyError for a format that is not in ``FORMATS``.

    CSV gets a byte-order mark, without which spreadsheet programs garble Chinese.
    """
    writers = dict(FORMATS)
    chosen = [(suffix, writers[suffix]) for suffix in suffixes]
    paths = []
    for suffix, render in chosen:
        path = folder / f"{transcript.call_id}.{suffix}"
        with replacing(path, encoding="utf-8-sig" if suffix == "csv" else "utf-8") as stream:
            stream.write(render(transcript))
        paths.append(path)
    return tuple(paths)


def _timed(transcript: Transcript) -> list[tuple[Turn, float, float]]:
    return [
        (turn, turn.start_s, max(turn.end_s, turn.start_s + SHORTEST_CUE_S))
        for turn in transcript.turns
        if turn.start_s is not None and turn.end_s is not None
    ]


def _speaker(turn: Turn) -> str:
    name = ROLE_NAMES[turn.role]
    return f"{name}{turn.channel + 1}" if turn.role is Role.UNKNOWN and turn.channel is not None else name


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _clock(time_s: float, point: str) -> str:
    millis = round(time_s * 1000)
    hours, millis = divmod(millis, 3_600_000)
    minutes, millis = divmod(millis, 60_000)
    seconds, millis = divmod(millis, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{millis:03d}"
