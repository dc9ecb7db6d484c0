"""Reading the store: the tables that KPIs are counted from, and whole evaluations one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, func, select

from qa_analyzer.analysis.call_analysis import CallSentiment, ComplaintTag, SentimentLabel, TurnSentiment
from qa_analyzer.calls.call import Role
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
from qa_analyzer.kpi.rows import RISK_CLASS, Row
from qa_analyzer.scoring.evaluation import CriterionResult, Evidence, EvidenceKind, MatchKind, Verdict

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
    )


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
            yield _whole(head, {name: rows.get(number, []) for name, rows in parts.items()})


def _by_evaluation(connection: Connection, table: Table, ids: Sequence[int]) -> dict[int, list[RowMapping]]:
    rows: dict[int, list[RowMapping]] = {}
    statement = select(table).where(table.c.evaluation_id.in_(ids)).order_by(*table.primary_key.columns)
    for row in connection.execute(statement).mappings():
        rows.setdefault(row["evaluation_id"], []).append(row)
    return rows


def _row_of(head: RowMapping, table: Table) -> Row:
    return {column.name: head[f"{table.name}.{column.name}"] for column in table.columns}


def _whole(head: RowMapping, parts: Mapping[str, list[RowMapping]]) -> StoredEvaluation:
    evaluation = _row_of(head, schema.evaluations)
    quotes: dict[str, list[Evidence]] = {}
    for row in parts["evidence"]:
        quotes.setdefault(row["criterion_id"], []).append(_evidence(row))
    tags = [_tag(row) for row in parts["complaints"]]
    return StoredEvaluation(
        evaluation_id=head["evaluations.evaluation_id"],
        revision=head["evaluations.revision"],
        is_current=head["evaluations.is_current"],
        call=_row_of(head, schema.calls),
        heard=_row_of(head, schema.transcripts),
        head=evaluation,
        criteria=tuple(
            CriterionResult(
                criterion_id=row["criterion_id"],
                verdict=Verdict(row["verdict"]),
                points_earned=row["points_earned"],
                points_possible=row["points_possible"],
                auto_fail=row["auto_fail"],
                explanation=row["explanation"],
                evidence=tuple(quotes.get(row["criterion_id"], ())),
            )
            for row in sorted(parts["criteria"], key=lambda row: int(row["position"]))
        ),
        complaints=tuple(tag for tag in tags if tag.complaint_class != RISK_CLASS),
        risks=tuple(tag for tag in tags if tag.complaint_class == RISK_CLASS),
        sentiment=_sentiment(head),
        overrides=tuple(_override(evaluation, row) for row in parts["overrides"]),
    )


def _evidence(row: RowMapping) -> Evidence:
    return Evidence(
        kind=EvidenceKind(row["kind"]),
        role=Role(row["role"]),
        turn_index=row["turn_index"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        quote=row["quote"],
        match_kind=MatchKind(row["match_kind"]),
        distance=row["distance"],
        char_start=row["char_start"],
        char_end=row["char_end"],
        heard_share=row["heard_share"],
        note=row["note"],
    )


def _tag(row: RowMapping) -> ComplaintTag:
    return ComplaintTag(
        code=row["code"],
        complaint_class=row["complaint_class"],
        turn_index=row["turn_index"],
        start_s=row["start_s"],
        term=row["term"],
        char_start=row["char_start"],
        char_end=row["char_end"],
        match_kind=row["match_kind"],
        severity=row["severity"],
    )


def _sentiment(head: RowMapping) -> CallSentiment:
    def cell(name: str) -> Any:
        return head[f"sentiments.{name}"]

    def level(name: str) -> SentimentLabel | None:
        return None if cell(name) is None else SentimentLabel(cell(name))

    return CallSentiment(
        customer_start=level("customer_start"),
        customer_end=level("customer_end"),
        lowest=cell("lowest"),
        lowest_turn_index=cell("lowest_turn_index"),
        shift=cell("shift"),
        turns=tuple(
            TurnSentiment(
                turn_index=turn["turn_index"],
                label=SentimentLabel(turn["label"]),
                score=turn["score"],
                confidence=turn["confidence"],
            )
            for turn in cell("turns")
        ),
        model_fingerprint=cell("model_fingerprint"),
    )


def _override(evaluation: Row, row: RowMapping) -> Override:
    return Override(
        call_id=str(evaluation["call_id"]),
        scorecard_fingerprint=str(evaluation["scorecard_fingerprint"]),
        transcript_fingerprint=str(evaluation["transcript_fingerprint"]),
        criterion_id=row["criterion_id"],
        verdict=Verdict(row["verdict"]),
        reviewer=row["reviewer"],
        decided_at=row["decided_at"],
        reason=row["reason"],
    )
