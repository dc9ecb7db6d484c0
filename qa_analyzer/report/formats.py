"""Figures as people read them. A None is a dash: never a zero."""

from __future__ import annotations

from datetime import datetime

NOTHING = "—"


def clock(seconds: float | None) -> str:
    """Return ``m:ss``, or ``h:mm:ss`` from an hour on."""
    if seconds is None:
        return NOTHING
    whole = int(max(0.0, seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def score(percent: float | None) -> str:
    """Return a score with one decimal where it has one."""
    return NOTHING if percent is None else points(round(percent, 1))


def points(value: float | None) -> str:
    """Return a figure without needless zeros."""
    return NOTHING if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def share(value: float | None) -> str:
    """Return a share in [0, 1] as a whole percentage."""
    return NOTHING if value is None else f"{value * 100:.0f}%"


def decimal(value: float | None, digits: int = 1) -> str:
    """Return a figure with a fixed number of decimals."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def moment(when: datetime | None) -> str:
    """Return a date and time to the minute, as recorded (no zone is converted)."""
    return NOTHING if when is None else when.strftime("%Y-%m-%d %H:%M")


def hours(seconds: float | None) -> str:
    """Return seconds as hours with two decimals."""
    return NOTHING if seconds is None else f"{seconds / 3600:.2f}"


def printable(text: str) -> str:
    """Return a text on one line without control characters, which could drive the terminal that shows it."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def short_hash(fingerprint: str | None) -> str:
    """Return the first twelve characters of a fingerprint, without the name of its algorithm."""
    return fingerprint.removeprefix("sha256:")[:12] if fingerprint else NOTHING
