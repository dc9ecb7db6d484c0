"""One evaluation laid out as flat rows, the form that both the store and the KPI tables count.

Rows are plain dicts whose keys are the columns of ``schema``. None always means "not known".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TypeAlias

from qa_analyzer.analysis.call_analysis import CallSentiment, ComplaintTag, ConversationMetrics
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.intervals import Span, total_s
from qa_analyzer.kpi.commitments import promises_of
from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation, Evidence
from qa_analyzer.speech.transcript import Transcript

Cell: TypeAlias = str | int | float | bool | datetime | date | list[dict[str, object]] | None
Row: TypeAlias = dict[str, Cell]

# One civil time in the whole country, without daylight saving: a fixed offset needs no zone database.
CHINA_TIME: tzinfo = timezone(timedelta(hours=8), "UTC+08:00")

RISK_CLASS = "risk"


def customer_key(customer_id: str | None) -> str | None:
    """Return a digest that tells customers apart without keeping who they are."""
    if customer_id is None:
        return None
    return hashlib.sha256(customer_id.encode()).hexdigest()[:32]


def utc_of(moment: datetime, zone: tzinfo) -> datetime:
    """Return a moment in UTC; a time without a zone is the call centre's own clock."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def call_row(call: Call, zone: tzinfo) -> Row:
    """Lay out a call's metadata. ``local_day`` is the call centre's calendar day, which KPIs count by."""
    started_at = utc_of(call.started_at, zone) if call.started_at else None
    return {
        "call_id": call.call_id,
        "agent_id": call.agent_id,
        "agent_name": call.agent_name,
        "team": call.team,
        "queue": call.queue,
        "started_at": started_at,
        "local_day": started_at.astimezone(zone).date() if started_at else None,
        "direction": call.direction.value if call.direction else None,
        "ring_seconds": call.ring_seconds,
        "ring_count": call.ring_count,
        "csat": call.csat,
        "resolved": call.resolved,
        "customer_key": customer_key(call.customer_id),
    }


def transcript_row(transcript: Transcript, fingerprint: str) -> Row:
    """Lay out how a call was heard: the figures that say how far its verdicts can be trusted."""
    probabilities = [word.probability for turn in transcript.turns for word in turn.words]
    audio = transcript.audio
    audited_s = total_s(Span(span.start_s, span.end_s) for span in transcript.audit)
    return {
        "call_id": transcript.call_id,
        "transcript_fingerprint": fingerprint,
        "asr_fingerprint": transcript.asr_fingerprint,
        "asr_model": transcript.asr_model,
        "audio_path": audio.path if audio else None,
        "audio_sha256": audio.sha256 if audio else None,
        "channel_count": audio.channels if audio else None,
        "turn_count": len(transcript.turns),
        "role_method": transcript.roles.method.value,
        "role_confidence": transcript.roles.confidence,
        "overlap_known": transcript.overlap_known,
        "mean_word_probability": sum(probabilities) / len(probabilities) if probabilities else None,
        "audited_share": min(1.0, audited_s / audio.duration_s) if audio and audio.duration_s > 0 else None,
    }


def metric_cells(metrics: ConversationMetrics) -> Row:
    """Lay out the conversation facts of a call."""
    talk_s: Mapping[Role, float] = metrics.talk_s or {}
    rate: Mapping[Role, float] = metrics.speech_rate_cpm or {}
    cut_in = None if metrics.interruptions is None else [cut.interrupter for cut in metrics.interruptions]
    non_talk_share = None
    if metrics.non_talk_s is not None and metrics.duration_s:
        non_talk_share = metrics.non_talk_s / metrics.duration_s
    return {
        "duration_s": metrics.duration_s,
        "agent_talk_s": talk_s.get(Role.AGENT),
        "customer_talk_s": talk_s.get(Role.CUSTOMER),
        "talk_ratio": metrics.talk_ratio,
        "overlap_s": metrics.overlap_s,
        "non_talk_share": non_talk_share,
        "longest_silence_s": metrics.longest_silence_s,
        "agent_interruptions": None if cut_in is None else cut_in.count(Role.AGENT),
        "customer_interruptions": None if cut_in is None else cut_in.count(Role.CUSTOMER),
        "agent_speech_rate_cpm": rate.get(Role.AGENT),
        "first_agent_s": metrics.first_agent_s,
    }


