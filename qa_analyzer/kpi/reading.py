"""Reading the store: the tables that KPIs are counted from, and whole evaluations one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, func, select

from qa_analyzer.kpi import schema
from qa_analyzer.kpi.facts import (
    CALL_COLUMNS,
    CRITERION_COLUMNS,
    FIRST_CONTACT_WINDOW,
    TAG_COLUMNS,
    Contact,
    Facts,
    in_order,
    typed,
)
from qa_analyzer.kpi.records import EVERYTHING, Override, Selection, StoredEvaluation
from qa_analyzer.kpi.reviewed import Reviewed, reviewed
from qa_analyzer.kpi.rows import RISK_CLASS
from qa_analyzer.kpi.stored_values import override, result, whole

# Evaluations fetched at a time: their parts are read in one query each, and memory stays flat.
PAGE = 500

# Rows of a flat table fetched at a time.
ROWS_AT_A_TIME = 20_000

# Where a fact is kept; the rest of the head is in ``evaluations``.
_HOMES = (schema.evaluations, schema.calls, schema.transcripts, schema.sentiments)


def _conditions(selection: Selection) -> list[ColumnElement[bool]]:
    calls, evaluations = schema.calls.c, schema.evaluations.c
    conditions: list[ColumnElement[bool]] = []
    if selection.first_day is not None:
        conditions.append(calls.local_day >= selection.first_day)
    if selection.last_day is not None:
        conditions.append(calls.local_day <= selection.last_day)
    for column, chosen in (
        (calls.team, selection.teams),
        (calls.queue, selection.queues),
        (calls.agent_id, selection.agent_ids),
        (evaluations.scorecard_id, selection.scorecard_ids),
        (calls.call_id, selection.call_ids),
    ):
        if chosen:
            conditions.append(column.in_(chosen))
    if selection.after_revision is not None:
        conditions.append(evaluations.revision > selection.after_revision)
    if selection.current_only:
        conditions.append(evaluations.is_current)
    return conditions


def _chosen(statement: Select[Any], selection: Selection) -> Select[Any]:
    """Join an evaluation with its call, and keep what was asked for."""
    evaluations = schema.evaluations
    joined = statement.select_from(evaluations).join(
        schema.calls, schema.calls.c.call_id == evaluations.c.call_id
    )
    return joined.where(*_conditions(selection))


def _chosen_whole(statement: Select[Any], selection: Selection) -> Select[Any]:
    """Join its transcript and sentiment too."""
    evaluations, transcripts, sentiments = schema.evaluations, schema.transcripts, schema.sentiments
    return (
        _chosen(statement, selection)
        .join(
            transcripts,
            (transcripts.c.call_id == evaluations.c.call_id)
            & (transcripts.c.transcript_fingerprint == evaluations.c.transcript_fingerprint),
        )
        .join(sentiments, sentiments.c.evaluation_id == evaluations.c.evaluation_id)
    )


class Snapshot:
    """One consistent moment of the store, open for reading."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def facts(self, selection: Selection = EVERYTHING) -> Facts:
        """Read the tables that KPIs are counted from."""
        return read_facts(self._connection, selection)

    def evaluations(self, selection: Selection = EVERYTHING) -> Iterator[StoredEvaluation]:
        """Yield whole evaluations in the order in which they were first saved; memory stays flat."""
        return read_evaluations(self._connection, selection)

    def table(
        self, name: str, columns: Sequence[str], selection: Selection = EVERYTHING
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield one flat table in batches of rows, in the order of its keys; memory stays flat."""
        return read_table(self._connection, selection, name, columns)

    def revision(self) -> int:
        """Return the watermark: ``Selection.after_revision`` of it yields what changes from now on."""
        evaluations, counters = schema.evaluations, schema.counters
        latest = self._connection.execute(select(func.max(evaluations.c.revision))).scalar_one()
        # The counter too: a watermark must not seem to be another store's because its change was purged.
        handed_out = self._connection.execute(
            select(counters.c.value).where(counters.c.name == "revision")
        ).scalar_one_or_none()
        return max(latest or 0, handed_out or 0)


def read_facts(connection: Connection, selection: Selection) -> Facts:
    """Read the three tables of facts, evaluations in the order in which they were first saved."""
    key = schema.evaluations.c.evaluation_id
    columns = [next(home.c[name] for home in _HOMES if name in home.c) for name in CALL_COLUMNS]
    heads = _chosen_whole(select(*columns), selection).order_by(key)
    wanted = _chosen(select(key), selection).scalar_subquery()

    def part(table: Table, names: Mapping[str, str]) -> Select[Any]:
        chosen = select(*(table.c[name] for name in names)).where(table.c.evaluation_id.in_(wanted))
        return chosen.order_by(table.c.evaluation_id, table.c.position)

    latest = connection.execute(select(func.max(schema.calls.c.started_at))).scalar_one()
    return Facts(
        calls=_frame(connection, heads, CALL_COLUMNS),
        criteria=_narrow_frame(connection, part(schema.criteria, CRITERION_COLUMNS), CRITERION_COLUMNS),
        tags=_narrow_frame(connection, part(schema.complaints, TAG_COLUMNS), TAG_COLUMNS),
        contacts=_contacts(connection, selection),
        observed_until=latest,
        reviewed=_reviewed(connection, selection),
    )


def _reviewed(connection: Connection, selection: Selection) -> dict[int, Reviewed]:
    """Read the calls that people looked at, with the score they have by people's verdicts."""
    evaluations, criteria, overrides = schema.evaluations, schema.criteria, schema.overrides
    looked_at = select(overrides.c.evaluation_id).distinct()
    key = evaluations.c.evaluation_id
    prints = select(key, evaluations.c.scorecard_fingerprint)
    cards = {
        row[0]: row[1] for row in connection.execute(_chosen(prints, selection).where(key.in_(looked_at)))
    }
    points = (
        select(
            evaluations.c.scorecard_fingerprint, criteria.c.criterion_id, func.max(criteria.c.points_possible)
        )
        .join(criteria, criteria.c.evaluation_id == key)
        .where(evaluations.c.scorecard_fingerprint.in_(sorted(set(cards.values()))))
        .group_by(evaluations.c.scorecard_fingerprint, criteria.c.criterion_id)
        .having(func.max(criteria.c.points_possible) > 0)
    )
    weights: dict[str, dict[str, float]] = {}
    for card, criterion_id, weight in connection.execute(points) if cards else ():
        weights.setdefault(card, {})[criterion_id] = weight
    found: dict[int, Reviewed] = {}
    numbers = sorted(cards)
    for first in range(0, len(numbers), PAGE):
        page = numbers[first : first + PAGE]
        judged = _by_evaluation(connection, criteria, page)
        decided = _by_evaluation(connection, overrides, page)
        for number in page:
            results = [result(row, ()) for row in judged.get(number, ())]
            decisions = [override({}, row) for row in decided.get(number, ())]
            found[number] = reviewed(results, decisions, weights.get(cards[number], {}))
    return found


def _contacts(connection: Connection, selection: Selection) -> tuple[Contact, ...]:
    """Read the calls of known customers in the chosen days and the seven after, whoever took them."""
    calls, evaluations, complaints = schema.calls, schema.evaluations, schema.complaints
    wanted: list[ColumnElement[bool]] = [calls.c.customer_key.is_not(None), calls.c.started_at.is_not(None)]
    if selection.first_day is not None:
        wanted.append(calls.c.local_day >= selection.first_day)
    if selection.last_day is not None:
        wanted.append(calls.c.local_day <= selection.last_day + FIRST_CONTACT_WINDOW)
    codes: dict[str, set[str]] = {}
    tagged = (
        select(calls.c.call_id, complaints.c.code)
        .join(evaluations, evaluations.c.call_id == calls.c.call_id)
        .join(complaints, complaints.c.evaluation_id == evaluations.c.evaluation_id)
        .where(*wanted, evaluations.c.is_current, complaints.c.complaint_class != RISK_CLASS)
    )
    for call_id, code in connection.execute(tagged):
        codes.setdefault(call_id, set()).add(code)
    met = select(calls.c.customer_key, calls.c.started_at, calls.c.call_id).where(*wanted)
    return in_order(
        Contact(*row, codes=frozenset(codes.get(row.call_id, ()))) for row in connection.execute(met)
    )


def _frame(connection: Connection, statement: Select[Any], columns: Mapping[str, str]) -> pd.DataFrame:
    return typed((tuple(row) for row in connection.execute(statement)), columns)


def _narrow_frame(connection: Connection, statement: Select[Any], columns: Mapping[str, str]) -> pd.DataFrame:
    """Read a long table of numbers and a few repeated words without ever holding its rows as objects."""
    words: dict[str, dict[str, int]] = {name: {} for name, kind in columns.items() if kind == "category"}
    parts: dict[str, list[np.ndarray[Any, np.dtype[np.int64]]]] = {name: [] for name in columns}
    streamed = connection.execution_options(yield_per=ROWS_AT_A_TIME).execute(statement)
    for rows in streamed.partitions():
        for name, cells in zip(columns, zip(*rows, strict=True), strict=True):
            codes = words.get(name)
            if codes is not None:
                cells = tuple(codes.setdefault(cell, len(codes)) for cell in cells)
            parts[name].append(np.array(cells, dtype=np.int64))
    frame: dict[str, object] = {}
    for name, arrays in parts.items():
        whole = np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int64)
        if name in words:
            named = pd.Categorical.from_codes(whole, pd.Index(list(words[name]), dtype="str"))
            frame[name] = named.reorder_categories(sorted(words[name]))
        else:
            frame[name] = whole
    return pd.DataFrame(frame)


