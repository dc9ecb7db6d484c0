"""The metadata of one call as a row, a JSON object or a file name writes it; all its faults at once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from qa_analyzer.calls import column_values
from qa_analyzer.calls.call import Call, Direction, GivenTurn
from qa_analyzer.calls.call_ids import call_id_fault

CHINESE_COLUMNS = {
    "录音文件": "path",
    "通话编号": "call_id",
    "坐席工号": "agent_id",
    "坐席姓名": "agent_name",
    "班组": "team",
    "技能组": "queue",
    "开始时间": "started_at",
    "呼叫方向": "direction",
    "坐席声道": "agent_channel",
    "振铃秒数": "ring_seconds",
    "振铃次数": "ring_count",
    "满意度": "csat",
    "是否解决": "resolved",
    "客户编号": "customer_id",
}
"""The Chinese name of each column; either may be used."""

_ABSENT = frozenset({"", "null", r"\n"})
"""What databases and spreadsheets write for "no value", case-folded."""

_PARSERS: Mapping[str, Callable[[str], object]] = {
    "direction": column_values.parse_direction,
    "agent_channel": column_values.parse_channel,
    "ring_seconds": column_values.parse_seconds,
    "ring_count": column_values.parse_count,
    "csat": column_values.parse_satisfaction,
    "resolved": column_values.parse_truth,
}


class CallRow(BaseModel):
    """The known columns of one call. Cells may come as text or as JSON scalars; empty ones become None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    call_id: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    team: str | None = None
    queue: str | None = None
    started_at: datetime | None = None
    direction: Direction | None = None
    agent_channel: int | None = None
    ring_seconds: float | None = None
    ring_count: int | None = None
    csat: float | None = None
    resolved: bool | None = None
    customer_id: str | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _read_cell(cls, cell: object, context: ValidationInfo) -> object:
        text = cell_text(cell)
        if text is None:
            return None
        if context.field_name == "started_at":
            assert isinstance(context.context, ZoneInfo)
            return column_values.parse_started_at(text, context.context)
        if context.field_name == "call_id" and (fault := call_id_fault(text)):
            raise ValueError(fault)
        parse = _PARSERS.get(context.field_name or "")
        return parse(text) if parse else text


COLUMNS = tuple(CallRow.model_fields)


class RowError(ValueError):
    """One row cannot be used; the message lists every fault. ``call_id`` is the row's, if usable."""

    def __init__(self, reason: str, *, call_id: str | None = None) -> None:
        super().__init__(reason)
        self.call_id = call_id


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call was written: a file, and a 1-based line where the file has lines."""

    path: Path
    line: int | None = None

    def __str__(self) -> str:
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class CallMetadata:
    """The read columns of one call and its other columns as text, sorted by name."""

    row: CallRow
    extra: tuple[tuple[str, str], ...] = ()

    def filled_from(self, other: CallMetadata) -> CallMetadata:
        """Take from ``other`` what is absent here."""
        known = {name: value for name in COLUMNS if (value := getattr(self.row, name)) is not None}
        return CallMetadata(
            other.row.model_copy(update=known),
            tuple(sorted({**dict(other.extra), **dict(self.extra)}.items())),
        )

    def call(
        self,
        call_id: str,
        *,
        audio_path: Path | None = None,
        audio_url: str | None = None,
        given_turns: tuple[GivenTurn, ...] | None = None,
    ) -> Call:
        """Join the metadata with what is to be judged."""
        row = self.row
        return Call(
            call_id=call_id,
            audio_path=audio_path,
            audio_url=audio_url,
            given_turns=given_turns,
            agent_id=row.agent_id,
            agent_name=row.agent_name,
            team=row.team,
            queue=row.queue,
            started_at=row.started_at,
            direction=row.direction,
            agent_channel=row.agent_channel,
            ring_seconds=row.ring_seconds,
            ring_count=row.ring_count,
            csat=row.csat,
            resolved=row.resolved,
            customer_id=row.customer_id,
            extra=self.extra,
        )


def read_metadata(cells: Mapping[str, object], zone: ZoneInfo) -> CallMetadata:
    """Read one row; names that are no column of ours are kept as ``extra``. Raises RowError."""
    known = {name: cell for name, cell in cells.items() if name in CallRow.model_fields}
    try:
        row = CallRow.model_validate(known, context=zone)
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            column = str(fault["loc"][0])
            reason = fault.get("ctx", {}).get("error", fault["msg"])
            faults.append(f"{column}: {_shown(known[column])}: {reason}")
        raise RowError("; ".join(faults), call_id=usable_call_id(cells.get("call_id"))) from error
    extra = {name: text for name, cell in cells.items() if name not in known and (text := _extra_text(cell))}
    return CallMetadata(row, tuple(sorted(extra.items())))


def usable_call_id(cell: object) -> str | None:
    """Return the cell as a call id, or None where it is none; for naming a row that has other faults."""
    try:
        text = cell_text(cell)
    except ValueError:
        return None
    return text if text is not None and call_id_fault(text) is None else None


def canonical_column(header: str) -> str:
    """Return the known column that a header names, in either language; other headers as they are, trimmed."""
    trimmed = header.strip()
    folded = trimmed.casefold().replace(" ", "_").replace("-", "_")
    if folded in CallRow.model_fields:
        return folded
    return CHINESE_COLUMNS.get(trimmed, trimmed)


def cell_text(cell: object) -> str | None:
    """Return a cell as trimmed text; None where it is empty. Raises ValueError for lists and objects."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            raise ValueError("is no finite number")
        return repr(cell)
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, str):
        text = cell.strip()
        return None if text.casefold() in _ABSENT else text
    raise ValueError("must be a single value, not a list or an object")


def _extra_text(cell: object) -> str | None:
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False, sort_keys=True)
    return cell_text(cell)


def _shown(cell: object) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
    return f"'{text[:60]}{'…' if len(text) > 60 else ''}'"
