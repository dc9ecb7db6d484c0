"""Text transcripts as files, one call each: TXT, SRT, VTT, CSV and JSON.

Only turns come out, except from JSON, where the object may carry the columns of a call beside its turns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qa_analyzer.calls.call import GivenTurn, Role
from qa_analyzer.calls.call_row import RowError
from qa_analyzer.calls.speaker_labels import ALLOWED, LABEL_PATTERN, parse_role
from qa_analyzer.calls.subtitles import turns_from_subtitles
from qa_analyzer.calls.text_calls import checked_turns, parse_json, read_turn, row_cells, turns_from_json
from qa_analyzer.calls.text_decoding import UndecodableTextError, read_text

MAX_TRANSCRIPT_BYTES = 32 * 1024 * 1024
"""A day of unbroken speech is under 1 MB of text."""

_CLOCK = r"[\[(（【]?\d{1,2}(?:[:：]\d{2}){1,2}(?:[.,]\d{1,3})?[\])）】]?"
_LABELLED = re.compile(
    rf"\s*(?:{_CLOCK})?\s*[\[【]?(?P<label>{LABEL_PATTERN})[\]】]?\s*[:：]\s?(?P<text>.*)", re.IGNORECASE
)
# A short run without punctuation before a colon at the start of a line looks like a speaker.
_OTHER_LABEL = re.compile(rf"(?:{_CLOCK})?\s*(?P<label>[^\s:：，。？！,.?!、；;“”\"'0-9]{{1,8}})\s*[:：]")


@dataclass(frozen=True, slots=True)
class TextTranscript:
    """The turns of a file, and the columns it carries itself (JSON only)."""

    turns: tuple[GivenTurn, ...]
    cells: Mapping[str, object] = field(default_factory=dict)


def read_transcript_file(path: Path) -> TextTranscript:
    """Read one transcript by its suffix; raises RowError naming the line."""
    try:
        text = read_text(path, max_bytes=MAX_TRANSCRIPT_BYTES)
    except UndecodableTextError as error:
        raise RowError(f"{path.name} {error}") from error
    except OSError as error:
        raise RowError(f"cannot read {path.name}: {error.strerror}") from error
    try:
        return _READERS[path.suffix.casefold()](text)
    except RowError as error:
        raise RowError(f"{path.name}: {error}", call_id=error.call_id) from error


def turns_from_lines(text: str) -> tuple[GivenTurn, ...]:
    """Read ``坐席：…`` / ``客户：…`` lines; one that is indented or has no label goes on with the turn above.

    A clock time before the label is dropped: it is no offset into the recording. Raises RowError.
    """
    turns: list[tuple[Role, list[str]]] = []
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if labelled := _LABELLED.fullmatch(line):
            turns.append((parse_role(labelled["label"]), [labelled["text"].rstrip()]))
        elif not line[0].isspace() and (other := _OTHER_LABEL.match(line)):
            faults.append(
                f"line {number}: '{other['label']}' is no known speaker; {ALLOWED} "
                "(indent the line if it goes on with the turn above)"
            )
        elif turns:
            turns[-1][1].append(line.strip())
        else:
            faults.append(f"line {number}: the first line has no speaker; write 坐席：… or 客户：…")
    return checked_turns((GivenTurn(role, "\n".join(lines).strip("\n")) for role, lines in turns), faults)


def turns_from_table(text: str) -> tuple[GivenTurn, ...]:
    """Read a CSV with the columns role, text and optionally start_s, end_s, pause_before_s, overlap_s."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    turns: list[GivenTurn] = []
    faults: list[str] = []
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        if not {"role", "text"} <= set(header) or len(set(header)) < len(header):
            raise RowError("line 1: the header needs role and text once each; start_s, end_s may follow")
        end_line = reader.line_num
        for row in reader:
            line, end_line = end_line + 1, reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            try:
                if len(row) != len(header):
                    raise RowError(
                        f"has {len(row)} cells, the header {len(header)}; quote text that holds commas"
                    )
                turns.append(read_turn(dict(zip(header, row, strict=True))))
            except RowError as error:
                faults.append(f"line {line}: {error}")
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: {error}")
    return checked_turns(turns, faults)


def _read_json(text: str) -> TextTranscript:
    parsed = parse_json(text)
    if isinstance(parsed, dict):
        if "turns" not in parsed:
            raise RowError("has no turns")
        return TextTranscript(turns_from_json(parsed["turns"]), row_cells(parsed))
    return TextTranscript(turns_from_json(parsed))


_READERS: Mapping[str, Callable[[str], TextTranscript]] = {
    ".txt": lambda text: TextTranscript(turns_from_lines(text)),
    ".srt": lambda text: TextTranscript(turns_from_subtitles(text)),
    ".vtt": lambda text: TextTranscript(turns_from_subtitles(text)),
    ".csv": lambda text: TextTranscript(turns_from_table(text)),
    ".json": _read_json,
}

TRANSCRIPT_SUFFIXES = frozenset(_READERS)
