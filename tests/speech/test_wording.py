import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.speech.transcript import Word
from qa_analyzer.speech.wording import joined, simplified, with_pause_mark, written


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(text, at, at + 1, 0.9) for at, text in enumerate(texts))


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ("寬帶服務熱線", "宽带服务热线"),
        ("您先別著急", "您先别着急"),
        ("這是著名的", "这是著名的"),
        ("後臺幫您覈實", "后台帮您核实"),
        ("4G abc😀", "4G abc😀"),
    ],
)
def test_simplified(heard: str, shown: str) -> None:
    assert simplified(heard) == shown


@given(st.text(max_size=40))
def test_simplified_keeps_positions(text: str) -> None:
    assert len(simplified(text)) == len(text)


def test_spaces_and_half_width_marks_become_chinese_marks() -> None:
    assert joined(written(words("您", "好", ",", " 请", "问", "?"))) == "您好，请问？"
    assert joined(written(words("您", "好", " 请", "讲"))) == "您好，请讲"


def test_latin_keeps_its_spaces_and_marks() -> None:
    assert joined(written(words("A", "PP", " Store", ","))) == "APP Store,"


def test_marks_join_the_word_before_and_keep_its_time() -> None:
    shown = written(words("好", "。"))
    assert [word.text for word in shown] == ["好。"]
    assert (shown[0].start_s, shown[0].end_s) == (0, 1)


def test_leading_marks_are_dropped() -> None:
    assert joined(written(words(",", "好"))) == "好"


def test_pause_mark_only_where_none_stands() -> None:
    assert joined(with_pause_mark(words("好"))) == "好，"
    assert joined(with_pause_mark(words("好？"))) == "好？"
    assert with_pause_mark(()) == ()
