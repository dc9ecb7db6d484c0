"""Purging: old calls leave every part of an output folder, together, also when the purge is interrupted."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from qa_analyzer.batch import purge as purging
from qa_analyzer.batch.output_lock import sole_writer
from qa_analyzer.batch.purge import PurgeOrder, purge
from qa_analyzer.batch.tombstones import PURGED_FILE, Tombstones
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.audit_log import Action, audit_entry
from qa_analyzer.kpi.store import open_store, sqlite_url
from qa_analyzer.settings import Settings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOGS_OF_SQLITE = {"out/qa.sqlite-wal", "out/qa.sqlite-shm"}
SECRET = "红旗小区的王大妈"  # what the old call alone says


def call(call_id: str, started_at: str | None, said: str) -> dict[str, Any]:
    turns = [
        ("agent", "您好，星河宽带客服，工号七一八，请问有什么可以帮您？"),
        ("customer", said),
        ("agent", "不知道，别问我。"),
    ]
    return {
        "call_id": call_id,
        "agent_id": f"A-{call_id}",
        "started_at": started_at,
        "turns": [{"role": role, "text": text} for role, text in turns],
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("input") / "calls.jsonl"
    calls = [
        call("old=1", "2026-01-05 09:00:00", f"我是{SECRET}，家里的宽带断了，我要投诉。"),
        call("young", "2026-11-20 09:00:00", "我家的宽带断了，我要投诉。"),
        call("undated", None, "我想查一下话费。"),
        {"call_id": "broken", "turns": []},
    ]
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in calls), encoding="utf-8")
    return path


def run(source: Path, out: Path, *options: str) -> int:
    common = ["--out", str(out), "--sentiment", "lexicon", "--workers", "1", "-q", "--keep-pii"]
    return run_cli(["run", str(source), *common, *options])


@dataclass(frozen=True)
class Made:
    """A run with every kind of file around it, and what was exported of it, to copy."""

    out: Path
    flat: Path
    contacts: Path


@pytest.fixture(scope="module")
def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    night = tmp_path_factory.mktemp("night")
    made = Made(night / "out", night / "flat", night / "contacts")
    assert run(source, made.out) == ExitCode.FAILED_CALLS
    shutil.copytree(made.out, night / "exported")  # so that the log of the other names no folder of all tests
    for form in (["csv"], ["jsonl"], ["parquet"], ["csv", "--changes"]):
        asked = ["export", str(night / "exported"), "--out", str(made.flat), "--format", *form]
        assert run_cli(asked) == ExitCode.OK
    asked = ["export-contacts", str(night / "exported"), "--out", str(made.contacts)]
    assert run_cli(asked) == ExitCode.OK
    (made.out / "transcripts" / "old=1.txt").write_text(SECRET, encoding="utf-8")
    (made.out / "transcripts" / ".draft.x.json").write_text(SECRET, encoding="utf-8")
    return made


@pytest.fixture
def out(made: Made, tmp_path: Path) -> Path:
    """Return a run of its own, exported to ``flat`` and ``contacts`` beside it."""
    for folder in (made.out, made.flat, made.contacts):
        shutil.copytree(folder, tmp_path / folder.name)
    with open_store(sqlite_url(tmp_path / "out" / "qa.sqlite")) as store:
        store.record(audit_entry(Action.EXPORT, str(tmp_path / "flat"), {}))
        store.record(audit_entry(Action.CONTACT_EXPORT, str(tmp_path / "contacts"), {}))
    return tmp_path / "out"


def order(out: Path, days: int = 90, *, dry_run: bool = False) -> PurgeOrder:
    return PurgeOrder(out, timedelta(days=days), NOW, dry_run)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def what_names_the_old_call(folder: Path) -> list[str]:
    """Return the files that hold the secret, or the id of the old call anywhere but in the audit log."""
    found = []
    for name, raw in content(folder).items():
        if name.endswith(".sqlite"):
            with sqlite3.connect(folder / name) as connection:
                tables = [
                    row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
                ]
                rows = [repr(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in tables]
            if any("old=1" in row for row in rows) or SECRET.encode() in raw:
                found.append(name)
        elif name.endswith(".parquet"):
            found += [name] if "old=1" in repr(pq.read_table(folder / name).to_pydict()) else []
        elif name.endswith(".xlsx"):
            found += [name] if "old=1" in _text_of_workbook(folder / name) else []
        elif SECRET.encode() in raw or b"old=1" in raw or "old=1" in name:
            found.append(name)
    return found


def _text_of_workbook(path: Path) -> str:
    book = openpyxl.load_workbook(path, read_only=True)
    text = repr([list(row) for sheet in book for row in sheet.iter_rows(values_only=True)])
    book.close()
    return text


def test_an_old_call_leaves_every_part_and_the_others_stay(out: Path) -> None:
    before = what_names_the_old_call(out.parent)
    assert {
        *("out/transcripts/old=1.json", "out/transcripts/old=1.txt", "out/analyses/old=1.json"),
        *("out/transcripts/.draft.x.json", "out/journal.jsonl", "out/evaluations.jsonl", "out/report.xlsx"),
        *("out/qa.sqlite", "out/report/index.html", "contacts/old=1.json", "flat/evaluations.jsonl"),
        *("flat/evidence.csv", "flat/criteria.parquet"),
    } <= set(before)
    purged = purge(Settings(), order(out))
    assert what_names_the_old_call(out.parent) == []
    assert (purged.calls, purged.oldest) == (1, datetime(2026, 1, 5, 1, tzinfo=UTC))
    evaluations = (out / "evaluations.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["call_id"] for line in evaluations] == ["young", "undated"]
    assert (out / "transcripts" / "young.json").is_file()
    with open_store(sqlite_url(out / "qa.sqlite")) as store:
        assert {stored.call["call_id"] for stored in store.evaluations()} == {"young", "undated"}
    assert "young" in (out / "report" / "index.html").read_text(encoding="utf-8")
    assert "A-old" not in (out / "agents.csv").read_text(encoding="utf-8-sig")
    assert (out.parent / "contacts" / "young.json").is_file()


def test_a_dry_run_says_the_same_and_removes_nothing(out: Path) -> None:
    before = content(out.parent)
    foretold = purge(Settings(), order(out, dry_run=True))
    after = content(out.parent)
    assert {name for name in after if after[name] != before.get(name)} <= {
        "out/qa.sqlite-wal",
        "out/qa.sqlite-shm",
    }
    assert set(before) - set(after) <= {"out/qa.sqlite-wal", "out/qa.sqlite-shm"}
    done = purge(Settings(), order(out))
    assert (foretold.calls, foretold.parts) == (done.calls, done.parts)


def test_a_rerun_on_the_same_input_does_not_take_purged_calls_in_again(
    out: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    purge(Settings(), order(out))
    capsys.readouterr()
    assert run(source, out) == ExitCode.FAILED_CALLS
    assert "1 calls, purged earlier, left out" in capsys.readouterr().err
    assert what_names_the_old_call(out) == []
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["left_out_as_purged"] == 1
    assert (
        run_cli(["run", str(source), "--out", str(out), "--sentiment", "lexicon", "--dry-run"]) == ExitCode.OK
    )
    assert "另有 1 通已按保存期限清除" in capsys.readouterr().out
    (out / PURGED_FILE).unlink()  # the documented way back
    run(source, out)
    assert (out / "transcripts" / "old=1.json").is_file()


def test_purging_twice_finds_nothing_more(out: Path) -> None:
    purge(Settings(), order(out))
    left = content(out.parent)
    again = purge(Settings(), order(out))
    assert (again.calls, again.parts, again.notes) == (0, {}, [])
    changed = {name for name, raw in content(out.parent).items() if raw != left[name]}
    assert changed <= {"out/qa.sqlite", *LOGS_OF_SQLITE}


STEPS = ("_sweep_store", "_sweep_files", "_sweep_exports", "_renew_report")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_interrupted_purge_is_finished_by_the_next(
    out: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    whole: Callable[..., None] = getattr(purging, step)

    def dying(*given: Any) -> None:
        if after:
            whole(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(purging, step, dying)
    with pytest.raises(KeyboardInterrupt):
        purge(Settings(), order(out))
    monkeypatch.setattr(purging, step, whole)
    finished = purge(Settings(), order(out))
    assert finished.calls == 0 or step == "_sweep_store"
    assert what_names_the_old_call(out.parent) == []
    assert not Tombstones(out).unswept


def test_undated_calls_count_from_when_they_were_processed(out: Path) -> None:
    later = PurgeOrder(out, timedelta(days=90), datetime.now(UTC) + timedelta(days=91))
    purged = purge(Settings(), later)
    assert purged.calls == 4  # the broken one too
    assert not list((out / "transcripts").iterdir())
    assert (out / "evaluations.jsonl").read_text(encoding="utf-8") == ""
    assert (out / "failures.jsonl").read_text(encoding="utf-8") == ""
    assert what_names_the_old_call(out.parent) == []


def test_the_command_says_and_logs_what_it_did(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["purge", str(out), "--older-than", "13w"]) == ExitCode.OK
    said = capsys.readouterr().out
    assert "1 calls from before" in said
    assert "journal.jsonl: 1" in said
    assert run_cli(["audit", str(out), "--json"]) == ExitCode.OK
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [entry["action"] for entry in entries] == ["export", "contact-export", "purge"]
    assert (entries[-1]["subject"], entries[-1]["details"]["calls"]) == (str(out), 1)
    assert run_cli(["audit", str(out)]) == ExitCode.OK
    assert "contact-export" in capsys.readouterr().out


def test_an_export_that_was_moved_away_is_named(out: Path) -> None:
    (out.parent / "flat").rename(out.parent / "elsewhere")
    purged = purge(Settings(), order(out))
    assert any(str(out.parent / "flat") in note for note in purged.notes)


def test_a_report_that_cannot_be_written_again_is_removed(out: Path) -> None:
    facts = json.loads((out / "run.json").read_text(encoding="utf-8"))
    facts["settings"]["scorecard"] = str(out / "gone.yaml")
    (out / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    purged = purge(Settings(), order(out))
    assert any("removed" in note for note in purged.notes)
    assert what_names_the_old_call(out.parent) == []
    assert not (out / "report" / "index.html").exists()
    assert not (out / "report.xlsx").exists()


def test_transcripts_without_a_store_go_by_their_own_date(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run_cli(["transcribe", str(source), "--out", str(out), "-q"]) == ExitCode.FAILED_CALLS
    purged = purge(Settings(), order(out))
    assert purged.calls == 1
    assert not list((out / "transcripts").glob("old*"))
    assert len(list((out / "transcripts").glob("young.*"))) == 5


def test_a_purge_needs_the_folder_for_itself(out: Path, tmp_path: Path) -> None:
    with sole_writer(out), pytest.raises(ConfigError, match="another run"):
        purge(Settings(), order(out))
    with pytest.raises(ConfigError, match="is not there"):
        purge(Settings(), order(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("age", ["90", "-1d", "3m", "", "1e3d"])
def test_an_age_is_days_or_weeks(out: Path, age: str) -> None:
    assert run_cli(["purge", str(out), f"--older-than={age}"]) == ExitCode.CONFIG


def test_the_list_of_purged_calls_names_nobody(out: Path) -> None:
    purge(Settings(), order(out))
    assert b"old" not in (out / PURGED_FILE).read_bytes()
    assert "old=1" in Tombstones(out)
    assert "young" not in Tombstones(out)


def test_a_damaged_list_stops_a_run_instead_of_forgetting(out: Path, source: Path) -> None:
    purge(Settings(), order(out))
    path = out / PURGED_FILE
    whole = path.read_bytes()
    path.write_bytes(b"rubbish\n" + whole)
    assert run(source, out) == ExitCode.CONFIG
    path.write_bytes(whole[:-7])  # a power cut: the last line was not finished
    assert Tombstones(out).unswept
    assert purge(Settings(), order(out)).calls == 0
    assert path.read_bytes().startswith(whole[:60])
    assert not Tombstones(out).unswept
