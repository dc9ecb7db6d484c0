"""What goes into the store besides evaluations, what comes out of it, and how to choose. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from qa_analyzer.analysis.call_analysis import CallSentiment, ComplaintTag
from qa_analyzer.kpi.rows import Row
from qa_analyzer.scoring.evaluation import CriterionResult, Verdict


@dataclass(frozen=True, slots=True)
class Run:
    """One batch. ``facts`` holds versions, fingerprints and timings as JSON values; never credentials."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None = None
    source: str = ""
    calls_scored: int = 0
    calls_failed: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Override:
    """A person's verdict on one criterion; it stands beside the machine's, never over it."""

    call_id: str
    scorecard_fingerprint: str
    transcript_fingerprint: str
    criterion_id: str
    verdict: Verdict
    reviewer: str
    decided_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """One evaluation as the store keeps it: everything but the transcript's own text.

    ``call`` and ``head`` are rows of ``rows.call_row`` and ``rows.evaluation_row``; ``heard`` of
    ``rows.transcript_row``. ``revision`` grows with every change in the store.
    """

    evaluation_id: int
    revision: int
    is_current: bool
    call: Row
    heard: Row
    head: Row
    criteria: tuple[CriterionResult, ...]
    complaints: tuple[ComplaintTag, ...]
    risks: tuple[ComplaintTag, ...]
    sentiment: CallSentiment
    overrides: tuple[Override, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which evaluations to read. Days are the call centre's own, both ends included; empty means all.

    ``after_revision`` gives what changed since a watermark. ``current_only`` leaves out what a newer
    scorecard or transcript of the same call has replaced.
    """

    first_day: date | None = None
    last_day: date | None = None
    teams: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    scorecard_ids: tuple[str, ...] = ()
    after_revision: int | None = None
    current_only: bool = True
    call_ids: tuple[str, ...] = ()


EVERYTHING = Selection()
