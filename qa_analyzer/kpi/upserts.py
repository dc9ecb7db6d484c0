"""Writing runs, failures and people's verdicts; ``evaluation_upserts`` writes the evaluations.

Every function runs inside the caller's transaction and takes the writers' lock first, so that ids and
revisions are handed out in the order in which other readers will see them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, insert, select, update

from qa_analyzer.errors import StoreError
from qa_analyzer.kpi import schema
from qa_analyzer.kpi.records import Override, Run
from qa_analyzer.kpi.rows import Cell, Row
from qa_analyzer.scoring.evaluation import CallFailure

# What no database holds in text: NUL and half surrogates.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(row: Row) -> Row:
    """Replace what a database cannot hold in text by the replacement character."""
    if not _UNSTORABLE.search("".join([cell for cell in row.values() if isinstance(cell, str)])):
        return row
    return {name: _storable(cell) for name, cell in row.items()}


def _storable(cell: Cell) -> Cell:
    return _UNSTORABLE.sub("\ufffd", cell) if isinstance(cell, str) else cell


class Numbers:
    """The one counter of the store; holding it keeps other writers waiting until the transaction ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        counter = schema.counters
        self._row = counter.c.name == "revision"
        connection.execute(update(counter).where(self._row).values(value=counter.c.value))
        self._last: int = connection.execute(select(counter.c.value).where(self._row)).scalar_one()
        self._revision: int | None = None

    @property
    def revision(self) -> int:
        """The number that marks everything this transaction changes; taken when first asked for."""
        if self._revision is None:
            self._revision = self.take()
        return self._revision

    def take(self) -> int:
        """Return the next free number."""
        self._last += 1
        return self._last

    def keep(self) -> None:
        """Write down how far the counter came; nothing where no number was taken."""
        if self._revision is not None:
            self._connection.execute(update(schema.counters).where(self._row).values(value=self._last))


def upsert_run(connection: Connection, run: Run) -> None:
    """Write a run; the same id again brings it up to date."""
    cells = {
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "source": _storable(run.source),
        "calls_scored": run.calls_scored,
        "calls_failed": run.calls_failed,
        "facts": dict(run.facts),
    }
    Numbers(connection)
    changed = connection.execute(update(schema.runs).where(schema.runs.c.run_id == run.run_id).values(cells))
    if changed.rowcount == 0:
        connection.execute(insert(schema.runs).values(run_id=run.run_id, **cells))


def upsert_failure(connection: Connection, failure: CallFailure, run_id: str | None) -> None:
    """Write a failure; the same failure again keeps the time at which it was first seen."""
    Numbers(connection)
    table = schema.failures
    key = storable({"call_id": failure.call_id, "source": failure.source})
    cells = storable({"stage": failure.stage, "error": failure.error, "message": failure.message})
    mine = and_(table.c.call_id == key["call_id"], table.c.source == key["source"])
    known = connection.execute(select(table).where(mine)).mappings().one_or_none()
    now = datetime.now(UTC)
    if known is None:
        connection.execute(insert(table).values(**key, **cells, run_id=run_id, failed_at=now))
    elif known["resolved_at"] is not None or any(known[name] != cell for name, cell in cells.items()):
        renewed = {**cells, "run_id": run_id, "failed_at": now, "resolved_at": None}
        connection.execute(update(table).where(mine).values(renewed))


def upsert_override(connection: Connection, override: Override) -> bool:
    """Put a person's verdict beside the machine's; earlier decisions stay as history. Return False if known.

    Raises StoreError when the store has no such evaluation or criterion.
    """
    numbers = Numbers(connection)
    evaluations, criteria, overrides = schema.evaluations, schema.criteria, schema.overrides
    judged = (
        select(evaluations.c.evaluation_id)
        .join(criteria, criteria.c.evaluation_id == evaluations.c.evaluation_id)
        .where(
            evaluations.c.call_id == override.call_id,
            evaluations.c.scorecard_fingerprint == override.scorecard_fingerprint,
            evaluations.c.transcript_fingerprint == override.transcript_fingerprint,
            criteria.c.criterion_id == override.criterion_id,
        )
    )
    evaluation_id = connection.execute(judged).scalar_one_or_none()
    if evaluation_id is None:
        raise StoreError(
            f"no stored verdict on {override.criterion_id} of call {override.call_id} to override"
        )
    key: Row = {
        "evaluation_id": evaluation_id,
        "criterion_id": override.criterion_id,
        "reviewer": override.reviewer,
        "decided_at": override.decided_at,
    }
    cells = storable({"verdict": override.verdict.value, "reason": override.reason})
    mine = and_(*(overrides.c[name] == cell for name, cell in key.items()))
    known = connection.execute(select(overrides).where(mine)).mappings().one_or_none()
    if known is not None and all(known[name] == cell for name, cell in cells.items()):
        return False
    if known is None:
        connection.execute(insert(overrides).values(**key, **cells))
    else:
        connection.execute(update(overrides).where(mine).values(cells))
    renewed = update(evaluations).where(evaluations.c.evaluation_id == evaluation_id)
    connection.execute(renewed.values(revision=numbers.revision, updated_at=datetime.now(UTC)))
    numbers.keep()
    return True
