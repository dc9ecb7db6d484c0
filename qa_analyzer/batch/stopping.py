"""A wish to stop: what is in hand is finished, and nothing new is begun."""

from __future__ import annotations


class Stop:
    """Set ``asked`` to let a run end early; what it has finished is kept."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked = False


NEVER = Stop()
"""For those who never ask."""
