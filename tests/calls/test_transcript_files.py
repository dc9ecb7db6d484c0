from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_analyzer.calls.call import GivenTurn, Role
from qa_analyzer.calls.call_row import RowError
from qa_analyzer.calls.subtitles import turns_from_subtitles
from qa_analyzer.calls.transcript_files import read_transcript_file, turns_from_lines, turns_from_table

A, C = Role.AGENT, Role.CUSTOMER


def test_labelled_lines() -> None:
    text = (
        "[00:00:01] 坐席：您好，请讲。\n\n客户: 我要查话费\n  余额：还有多少\n就是这个月的\n"
        "客服(李敏)：好的😊\nAGENT 2: 稍等\n【用户】：行\n顾客：\n"
    )
    assert turns_from_lines(text) == (
        GivenTurn(A, "您好，请讲。"),
        GivenTurn(C, "我要查话费\n余额：还有多少\n就是这个月的"),
        GivenTurn(A, "好的😊"),
        GivenTurn(A, "稍等"),
        GivenTurn(C, "行"),
        GivenTurn(C, ""),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您好\n坐席：您好\n", "line 1: the first line has no speaker"),
        (
            "坐席：您好\n机器人：你好\n班长: 嗯\n",
            "line 2: '机器人' is no known speaker; allowed: agent, 坐席",
        ),
        ("", "0 turns"),
        ("坐席：\n客户： \n", "no turn of the call has any text"),
    ],
)
def test_unusable_lines(text: str, expected: str) -> None:
    with pytest.raises(RowError) as caught:
        turns_from_lines(text)
    assert expected in str(caught.value)


def test_every_bad_line_is_named() -> None:
    with pytest.raises(RowError) as caught:
        turns_from_lines("\n".join(["坐席：好", *["机器人：好"] * 8]))
    assert "line 2:" in str(caught.value)
    assert "and 3 more" in str(caught.value)


spoken = (
    st.text(
        st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters=":："),
        min_size=1,
        max_size=20,
    )
    .map(str.strip)
    .filter(bool)
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["坐席", "客户", "客服", "user", "Agent"]), spoken), min_size=1, max_size=8
    )
)
def test_labelled_lines_round_trip(turns: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{label}：{words}" for label, words in turns)
    assert [turn.text for turn in turns_from_lines(text)] == [words for _, words in turns]


SRT = """1
00:00:00,500 --> 00:00:02,000
坐席：您好

2
00:00:02,100 --> 00:01:04,250
客户：<i>网断了</i>
两天了

"""


def test_srt() -> None:
    expected = (GivenTurn(A, "您好", 0.5, 2.0), GivenTurn(C, "网断了\n两天了", 2.1, 64.25))
    assert turns_from_subtitles(SRT) == expected
    assert turns_from_subtitles(SRT.replace("\n", "\r\n").rstrip()) == expected


def test_webvtt() -> None:
    text = (
        "WEBVTT - call\n\nNOTE made by hand\nof text\n\nSTYLE\n::cue { color: red }\n\nid1\n"
        "00:00.500 --> 00:02.000 align:start\n<v 坐席 >您好 &amp; 请讲\n\n01:00:02.100 --> 01:00:04.000\n"
        "客户: <c.loud>说话</c> 1 < 2\n\n00:05.000 --> 00:06.000\n\n"
    )
    assert turns_from_subtitles(text) == (
        GivenTurn(A, "您好 & 请讲", 0.5, 2.0),
        GivenTurn(C, "说话 1 < 2", 3602.1, 3604.0),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SRT.replace("坐席：", ""), "line 2: the cue names no speaker"),
        (SRT.replace("坐席", "机器人"), "line 2: '机器人' is no known speaker"),
        (SRT.replace("两天了", "坐席：嗯"), "line 6: two speakers in one cue"),
        (SRT.replace("00:00:02,000", "00:00:00,100"), "line 2: the cue ends before it starts"),
        (SRT.replace("-->", "->"), "line 1: a cue needs a line like"),
        ("WEBVTT\n\n", "0 turns"),
        ("", "0 turns"),
        ("WEBVTT\n\n00:00.000 --> 00:01.000\n<v 坐席>好</v><v 客户>嗯</v>\n", "two speakers in one cue"),
    ],
)
def test_unusable_subtitles(text: str, expected: str) -> None:
    with pytest.raises(RowError) as caught:
        turns_from_subtitles(text)
    assert expected in str(caught.value)


def test_table() -> None:
    text = 'Role,text,start_s,end_s,note\nagent,"您好,请讲",0.5,2,x\n\n客户,"他说""好""\n真的",2.5,,\n'
    assert turns_from_table(text) == (
        GivenTurn(A, "您好,请讲", 0.5, 2.0),
        GivenTurn(C, '他说"好"\n真的', 2.5),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("role,words\nagent,x\n", "line 1: the header needs role and text"),
        ("role,text,text\nagent,x,y\n", "line 1: the header needs role and text once"),
        ("role,text\nrobot,x\n", "line 2: role: 'robot'"),
        ("role,text\nagent,a,b\n", "line 2: has 3 cells, the header 2"),
        ("role,text,start_s\nagent,x,soon\n", "line 2: start_s: 'soon'"),
        ("role,text,start\nagent,x,3\n", "start: write it as start_s"),
        ('role,text\nagent,"x\n', "line 2: unexpected end of data"),
        ("", "line 1: the header needs"),
    ],
)
def test_unusable_tables(text: str, expected: str) -> None:
    with pytest.raises(RowError) as caught:
        turns_from_table(text)
    assert expected in str(caught.value)


def test_files_by_suffix_and_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.TXT").write_bytes("坐席：您好\n客户：你好".encode("gb18030"))
    assert [turn.role for turn in read_transcript_file(tmp_path / "a.TXT").turns] == [A, C]
    (tmp_path / "b.json").write_bytes('\ufeff[{"role": "agent", "text": "您好"}]'.encode())
    assert read_transcript_file(tmp_path / "b.json").turns == (GivenTurn(A, "您好"),)
    (tmp_path / "c.json").write_text(
        '{"team": "一组", "turns": [{"role": "客户", "text": "您好"}]}', encoding="utf-8"
    )
    read = read_transcript_file(tmp_path / "c.json")
    assert read.turns == (GivenTurn(C, "您好"),)
    assert dict(read.cells) == {"team": "一组"}


@pytest.mark.parametrize(
    ("raw", "expected"), [(b"\0\0", "x.json is not a text file"), (b"{}", "x.json: has no turns")]
)
def test_faults_name_the_file(tmp_path: Path, raw: bytes, expected: str) -> None:
    (tmp_path / "x.json").write_bytes(raw)
    with pytest.raises(RowError) as caught:
        read_transcript_file(tmp_path / "x.json")
    assert expected in str(caught.value)


@settings(max_examples=100, derandomize=True)
@given(st.text(st.sampled_from('坐席客户：: \n0123,.->[]<v>WEBVTT"role,text\r\t'), max_size=80))
@pytest.mark.parametrize("parse", [turns_from_lines, turns_from_subtitles, turns_from_table])
def test_any_text_gives_turns_or_a_row_error(
    parse: Callable[[str], tuple[GivenTurn, ...]], text: str
) -> None:
    try:
        turns = parse(text)
    except RowError:
        return
    assert any(turn.text for turn in turns)
    assert all(isinstance(turn.role, Role) for turn in turns)
