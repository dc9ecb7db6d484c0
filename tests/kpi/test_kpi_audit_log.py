from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime

import pytest
from kpi_builders import OVERRIDE, evaluate
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from qa_analyzer.kpi.audit_log import Action, AuditEntry, account_name, audit_entry
from qa_analyzer.kpi.store import KpiStore


def test_entries_come_back_in_order(store: KpiStore) -> None:
    first = audit_entry(Action.EXPORT, "/data/out", {"format": "csv", "teams": ["一组"], "changes": False})
    second = audit_entry(Action.PURGE, "/data/out", {"calls": 3})
    store.record(first)
    store.record(second)
    assert store.audit_log() == (first, second)
    assert all(entry.at.tzinfo is not None for entry in store.audit_log())


def test_a_verdict_by_hand_is_logged_once_and_without_its_reason(store: KpiStore) -> None:
    store.save_result(evaluate())
    store.save_override(OVERRIDE)
    store.save_override(OVERRIDE)  # the same again changes nothing
    (entry,) = store.audit_log()
    assert (entry.action, entry.subject, entry.who) == (Action.OVERRIDE, "c1", account_name())
    assert dict(entry.details) == {"criterion": "greeting", "verdict": "fail", "reviewer": "李组长"}
    assert "身份证" not in repr(entry)


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET who = 'nobody'", "DELETE FROM audit_log"], ids=["update", "delete"]
)
def test_the_database_refuses_to_change_the_log(store: KpiStore, store_url: str, change: str) -> None:
    entry = AuditEntry(datetime(2026, 3, 1, tzinfo=UTC), "qa", Action.PURGE, "/data/out")
    store.record(entry)
    engine = create_engine(store_url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(change))
    finally:
        engine.dispose()
    assert store.audit_log() == (entry,)


def test_the_account_is_the_system_s_and_not_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert getpass.getuser() == "somebody-else"
    assert account_name() != "somebody-else"


def test_an_account_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    assert account_name() == "uid 987654"
