"""Calls that come as text: turns from JSON, checked one by one.

Labels that a data set may carry beside the turns (``gold``, ``sentiment``) are never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from qa_analyzer.calls import column_values
from qa_analyzer.calls.call import GivenTurn
from qa_analyzer.calls.call_row import RowError, canonical_column, cell_text
from qa_analyzer.calls.speaker_labels import ALLOWED, parse_role

LABELS_NEVER_READ = frozenset({"gold", "sentiment"})

# Names that other tools use for times. Passing over them would lose the times without a word.
_MISTAKABLE = {
    "start": "start_s",
    "end": "end_s",
    "begin": "start_s",
    "start_time": "start_s",
    "end_time": "end_s",
    "start_ms": "start_s",
    "end_ms": "end_s",
    "pause_before": "pause_before_s",
    "overlap": "overlap_s",
    "speaker": "role",
}
_NO_CELLS = LABELS_NEVER_READ | {"turns", "metadata"}
_MAX_FAULTS = 5
# An escape of half a character; two of them make a whole one.
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_T = TypeVar("_T")


def turns_from_json(turns: object) -> tuple[GivenTurn, ...]:
    """Read a list of objects with role, text and optionally times in seconds; raises RowError."""
    if not isinstance(turns, list):
        raise RowError("turns: must be a list of objects with role and text")
    read: list[GivenTurn] = []
    faults: list[str] = []
    for index, turn in enumerate(turns):
        try:
            if not isinstance(turn, dict):
                raise RowError("must be an object with role and text")
            read.append(read_turn(turn))
        except RowError as error:
            faults.append(f"turns[{index}]: {error}")
    return checked_turns(read, faults)


def checked_turns(turns: Iterable[GivenTurn], faults: list[str]) -> tuple[GivenTurn, ...]:
    """Return the turns of one call, or raise RowError with its faults or because nobody says anything."""
    turns = tuple(turns)
    if faults:
        more = f"; and {len(faults) - _MAX_FAULTS} more" if len(faults) > _MAX_FAULTS else ""
        raise RowError("; ".join(faults[:_MAX_FAULTS]) + more)
    if not turns:
        raise RowError("the call has 0 turns: there is nothing to judge")
    if not any(turn.text.strip() for turn in turns):
        raise RowError("no turn of the call has any text: there is nothing to judge")
    return turns


def read_turn(cells: Mapping[str, object]) -> GivenTurn:
    """Read one turn; the text stays exactly as given. Raises RowError with every fault of the turn."""
    faults: list[str] = [
        f"{name}: write it as {right}" + (" (seconds)" if right.endswith("_s") else "")
        for name, right in _MISTAKABLE.items()
        if name in cells and right not in cells
    ]

    def read(name: str, parse: Callable[[str], _T]) -> _T | None:
        try:
            written = cell_text(cells.get(name))
            return None if written is None else parse(written)
        except ValueError as error:
            faults.append(f"{name}: '{str(cells[name])[:40]}': {error}")
            return None

    role = read("role", parse_role)
    if role is None and not faults:
        faults.append(f"role: is missing; {ALLOWED}")
    text = cells.get("text")
    if not isinstance(text, str):
        faults.append("text: is missing" if text is None else "text: must be text")
    start_s = read("start_s", column_values.parse_seconds)
    end_s = read("end_s", column_values.parse_seconds)
    if start_s is not None and end_s is not None and end_s < start_s:
        faults.append(f"end_s: {end_s:g} is before start_s {start_s:g}")
    pause_before_s = read("pause_before_s", column_values.parse_seconds)
    overlap_s = read("overlap_s", column_values.parse_seconds)
    if faults or role is None or not isinstance(text, str):
        raise RowError("; ".join(faults))
    return GivenTurn(role, text, start_s, end_s, pause_before_s, overlap_s)


def parse_json_object(text: str) -> dict[str, object]:
    """Parse one JSON object strictly: no doubled keys, no NaN, no absurd nesting. Raises RowError."""
    parsed = parse_json(text)
    if not isinstance(parsed, dict):
        raise RowError("is not a JSON object {…}")
    return parsed


def parse_json(text: str) -> object:
    """Parse JSON as ``parse_json_object`` does, whatever its top level is."""
    try:
        parsed: object = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except RowError:
        raise
    except RecursionError as error:
        raise RowError("is JSON nested too deeply") from error
    except json.JSONDecodeError as error:
        position = f"line {error.lineno} column {error.colno}" if "\n" in text else f"column {error.colno}"
        raise RowError(f"is not valid JSON ({error.msg} at {position})") from error
    except ValueError as error:  # integers of thousands of digits
        raise RowError(f"is not usable JSON ({error})") from error
    if _HALF_CHARACTER.search(text):
        _refuse_half_characters(parsed)
    return parsed


def _refuse_half_characters(parsed: object) -> None:
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])[1:-1]
        raise RowError(f"holds half of a character ({half}), which no text file can hold") from error


def row_cells(fields: Mapping[str, object]) -> dict[str, object]:
    """Return an object's fields for ``read_metadata``: ``metadata`` unpacked, turns and labels left out.

    Raises RowError when a column is given twice with different values.
    """
    nested = fields.get("metadata")
    if nested is None:
        nested = {}
    if not isinstance(nested, dict):
        raise RowError("metadata: must be an object")
    cells: dict[str, object] = {}
    for name, cell in (*fields.items(), *nested.items()):
        column = canonical_column(name)
        if column in _NO_CELLS:
            continue
        if cells.setdefault(column, cell) != cell:
            raise RowError(f"{column}: is given twice with different values")
    return cells


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        doubled = sorted({key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1})
        raise RowError(f"has a key twice: {', '.join(doubled)}")
    return unique


def _no_constant(constant: str) -> object:
    raise RowError(f"has {constant}, which is not JSON")
