from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_analyzer.calls.call import Direction, Role
from qa_analyzer.calls.inputs import CallList, InputOptions, read_calls
from qa_analyzer.errors import ConfigError, InputError, ManifestError

SHANGHAI = ZoneInfo("Asia/Shanghai")
TURNS = [{"role": "agent", "text": "您好，请讲。"}, {"role": "customer", "text": "网断了😡，臺灣也斷。"}]


def recordings(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"RIFF")  # content is looked at only when the call is opened


def read(source: Path, **options: object) -> CallList:
    return read_calls(source, InputOptions(**options))  # type: ignore[arg-type]


def manifest(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def text_calls(folder: Path, *calls: object, name: str = "calls.jsonl") -> Path:
    lines = (call if isinstance(call, str) else json.dumps(call, ensure_ascii=False) for call in calls)
    return manifest(folder, "\n".join(lines) + "\n", name=name)


def only_rejection(listed: CallList) -> InputError:
    assert not listed.calls
    assert len(listed.rejected) == 1
    return listed.rejected[0]


# Folders


def test_a_folder_is_read_in_order_whatever_the_suffix_case(tmp_path: Path) -> None:
    recordings(
        tmp_path, "b.WAV", "a.mp3", "2026-11-16/0001.m4a", "2026-11-16/0001.amr.part", "a/c.opus", ".x/h.wav"
    )
    recordings(tmp_path, "._a.wav", "notes.txt")
    listed = read(tmp_path)
    assert [call.call_id for call in listed.calls] == ["2026-11-16__0001", "a__c", "a", "b"]
    assert listed.calls[3].audio_path == tmp_path / "b.WAV"
    assert listed.rejected == ()
    assert [path.name for path in listed.ignored] == ["0001.amr.part", "notes.txt"]
    assert listed.calls[0].agent_id is None


def test_two_files_that_make_one_id_keep_the_first(tmp_path: Path) -> None:
    recordings(tmp_path, "c1.mp3", "c1.wav")
    listed = read(tmp_path)
    assert [call.audio_path for call in listed.calls] == [tmp_path / "c1.mp3"]
    assert listed.rejected[0].call_id == "c1"
    assert str(tmp_path / "c1.mp3") in listed.rejected[0].reason
    assert str(tmp_path / "c1.wav") in listed.rejected[0].reason


def test_a_folder_of_transcripts(tmp_path: Path) -> None:
    manifest(tmp_path, "坐席：您好\n客户：你好\n", name="t1.txt", encoding="gb18030")
    manifest(tmp_path, "坐席：您好\n机器人：你好\n", name="t2.txt")
    listed = read(tmp_path)
    assert [call.call_id for call in listed.calls] == ["t1"]
    assert listed.calls[0].given_turns is not None
    assert [turn.text for turn in listed.calls[0].given_turns] == ["您好", "你好"]
    assert listed.rejected[0].call_id == "t2"
    assert "'机器人' is no known speaker" in listed.rejected[0].reason


def test_an_empty_folder_has_no_calls(tmp_path: Path) -> None:
    assert read(tmp_path) == CallList(())


@contextmanager
def without_rights(path: Path) -> Iterator[None]:
    mode = path.stat().st_mode
    path.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:  # root may read everything
            os.seteuid(65534)
        yield
    finally:
        os.seteuid(user)
        path.chmod(mode)


@pytest.fixture
def open_path(tmp_path: Path) -> Path:
    """A folder that another user can reach."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder.name.startswith("pytest"):
            folder.chmod(0o755)
    tmp_path.chmod(0o755)
    return tmp_path


def test_an_unreadable_folder_says_what_to_do(open_path: Path) -> None:
    folder = open_path / "night"
    recordings(folder, "a.wav")
    with without_rights(folder), pytest.raises(ConfigError, match="read and execute permission") as caught:
        read(folder)
    assert str(folder) in str(caught.value)


def test_an_unreadable_folder_inside_loses_only_its_calls(open_path: Path) -> None:
    recordings(open_path, "ok/a.wav", "shut/b.wav")
    with without_rights(open_path / "shut"):
        listed = read(open_path)
    assert [call.call_id for call in listed.calls] == ["ok__a"]
    assert listed.rejected[0].call_id == "shut"
    assert "its calls are missing" in listed.rejected[0].reason


def test_sources_that_cannot_serve(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        read(tmp_path / "none")
    (tmp_path / "list.xlsx").write_bytes(b"PK")
    with pytest.raises(ConfigError, match="neither a folder nor a manifest"):
        read(tmp_path / "list.xlsx")
    with pytest.raises(ConfigError, match="Asia/Shanghai"):
        read(tmp_path, timezone="Mars/Olympus")


def test_one_recording_is_a_list_of_one(tmp_path: Path) -> None:
    recordings(tmp_path, "x.wav")
    assert [call.call_id for call in read(tmp_path / "x.wav").calls] == ["x"]


# Manifests

HEADER = (
    "path,call_id,agent_id,agent_name,team,queue,started_at,direction,agent_channel,ring_seconds,ring_count,csat,"
    "resolved,customer_id,备注\n"
)
ROW = "night/a.wav,C1,8001,李敏,一组,宽带,2026-11-16 19:06:00,呼入,1,12.5,3,4,是,c88,加急\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_column_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    recordings(tmp_path, "night/a.wav")
    (call,) = read(manifest(tmp_path, HEADER + ROW, encoding=encoding)).calls
    assert call.call_id == "C1"
    assert call.audio_path == tmp_path / "night/a.wav"
    assert (call.agent_id, call.agent_name, call.team, call.queue) == ("8001", "李敏", "一组", "宽带")
    assert call.started_at == datetime(2026, 11, 16, 19, 6, tzinfo=SHANGHAI)
    assert call.started_at.utcoffset() == timedelta(hours=8)
    assert call.direction is Direction.INBOUND
    assert (call.agent_channel, call.ring_seconds, call.ring_count) == (1, 12.5, 3)
    assert (call.csat, call.resolved, call.customer_id) == (4.0, True, "c88")
    assert call.extra == (("备注", "加急"),)


def test_chinese_headers_excel_quoting_and_blank_rows(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav", "b.wav")
    text = (
        "录音文件;坐席工号;开始时间;是否解决;说明\r\n"
        'a.wav;8001;2026/11/16 下午7:06;未解决;"他说""不行"";\r\n第二行"\r\n'
        ";;;;\r\n"
        "b.wav;NULL;;;\r\n"
    )
    first, second = read(manifest(tmp_path, text)).calls
    assert first.started_at == datetime(2026, 11, 16, 19, 6, tzinfo=SHANGHAI)
    assert first.resolved is False
    assert first.extra == (("说明", '他说"不行";\r\n第二行'),)
    assert (second.call_id, second.agent_id, second.started_at, second.resolved) == ("b", None, None, None)


def test_wrong_values_reject_the_row_and_name_place_and_choices(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav", "b.wav")
    path = manifest(
        tmp_path,
        "path,call_id,started_at,direction,agent_channel,ring_seconds,ring_count,csat,resolved\n"
        'a.wav,"A\n1",11/16/2026,sideways,2,-1,1.5,9,maybe\n'
        "b.wav,B,2026-11-16,,,nan,,,\n"
        "b.wav,B2,,,,,,,\n",
    )
    listed = read(path)
    assert [call.call_id for call in listed.calls] == ["B2"]
    first, second = listed.rejected
    for column in (
        "call_id",
        "started_at",
        "direction",
        "agent_channel",
        "ring_seconds",
        "ring_count",
        "csat",
        "resolved",
    ):
        assert f"{column}: '" in first.reason, column
    assert first.reason.startswith(f"{path}:2: ")
    assert first.reason.count("allowed: ") == 8
    assert second.call_id == "B"
    assert second.reason.startswith(f"{path}:4: ")
    assert "write 00:00 if only the day is known" in second.reason
    assert "ring_seconds: 'nan'" in second.reason


def test_missing_duplicate_and_escaping_files(tmp_path: Path) -> None:
    inside = tmp_path / "site"
    recordings(tmp_path, "site/a.wav", "site/b.wav", "secret.wav", "site/sub/c.wav")
    (inside / "link.wav").symlink_to(tmp_path / "secret.wav")
    path = manifest(
        inside,
        "path,call_id\na.wav,C1\nb.wav,C1\nnone.wav,C2\n../secret.wav,C3\nlink.wav,C4\nsub\\c.wav,C5\n"
        f"{tmp_path}/secret.wav,C6\nsub,C7\nhttps://x/y.wav,C8\nsub/../sub/c.wav,\n,C9\n",
    )
    listed = read(path)
    assert [call.call_id for call in listed.calls] == ["C1", "sub__c"]
    reasons = {error.call_id: error.reason for error in listed.rejected}
    assert sorted(reasons) == ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"]
    assert reasons["C1"] == f"{path}:3: the call id is used twice: first at {path}:2 (kept), again here"
    assert f"{path}:4: path: 'none.wav' does not exist (looked for {inside / 'none.wav'})" == reasons["C2"]
    assert all("leads outside" in reasons[call_id] for call_id in ("C3", "C4", "C6"))
    assert "write / between folders" in reasons["C5"]
    assert "is no regular file" in reasons["C7"]
    assert "none is allowed" in reasons["C8"]
    assert "neither path nor turns" in reasons["C9"]
    allowed = read(path, allow_outside=True)
    assert {"C3", "C4", "C6"} <= {call.call_id for call in allowed.calls}
    assert "C3" in {call.call_id for call in read(path, root=tmp_path).calls}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("call_id,agent_id\nC1,8\n", "no column path (录音文件); it has: call_id, agent_id"),
        ("path,agent_id,坐席工号\na.wav,1,2\n", "names a column twice: agent_id"),
    ],
)
def test_lists_that_are_unusable_as_a_whole(tmp_path: Path, text: str, expected: str) -> None:
    path = manifest(tmp_path, text)
    with pytest.raises(ManifestError) as caught:
        read(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_binary_list_is_a_manifest_error(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"PK\x03\x04\0\0\0")
    with pytest.raises(ManifestError, match="not a text file"):
        read(path)


def test_broken_quoting_loses_no_row_in_silence(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav", "b.wav", "c.wav")
    path = manifest(tmp_path, 'path,team\na.wav,"x"y\nb.wav,ok,more\nc.wav,ok\na.wav,"open\nb.wav,ok\n')
    listed = read(path)
    assert [call.call_id for call in listed.calls] == ["c"]
    lines = [error.reason.removeprefix(f"{path}:").split(":")[0] for error in listed.rejected]
    assert lines == ["2", "3", "5"]
    assert "never closed" in listed.rejected[2].reason
    assert "line 6" in listed.rejected[2].reason


def test_a_manifest_may_list_transcripts(tmp_path: Path) -> None:
    manifest(tmp_path, "坐席：您好\n客户：你好\n", name="t.txt")
    (call,) = read(manifest(tmp_path, "path,agent_id\nt.txt,8001\n")).calls
    assert call.audio_path is None
    assert call.agent_id == "8001"
    assert [turn.role for turn in call.given_turns or ()] == [Role.AGENT, Role.CUSTOMER]


def test_jsonl_manifest_with_nested_metadata(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav")
    path = text_calls(
        tmp_path,
        {
            "path": "a.wav",
            "agent_id": 8001,
            "metadata": {"csat": None, "resolved": True, "ring_count": 3, "线路": {"b": 1}},
        },
        {"path": "a.wav", "call_id": "x", "csat": 3, "metadata": {"csat": 4}},
        {"path": "a.wav", "call_id": "y", "team": ["一组"]},
    )
    listed = read(path)
    (call,) = listed.calls
    assert (call.call_id, call.agent_id, call.csat, call.resolved, call.ring_count) == (
        "a",
        "8001",
        None,
        True,
        3,
    )
    assert call.extra == (("线路", '{"b": 1}'),)
    assert "csat: is given twice with different values" in listed.rejected[0].reason
    assert "team: '[\"一组\"]': must be a single value" in listed.rejected[1].reason


# Text calls


def test_text_calls_pass_through_untouched(tmp_path: Path) -> None:
    turns = [
        {"role": "agent", "text": " 您好 ", "pause_before_s": 0.4, "overlap_s": 0, "sentiment": "positive"},
        {"role": "customer", "text": "網速慢😡\u2028第二行", "start_s": 3, "end_s": 4.5},
    ]
    path = text_calls(
        tmp_path,
        {
            "call_id": "D1",
            "agent_id": "B2",
            "started_at": "2026-11-16T19:06:00",
            "turns": turns,
            "gold": {"x": 1},
        },
    )
    (call,) = read(path).calls
    first, second = call.given_turns or ()
    assert (first.role, first.text, first.pause_before_s, first.overlap_s) == (Role.AGENT, " 您好 ", 0.4, 0.0)
    assert (second.text, second.start_s, second.end_s) == ("網速慢😡\u2028第二行", 3.0, 4.5)
    assert second.pause_before_s is None
    assert call.extra == ()  # labels are never read, not even kept


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"turns": []}, "the call has 0 turns"),
        ({"turns": [{"role": "agent", "text": " "}]}, "no turn of the call has any text"),
        ({"turns": "x"}, "turns: must be a list"),
        ({"turns": [{"role": "robot", "text": "x"}]}, "turns[0]: role: 'robot': allowed: agent, 坐席"),
        ({"turns": [{"role": "unknown", "text": "x"}]}, "turns[0]: role: 'unknown'"),
        ({"turns": [{"text": "x"}]}, "turns[0]: role: is missing"),
        ({"turns": [{"role": "agent"}]}, "turns[0]: text: is missing"),
        ({"turns": [{"role": "agent", "text": 5}]}, "turns[0]: text: must be text"),
        ({"turns": [*TURNS, 7]}, "turns[2]: must be an object"),
        ({"turns": [{"role": "agent", "text": "x", "start": 1}]}, "start: write it as start_s (seconds)"),
        (
            {"turns": [{"role": "agent", "text": "x", "start_s": 2, "end_s": 1}]},
            "end_s: 1 is before start_s 2",
        ),
        ({"turns": [{"role": "agent", "text": "x", "pause_before_s": -1}]}, "pause_before_s: '-1'"),
        ({"turns": TURNS, "path": "a.wav"}, "has both path and turns"),
        ({"turns": TURNS, "metadata": 3}, "metadata: must be an object"),
        ({"agent_id": "x"}, "neither path nor turns"),
    ],
)
def test_unusable_text_calls(tmp_path: Path, fields: dict[str, object], expected: str) -> None:
    path = text_calls(tmp_path, {"call_id": "T1", **fields})
    error = only_rejection(read(path))
    assert error.call_id == "T1"
    assert error.reason.startswith(f"{path}:1: ")
    assert expected in error.reason


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"call_id": "x", ', "not valid JSON"),
        ("[1]", "is not a JSON object"),
        ('{"call_id": "a", "call_id": "b"}', "has a key twice: call_id"),
        ('{"csat": NaN}', "has NaN"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"csat": ' + "9" * 5000 + "}", "not usable JSON"),
    ],
)
def test_damaged_lines_do_not_stop_the_others(tmp_path: Path, line: str, expected: str) -> None:
    path = text_calls(tmp_path, {"turns": TURNS}, line, {"turns": TURNS})
    listed = read(path)
    assert [call.call_id for call in listed.calls] == ["calls-line1", "calls-line3"]
    assert listed.rejected[0].call_id == "calls-line2"
    assert expected in listed.rejected[0].reason


def test_half_characters_reject_their_line_alone(tmp_path: Path) -> None:
    half = '{"call_id": "a", "turns": [{"role": "agent", "text": "\\ud83d"}]}'
    pair = '{"call_id": "b", "turns": [{"role": "agent", "text": "\\ud83d\\ude00"}]}'
    path = tmp_path / "calls.jsonl"
    path.write_text(f"{half}\n{pair}\n", encoding="utf-8")
    listed = read_calls(path, InputOptions())
    assert [call.call_id for call in listed.calls] == ["b"]
    assert "half of a character (\\ud83d)" in listed.rejected[0].reason


@pytest.mark.parametrize("suffix", [b".wav", b".txt"])
def test_file_names_in_another_encoding_are_said_in_ours(tmp_path: Path, suffix: bytes) -> None:
    name = "\u4e2d".encode("gb18030") + suffix
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"no label")
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    listed = read_calls(tmp_path, InputOptions())
    (rejected,) = listed.rejected
    assert listed.calls == ()
    rejected.reason.encode()
    assert "\\udcd6\\udcd0" in rejected.reason


def test_an_empty_jsonl_is_a_manifest_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="one JSON object a line"):
        read(manifest(tmp_path, "\n", name="calls.jsonl"))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(
        st.binary(max_size=60)
        | st.sampled_from([b"{}", b'{"turns": [{"role": "agent", "text": "x"}]}', b"[]"])
    )
)
def test_every_line_of_any_jsonl_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    lines = [
        line.replace(b"\n", b" ").replace(b"\0", b" ").decode("utf-8", "replace").encode() for line in lines
    ]
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(b"\n".join(lines))
    written = [line for line in path.read_bytes().decode("utf-8-sig").split("\n") if line.strip()]
    try:
        listed = read(path)
    except ManifestError:
        assert not written
        return
    assert len(listed.calls) + len(listed.rejected) == len(written)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([".csv", ".jsonl", ".txt", ".srt", ".vtt", ".json"]))
def test_any_bytes_give_a_list_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes((b"path,agent_id\n" if suffix == ".csv" else b"") + raw)
    try:
        listed = read(path)
    except ConfigError:
        return
    for error in listed.rejected:
        assert str(path) in error.reason


# File names

PATTERN = r"(?P<started_at>\d{14})_(?P<agent_id>\d+)_(?P<direction>in|out)_(?P<线路>\w+)"


def test_metadata_from_file_names(tmp_path: Path) -> None:
    recordings(
        tmp_path, "20261116190600_8001_in_A.wav", "20261116190600_8001.wav", "20261399190600_8001_in_A.wav"
    )
    listed = read(tmp_path, filename_pattern=PATTERN)
    (call,) = listed.calls
    assert call.call_id == "20261116190600_8001_in_A"
    assert (call.agent_id, call.direction) == ("8001", Direction.INBOUND)
    assert call.started_at == datetime(2026, 11, 16, 19, 6, tzinfo=SHANGHAI)
    assert call.extra == (("线路", "A"),)
    unmatched, impossible = listed.rejected
    assert "'20261116190600_8001' does not match the pattern" in unmatched.reason
    assert PATTERN in unmatched.reason
    assert "no such date or time" in impossible.reason


def test_a_pattern_with_a_slash_sees_the_folders(tmp_path: Path) -> None:
    recordings(tmp_path, "一组/8001/c7.wav")
    pattern = "(?P<team>[^/]+)/(?P<agent_id>[^/]+)/(?P<call_id>.+)"
    (call,) = read(tmp_path, filename_pattern=pattern).calls
    assert (call.team, call.agent_id, call.call_id) == ("一组", "8001", "c7")


def test_what_the_manifest_says_goes_before_the_file_name(tmp_path: Path) -> None:
    recordings(tmp_path, "8001_x.wav", "8002_x.wav")
    path = manifest(tmp_path, "path,agent_id\n8001_x.wav,\n8002_x.wav,9999\n")
    listed = read(path, filename_pattern=r"(?P<agent_id>\d+)_.*")
    assert [call.agent_id for call in listed.calls] == ["8001", "9999"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("(", "no regular expression"), ("a.*", "no named group"), ("(?P<path>.*)", "path is the file")],
)
def test_patterns_that_cannot_serve(tmp_path: Path, pattern: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        read(tmp_path, filename_pattern=pattern)


def test_a_pattern_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_analyzer.calls.filename_pattern.MATCH_TIMEOUT_S", 0.05)
    recordings(tmp_path, "a" * 60 + "b.wav")
    listed = read(tmp_path, filename_pattern=r"(?P<agent_id>(?:a|aa)+)[cd]")
    assert "simplify it" in only_rejection(listed).reason


def test_times_of_other_zones_are_kept(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav", "b.wav")
    path = manifest(tmp_path, "path,started_at\na.wav,2026-11-16T11:06:00Z\nb.wav,2026-11-16 19:06\n")
    utc, tokyo = read(path, timezone="Asia/Tokyo").calls
    assert utc.started_at == datetime(2026, 11, 16, 11, 6, tzinfo=UTC)
    assert tokyo.started_at == datetime(2026, 11, 16, 10, 6, tzinfo=UTC)
