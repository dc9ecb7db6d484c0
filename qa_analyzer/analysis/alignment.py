"""One alignment of a phrase with the end of a text, told character by character."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# How a character came about. Where ways cost the same, the one that stands first is taken.
_HEARD, _DELETED, _INSERTED = range(3)


class Alignment(NamedTuple):
    """The cheapest way: its cost, where in the text it starts, what it changes there, and what it leaves out.

    ``changed`` are text indexes; ``deleted`` counts characters of the phrase that the text lacks.
    """

    cost: float
    start: int
    changed: tuple[int, ...]
    deleted: int


def align(apart: Sequence[Sequence[float]], missing: Sequence[float], too_many: Sequence[float]) -> Alignment:
    """Align a whole phrase so that it ends where the text ends; it may start anywhere.

    ``apart[step][place]`` is what it costs to hear the phrase's character for the text's, ``missing[step]``
    to leave it out, ``too_many[place]`` to add the text's.
    """
    row = [0.0] * (len(too_many) + 1)
    ways: list[list[int]] = []
    for here, left_out in zip(apart, missing, strict=True):
        after, way = [row[0] + left_out], [_DELETED]
        for place, heard in enumerate(here):
            least, how = row[place] + heard, _HEARD
            if row[place + 1] + left_out < least:
                least, how = row[place + 1] + left_out, _DELETED
            if after[place] + too_many[place] < least:
                least, how = after[place] + too_many[place], _INSERTED
            after.append(least)
            way.append(how)
        ways.append(way)
        row = after
    return _followed_back(row[-1], ways, apart)


def _followed_back(cost: float, ways: list[list[int]], apart: Sequence[Sequence[float]]) -> Alignment:
    step, place, deleted = len(ways), len(ways[-1]) - 1, 0
    changed: list[int] = []
    while step:
        how = ways[step - 1][place]
        if how == _DELETED:
            deleted += 1
        else:
            place -= 1
            if how == _INSERTED or apart[step - 1][place] != 0:
                changed.append(place)
        step -= how != _INSERTED
    return Alignment(cost, place, tuple(reversed(changed)), deleted)
