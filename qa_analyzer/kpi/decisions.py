"""People's decisions as they hand them in, one by one or as a CSV file, and where they belong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from qa_analyzer.errors import ConfigError, Fault, ManifestError
from qa_analyzer.kpi.calibration import text_of
from qa_analyzer.kpi.records import Override, Selection, StoredEvaluation
from qa_analyzer.kpi.rows import utc_of
from qa_analyzer.kpi.store import KpiStore
from qa_analyzer.scoring.evaluation import Verdict

COLUMNS = ("call_id", "criterion_id", "verdict", "reviewer", "reason")
CALLS_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's verdict on one criterion of one call. ``scorecard_id`` may be empty if one card has it."""

    call_id: str
    criterion_id: str
    verdict: Verdict
    reviewer: str
    reason: str
    decided_at: datetime
    scorecard_id: str = ""


def verdict_of(word: str) -> Verdict:
    """Return the verdict that a word names; raises ValueError that says what is allowed."""
    try:
        return Verdict(word.strip())
    except ValueError:
        raise ValueError(f"{word!r} is none of {', '.join(each.value for each in Verdict)}") from None


def read_decisions(path: Path, *, now: datetime, zone: tzinfo) -> tuple[tuple[int, Decision], ...]:
    """Read decisions with their lines from CSV: ``COLUMNS``, and optionally decided_at and scorecard_id.

    UTF-8 or GB18030. A time without a zone is in ``zone``; without a time, ``now``. Raises ManifestError with
    every fault.
    """
    reader = csv.DictReader(io.StringIO(text_of(path), newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ManifestError((Fault(path, 1, "", f"columns are missing: {', '.join(missing)}"),))
    decisions: list[tuple[int, Decision]] = []
    faults: list[Fault] = []
    for row in reader:
        cells = {name: (cell or "").strip() for name, cell in row.items() if isinstance(name, str)}
        line = reader.line_num
        problems = [Fault(path, line, name, "must be filled in") for name in COLUMNS if not cells[name]]
        try:
            verdict = verdict_of(cells["verdict"])
            written = cells.get("decided_at")
            moment = utc_of(datetime.fromisoformat(written), zone) if written else now
        except ValueError as problem:
            problems.append(Fault(path, line, "", str(problem)))
        if problems:
            faults += problems
            continue
        named = (cells["call_id"], cells["criterion_id"], verdict, cells["reviewer"], cells["reason"])
        decisions.append((line, Decision(*named, moment, cells.get("scorecard_id", ""))))
    if faults:
        raise ManifestError(tuple(faults))
    return tuple(decisions)


def save_decisions(
    store: KpiStore, decisions: Sequence[tuple[int | None, Decision]], source: Path | None = None
) -> int:
    """Put decisions beside the machine's verdicts, all of them or none; return how many were new.

    One that repeats what its reviewer last said changes nothing, so the same file can be read twice. Raises
    ManifestError (ConfigError without a ``source``) with every decision that fits no verdict.
    """
    judged = _judged(store, {decision.call_id for _, decision in decisions})
    faults: list[Fault] = []
    overrides: list[Override] = []
    for line, decision in decisions:
        try:
            evaluation = _evaluation(decision, judged.get(decision.call_id, ()))
        except ValueError as problem:
            faults.append(Fault(source or Path(), line, "", str(problem)))
            continue
        if not _said_already(decision, evaluation.overrides):
            overrides.append(_override(decision, evaluation))
    if faults and source is None:
        raise ConfigError("; ".join(fault.message for fault in faults))
    if faults:
        raise ManifestError(tuple(faults))
    for override in overrides:
        store.save_override(override)
    return len(overrides)


def _judged(store: KpiStore, call_ids: Iterable[str]) -> Mapping[str, list[StoredEvaluation]]:
    found: dict[str, list[StoredEvaluation]] = {}
    for evaluation in evaluations_of(store, call_ids):
        found.setdefault(str(evaluation.call["call_id"]), []).append(evaluation)
    return found


def evaluations_of(store: KpiStore, call_ids: Iterable[str]) -> Iterator[StoredEvaluation]:
    """Yield the evaluations that count for these calls."""
    wanted = sorted(set(call_ids))
    for first in range(0, len(wanted), CALLS_AT_A_TIME):
        yield from store.evaluations(Selection(call_ids=tuple(wanted[first : first + CALLS_AT_A_TIME])))


def _evaluation(decision: Decision, judged: Sequence[StoredEvaluation]) -> StoredEvaluation:
    """Return the evaluation that a decision is about; raises ValueError that says why there is none."""
    call_id, criterion_id, card = decision.call_id, decision.criterion_id, decision.scorecard_id
    if not judged:
        raise ValueError(f"the store holds no evaluation of call {call_id}")
    fitting = [
        each
        for each in judged
        if criterion_id in {result.criterion_id for result in each.criteria}
        and card in ("", each.head["scorecard_id"])
    ]
    if not fitting:
        known = sorted({result.criterion_id for each in judged for result in each.criteria})
        raise ValueError(f"no verdict on {criterion_id} of call {call_id}; there are: {', '.join(known)}")
    if len(fitting) > 1:
        cards = ", ".join(sorted(str(each.head["scorecard_id"]) for each in fitting))
        raise ValueError(
            f"{criterion_id} of call {call_id}: several scorecards judged it ({cards}), name one"
        )
    return fitting[0]


def _said_already(decision: Decision, overrides: Iterable[Override]) -> bool:
    mine = [
        each
        for each in overrides
        if (each.criterion_id, each.reviewer) == (decision.criterion_id, decision.reviewer)
    ]
    same = [each for each in mine if (each.verdict, each.reason) == (decision.verdict, decision.reason)]
    last = max(mine, key=lambda each: each.decided_at, default=None)
    return last in same or any(each.decided_at == decision.decided_at for each in same)


def _override(decision: Decision, evaluation: StoredEvaluation) -> Override:
    return Override(
        call_id=decision.call_id,
        scorecard_fingerprint=str(evaluation.head["scorecard_fingerprint"]),
        transcript_fingerprint=str(evaluation.head["transcript_fingerprint"]),
        criterion_id=decision.criterion_id,
        verdict=decision.verdict,
        reviewer=decision.reviewer,
        decided_at=decision.decided_at,
        reason=decision.reason,
    )
