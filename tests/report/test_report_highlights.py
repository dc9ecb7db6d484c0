from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.report.highlights import STYLES, Mark, cut_text

_MARKS = st.lists(
    st.builds(
        Mark,
        char_start=st.integers(-3, 40),
        char_end=st.integers(-3, 40),
        style=st.sampled_from(STYLES),
        title=st.sampled_from(["", "甲", "乙"]),
    ),
    max_size=8,
)


@given(st.text(max_size=30), _MARKS)
def test_the_text_survives_any_marks(text: str, marks: list[Mark]) -> None:
    segments = cut_text(text, marks)
    assert "".join(segment.text for segment in segments) == text
    assert all(segment.text for segment in segments)


@given(st.text(min_size=1, max_size=30), _MARKS)
def test_a_character_has_the_gravest_style_over_it(text: str, marks: list[Mark]) -> None:
    at = 0
    for segment in cut_text(text, marks):
        for offset in range(at, at + len(segment.text)):
            over = [mark.style for mark in marks if mark.char_start <= offset < mark.char_end]
            assert segment.style == min(over, key=STYLES.index, default="")
        at += len(segment.text)


def test_overlapping_marks_are_cut_and_name_both() -> None:
    segments = cut_text("请稍等一下", [Mark(0, 3, "pass", "等待用语"), Mark(1, 5, "fail", "红线")])
    assert [(segment.text, segment.style, segment.title) for segment in segments] == [
        ("请", "pass", "等待用语"),
        ("稍等", "fail", "等待用语 · 红线"),
        ("一下", "fail", "红线"),
    ]
