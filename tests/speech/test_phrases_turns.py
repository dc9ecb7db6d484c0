from collections.abc import Callable

import pytest

from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span
from qa_analyzer.speech.asr import Recognition
from qa_analyzer.speech.packing import Piece, Window
from qa_analyzer.speech.phrases import Heard, Phrase, phrases_of
from qa_analyzer.speech.transcript import Word
from qa_analyzer.speech.turns import assemble_turns

ROLES = {0: Role.AGENT, 1: Role.CUSTOMER}
Build = Callable[..., Phrase]


def heard(pieces: list[tuple[float, float, float]], words: list[tuple[str, float, float]]) -> Heard:
    window = Window(0, tuple(Piece(Span(start_s, end_s), offset_s) for start_s, end_s, offset_s in pieces))
    return Heard(window, Recognition(tuple(Word(*word, 0.8) for word in words), -0.4, 0.1))


def test_words_go_to_the_voice_they_were_heard_in() -> None:
    one = heard(
        [(10.0, 12.0, 0.0), (40.0, 41.0, 2.0)], [("您", 0.2, 0.6), ("好", 0.6, 1.0), ("喂", 2.3, 2.6)]
    )
    phrases = phrases_of(0, (Span(10.1, 11.9), Span(40.1, 40.9)), [one])
    assert [phrase.text for phrase in phrases] == ["您好", "喂"]
    assert phrases[1].words[0].start_s == pytest.approx(40.3)
    assert phrases[0].avg_logprob == -0.4


def test_a_word_that_begins_in_the_pause_belongs_to_the_voice_after_it() -> None:
    one = heard([(0.0, 6.0, 0.0)], [("月", 1.5, 1.9), ("您", 1.95, 2.9), ("好", 2.9, 3.2)])
    phrases = phrases_of(0, (Span(0.5, 2.0), Span(2.6, 3.5)), [one])
    assert [phrase.text for phrase in phrases] == ["月", "您好"]


def test_voice_without_words_stays_as_an_empty_phrase() -> None:
    one = heard([(10.0, 12.0, 0.0)], [])
    (phrase,) = phrases_of(0, (Span(10.1, 11.9),), [one])
    assert phrase.words == ()
    assert phrase.no_speech_probability == 0.1


def test_words_without_voice_are_kept_for_the_audit() -> None:
    (phrase,) = phrases_of(0, (), [heard([(3.0, 5.0, 0.0)], [("字", 0.5, 1.0)])])
    assert phrase.voice == ()
    assert phrase.span == Span(3.5, 4.0)


def test_order_of_words_survives_loose_times() -> None:
    one = heard([(0.0, 6.0, 0.0)], [("一", 0.2, 0.4), ("二", 5.2, 5.4), ("三", 0.5, 0.6)])
    phrases = phrases_of(0, (Span(0, 1), Span(5, 6)), [one])
    assert [phrase.text for phrase in phrases] == ["一", "二三"]


def test_short_pause_keeps_the_floor_and_the_other_side_takes_it(phrase: Build) -> None:
    turns = assemble_turns(
        [phrase("您好", 0, 1), phrase("请讲", 1.8, 3), phrase("宽带断了", 3.2, 5, 1), phrase("好的", 5.5, 6)],
        ROLES,
    )
    assert [(turn.role, turn.text) for turn in turns] == [
        (Role.AGENT, "您好，请讲"),
        (Role.CUSTOMER, "宽带断了"),
        (Role.AGENT, "好的"),
    ]
    assert (turns[0].start_s, turns[0].end_s) == (0, 3)


def test_long_silence_parts_turns_of_one_side(phrase: Build) -> None:
    turns = assemble_turns([phrase("请稍等", 0, 1), phrase("让您久等了", 20, 22)], ROLES)
    assert [turn.text for turn in turns] == ["请稍等", "让您久等了"]


def test_back_channel_inside_speech_does_not_part_it(phrase: Build) -> None:
    turns = assemble_turns(
        [phrase("我昨天打过", 0, 4, 1), phrase("嗯", 2, 2.4), phrase("你们没回", 4.6, 6, 1)], ROLES
    )
    assert [(turn.role, turn.text) for turn in turns] == [
        (Role.CUSTOMER, "我昨天打过，你们没回"),
        (Role.AGENT, "嗯"),
    ]


def test_interruption_keeps_true_times(phrase: Build) -> None:
    turns = assemble_turns([phrase("我还没说完", 0, 5, 1), phrase("这个没办法", 4.2, 7)], ROLES)
    assert turns[1].role is Role.AGENT
    assert turns[1].start_s == 4.2
    assert turns[0].end_s == 5
    assert [turn.index for turn in turns] == [0, 1]


def test_empty_and_mark_only_phrases_make_no_turn(phrase: Build) -> None:
    assert assemble_turns([phrase("", 0, 1), phrase("，", 2, 3)], ROLES) == ()


def test_voices_of_a_mix_carry_no_channel(phrase: Build) -> None:
    (turn,) = assemble_turns(
        [phrase("喂", 0, 1)], {0: Role.UNKNOWN, 1: Role.UNKNOWN}, confidence=0.6, physical=False
    )
    assert turn.channel is None
    assert turn.role_confidence == 0.0
