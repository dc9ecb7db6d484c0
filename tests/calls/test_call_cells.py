from __future__ import annotations

import codecs
import string
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.calls import column_values
from qa_analyzer.calls.call import Direction
from qa_analyzer.calls.call_ids import MAX_CALL_ID_BYTES, call_id_fault, call_id_from_path
from qa_analyzer.calls.text_decoding import UndecodableTextError, decode_text, read_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 16, 19, 6, 5, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-16 19:06:05",
        "2026-11-16T19:06:05",
        "2026-11-16T19:06:05+08:00",
        "2026-11-16T11:06:05Z",
        "2026-11-16 20:06:05 +0900",
        "2026/11/16 19:06:05",
        "2026.11.16 19:06:05",
        "2026/11/16 下午7:06:05",
        "2026/11/16 7:06:05 PM",
        "2026年11月16日 19时06分05秒",
        "2026年11月16日19:06:05",
        "20261116190605",
        "20261116_190605",
        "20261116-190605",
        str(int(EVENING.timestamp())),
        f"{int(EVENING.timestamp())}000",
    ],
)
def test_times_as_people_and_systems_write_them(text: str) -> None:
    moment = column_values.parse_started_at(text, SHANGHAI)
    assert moment == EVENING
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-16 7:06", datetime(2026, 11, 16, 7, 6, tzinfo=SHANGHAI)),
        ("2026/11/16 上午12:30", datetime(2026, 11, 16, 0, 30, tzinfo=SHANGHAI)),
        ("2026/11/16 12:30 PM", datetime(2026, 11, 16, 12, 30, tzinfo=SHANGHAI)),
        ("2026-11-16 19:06:05.250", EVENING.replace(microsecond=250000)),
        ("202611161906", EVENING.replace(second=0)),
    ],
)
def test_times_in_detail(text: str, expected: datetime) -> None:
    assert column_values.parse_started_at(text, SHANGHAI) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-16",
        "20261116",
        "16/11/2026 19:06",
        "11/16/2026 19:06",
        "昨天",
        "2026-02-30 10:00",
        "2026-11-16 25:00",
        "2026/11/16 下午19:06",
        "1026-11-16 19:06",
        "46342.8",
        "2026-11-16 19:06+99:00",
        "٢٠٢٦-11-16 19:06",
        "",
    ],
)
def test_times_that_could_mean_anything_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|missing|year"):
        column_values.parse_started_at(text, SHANGHAI)


