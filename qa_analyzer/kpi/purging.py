"""Taking calls out of the store with everything that hangs on them; nothing of them stays on the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Select, delete, func, select
from sqlalchemy.exc import DBAPIError

from qa_analyzer.kpi import schema
from qa_analyzer.kpi.upserts import Numbers

# Calls taken out in one transaction: others wait for no longer.
CALLS_AT_A_TIME = 200

_PARTS = (schema.overrides, *schema.PARTS)
_WHOLE = (schema.evaluations, schema.transcripts, schema.failures, schema.calls)


@dataclass(frozen=True, slots=True)
class CallAge:
    """When a call was, and when it was last judged or failed; None where the store does not know."""

    started_at: datetime | None
    processed_at: datetime | None


def read_call_ages(connection: Connection) -> dict[str, CallAge]:
    """Return the age of every call in the store, those that failed included."""
    calls, evaluations, failures = schema.calls, schema.evaluations, schema.failures
    judged = (
        select(calls.c.call_id, calls.c.started_at, func.max(evaluations.c.created_at).label("judged_at"))
        .join(evaluations, evaluations.c.call_id == calls.c.call_id, isouter=True)
        .group_by(calls.c.call_id, calls.c.started_at)
    )
    ages = {row.call_id: CallAge(row.started_at, row.judged_at) for row in connection.execute(judged)}
    failed = select(failures.c.call_id, func.max(failures.c.failed_at).label("failed_at"))
    for row in connection.execute(failed.group_by(failures.c.call_id)):
        ages.setdefault(row.call_id, CallAge(None, row.failed_at))
    return ages


def _evaluation_ids(call_ids: Sequence[str]) -> Select[tuple[int]]:
    return select(schema.evaluations.c.evaluation_id).where(schema.evaluations.c.call_id.in_(call_ids))


def count_rows(connection: Connection, call_ids: Sequence[str]) -> Mapping[str, int]:
    """Return how many rows of each table a purge of these calls would remove."""
    counts: Counter[str] = Counter()
    for first in range(0, len(call_ids), CALLS_AT_A_TIME):
        chosen = call_ids[first : first + CALLS_AT_A_TIME]
        for table in (*_PARTS, *_WHOLE):
            column = table.c.evaluation_id if table in _PARTS else table.c.call_id
            wanted = _evaluation_ids(chosen) if table in _PARTS else chosen
            counts[table.name] += connection.execute(
                select(func.count()).select_from(table).where(column.in_(wanted))
            ).scalar_one()
    return counts


def purge_calls(connection: Connection, call_ids: Sequence[str]) -> Mapping[str, int]:
    """Remove calls with all their dependents, in one transaction; return the rows removed by table."""
    Numbers(connection)  # the writers' lock
    counts: Counter[str] = Counter()
    for table in _PARTS:
        gone = connection.execute(delete(table).where(table.c.evaluation_id.in_(_evaluation_ids(call_ids))))
        counts[table.name] = gone.rowcount
    for table in _WHOLE:
        counts[table.name] = connection.execute(delete(table).where(table.c.call_id.in_(call_ids))).rowcount
    return counts


def compact(engine: Engine) -> str | None:
    """Give the freed space back, so that no old page keeps a removed quote; return why not, None if done."""
    try:
        if engine.dialect.name == "postgresql":
            with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                for table in (*_PARTS, *_WHOLE):
                    connection.exec_driver_sql(f"VACUUM (ANALYZE) {table.name}")
            return None
        raw = engine.raw_connection()
        try:
            raw.execute("VACUUM")
            (busy, *_) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return "another program is reading: its log is emptied when it is done" if busy else None
        finally:
            raw.close()
    except DBAPIError as error:
        return str(error.orig).strip().splitlines()[0]
    except engine.dialect.loaded_dbapi.Error as error:  # the raw connection speaks the driver's own language
        return str(error)
