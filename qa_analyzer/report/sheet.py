"""A sheet of the workbook as plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """What a column holds, and so how it is shown."""

    TEXT = "text"
    LONG = "long"
    COUNT = "count"
    SCORE = "score"
    SHARE = "share"
    SECONDS = "seconds"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Link:
    """A text that opens a page of the report."""

    text: str
    target: str


Cell: TypeAlias = str | float | Link | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``scaled`` colours it from low to high, ``alarming`` whatever is above 0."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 12
    scaled: bool = False
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet with a header row; the first ``frozen_columns`` stay in view."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    frozen_columns: int = 1
    filtered: bool = True
