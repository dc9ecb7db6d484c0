from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qa_analyzer.speech.asr import THOROUGH, Effort, Recognition
from qa_analyzer.speech.phrases import Heard, Phrase
from qa_analyzer.speech.second_pass import (
    MAX_SHARE,
    is_better,
    replaced_where_better,
    windows_to_hear_again,
)
from qa_analyzer.speech.transcript import Word

Build = Callable[..., Phrase]


def answering(text: str, probability: float) -> Callable[[np.ndarray, Effort], Recognition]:
    words = tuple(Word(char, 0.5 + 0.2 * at, 0.7 + 0.2 * at, probability) for at, char in enumerate(text))
    return lambda _window, _effort: Recognition(words, -0.2, 0.0)


@pytest.fixture
def minute(array_audio: type) -> object:
    return array_audio(np.zeros(16_000 * 60, np.float32), np.zeros(16_000 * 60, np.float32))


def hear_again(engine: Any, audio: Any, phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    windows = windows_to_hear_again(phrases, audio.duration_s)
    found = engine.recognize([window.read(audio) for _, window in windows], effort=THOROUGH)
    heard = [(index, Heard(window, one)) for (index, window), one in zip(windows, found, strict=True)]
    return replaced_where_better(phrases, heard)


def test_only_marked_phrases_are_heard_again(phrase: Build, minute: object, scripted_engine: type) -> None:
    engine = scripted_engine(answering("宽带断了", 0.9))
    phrases = (phrase("您好请讲", 1, 2.5), phrase("", 10, 12, 1), phrase("好的", 20, 21))
    better = hear_again(engine, minute, phrases)
    assert [one.text for one in better] == ["您好请讲", "宽带断了", "好的"]
    assert better[1].words[0].start_s == pytest.approx(9.6 + 0.5)
    ((length_s, _, _),) = engine.asked
    assert length_s == pytest.approx(2.8)


def test_worse_hearing_is_not_kept(phrase: Build, minute: object, scripted_engine: type) -> None:
    engine = scripted_engine(answering("字幕由志愿者提供", 0.9))
    doubtful = phrase("宽待断了三天", 10, 12, 1, 0.4)
    assert hear_again(engine, minute, (doubtful,)) == (doubtful,)
    assert len(engine.asked) == 1


def test_equal_hearing_must_be_clearly_surer(phrase: Build) -> None:
    first = phrase("宽待断了", 0, 2, 0, 0.40)
    assert not is_better(phrase("宽带断了", 0, 2, 0, 0.42), first)
    assert is_better(phrase("宽带断了", 0, 2, 0, 0.44), phrase("宽待断了", 0, 2, 0, 0.30))


def test_clean_calls_cost_nothing(phrase: Build, minute: object, scripted_engine: type) -> None:
    engine = scripted_engine(answering("不", 0.9))
    hear_again(engine, minute, (phrase("您好请讲", 1, 2.5),))
    assert engine.asked == []


def test_bad_calls_are_heard_again_only_in_part(phrase: Build, minute: object, scripted_engine: type) -> None:
    engine = scripted_engine(answering("好", 0.9))
    lost = tuple(phrase("", start_s, start_s + 4) for start_s in range(0, 50, 5))
    hear_again(engine, minute, lost)
    heard_s = sum(length_s - 0.8 for length_s, _, _ in engine.asked)
    assert 4 <= heard_s <= MAX_SHARE * 40 + 0.5


def test_long_phrases_are_cut(phrase: Build, minute: object, scripted_engine: type) -> None:
    engine = scripted_engine(answering("好", 0.9))
    hear_again(
        engine, minute, (phrase("", 0, 8), phrase("没事了谢谢啊", 20, 42), phrase("您好请讲您好请问", 45, 48))
    )
    assert all(length_s <= 9.0 + 1e-6 for length_s, _, _ in engine.asked)
