from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.intervals import Span, gaps, intersection, parts_within, total_s, union

spans = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 40)).map(lambda pair: Span(pair[0], pair[0] + pair[1])),
    max_size=12,
)


def seconds(some: tuple[Span, ...] | list[Span]) -> set[int]:
    """The whole seconds that spans with integer ends cover: an independent model of the operations."""
    return {second for span in some for second in range(int(span.start_s), int(span.end_s))}


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends before"):
        Span(2.0, 1.0)


def test_containment_counts_only_what_is_shared() -> None:
    assert Span(0, 10).overlap_s(Span(1, 2)) == 1
    assert Span(0, 1).overlap_s(Span(1, 2)) == 0


def test_union_joins_over_small_gaps_only() -> None:
    near, far = Span(1.2, 2), Span(5, 6)
    assert union([Span(0, 1), near, far], join_gap_s=0.3) == (Span(0, 2), far)


@given(spans)
def test_union_covers_the_same_seconds_and_is_disjoint(some: list[Span]) -> None:
    merged = union(some)
    assert seconds(merged) == seconds(some)
    assert all(left.end_s < right.start_s for left, right in pairwise(merged))
    assert total_s(some) == len(seconds(some))


@given(spans, spans)
def test_intersection_is_what_both_cover(left: list[Span], right: list[Span]) -> None:
    assert seconds(intersection(left, right)) == seconds(left) & seconds(right)


@given(spans, st.integers(0, 100), st.integers(1, 150))
def test_parts_within_are_the_intersection(some: list[Span], start: int, length: int) -> None:
    window = Span(start, start + length)
    assert parts_within(union(some), window) == intersection(some, [window])


@given(spans, st.integers(0, 100), st.integers(0, 150))
def test_gaps_and_spans_fill_the_window(some: list[Span], start: int, length: int) -> None:
    window = Span(start, start + length)
    assert seconds(gaps(some, window)) == seconds([window]) - seconds(some)
