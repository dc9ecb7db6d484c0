import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from qa_analyzer.calls.call import Call, Role
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn, Word
from qa_analyzer.speech.writers import to_csv, to_srt, to_text, to_vtt, write_formats


@pytest.fixture
def transcript() -> Transcript:
    return Transcript(
        call=Call("w1", given_turns=()),
        turns=(
            Turn(0, Role.AGENT, "您好，<请讲>", 0, 0.6, 3661.234, (Word("您", 0.6, 0.8, 0.8),)),
            Turn(1, Role.CUSTOMER, "=1+1\n喂", 1, 3.0, 3.0),
            Turn(2, Role.UNKNOWN, "没有时间", 1),
        ),
        roles=RoleAssignment(RoleMethod.MANIFEST, 1.0, 0, False),
        overlap_known=True,
    )


def test_text(transcript: Transcript) -> None:
    assert to_text(transcript) == (
        "[00:00:00.6] 坐席：您好，<请讲>\n[00:00:03.0] 客户：=1+1 喂\n说话人2：没有时间\n"
    )


def test_srt(transcript: Transcript) -> None:
    first = "1\n00:00:00,600 --> 01:01:01,234\n坐席：您好，<请讲>\n"
    second = "2\n00:00:03,000 --> 00:00:03,200\n客户：=1+1 喂\n"
    assert to_srt(transcript) == f"{first}\n{second}"


def test_vtt(transcript: Transcript) -> None:
    assert to_vtt(transcript) == (
        "WEBVTT\n\n00:00:00.600 --> 01:01:01.234\n<v 坐席>您好，&lt;请讲&gt;\n\n"
        "00:00:03.000 --> 00:00:03.200\n<v 客户>=1+1 喂\n"
    )


def test_csv(transcript: Transcript) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(transcript))))
    assert rows[0]["end_s"] == "3661.234"
    assert rows[0]["mean_probability"] == "0.800"
    assert rows[1]["text"] == "'=1+1 喂"
    assert (rows[2]["start_s"], rows[2]["mean_probability"], rows[2]["role"]) == ("", "", "unknown")


def test_csv_has_numbers_as_digits_too(transcript: Transcript) -> None:
    said = replace(transcript.turns[0], text="三百六十五元")
    (row,) = csv.DictReader(io.StringIO(to_csv(replace(transcript, turns=(said,)))))
    assert (row["text"], row["text_digits"]) == ("三百六十五元", "365元")


def test_files(transcript: Transcript, tmp_path: Path) -> None:
    paths = write_formats(transcript, tmp_path / "out", ("srt", "csv"))
    assert [path.name for path in paths] == ["w1.srt", "w1.csv"]
    assert paths[1].read_bytes().startswith(b"\xef\xbb\xbfindex,")
    with pytest.raises(KeyError):
        write_formats(transcript, tmp_path / "other", ("docx",))
    assert not (tmp_path / "other").exists()
