"""One call as it was handed in: metadata plus a recording or given turns. Knows nothing of recognition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Role(StrEnum):
    """Who speaks."""

    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class GivenTurn:
    """One turn of a call that came as text. Every None means "the file did not say"."""

    role: Role
    text: str
    start_s: float | None = None
    end_s: float | None = None
    pause_before_s: float | None = None
    overlap_s: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call to judge: a recording (``audio_path`` or ``audio_url``) or ``given_turns``, never both.

    Of a recording that lies elsewhere, ``audio_path`` is set only while a copy of it is here.

    Every optional field is None where the input did not say; nothing is ever filled in.
    ``agent_channel`` is 0-based; ``ring_seconds`` and ``ring_count`` precede the answer.
    ``extra`` holds the other manifest columns, for rules and exports, sorted by name.
    """

    call_id: str
    audio_path: Path | None = None
    given_turns: tuple[GivenTurn, ...] | None = None
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
    extra: tuple[tuple[str, str], ...] = ()
    audio_url: str | None = None

    def __post_init__(self) -> None:
        if self.is_recording == (self.given_turns is not None):
            raise ValueError("a call has either a recording or given turns")

    @property
    def is_recording(self) -> bool:
        """Say whether there is sound to hear, here or elsewhere."""
        return self.audio_path is not None or self.audio_url is not None
