"""Phrases by character and by sound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.analysis.matching import Phrase, PhraseHit, PhraseMatcher, default_max_distance
from qa_analyzer.analysis.phrase_forms import folded, number_forms, number_readings
from qa_analyzer.analysis.sound import NEGATION_COST, CharCosts, char_cost, sound_classes, split_syllable

PHRASES = (
    "不好意思", "请您稍等", "感谢您的耐心等待", "您好", "谢谢", "再见", "不知道别问我", "请问有什么可以帮您",
    "麻烦您", "爱办不办", "你自己去营业厅问", "两个工作日内", "跟你说不清楚",
)  # fmt: skip
MATCHER = PhraseMatcher([Phrase(text) for text in PHRASES])


def find(text: str, *phrases: str) -> list[tuple[str, str, str]]:
    matcher = PhraseMatcher([Phrase(phrase) for phrase in phrases]) if phrases else MATCHER
    return [(hit.phrase.text, hit.quote, hit.match_kind) for hit in matcher.find(spoken(text))]


def test_exact_hits_quote_the_original_with_its_punctuation() -> None:
    assert find("嗯，请您，稍等一下。") == [("请您稍等", "请您，稍等", "exact")]


def test_traditional_and_full_width_text_is_found() -> None:
    assert find("不好意思，謝謝") == [("不好意思", "不好意思", "exact"), ("谢谢", "謝謝", "exact")]


@pytest.mark.parametrize(
    ("heard", "phrase"),
    [
        ("情您稍灯一下", "请您稍等"),  # homophones
        ("请您烧登", "请您稍等"),  # eng for eng, tones lost
        ("感谢您耐心等待", "感谢您的耐心等待"),  # a particle lost
        ("感谢你的耐行等待", "感谢您的耐心等待"),  # in for ing
        ("请问有神么可以帮你", "请问有什么可以帮您"),
        ("马烦您了", "麻烦您"),
        ("请您先稍等", "请您稍等"),  # one syllable too many
        ("跟你说不青楚", "跟你说不清楚"),
        ("宁好", "您好"),
    ],
)
def test_misheard_phrases_are_found_by_sound(heard: str, phrase: str) -> None:
    hits = MATCHER.find(spoken(heard))
    assert [hit.phrase.text for hit in hits] == [phrase]
    assert hits[0].match_kind == "sound"
    assert 0 < hits[0].distance <= default_max_distance(len(phrase))


@pytest.mark.parametrize(
    "said",
    [
        "我知道别问我",  # the negation is the point
        "知道，别问我",
        "不好。意思是这样的",  # two sentences
        "三个工作日内",  # another number
        "二十五个工作日内",
        "你什么",
        "爱办",
        "说清楚",
        "实事求是",
    ],
)
def test_other_words_that_sound_alike_are_not_found(said: str) -> None:
    assert find(said) == []


def test_a_short_phrase_is_not_heard_in_a_common_word() -> None:
    assert find("我们在建一个基站", "再见") == []
    assert find("再件啊", "再见") == [("再见", "再件", "sound")]


def test_sound_is_off_where_the_phrase_says_so() -> None:
    matcher = PhraseMatcher([Phrase("请您稍等", sound=False)])
    assert matcher.find(spoken("情您稍灯")) == ()
    assert len(matcher.find(spoken("请您稍等"))) == 1


def test_a_phrase_may_set_its_own_distance() -> None:
    strict = PhraseMatcher([Phrase("请您稍等", max_distance=0.03)])
    loose = PhraseMatcher([Phrase("请您稍等", max_distance=0.1)])
    assert strict.find(spoken("情您稍灯")) == ()
    assert [hit.quote for hit in loose.find(spoken("情您稍灯"))] == ["情您稍灯"]


def test_phrases_with_the_same_words_are_all_reported() -> None:
    matcher = PhraseMatcher([Phrase("再见", "closing"), Phrase("再见", "polite")])
    assert [hit.phrase.key for hit in matcher.find(spoken("再见"))] == ["closing", "polite"]


def test_digits_match_however_they_are_said() -> None:
    for said in ("我打12315", "我打一二三一五", "我打幺二三幺五"):
        assert [hit[2] for hit in find(said, "12315")] == ["exact"]
    assert find("二十四小时内回复", "24小时内") == [("24小时内", "二十四小时内", "exact")]
    assert find("24小时内回复", "二十四小时内") == [("二十四小时内", "24小时内", "exact")]


def test_number_forms() -> None:
    assert number_forms("12点") == ("一二点", "十二点")
    assert number_forms("十二点") == ("十二点", "一二点")
    assert number_forms("一下") == ("一下",)
    assert number_readings("10086") == ("一零零八六", "幺零零八六", "一万零八十六")
    assert len(folded("她两10")) == 4


def test_hits_carry_the_probability_of_their_characters() -> None:
    text = spoken("好，再见")
    (hit,) = MATCHER.find(text, (0.1, 0.8, 0.6))
    assert hit.probability == pytest.approx(0.7)
    assert MATCHER.find(text)[0].probability is None
    with pytest.raises(ValueError, match="2 probabilities for 3"):
        MATCHER.find(text, (0.1, 0.8))


def test_the_nearest_miss_is_told_with_its_distance() -> None:
    hit = MATCHER.nearest(spoken("请您等"))
    assert hit is not None
    assert (hit.phrase.text, hit.quote) == ("请您稍等", "请您等")
    assert hit.distance > default_max_distance(4)
    assert MATCHER.nearest(spoken("哦")) is None


def test_nothing_to_look_for() -> None:
    assert PhraseMatcher([]).find(spoken("您好")) == ()
    assert PhraseMatcher([Phrase("。")]).find(spoken("您好。")) == ()
    assert MATCHER.find(spoken("")) == ()
    assert PhraseMatcher([]).nearest(spoken("您好")) is None


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet="您好请稍等谢再见不知道别问我情登写啊，。1a", max_size=25),
    st.sampled_from(PHRASES),
    st.text(alphabet="嗯啊好那套餐", max_size=6),
)
def test_what_is_said_is_always_found(before: str, phrase: str, after: str) -> None:
    text = f"{before}，{phrase}，{after}"
    hits = MATCHER.find(spoken(text))
    assert any(hit.phrase.text == phrase and hit.match_kind == "exact" for hit in hits)
    assert all(text[hit.char_start : hit.char_end] == hit.quote for hit in hits)
    assert all((hit.distance == 0) == (hit.match_kind == "exact") for hit in hits)
    assert list(hits) == list(MATCHER.find(spoken(text)))
    _no_overlap_within_a_phrase(hits)


def _no_overlap_within_a_phrase(hits: tuple[PhraseHit, ...]) -> None:
    for first in hits:
        for second in hits:
            if first is not second and first.phrase == second.phrase:
                assert first.char_end <= second.char_start or second.char_end <= first.char_start


@pytest.mark.parametrize(
    ("same", "confused", "apart"),
    [("是事", "是四", "是花"), ("烦凡", "烦方", "烦老"), ("您宁", "您零", "您大"), ("回会", "回飞", "回你")],
)
def test_costs_grow_with_the_difference_in_sound(same: str, confused: str, apart: str) -> None:
    assert 0 < char_cost(*same) < char_cost(*confused) < char_cost(*apart) <= 1


def test_a_negation_costs_more_than_any_threshold_allows() -> None:
    assert char_cost("不", "大") == NEGATION_COST
    assert char_cost("大", "不") == NEGATION_COST
    assert char_cost("不", "步") < 0.2


def test_costs_do_not_depend_on_what_came_before() -> None:
    fresh, used = CharCosts("请您"), CharCosts("请您")
    used.columns("".join(chr(code) for code in range(0x4E00, 0x4E00 + 700)))
    column = used.columns("情")[0]
    assert used.costs[:, column] == pytest.approx(fresh.costs[:, fresh.columns("情")[0]])


@pytest.mark.parametrize(
    ("base", "parts"),
    [
        ("jiu", ("j", "iou")),
        ("xue", ("x", "ve")),
        ("yu", ("", "v")),
        ("zhi", ("zh", "ih")),
        ("hui", ("h", "uei")),
        ("fei", ("f", "uei")),
        ("er", ("", "er")),
        ("nv", ("n", "v")),
        ("q", None),
        ("8", None),
    ],
)
def test_syllables_split(base: str, parts: tuple[str, str] | None) -> None:
    assert split_syllable(base) == parts


def test_merged_sounds_share_a_class() -> None:
    for pair in ("你李", "四是", "烦晃", "心星", "人能"):
        assert set(sound_classes(pair[0])) & set(sound_classes(pair[1])), pair
    assert not set(sound_classes("不")) & set(sound_classes("来"))
