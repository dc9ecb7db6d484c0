"""Cutting a turn's text at the edges of its marks, so that marks may overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked stretch of a turn: offsets into its text, a style name and a sentence for the reader."""

    char_start: int
    char_end: int
    style: str
    title: str


@dataclass(frozen=True, slots=True)
class TextSegment:
    """A stretch under the same marks. ``style`` is that of the gravest; empty where nothing is marked."""

    text: str
    style: str
    title: str


# Gravest first: where marks overlap, the first of these gives the colour.
STYLES = ("fail", "risk", "complaint", "unscorable", "near", "pass", "na", "unsure")


def cut_text(text: str, marks: Sequence[Mark]) -> tuple[TextSegment, ...]:
    """Return the text in order, cut at every mark's edge. Joined, the segments are the text again."""
    clipped = [
        (max(0, mark.char_start), min(len(text), mark.char_end), mark)
        for mark in marks
        if max(0, mark.char_start) < min(len(text), mark.char_end)
    ]
    edges = sorted({0, len(text), *(edge for start, end, _ in clipped for edge in (start, end))})
    segments = []
    for start, end in pairwise(edges):
        covering = [mark for left, right, mark in clipped if left <= start and end <= right]
        style = min((mark.style for mark in covering), key=STYLES.index, default="")
        titles = dict.fromkeys(mark.title for mark in covering if mark.title)
        segments.append(TextSegment(text[start:end], style, " · ".join(titles)))
    return tuple(segments)
