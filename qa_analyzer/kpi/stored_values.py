"""From the rows of the store back to the values they were made of; ``rows`` goes the other way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Table

from qa_analyzer.analysis.call_analysis import CallSentiment, ComplaintTag, SentimentLabel, TurnSentiment
from qa_analyzer.calls.call import Role
from qa_analyzer.kpi import schema
from qa_analyzer.kpi.records import Override, StoredEvaluation
from qa_analyzer.kpi.rows import RISK_CLASS, Row
from qa_analyzer.scoring.evaluation import CriterionResult, Evidence, EvidenceKind, MatchKind, Verdict


def _row_of(head: RowMapping, table: Table) -> Row:
    return {column.name: head[f"{table.name}.{column.name}"] for column in table.columns}


def whole(head: RowMapping, parts: Mapping[str, list[RowMapping]]) -> StoredEvaluation:
    """Build an evaluation from its head and the rows that hang on it, by table."""
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
            result(row, quotes.get(row["criterion_id"], ()))
            for row in sorted(parts["criteria"], key=lambda row: int(row["position"]))
        ),
        complaints=tuple(tag for tag in tags if tag.complaint_class != RISK_CLASS),
        risks=tuple(tag for tag in tags if tag.complaint_class == RISK_CLASS),
        sentiment=_sentiment(head),
        overrides=tuple(override(evaluation, row) for row in parts["overrides"]),
    )


def result(row: RowMapping, quotes: Sequence[Evidence]) -> CriterionResult:
    """Build one verdict."""
    return CriterionResult(
        criterion_id=row["criterion_id"],
        verdict=Verdict(row["verdict"]),
        points_earned=row["points_earned"],
        points_possible=row["points_possible"],
        auto_fail=row["auto_fail"],
        explanation=row["explanation"],
        evidence=tuple(quotes),
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


def override(evaluation: Row, row: RowMapping) -> Override:
    """Build one decision of a person on an evaluation."""
    return Override(
        call_id=str(evaluation.get("call_id")),
        scorecard_fingerprint=str(evaluation.get("scorecard_fingerprint")),
        transcript_fingerprint=str(evaluation.get("transcript_fingerprint")),
        criterion_id=row["criterion_id"],
        verdict=Verdict(row["verdict"]),
        reviewer=row["reviewer"],
        decided_at=row["decided_at"],
        reason=row["reason"],
    )
