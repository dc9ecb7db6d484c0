"""Half-open time spans ``[start_s, end_s)`` and set operations on them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time in seconds from the start of the recording."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.start_s <= self.end_s:
            raise ValueError(f"span ends before it starts: {self.start_s} .. {self.end_s}")

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s

    def overlap_s(self, other: Span) -> float:
        """Return the seconds that both spans share; 0 where they are apart."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


def union(spans: Iterable[Span], *, join_gap_s: float = 0.0) -> tuple[Span, ...]:
    """Merge spans that overlap, touch, or lie at most ``join_gap_s`` apart; empty spans vanish."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.duration_s > 0):
        if merged and span.start_s <= merged[-1].end_s + join_gap_s:
            last = merged.pop()
            span = Span(last.start_s, max(last.end_s, span.end_s))
        merged.append(span)
    return tuple(merged)


def intersection(left: Iterable[Span], right: Iterable[Span]) -> tuple[Span, ...]:
    """Return the stretches covered by both sides."""
    left, right = union(left), union(right)
    shared: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start_s = max(left[i].start_s, right[j].start_s)
        end_s = min(left[i].end_s, right[j].end_s)
        if start_s < end_s:
            shared.append(Span(start_s, end_s))
        if left[i].end_s <= right[j].end_s:
            i += 1
        else:
            j += 1
    return tuple(shared)


def parts_within(spans: Sequence[Span], window: Span) -> tuple[Span, ...]:
    """Return what ``spans``, ordered and apart as ``union`` gives them, cover of a window.

    As ``intersection``, but quick where a long recording has many windows.
    """
    first = bisect_right(spans, window.start_s, key=lambda span: span.end_s)
    last = bisect_left(spans, window.end_s, key=lambda span: span.start_s)
    return tuple(
        Span(max(span.start_s, window.start_s), min(span.end_s, window.end_s)) for span in spans[first:last]
    )


def gaps(spans: Iterable[Span], within: Span) -> tuple[Span, ...]:
    """Return the stretches of ``within`` that no span covers."""
    free: list[Span] = []
    cursor_s = within.start_s
    for span in union(spans):
        if span.start_s > cursor_s:
            free.append(Span(cursor_s, min(span.start_s, within.end_s)))
        cursor_s = max(cursor_s, span.end_s)
        if cursor_s >= within.end_s:
            break
    if cursor_s < within.end_s:
        free.append(Span(cursor_s, within.end_s))
    return tuple(span for span in free if span.duration_s > 0)


def total_s(spans: Iterable[Span]) -> float:
    """Return the seconds covered by at least one span."""
    return sum(span.duration_s for span in union(spans))
