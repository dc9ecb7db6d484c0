"""What KPIs are counted from: three tables, the same whether they come from memory or from the store.

``calls`` has one line per evaluation, ``criteria`` one per verdict, ``tags`` one per complaint or risk;
they join on ``evaluation_id``. A missing cell means "not known" and never counts as 0.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar, cast

import pandas as pd

from qa_analyzer.kpi.reviewed import Reviewed
from qa_analyzer.kpi.rows import (
    CHINA_TIME,
    Row,
    call_row,
    criterion_rows,
    evaluation_row,
    sentiment_row,
    tag_rows,
    transcript_row,
)
from qa_analyzer.scoring.evaluation import Evaluation

Each = TypeVar("Each", bound=Hashable)

# A customer who calls again later than this has a new request.
FIRST_CONTACT_WINDOW = timedelta(days=7)

CALL_COLUMNS: Mapping[str, str] = {
    "evaluation_id": "int64",
    "call_id": "string",
    "agent_id": "string",
    "agent_name": "string",
    "team": "string",
    "queue": "string",
    "started_at": "datetime64[us, UTC]",
    "local_day": "datetime64[us]",
    "direction": "string",
    "ring_seconds": "float64",
    "ring_count": "float64",
    "csat": "float64",
    "resolved": "boolean",
    "customer_key": "string",
    "scorecard_id": "string",
    "scorecard_version": "string",
    "scorecard_fingerprint": "string",
    "asr_model": "string",
    "percent": "float64",
    "grade": "string",
    "auto_failed": "boolean",
    "promised_hours": "float64",
    "promises_in_time": "boolean",
    "duration_s": "float64",
    "agent_talk_s": "float64",
    "customer_talk_s": "float64",
    "talk_ratio": "float64",
    "overlap_s": "float64",
    "non_talk_share": "float64",
    "longest_silence_s": "float64",
    "agent_interruptions": "float64",
    "customer_interruptions": "float64",
    "agent_speech_rate_cpm": "float64",
    "first_agent_s": "float64",
    "mean_word_probability": "float64",
    "audited_share": "float64",
    "role_confidence": "float64",
    "customer_start": "string",
    "customer_end": "string",
    "shift": "string",
    "lowest": "float64",
}
CRITERION_COLUMNS: Mapping[str, str] = {
    "evaluation_id": "int64",
    "position": "int64",
    "criterion_id": "category",
    "verdict": "category",
}
_VERDICT_COLUMNS = tuple(CRITERION_COLUMNS)[1:]
TAG_COLUMNS: Mapping[str, str] = {"evaluation_id": "int64", "code": "category", "complaint_class": "category"}


@dataclass(frozen=True, slots=True)
class Contact:
    """One call of a known customer at a known time, and what it complained about."""

    customer_key: str
    started_at: datetime
    call_id: str
    codes: frozenset[str]


def in_order(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    """Sort contacts by customer, then by time."""
    return tuple(
        sorted(contacts, key=lambda contact: (contact.customer_key, contact.started_at, contact.call_id))
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """The three tables, with the columns and types named above, and what first-contact resolution looks at.

    ``contacts`` reaches seven days beyond the chosen calls; ``observed_until`` is the start of the latest
    call known, None where no call has a time. ``reviewed`` are the calls that people looked at, by
    ``evaluation_id``; only the store knows them.
    """

    calls: pd.DataFrame
    criteria: pd.DataFrame
    tags: pd.DataFrame
    contacts: tuple[Contact, ...]
    observed_until: datetime | None
    reviewed: Mapping[int, Reviewed] = field(default_factory=dict)


def typed(rows: Iterable[Sequence[object]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Build a table of exactly these columns and types; rows hold their cells in that order."""
    frame = pd.DataFrame(list(rows), columns=pd.Index(list(columns)))
    for column, kind in columns.items():
        if kind.startswith("datetime64"):
            frame[column] = pd.to_datetime(frame[column], utc="UTC" in kind)
    return frame.astype(dict(columns))


class FactsBuilder:
    """Lays out evaluations one after another; of each it keeps only what KPIs are counted from.

    ``zone`` is the call centre's clock, for times that name none.
    """

    def __init__(self, zone: tzinfo = CHINA_TIME) -> None:
        self._zone = zone
        self._calls: list[tuple[object, ...]] = []
        self._criteria: list[tuple[int, tuple[tuple[object, ...], ...]]] = []
        self._known: dict[object, object] = {}  # words and verdicts, which are the same in many calls
        self._tags: list[tuple[object, ...]] = []
        self._contacts: dict[str, Contact] = {}
        self._observed_until: datetime | None = None

    def add(self, evaluation: Evaluation) -> None:
        """Take one evaluation."""
        analysis = evaluation.analysis
        transcript = analysis.transcript
        number = len(self._calls)
        own: Row = {"evaluation_id": number}
        call = call_row(transcript.call, self._zone)
        whole = (
            transcript_row(transcript, evaluation.fingerprints.transcript)
            | sentiment_row(analysis.sentiment)
            | evaluation_row(evaluation, self._zone)
            | call
            | own
        )
        self._calls.append(self._cells(whole, CALL_COLUMNS))
        verdicts = (self._cells(row, _VERDICT_COLUMNS) for row in criterion_rows(evaluation.criteria))
        self._criteria.append((number, tuple(self._once(each) for each in verdicts)))
        self._tags += [
            self._cells(row | own, TAG_COLUMNS) for row in tag_rows(analysis.complaints + analysis.risks)
        ]
        customer, started_at = call["customer_key"], call["started_at"]
        if isinstance(started_at, datetime):
            self._observed_until = max(self._observed_until or started_at, started_at)
            if isinstance(customer, str):
                codes = frozenset(tag.code for tag in analysis.complaints)
                contact = Contact(customer, started_at, evaluation.call_id, codes)
                self._contacts[evaluation.call_id] = contact

    def facts(self) -> Facts:
        """Return the tables of what was taken so far."""
        return Facts(
            calls=typed(self._calls, CALL_COLUMNS),
            criteria=typed(
                ((number, *verdict) for number, verdicts in self._criteria for verdict in verdicts),
                CRITERION_COLUMNS,
            ),
            tags=typed(self._tags, TAG_COLUMNS),
            contacts=in_order(self._contacts.values()),
            observed_until=self._observed_until,
        )

    def _cells(self, row: Row, columns: Iterable[str]) -> tuple[object, ...]:
        return tuple(
            self._once(cell) if isinstance(cell, str) else cell for cell in (row[name] for name in columns)
        )

    def _once(self, cell: Each) -> Each:
        """Return the equal one that was there first, so that memory holds it once."""
        return cast(Each, self._known.setdefault(cell, cell))


def facts_of(evaluations: Iterable[Evaluation], *, zone: tzinfo = CHINA_TIME) -> Facts:
    """Lay out evaluations in memory. ``zone`` is the call centre's clock, for times that name none."""
    builder = FactsBuilder(zone)
    for evaluation in evaluations:
        builder.add(evaluation)
    return builder.facts()
