"""Alignments against a plain search of all ways."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.alignment import align

COST = st.sampled_from([0.0, 0.125, 0.25, 0.5, 1.0])


@st.composite
def costs(draw: st.DrawFn) -> tuple[list[list[float]], list[float], list[float]]:
    phrase, text = draw(st.integers(1, 4)), draw(st.integers(0, 5))
    row = st.lists(COST, min_size=text, max_size=text)
    apart = draw(st.lists(row, min_size=phrase, max_size=phrase))
    positive = st.sampled_from([0.25, 0.5, 1.0])
    missing = draw(st.lists(positive, min_size=phrase, max_size=phrase))
    return apart, missing, draw(st.lists(positive, min_size=text, max_size=text))


@given(costs())
def test_nothing_is_cheaper_and_the_way_costs_what_it_says(
    case: tuple[list[list[float]], list[float], list[float]],
) -> None:
    apart, missing, too_many = case

    @cache
    def least(step: int, place: int) -> float:
        if step == 0:
            return 0.0
        ways = [least(step - 1, place) + missing[step - 1]]
        if place:
            ways.append(least(step - 1, place - 1) + apart[step - 1][place - 1])
            ways.append(least(step, place - 1) + too_many[place - 1])
        return min(ways)

    found = align(apart, missing, too_many)
    assert found.cost == pytest.approx(least(len(apart), len(too_many)))
    assert 0 <= found.start <= len(too_many)
    assert all(found.start <= place < len(too_many) for place in found.changed)
    assert list(found.changed) == sorted(set(found.changed))
    assert found.deleted <= len(apart)
    if not found.changed and not found.deleted:
        assert found.cost == 0


def test_what_is_heard_changed_added_and_left_out() -> None:
    far = [9.0, 9.0, 9.0, 9.0]
    apart = [[9.0, 0.0, 9.0, 9.0], far, [9.0, 9.0, 9.0, 0.25]]
    found = align(apart, [1.0, 0.5, 1.0], [1.0, 1.0, 0.125, 1.0])
    # Skips a character of the text, hears, leaves one out, has one too many, hears another for the last.
    assert (found.cost, found.start, found.changed, found.deleted) == (0.875, 1, (2, 3), 1)
