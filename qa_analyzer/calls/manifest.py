"""Manifests: lists of calls as CSV or JSON Lines, as rows that know their line. Cells are read elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.calls.call_row import COLUMNS, Place, RowError, canonical_column
from qa_analyzer.calls.text_calls import parse_json_object
from qa_analyzer.errors import Fault, ManifestError

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One row: its fields under their known names, or the fault that kept it from being read."""

    place: Place
    fields: Mapping[str, object]
    fault: RowError | None = None


def rows_from_csv(path: Path, text: str) -> Iterator[ManifestRow]:
    """Yield the rows of a table with a header; raises ManifestError where the header cannot serve."""
    first_line = text.lstrip().split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)  # the first of equals: a comma
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    header: list[str] | None = None
    end_line = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            line, end_line = end_line + 1, max(reader.line_num, end_line + 1)
            if header is None:
                raise _list_fault(path, line, f"the header cannot be read: {error}") from error
            yield ManifestRow(Place(path, line), {}, RowError(_quoting_fault(error, end_line)))
            continue
        line, end_line = end_line + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(path, line, cells)
        elif len(cells) != len(header):
            fault = RowError(
                f"has {len(cells)} cells, the header has {len(header)}; quote text that holds a comma"
            )
            yield ManifestRow(Place(path, line), dict(zip(header, cells, strict=False)), fault)
        else:
            yield ManifestRow(Place(path, line), dict(zip(header, cells, strict=True)))
    if header is None:
        raise _list_fault(path, 1, "is empty; the first line must name the columns")


def rows_from_jsonl(path: Path, text: str) -> Iterator[ManifestRow]:
    """Yield one row a line, blank lines passed over; raises ManifestError where there is no line at all."""
    empty = True
    # Not splitlines: U+2028 and the like may stand inside a JSON string.
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        empty = False
        place = Place(path, line)
        try:
            parsed = parse_json_object(written)
        except RowError as error:
            yield ManifestRow(place, {}, error)
            continue
        yield ManifestRow(place, parsed)
    if empty:
        raise _list_fault(path, None, "is empty; write one JSON object a line")


def is_turn_table(text: str) -> bool:
    """Tell whether a CSV is the transcript of one call: its header has role and text, but no path."""
    header = {canonical_column(name) for name in text.lstrip().split("\n", 1)[0].split(",")}
    return {"role", "text"} <= {name.strip('"').casefold() for name in header} and "path" not in header


def _header(path: Path, line: int, cells: list[str]) -> list[str]:
    # A column without a name may be an empty one that a spreadsheet left behind.
    header = [canonical_column(name) or f"column_{number}" for number, name in enumerate(cells, start=1)]
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise _list_fault(path, line, f"the header names a column twice: {', '.join(doubled)}")
    if "path" not in header:
        raise _list_fault(
            path,
            line,
            f"the header has no column path (录音文件); it has: {', '.join(header)}; "
            f"known: {', '.join(COLUMNS)}",
        )
    return header


def _quoting_fault(error: csv.Error, end_line: int) -> str:
    if "unexpected end of data" in str(error):
        return f"a quotation mark opened here is never closed: nothing to the end (line {end_line}) was read"
    return f"is no proper CSV ({error}); double the quotation marks inside quoted text"


def _list_fault(path: Path, line: int | None, message: str) -> ManifestError:
    return ManifestError((Fault(path, line, "", message),))