@given(st.datetimes(min_value=datetime(1991, 1, 1), max_value=datetime(2099, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001
def test_iso_times_round_trip(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert column_values.parse_started_at(aware.isoformat(), SHANGHAI) == aware
    assert column_values.parse_started_at(
        moment.replace(microsecond=0).isoformat(" "), ZoneInfo("UTC")
    ) == moment.replace(microsecond=0, tzinfo=UTC)


@given(st.text(st.sampled_from("0123456789-/:年月日时分秒上下午TZ+ ."), max_size=25))
def test_any_time_is_read_or_refused(text: str) -> None:
    try:
        moment = column_values.parse_started_at(text, SHANGHAI)
    except ValueError:
        return
    assert moment.tzinfo is not None
    assert any(character.isdecimal() for character in text)


def test_truth_direction_channel_and_satisfaction() -> None:
    assert [column_values.parse_truth(text) for text in ("是", "TRUE", "已解决", "1", "Y")] == [True] * 5
    assert [column_values.parse_truth(text) for text in ("否", "False", "未解决", "0", "n")] == [False] * 5
    assert column_values.parse_direction("外呼") is column_values.parse_direction("OUT") is Direction.OUTBOUND
    assert [column_values.parse_channel(text) for text in ("0", "左声道", "R", "1")] == [0, 0, 1, 1]
    assert [column_values.parse_satisfaction(text) for text in ("非常满意", "1", "4.5", "5.0")] == [
        5,
        1,
        4.5,
        5,
    ]


@pytest.mark.parametrize("text", ["好", "2", "yes!", "真的", "-1"])
def test_no_truth(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: true/false"):
        column_values.parse_truth(text)


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "1_0", "٣", "0x1", "", "1,5", "3 s"])
def test_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        column_values.parse_seconds(text)


@given(st.floats(0, column_values.MAX_TIME_S))
def test_seconds_round_trip(seconds: float) -> None:
    assert column_values.parse_seconds(repr(seconds)) == seconds


def test_counts() -> None:
    assert column_values.parse_count("3.0") == 3
    for text in ("3.5", "-1", "1001", "三"):
        with pytest.raises(ValueError, match="whole number"):
            column_values.parse_count(text)


# Call ids


@pytest.mark.parametrize(
    "call_id", ["C1", "2026-11-16 19.06_李敏", "a@b+c=d,(e)", "x" * MAX_CALL_ID_BYTES, "录" * 60]
)
def test_usable_call_ids(call_id: str) -> None:
    assert call_id_fault(call_id) is None


@pytest.mark.parametrize(
    "call_id",
    [
        "",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        "a:b",
        "a\n",
        "a\0",
        "a ",
        " a",
        "a.",
        "x" * 181,
        "录" * 61,
        "a\u202eb",
        "a*",
    ],
)
def test_unusable_call_ids(call_id: str) -> None:
    assert call_id_fault(call_id)


def test_ids_from_paths() -> None:
    assert call_id_from_path(PurePath("2026/11/a.b.wav")) == "2026__11__a.b"
    assert call_id_from_path(PurePath("../../etc/passwd")) == "etc__passwd"
    assert call_id_from_path(PurePath("11:30*录音.wav")) == "11_30_录音"


@given(
    st.lists(
        st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12), min_size=1, max_size=4
    )
)
def test_an_id_from_any_path_is_usable_unless_too_long(parts: list[str]) -> None:
    call_id = call_id_from_path(PurePath(*parts))
    assert call_id
    assert call_id_fault(call_id) is None or len(call_id.encode()) > MAX_CALL_ID_BYTES


# Encodings

HAN = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5) | st.sampled_from("，。！ \n1aA"), max_size=200
)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=200))
def test_any_text_survives_utf8_and_utf16(text: str) -> None:
    text = text.lstrip("\ufeff")
    assert decode_text(text.encode()) == text
    assert decode_text(codecs.BOM_UTF8 + text.encode()) == text
    assert decode_text(text.encode("utf-16")) == text


COMMON = (
    "您好请讲客户坐席宽带话费套餐流量网络投诉退订办理查询工号为您服务稍等"
    "谢谢再见姓名班组满意未解决呼入出时间编录音文件"
)


@given(st.text(st.sampled_from(COMMON + "，。：,0123456789abc\n"), max_size=300))
def test_chinese_in_gb18030_is_read_correctly(text: str) -> None:
    # A table is longer than the few characters that can look like UTF-8 by chance.
    text = "录音文件,坐席姓名,班组\n" + text
    assert decode_text(text.encode("gb18030")) == text


def test_rare_characters_and_emoji_in_gb18030() -> None:
    text = "坐席：您好，𠮷先生😡，臺灣，镕。\n"
    assert decode_text(text.encode("gb18030")) == text


@given(st.text(st.sampled_from(COMMON), min_size=20, max_size=200), st.data())
def test_damaged_utf8_is_never_taken_for_gb18030(text: str, data: st.DataObject) -> None:
    raw = bytearray(text.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = 0xFF
    with pytest.raises(UndecodableTextError, match=r"damaged UTF-8|neither"):
        decode_text(bytes(raw))


@pytest.mark.parametrize(("length", "cut"), [(7, 1), (8, 2), (19, 1)])
def test_utf8_cut_inside_a_character_would_pass_as_gb18030(length: int, cut: int) -> None:
    raw = "您好请讲客户坐席宽带话费套餐流量网络投诉"[:length].encode()[:-cut]
    assert raw.decode("gb18030").startswith("鎮ㄥソ")  # wrong Chinese, no error
    with pytest.raises(UndecodableTextError, match="damaged UTF-8"):
        decode_text(raw)


def test_what_is_no_text() -> None:
    for raw, expected in [
        (b"PK\x03\x04\0\0", "zero bytes"),
        (b"\xff\xfe\x00\xd8", "UTF-16"),
        (b"\xb5\x80\xff\xff\xa1", "neither UTF-8"),
    ]:
        with pytest.raises(UndecodableTextError, match=expected):
            decode_text(raw)


def test_a_file_over_the_limit_is_not_loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("large") / "x.csv"
    path.write_text(string.ascii_letters, encoding="utf-8")
    assert read_text(path, max_bytes=52) == string.ascii_letters
    with pytest.raises(UndecodableTextError, match="larger than 51 bytes"):
        read_text(path, max_bytes=51)
