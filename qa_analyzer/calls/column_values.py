"""How people write dates, truth values, numbers and directions in a call list, in Chinese and in English.

Every parser takes one non-empty cell and returns its value or raises ValueError saying what is allowed.
Nothing is guessed: an ambiguous form is an error.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from qa_analyzer.calls.call import Direction

_TRUE = frozenset({"true", "yes", "y", "1", "是", "已解决", "解决", "真"})
_FALSE = frozenset({"false", "no", "n", "0", "否", "未解决", "没解决", "假"})
_DIRECTIONS = {
    "inbound": Direction.INBOUND,
    "in": Direction.INBOUND,
    "incoming": Direction.INBOUND,
    "呼入": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "out": Direction.OUTBOUND,
    "outgoing": Direction.OUTBOUND,
    "呼出": Direction.OUTBOUND,
    "外呼": Direction.OUTBOUND,
}
_CHANNELS = {
    "0": 0,
    "left": 0,
    "l": 0,
    "左": 0,
    "左声道": 0,
    "1": 1,
    "right": 1,
    "r": 1,
    "右": 1,
    "右声道": 1,
}
_SATISFACTION = {"非常满意": 5.0, "满意": 4.0, "一般": 3.0, "不满意": 2.0, "非常不满意": 1.0}
MAX_TIME_S = 7 * 24 * 3600.0
"""No time inside a call, and no ringing, is longer."""

# Digits only, or with the separators people and systems use; the year always first, so no day/month question.
_WRITTEN_TIME = re.compile(
    r"(?P<year>\d{4})(?:[-/.]|年)(?P<month>\d{1,2})(?:[-/.]|月)(?P<day>\d{1,2})日?"
    r"(?:T|[\s_]*)(?P<half>上午|下午|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})[:时点](?P<minute>\d{1,2})[:分]?(?:(?P<second>\d{1,2})秒?(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<late_half>AM|PM))?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE | re.ASCII,
)
_COMPACT_TIME = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[-_T\s]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_DAY_ONLY = re.compile(r"\d{4}(?:[-/.]|年)\d{1,2}(?:[-/.]|月)\d{1,2}日?|\d{8}")
_UNIX_TIME = re.compile(r"(1\d{9})(\d{3})?", re.ASCII)  # to 2033; later ones would look like dates
_TIME_FORMS = (
    "2026-11-16 19:06:00, 2026/11/16 19:06, 2026-11-16T19:06:00+08:00, 2026年11月16日 19时06分, "
    "2026/11/16 下午7:06, 20261116190600, or Unix seconds or milliseconds"
)


def parse_truth(text: str) -> bool:
    """Read a truth value."""
    folded = text.casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ValueError("allowed: true/false, yes/no, 1/0, 是/否, 已解决/未解决")


def parse_direction(text: str) -> Direction:
    """Read who called whom, from the centre's side."""
    direction = _DIRECTIONS.get(text.casefold())
    if direction is None:
        raise ValueError("allowed: inbound/outbound, in/out, 呼入/呼出")
    return direction


def parse_channel(text: str) -> int:
    """Read a 0-based channel."""
    channel = _CHANNELS.get(text.casefold())
    if channel is None:
        raise ValueError("allowed: 0 or left (左), 1 or right (右); channels count from 0")
    return channel


def parse_satisfaction(text: str) -> float:
    """Read a satisfaction grade on the scale 1 (worst) to 5."""
    if text in _SATISFACTION:
        return _SATISFACTION[text]
    allowed = "allowed: 1 (worst) to 5, or 非常不满意/不满意/一般/满意/非常满意; convert other scales first"
    grade = parse_number(text, allowed=allowed)
    if not 1 <= grade <= 5:
        raise ValueError(allowed)
    return grade


def parse_seconds(text: str) -> float:
    """Read a length of time in seconds."""
    allowed = f"allowed: seconds from 0 to {MAX_TIME_S:.0f}, such as 12 or 12.5"
    seconds = parse_number(text, allowed=allowed)
    if not 0 <= seconds <= MAX_TIME_S:
        raise ValueError(allowed)
    return seconds


def parse_count(text: str) -> int:
    """Read a whole number from 0 to 1000."""
    # Spreadsheets turn 3 into 3.0 when a cell of the column is empty.
    match = re.fullmatch(r"([0-9]{1,4})(?:\.0+)?", text)
    if match is None or int(match[1]) > 1000:
        raise ValueError("allowed: a whole number from 0 to 1000")
    return int(match[1])


def parse_number(text: str, *, allowed: str) -> float:
    """Read a finite decimal number; nan, inf, underscores and foreign digits are not numbers."""
    if re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", text) is None:
        raise ValueError(allowed)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(allowed)
    return number


def parse_started_at(text: str, zone: ZoneInfo) -> datetime:
    """Read a date with a time of day; without a zone of its own it is in ``zone``. The result is aware."""
    if unix := _UNIX_TIME.fullmatch(text):
        moment = datetime.fromtimestamp(int(unix[1]), UTC) + timedelta(milliseconds=int(unix[2] or 0))
        return _plausible(moment.astimezone(zone))
    match = _WRITTEN_TIME.fullmatch(text) or _COMPACT_TIME.fullmatch(text)
    if match is None:
        if _DAY_ONLY.fullmatch(text):
            raise ValueError("the time of day is missing; write 00:00 if only the day is known")
        raise ValueError(f"allowed: {_TIME_FORMS}")
    part = match.groupdict()
    try:
        moment = datetime(
            int(part["year"]),
            int(part["month"]),
            int(part["day"]),
            _hour(int(part["hour"]), part.get("half") or part.get("late_half")),
            int(part["minute"]),
            int(part["second"] or 0),
            int((part.get("fraction") or "0").ljust(6, "0")[:6]),
            tzinfo=_zone(part["zone"], zone),
        )
    except ValueError as error:
        raise ValueError(f"no such date or time ({error}); allowed: {_TIME_FORMS}") from error
    return _plausible(moment)


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} with {half}")
    return hour % 12 + (12 if half.upper() in ("下午", "PM") else 0)


def _zone(written: str | None, zone: ZoneInfo) -> tzinfo:
    if written is None:
        return zone
    if written.upper() == "Z":
        return UTC
    offset = timedelta(hours=int(written[1:3]), minutes=int(written[-2:]))
    return timezone(-offset if written[0] == "-" else offset)


def _plausible(moment: datetime) -> datetime:
    if not 1990 <= moment.year <= 2100:
        raise ValueError(f"the year {moment.year} is not from 1990 to 2100")
    return moment
