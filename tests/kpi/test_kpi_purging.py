from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kpi_builders import OVERRIDE, evaluate
from sqlalchemy import create_engine, func, select

from qa_analyzer.kpi import purging, schema
from qa_analyzer.kpi.export import Format, export_changes
from qa_analyzer.kpi.store import KpiStore, open_store
from qa_analyzer.scoring.evaluation import CallFailure

SECRET = "这句话不能留在磁盘上"
DEPENDENT = [
    table.name
    for table in schema.metadata.sorted_tables
    if table.name not in ("counters", "runs", "audit_log")
]


def filled(store: KpiStore) -> None:
    for number in (1, 2, 3):
        store.save_result(
            evaluate(
                f"c{number}",
                started_at=f"2026-03-0{number}T09:00:00+08:00",
                tags=("signal", "churn"),
                quotes={"greeting": SECRET if number == 1 else "您好"},
            )
        )
    store.save_result(evaluate("c1", scorecard="card-2", started_at="2026-03-01T09:00:00+08:00"))
    store.save_override(OVERRIDE)
    store.save_failure(CallFailure("c1", "c1.wav", "decode", "DecodeError", "half of it is missing"))
    store.save_failure(CallFailure("broken", "x.wav", "decode", "DecodeError", "empty"))


def rows_by_table(url: str) -> dict[str, int]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in schema.metadata.sorted_tables
            }
    finally:
        engine.dispose()


def test_a_call_goes_with_everything_that_hangs_on_it(store: KpiStore, store_url: str) -> None:
    filled(store)
    before = rows_by_table(store_url)
    foretold = store.rows_of(["c1", "broken"])
    removed = store.purge(["c1", "broken"])
    after = rows_by_table(store_url)
    assert dict(removed) == dict(foretold)
    assert {name: before[name] - after[name] for name in removed} == dict(removed)
    assert set(removed) == set(DEPENDENT)  # a new table must be thought of
    assert all(removed[name] > 0 for name in DEPENDENT)
    assert {stored.call["call_id"] for stored in store.evaluations()} == {"c2", "c3"}
    assert store.failures(resolved=True) == ()


def test_a_purge_is_logged_and_leaves_the_log(store: KpiStore, store_url: str) -> None:
    filled(store)
    store.purge(["c1"])
    assert [entry.subject for entry in store.audit_log()] == ["c1"]  # the override's own line
    assert rows_by_table(store_url)["audit_log"] == 1


def test_purging_again_or_what_is_not_there_removes_nothing(store: KpiStore) -> None:
    filled(store)
    store.purge(["c1"])
    assert sum(store.purge(["c1", "never seen"]).values()) == 0


def test_more_calls_than_one_transaction_takes(store: KpiStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_analyzer.kpi.store.CALLS_AT_A_TIME", 2)
    monkeypatch.setattr(purging, "CALLS_AT_A_TIME", 2)
    store.save_results([evaluate(f"c{number}") for number in range(5)])
    calls = [f"c{number}" for number in range(5)]
    assert store.rows_of(calls)["calls"] == 5
    assert store.purge(calls)["evaluations"] == 5
    assert list(store.evaluations()) == []


def test_ages_are_the_call_s_own_where_known(store: KpiStore) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    filled(store)
    store.save_result(evaluate("undated"))
    ages = store.call_ages()
    assert sorted(ages) == ["broken", "c1", "c2", "c3", "undated"]
    assert ages["c1"].started_at == datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert ages["undated"].started_at is None
    for call_id in ("undated", "broken"):
        processed_at = ages[call_id].processed_at
        assert processed_at is not None
        assert before < processed_at < datetime.now(UTC) + timedelta(minutes=1)


def test_a_watermark_survives_the_purge_of_the_latest_change(store: KpiStore, tmp_path: Path) -> None:
    filled(store)
    export_changes(store, tmp_path, Format.JSONL)
    covered = store.revision()
    store.purge(["c1", "c3"])
    assert store.revision() == covered
    assert export_changes(store, tmp_path, Format.JSONL) is None
    store.save_result(evaluate("new"))
    exported = export_changes(store, tmp_path, Format.JSONL)
    assert exported is not None
    assert exported.rows == {"evaluations": 1}


def test_the_space_is_given_back(store: KpiStore, reopen: Callable[[], KpiStore]) -> None:
    filled(store)
    store.purge(["c1"])
    assert store.compact() is None
    assert len(list(reopen().evaluations())) == 2


def test_nothing_of_a_purged_call_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(f"sqlite:///{path}") as store:
        filled(store)
        store.purge(["c1"])
        assert store.compact() is None
        on_disk = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert SECRET.encode() not in on_disk
    assert "您好".encode() in on_disk  # the others' quotes: we looked at the right files


def test_a_reader_at_work_puts_the_clearing_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_analyzer.kpi.database.LOCK_WAIT_S", 0.1)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_store(url) as store, open_store(url) as reader:
        filled(store)
        with reader.snapshot() as moment:
            assert moment.revision() > 0
            store.purge(["c1"])
            assert store.compact() is not None
        assert store.compact() is None