def read_table(
    connection: Connection, selection: Selection, name: str, columns: Sequence[str]
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Yield one table's rows in batches, ordered by evaluation; a part also knows its call."""
    if name == "evaluations":
        own = [next(home.c[column] for home in _HOMES if column in home.c) for column in columns]
        statement = _chosen_whole(select(*own), selection).order_by(schema.evaluations.c.evaluation_id)
    else:
        part = schema.metadata.tables[name]
        own = [part.c[column] if column in part.c else schema.evaluations.c[column] for column in columns]
        statement = _chosen(select(*own), selection).join(
            part, part.c.evaluation_id == schema.evaluations.c.evaluation_id
        )
        statement = statement.order_by(*part.primary_key.columns)
    streamed = connection.execution_options(yield_per=ROWS_AT_A_TIME).execute(statement)
    for rows in streamed.partitions():
        yield [tuple(row) for row in rows]


def read_evaluations(connection: Connection, selection: Selection) -> Iterator[StoredEvaluation]:
    """Yield whole evaluations in the order in which they were first saved."""
    tables = (schema.evaluations, schema.calls, schema.transcripts, schema.sentiments)
    labelled = [column.label(f"{table.name}.{column.name}") for table in tables for column in table.columns]
    key = schema.evaluations.c.evaluation_id
    after = -1
    while True:
        page = _chosen_whole(select(*labelled), selection).where(key > after).order_by(key).limit(PAGE)
        heads = connection.execute(page).mappings().all()
        if not heads:
            return
        ids = [head["evaluations.evaluation_id"] for head in heads]
        after = ids[-1]
        parts = {
            table.name: _by_evaluation(connection, table, ids)
            for table in (schema.criteria, schema.evidence, schema.complaints, schema.overrides)
        }
        for head, number in zip(heads, ids, strict=True):
            yield whole(head, {name: rows.get(number, []) for name, rows in parts.items()})


def read_overrides(connection: Connection) -> tuple[Override, ...]:
    """Return what people decided, by call, oldest first."""
    evaluations, overrides = schema.evaluations, schema.overrides
    names = ("call_id", "scorecard_fingerprint", "transcript_fingerprint")
    statement = (
        select(*(evaluations.c[name] for name in names), *overrides.c)
        .join(overrides, overrides.c.evaluation_id == evaluations.c.evaluation_id)
        .order_by(
            evaluations.c.call_id, overrides.c.decided_at, overrides.c.criterion_id, overrides.c.reviewer
        )
    )
    rows = connection.execute(statement).mappings()
    return tuple(override({name: row[name] for name in names}, row) for row in rows)


def _by_evaluation(connection: Connection, table: Table, ids: Sequence[int]) -> dict[int, list[RowMapping]]:
    rows: dict[int, list[RowMapping]] = {}
    statement = select(table).where(table.c.evaluation_id.in_(ids)).order_by(*table.primary_key.columns)
    for row in connection.execute(statement).mappings():
        rows.setdefault(row["evaluation_id"], []).append(row)
    return rows
