from collections.abc import Callable
from dataclasses import replace

import pytest

from qa_analyzer.intervals import Span
from qa_analyzer.speech.audit import audit_phrase, audit_phrases, quality
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.transcript import AuditKind

Build = Callable[..., Phrase]
PROMPT = "话费、套餐、携号转网、营业厅"


def kinds(phrase: Phrase, prompt: str = "") -> list[AuditKind]:
    return [span.kind for span in audit_phrase(phrase, prompt=prompt)]


@pytest.mark.parametrize(
    "text",
    [
        "您好宽带服务热线请问有什么可以帮您",
        "对对对就是这个",
        "喂喂喂听得到吗",
        "一三八零零零零零零零零",
        "再见",
        "谢谢您的来电",
    ],
)
def test_ordinary_speech_is_clean(phrase: Build, text: str) -> None:
    assert kinds(phrase(text, 10, 10 + len(text) / 4.5), PROMPT) == []


def test_voice_without_text_is_lost_speech(phrase: Build) -> None:
    assert kinds(phrase("", 3, 5)) == [AuditKind.LOST_SPEECH]
    assert kinds(phrase("", 3, 3.4)) == []


def test_few_characters_in_much_voice_are_lost_speech(phrase: Build) -> None:
    assert kinds(phrase("好的", 3, 9)) == [AuditKind.LOST_SPEECH]


def test_a_hole_between_words_is_shown_where_it_is(phrase: Build) -> None:
    left, right = phrase("我昨天打过你们电话反映", 0, 3), phrase("到今天都没有人联系我", 7, 10)
    span = Span(0, 10)
    both = replace(left, span=span, voice=(span,), words=(*left.words, *right.words))
    (found,) = audit_phrase(both)
    assert found.kind is AuditKind.LOST_SPEECH
    assert found.start_s == pytest.approx(3, abs=0.5)
    assert found.end_s == pytest.approx(7, abs=0.5)


def test_text_without_voice(phrase: Build) -> None:
    assert kinds(replace(phrase("谢谢您", 1, 2), voice=())) == [AuditKind.TEXT_OVER_SILENCE]
    doubtful = replace(phrase("这首歌很好听", 1, 3), no_speech_probability=0.9, avg_logprob=-1.4)
    assert kinds(doubtful) == [AuditKind.TEXT_OVER_SILENCE]


@pytest.mark.parametrize("text", ["我们的服务我们的服务我们的服务我们的服务", "好的好的好的好的好的好的好的"])
def test_loops(phrase: Build, text: str) -> None:
    assert kinds(phrase(text, 0, len(text) / 4)) == [AuditKind.REPETITION]


@pytest.mark.parametrize("text", ["字幕由志愿者提供", "請不吝點贊訂閱轉發", "谢谢大家收看", "中文字幕志愿者"])
def test_subtitle_phrases(phrase: Build, text: str) -> None:
    assert AuditKind.BOILERPLATE in kinds(phrase(text, 0, 3))


def test_prompt_that_came_out_as_text(phrase: Build) -> None:
    assert kinds(phrase("话费套餐携号转网营业厅", 0, 3), PROMPT) == [AuditKind.PROMPT_ECHO]
    assert kinds(phrase("我想办携号转网", 0, 3), PROMPT) == []
    assert kinds(phrase("话费套餐携号转网营业厅", 0, 3)) == []


def test_faster_than_anyone_speaks(phrase: Build) -> None:
    assert kinds(phrase("我想查一下这个月的话费为什么这么多", 0, 1.2)) == [AuditKind.TOO_FAST]


def test_low_confidence(phrase: Build) -> None:
    (found,) = audit_phrase(phrase("银钱上午十点", 2, 4, 1, 0.3))
    assert found.kind is AuditKind.LOW_CONFIDENCE
    assert found.channel == 1
    assert found.detail == "mean word probability 0.30"


def test_findings_are_ordered_by_time(phrase: Build) -> None:
    found = audit_phrases([phrase("", 8, 10), phrase("", 1, 3, 1)])
    assert [span.start_s for span in found] == [1, 8]


def test_quality_ranks_findings_before_certainty(phrase: Build) -> None:
    unsure, lost, sure = (
        phrase("宽带断了三天", 0, 2, 0, 0.65),
        phrase("", 0, 2),
        phrase("宽带断了三天", 0, 2, 0, 0.9),
    )
    assert quality(lost) < quality(unsure) < quality(sure)


def test_the_longest_echo_is_told(phrase: Build) -> None:
    (found,) = audit_phrase(phrase("嗯那个套餐携号转网营业厅吧", 0, 4), prompt=PROMPT)
    assert found.detail == "套餐携号转网营业厅"


def test_a_loop_over_the_list_is_an_echo_and_a_natural_repetition_is_none(phrase: Build) -> None:
    (found,) = audit_phrase(phrase("套餐、套餐、套餐、", 0, 3), prompt=PROMPT)
    assert (found.kind, found.detail) == (AuditKind.PROMPT_ECHO, "套餐套餐套餐")
    assert audit_phrase(phrase("对对对", 0, 1), prompt=PROMPT) == ()
    assert audit_phrase(phrase("套餐、套餐、套餐、", 0, 3)) == ()
