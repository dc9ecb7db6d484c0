import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.speech.digits import with_digits


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("我的号码是幺三八零零一二", "我的号码是1380012"),
        ("二十四小时内答复", "24小时内答复"),
        ("扣了一百五", "扣了150"),
        ("扣了一百零五块", "扣了105块"),
        ("两千三百四", "2340"),
        ("一千零五十", "1050"),
        ("三千零一", "3001"),
        ("十五万", "15万"),
        ("打了百分之五的折", "打了5%的折"),
        ("百分之十五", "15%"),
        ("一共三百六十五元", "一共365元"),
    ],
)
def test_numbers_become_digits(spoken: str, written: str) -> None:
    assert with_digits(spoken) == written


@pytest.mark.parametrize(
    "text",
    [
        "十分抱歉，千万别急",
        "万一呢，等一下，三番五次",
        "七八十块，四五百，四十五六个",
        "百分百满意，百分之",
        "百分之五点五，百分之九十九点九",
        "成百上千，138 已经是数字",
        "",
    ],
)
def test_words_and_estimates_stay(text: str) -> None:
    assert with_digits(text) == text


@given(st.integers(11, 9999))
def test_every_number_of_a_price_list_is_read(value: int) -> None:
    assert with_digits(f"一共{cn2an.an2cn(str(value))}元") == f"一共{value}元"


@given(st.text(alphabet="零一二两三四五六七八九十百千万亿幺分之块的", max_size=12))
def test_nothing_else_is_touched_and_twice_is_once(text: str) -> None:
    written = with_digits(text)
    assert with_digits(written) == written
    kept = [char for char in text if char in "块的"]
    assert [char for char in written if char in "块的"] == kept
