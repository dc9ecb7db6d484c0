"""Writing evaluations: the same one twice changes nothing, a changed one replaces its parts.

The key is (call, scorecard fingerprint, transcript fingerprint). Of a call's evaluations by the versions of
one scorecard, the one saved last is current: it is the one that counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, tuple_, update

from qa_analyzer.kpi import schema
from qa_analyzer.kpi.rows import (
    Row,
    call_row,
    criterion_rows,
    digest,
    evaluation_row,
    evidence_rows,
    sentiment_row,
    tag_rows,
    transcript_row,
)
from qa_analyzer.kpi.upserts import Numbers, storable
from qa_analyzer.scoring.evaluation import Evaluation

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """An evaluation laid out for the store; ``evaluation_id`` is None while it is new."""

    head: Row
    parts: dict[Table, list[Row]]
    content_sha256: str
    evaluation_id: int | None
    same_content: bool

    @property
    def slot(self) -> tuple[str, str]:
        """Where at most one evaluation is current."""
        return str(self.head["call_id"]), str(self.head["scorecard_id"])


def upsert_evaluations(
    connection: Connection, evaluations: Sequence[Evaluation], run_id: str | None, zone: tzinfo
) -> int:
    """Write evaluations in one transaction; return how many were new or different."""
    numbers = Numbers(connection)
    now = datetime.now(UTC)
    changed = _upsert_calls(connection, [call_row(e.analysis.transcript.call, zone) for e in evaluations])
    table = schema.evaluations
    if changed:
        renewed = update(table).where(table.c.call_id.in_(changed))
        connection.execute(renewed.values(revision=numbers.revision, updated_at=now))
    _add_transcripts(connection, evaluations)
    written = _write(connection, _drafts(connection, evaluations, zone), run_id, numbers, now)
    failures = schema.failures
    resolved = update(failures).where(
        failures.c.call_id.in_(sorted({e.call_id for e in evaluations})), failures.c.resolved_at.is_(None)
    )
    connection.execute(resolved.values(resolved_at=now))
    numbers.keep()
    return written


def _drafts(connection: Connection, evaluations: Sequence[Evaluation], zone: tzinfo) -> list[_Draft]:
    """Compare evaluations with what is stored; of equal keys the last counts, and goes last."""
    table = schema.evaluations
    known_query = select(
        table.c.call_id,
        table.c.scorecard_fingerprint,
        table.c.transcript_fingerprint,
        table.c.evaluation_id,
        table.c.content_sha256,
    ).where(table.c.call_id.in_(sorted({e.call_id for e in evaluations})))
    known: dict[Key, tuple[int, str]] = {
        (row[0], row[1], row[2]): (row[3], row[4]) for row in connection.execute(known_query)
    }
    drafts: dict[Key, _Draft] = {}
    for evaluation in evaluations:
        key = (evaluation.call_id, evaluation.fingerprints.scorecard, evaluation.fingerprints.transcript)
        head, parts = storable(evaluation_row(evaluation, zone)), _parts(evaluation)
        content = digest(head, {part.name: rows for part, rows in parts.items()})
        evaluation_id, stored = known.get(key, (None, None))
        drafts.pop(key, None)
        drafts[key] = _Draft(head, parts, content, evaluation_id, same_content=stored == content)
    return list(drafts.values())


def _parts(evaluation: Evaluation) -> dict[Table, list[Row]]:
    """Lay out everything that hangs on an evaluation, those that others refer to first."""
    analysis = evaluation.analysis
    return {
        schema.criteria: [storable(row) for row in criterion_rows(evaluation.criteria)],
        schema.evidence: [storable(row) for row in evidence_rows(evaluation.criteria)],
        schema.complaints: [storable(row) for row in tag_rows(analysis.complaints + analysis.risks)],
        schema.sentiments: [storable(sentiment_row(analysis.sentiment))],
    }


def _write(
    connection: Connection, drafts: Sequence[_Draft], run_id: str | None, numbers: Numbers, now: datetime
) -> int:
    table = schema.evaluations
    newest = {draft.slot: draft for draft in drafts}
    keep = {draft.evaluation_id for draft in newest.values() if draft.evaluation_id is not None}
    slots = select(table.c.evaluation_id, table.c.is_current).where(
        tuple_(table.c.call_id, table.c.scorecard_id).in_(sorted(newest))
    )
    current = {row[0]: row[1] for row in connection.execute(slots)}
    retired = sorted(number for number, is_current in current.items() if is_current and number not in keep)
    if retired:  # before anything else becomes current: the database allows one
        statement = update(table).where(table.c.evaluation_id.in_(retired))
        connection.execute(statement.values(is_current=False, revision=numbers.revision, updated_at=now))
    added: list[Row] = []
    rewritten: list[Row] = []
    parts: dict[Table, list[Row]] = {}
    replaced: list[int] = []
    for draft in drafts:
        is_current = newest[draft.slot] is draft
        if draft.same_content and (not is_current or current[draft.evaluation_id]):
            continue
        head = draft.head | {
            "content_sha256": draft.content_sha256,
            "is_current": is_current,
            "revision": numbers.revision,
            "updated_at": now,
        }
        evaluation_id = draft.evaluation_id
        if evaluation_id is None:
            evaluation_id = numbers.take()
            added.append(head | {"evaluation_id": evaluation_id, "created_at": now, "run_id": run_id})
        else:
            rewritten.append(head | {"its_id": evaluation_id})
        if not draft.same_content:
            replaced.extend([evaluation_id] if draft.evaluation_id is not None else [])
            for part, rows in draft.parts.items():
                parts.setdefault(part, []).extend(row | {"evaluation_id": evaluation_id} for row in rows)
    for part in schema.PARTS if replaced else ():
        connection.execute(delete(part).where(part.c.evaluation_id.in_(replaced)))
    _insert(connection, table, added)
    _update(connection, table, "evaluation_id", rewritten)
    for part, rows in parts.items():
        _insert(connection, part, rows)
    return len(added) + len(rewritten)


def _upsert_calls(connection: Connection, rows: Iterable[Row]) -> list[str]:
    """Write metadata and return the calls known before whose metadata changed.

    What an input does not know never erases what an earlier one did.
    """
    table = schema.calls
    incoming = [storable(row) for row in rows]
    ids = sorted({str(row["call_id"]) for row in incoming})
    known: dict[str, Row] = {
        row["call_id"]: dict(row)
        for row in connection.execute(select(table).where(table.c.call_id.in_(ids))).mappings()
    }
    merged: dict[str, Row] = {}
    for row in incoming:
        call_id = str(row["call_id"])
        before = merged.get(call_id, known.get(call_id, {}))
        merged[call_id] = {name: before.get(name) if cell is None else cell for name, cell in row.items()}
    _insert(connection, table, [row for call_id, row in merged.items() if call_id not in known])
    changed = [row for call_id, row in merged.items() if call_id in known and row != known[call_id]]
    _update(connection, table, "call_id", [row | {"its_id": row["call_id"]} for row in changed])
    return sorted(str(row["call_id"]) for row in changed)


def _add_transcripts(connection: Connection, evaluations: Sequence[Evaluation]) -> None:
    table = schema.transcripts
    key = tuple_(table.c.call_id, table.c.transcript_fingerprint)
    rows = {
        (e.call_id, e.fingerprints.transcript): storable(
            transcript_row(e.analysis.transcript, e.fingerprints.transcript)
        )
        for e in evaluations
    }
    known = {tuple(row) for row in connection.execute(select(*key).where(key.in_(sorted(rows))))}
    _insert(connection, table, [row for its_key, row in rows.items() if its_key not in known])


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _update(connection: Connection, table: Table, key: str, rows: Sequence[Row]) -> None:
    """Overwrite whole rows; each names its own under ``its_id``."""
    if rows:
        statement = update(table).where(table.c[key] == bindparam("its_id"))
        names = [name for name in rows[0] if name not in ("its_id", key)]
        connection.execute(
            statement.values({name: bindparam(name) for name in names}),
            [{name: row[name] for name in ("its_id", *names)} for row in rows],
        )