def evaluation_row(evaluation: Evaluation, zone: tzinfo) -> Row:
    """Lay out the head of an evaluation: score, what produced it, and the conversation facts."""
    prints = evaluation.fingerprints
    promises = promises_of(evaluation, zone)
    return {
        "call_id": evaluation.call_id,
        "scorecard_id": evaluation.scorecard_id,
        "scorecard_version": evaluation.scorecard_version,
        "scorecard_fingerprint": prints.scorecard,
        "transcript_fingerprint": prints.transcript,
        "code_fingerprint": prints.code,
        "lexicon_fingerprint": prints.lexicon,
        "acts_fingerprint": prints.acts,
        "percent": evaluation.percent,
        "grade": evaluation.grade.value,
        "auto_failed": evaluation.auto_failed,
        "promised_hours": max((promise.hours for promise in promises), default=None),
        "promises_in_time": all(promise.in_time for promise in promises) if promises else None,
        **metric_cells(evaluation.analysis.metrics),
    }


def criterion_rows(criteria: tuple[CriterionResult, ...]) -> list[Row]:
    """Lay out the verdicts, in the scorecard's order."""
    return [
        {
            "criterion_id": criterion.criterion_id,
            "position": position,
            "verdict": criterion.verdict.value,
            "points_earned": criterion.points_earned,
            "points_possible": criterion.points_possible,
            "auto_fail": criterion.auto_fail,
            "explanation": criterion.explanation,
        }
        for position, criterion in enumerate(criteria)
    ]


def evidence_cells(evidence: Evidence) -> Row:
    """Lay out one quote."""
    return {
        "kind": evidence.kind.value,
        "role": evidence.role.value,
        "turn_index": evidence.turn_index,
        "start_s": evidence.start_s,
        "end_s": evidence.end_s,
        "quote": evidence.quote,
        "match_kind": evidence.match_kind.value,
        "distance": evidence.distance,
        "char_start": evidence.char_start,
        "char_end": evidence.char_end,
        "heard_share": evidence.heard_share,
        "note": evidence.note,
    }


def evidence_rows(criteria: tuple[CriterionResult, ...]) -> list[Row]:
    """Lay out every quote under its criterion."""
    return [
        {"criterion_id": criterion.criterion_id, "position": position, **evidence_cells(evidence)}
        for criterion in criteria
        for position, evidence in enumerate(criterion.evidence)
    ]


def tag_rows(tags: tuple[ComplaintTag, ...]) -> list[Row]:
    """Lay out complaints and risks alike; a risk has the class ``risk``."""
    return [
        {
            "position": position,
            "code": tag.code,
            "complaint_class": tag.complaint_class,
            "turn_index": tag.turn_index,
            "start_s": tag.start_s,
            "term": tag.term,
            "char_start": tag.char_start,
            "char_end": tag.char_end,
            "match_kind": tag.match_kind,
            "severity": tag.severity,
        }
        for position, tag in enumerate(tags)
    ]


def sentiment_row(sentiment: CallSentiment) -> Row:
    """Lay out how the customer felt, with the turns kept in one cell."""
    turns: list[dict[str, object]] = [
        {
            "turn_index": turn.turn_index,
            "label": turn.label.value,
            "score": turn.score,
            "confidence": turn.confidence,
        }
        for turn in sentiment.turns
    ]
    return {
        "customer_start": sentiment.customer_start.value if sentiment.customer_start else None,
        "customer_end": sentiment.customer_end.value if sentiment.customer_end else None,
        "lowest": sentiment.lowest,
        "lowest_turn_index": sentiment.lowest_turn_index,
        "shift": sentiment.shift,
        "model_fingerprint": sentiment.model_fingerprint,
        "turns": turns,
    }


def digest(*parts: object) -> str:
    """Return the sha256 of the canonical JSON of rows; equal content gives equal digests."""
    canonical = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
