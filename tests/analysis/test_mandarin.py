"""Spoken text and its way back to the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.mandarin import (
    han_count,
    pinyin_of,
    readings_of,
    sequence_probability,
    spoken,
    spoken_length,
    syllables_of,
)


def test_spoken_text_drops_what_is_not_said_and_keeps_the_way_back() -> None:
    text = spoken("您好，歡迎 致電ＡＢＣ😀！")
    assert text.chars == "您好欢迎致电abc"
    assert text.original_span(2, 6) == (3, 8)
    assert text.original[slice(*text.original_span(2, 6))] == "歡迎 致電"


def test_remarks_of_transcribers_are_not_speech() -> None:
    assert spoken("我[听不清]那个［杂音］卡").chars == "我那个卡"


def test_sentence_ends_are_remembered_but_not_at_the_edges() -> None:
    text = spoken("不好。意思是这样！")
    assert text.chars == "不好意思是这样"
    assert text.breaks == {2}


@given(st.text(max_size=40))
def test_every_spoken_character_points_into_the_original(text: str) -> None:
    reduced = spoken(text)
    assert len(reduced.chars) == len(reduced.offsets)
    assert list(reduced.offsets) == sorted(reduced.offsets)
    assert all(0 <= offset < len(text) for offset in reduced.offsets)
    assert all(0 < place < len(reduced.chars) for place in reduced.breaks)


@given(st.text(alphabet="您好歡迎致電abＡ１2，。！ 😀", max_size=30))
def test_reducing_twice_changes_nothing(text: str) -> None:
    once = spoken(text).chars
    assert spoken(once).chars == once


def test_readings_in_context_and_by_heart() -> None:
    assert pinyin_of("银行不行") == ("yin", "hang", "bu", "xing")
    assert [syllable.base for syllable in readings_of("行")] == ["xing", "hang"]
    assert {syllable.base for syllable in readings_of("1")} == {"yi", "yao"}
    assert readings_of("a")[0].base == "a"


@given(st.text(alphabet="银行还钱10086abc嗯㐀一二", max_size=20))
def test_one_syllable_a_character(chars: str) -> None:
    reduced = spoken(chars).chars
    assert len(syllables_of(reduced)) == len(reduced)


@pytest.mark.parametrize(
    ("text", "syllables"),
    [("您好，再见。", 4), ("拨打10086", 7), ("[杂音]喂", 1), ("下载APP", 5), ("wifi", 2), ("", 0)],
)
def test_spoken_length_counts_syllables(text: str, syllables: int) -> None:
    assert spoken_length(text) == syllables


def test_han_count_counts_han_only() -> None:
    assert han_count("您好ABC123，再见") == 4


def test_probability_of_a_sequence() -> None:
    assert sequence_probability((0.5, 1.0, 0.1), 0, 2) == pytest.approx(0.75)
    assert sequence_probability(None, 0, 2) is None
    assert sequence_probability((0.5,), 1, 1) is None
