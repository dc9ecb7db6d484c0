"""Personal data: found, masked without moving anything, silenced."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.pii import (
    SECONDS_A_CHAR,
    SILENCE_MARGIN_S,
    PiiKind,
    PiiSpan,
    find_pii,
    mask_text,
    mask_transcript,
    mask_turns,
    masked_times,
)
from qa_analyzer.analysis.pii_numbers import id_card_valid, kind_of_number, luhn_valid
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.intervals import Span
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Turn, Word

ROLES = {"c": Role.CUSTOMER, "a": Role.AGENT}


def turns_of(marked: str) -> list[Turn]:
    """Read "c:text|a:text"."""
    return [
        Turn(index, ROLES[part[0]], part[2:].replace("<", "").replace(">", ""))
        for index, part in enumerate(marked.split("|"))
    ]


def masked_of(marked: str) -> list[str]:
    """Return what each turn must look like: everything between < and > masked."""
    texts = []
    for part in marked.split("|"):
        text, inside = "", False
        for char in part[2:]:
            if char in "<>":
                inside = char == "<"
            else:
                text += "*" if inside and char.isalnum() else char
        texts.append(text)
    return texts


@pytest.mark.parametrize(
    "marked",
    [
        "c:我手机<13800001111>，你记一下",
        "c:<138 0000 1111>",
        "c:<幺三八零零零零一二三四>对吧",
        "c:<一三八，零零零零，一二三四>",
        "c:<一三八零零>|a:嗯|c:<零零一二三四>",
        "c:<一三八零零零零>|a:<一三八零零零零>，然后呢|c:<一二三四>",
        "c:<13800001111>|a:您的尾号是<1111>对吧",
        "c:区号<0571-88880000>",
        "c:身份证<320102199003078515>",
        "c:身份证<三二零一零二一九九零零三零七八五一五>",
        "c:卡号<6222 0212 3456 7890 128>",
        "c:验证码是<八八二三四一>",
        "c:我叫<陈晓雯>想查一下话费",
        "c:我姓<欧阳>",
        "a:请问是<王建国>先生吗",
        "a:机主姓名是<李梅>对吗|c:对，<李梅>",
        "c:宽带装在<滨河路二十六号楼三单元五零一>",
        "c:<三号楼二单元五零三>",
        "c:发到<liu_1990@qq.com>",
        "c:车牌<苏A8K56Z>",
    ],
)
def test_personal_data_is_masked_and_nothing_else(marked: str) -> None:
    assert [turn.text for turn in mask_turns(turns_of(marked))] == masked_of(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "c:我打10086、12315都没人管",
        "c:这个月扣了一百二十三块五",
        "c:二零二六年十一月十六号办的",
        "a:工单号2026111612345",
        "a:您好我叫李敏，工号二零一",
        "c:我叫你们经理来",
        "c:叫什么名字",
        "c:等了二三十分钟，打了四五次",
        "c:三百兆，一个月九十九",
        "c:我们小区二十户都没网",
        "c:一会儿一下一起一共",
        "c:市中心那条街没信号",
        "a:请拨打95588",
    ],
)
def test_other_numbers_and_names_stay(marked: str) -> None:
    assert find_pii(turns_of(marked)) == ()


def test_kinds_by_check_digit() -> None:
    assert kind_of_number("13800001111") is PiiKind.PHONE
    assert kind_of_number("6222021234567890128") is PiiKind.BANK_CARD
    assert kind_of_number("6222021234567890129") is None
    assert kind_of_number("320102199003078515") is PiiKind.ID_CARD
    assert kind_of_number("1234567") is None


@given(st.integers(10**16, 10**17 - 1))
def test_exactly_one_last_character_makes_an_identity_number(number: int) -> None:
    body = "110105" + "19900307" + str(number)[:3]
    assert sum(id_card_valid(body + last) for last in "0123456789X") == 1


@given(st.text("0123456789", min_size=15, max_size=18))
def test_exactly_one_last_digit_passes_luhn(body: str) -> None:
    assert sum(luhn_valid(body + last) for last in "0123456789") == 1


@given(st.text(alphabet="我叫王姓路号一二三幺零138 ，@.comA京", max_size=40), st.sampled_from("ca"))
def test_masking_keeps_lengths_and_is_final(text: str, role: str) -> None:
    turns = [Turn(0, ROLES[role], text)]
    spans = find_pii(turns)
    (masked,) = mask_turns(turns, spans)
    assert len(masked.text) == len(text)
    covered = {place for span in spans for place in range(span.char_start, span.char_end)}
    assert all(text[place] == masked.text[place] for place in range(len(text)) if place not in covered)
    assert all(not masked.text[place].isalnum() for place in covered)


def test_spans_never_overlap() -> None:
    spans = find_pii(turns_of("c:我叫王小明，地址是滨河路26号3单元501，电话13800001111"))
    assert [span.kind for span in spans] == [PiiKind.NAME, PiiKind.ADDRESS, PiiKind.PHONE]
    assert all(first.char_end <= second.char_start for first, second in pairwise(spans))


def test_words_are_masked_and_silenced_with_the_text() -> None:
    words = (
        Word("号码", 0.0, 0.5, 0.9),
        Word("138", 0.5, 1.0, 0.9),
        Word("0000", 1.0, 1.5, 0.9),
        Word("1111", 1.6, 2.0, 0.9),
        Word("对吧", 3.0, 3.4, 0.9),
    )
    turn = Turn(0, Role.CUSTOMER, "号码13800001111对吧", channel=1, start_s=0.0, end_s=3.4, words=words)
    spans = find_pii([turn])
    (masked,) = mask_turns([turn], spans)
    assert [word.text for word in masked.words] == ["号码", "***", "****", "****", "对吧"]
    (silenced,) = masked_times([masked])
    assert silenced.start_s == pytest.approx(0.5 - 0.075 - SILENCE_MARGIN_S)
    assert silenced.end_s == pytest.approx(2.0 + 0.075 + SILENCE_MARGIN_S)
    assert masked_times([replace(masked, words=())]) == (Span(0.0, 3.4 + SILENCE_MARGIN_S),)
    assert masked_times([replace(masked, start_s=None, end_s=None)]) == ()
    assert masked_times([turn]) == ()


def test_words_that_were_placed_too_tightly_are_silenced_for_as_long_as_they_take_to_say() -> None:
    digits = tuple(Word("*", 5.0 + at / 100, 5.01 + at / 100, 0.9) for at in range(11))
    turn = Turn(0, Role.CUSTOMER, "***，****，****", channel=1, start_s=1.0, end_s=9.0, words=digits)
    (silenced,) = masked_times([turn])
    assert silenced.duration_s == pytest.approx(11 * SECONDS_A_CHAR + 2 * SILENCE_MARGIN_S)
    assert silenced.start_s < 5.0
    assert silenced.end_s > 5.11


def test_what_is_masked_at_two_places_is_silenced_at_two_places() -> None:
    words = (Word("**", 1.0, 1.5, 0.9), Word("好的", 4.0, 4.5, 0.9), Word("***", 8.0, 8.6, 0.9))
    turn = Turn(0, Role.CUSTOMER, "**好的***", channel=0, start_s=1.0, end_s=8.6, words=words)
    assert [round(span.start_s, 1) for span in masked_times([turn])] == [0.7, 7.7]
    assert all(span.overlap_s(Span(4.0, 4.5)) == 0 for span in masked_times([turn]))


def test_a_whole_transcript_is_masked() -> None:
    call = Call("p1", given_turns=(GivenTurn(Role.CUSTOMER, "我叫王小明，幺三八零零零零一二三四"),))
    transcript = mask_transcript(transcript_from_turns(call))
    assert transcript.turns[0].text == "我叫***，***********"
    assert mask_transcript(transcript) == transcript


def test_mask_text_leaves_punctuation() -> None:
    assert mask_text("138-0000，好", [PiiSpan(0, 0, 9, PiiKind.PHONE)]) == "***-****，好"
