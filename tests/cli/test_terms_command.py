"""Rising terms over stored runs, through the command line."""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript_json import write_transcript

QUIET = ("我想查一下话费", "帮我改一下套餐", "宽带怎么续费", "积分怎么兑换")
FRESH = ("我要退那个闪购礼包", "闪购礼包怎么扣了钱", "什么闪购礼包啊", "=1+1 闪购礼包是谁开的")


def store(out: Path, call_id: str, text: str, day: int | None) -> None:
    started_at = datetime(2026, 11, day, 9, 0) if day else None  # noqa: DTZ001 (local)
    turns = (GivenTurn(Role.AGENT, f"您好，闪购礼包是{text}"), GivenTurn(Role.CUSTOMER, text))
    transcript = transcript_from_turns(Call(call_id, given_turns=turns, started_at=started_at))
    write_transcript(transcript, out / "transcripts" / f"{call_id}.json")


@pytest.fixture
def two_weeks(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs: a quiet week, then one in which many ask about a gift pack."""
    first, second = tmp_path / "first", tmp_path / "second"
    for number in range(28):
        store(first, f"a{number:02}", QUIET[number % 4], 1 + number % 7)
        store(second, f"b{number:02}", (QUIET if number % 2 else FRESH)[number // 2 % 4], 8 + number % 7)
    return first, second


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_terms_of_two_runs(two_weeks: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    first, second = two_weeks
    assert run_cli(["terms", str(first), str(second)]) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "2026-11-08 – 2026-11-14" in printed
    rows = read_rows(first / "rising_terms.csv")
    (gift,) = [row for row in rows if "礼包" in row["term"]]
    assert (gift["turns_now"], gift["turns_before"], gift["in_lexicon"]) == ("14", "0", "False")
    calls = {gift[f"call_id_{at}"] for at in (1, 2, 3)}
    assert len(calls) == 3
    assert all(call.startswith("b") for call in calls)
    assert any(gift["quote_1"] in text for text in FRESH)
    assert not {row["term"] for row in rows} & {"话费", "套餐", "宽带", "积分"}
    assert not any(cell.startswith("=") for row in rows for cell in row.values() if cell)


def test_the_days_that_count_can_be_chosen(two_weeks: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = two_weeks
    table = tmp_path / "chosen.csv"
    arguments = [
        "terms",
        str(first),
        str(second),
        "--until",
        "2026-11-07",
        "--days",
        "3",
        "--csv",
        str(table),
    ]
    assert run_cli(arguments) == ExitCode.OK
    assert read_rows(table) == []


def test_a_call_in_two_runs_counts_once(two_weeks: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = two_weeks
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    assert run_cli(["terms", str(first), str(second), "--csv", str(once)]) == ExitCode.OK
    assert run_cli(["terms", str(first), str(second), str(second), "--csv", str(twice)]) == ExitCode.OK
    assert once.read_bytes() == twice.read_bytes()


def test_one_week_is_not_enough_and_says_so(
    two_weeks: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(["terms", str(two_weeks[0])]) == ExitCode.CONFIG
    assert "28 calls in the 7 days to 2026-11-07, 0 in the days before" in " ".join(
        capsys.readouterr().err.split()
    )


def test_undated_and_damaged_calls_are_named_and_left_out(
    two_weeks: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two_weeks
    store(second, "undated", FRESH[0], None)
    (second / "transcripts" / "broken.json").write_text("{", encoding="utf-8")
    assert run_cli(["terms", str(first), str(second)]) == ExitCode.OK
    printed = capsys.readouterr()
    assert "1 通没有日期" in printed.out
    assert "broken" in printed.err
    assert read_rows(first / "rising_terms.csv")[0]["turns_now"] == "14"
