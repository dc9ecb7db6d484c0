"""Evaluations for the tests of this room, built from a few words each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from qa_analyzer.analysis.call_analysis import (
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    ConversationMetrics,
    Interruption,
    SentimentLabel,
    TurnSentiment,
)
from qa_analyzer.calls.call import Call, Direction, Role
from qa_analyzer.kpi.records import Override
from qa_analyzer.scoring.evaluation import (
    CriterionResult,
    Evaluation,
    Evidence,
    EvidenceKind,
    Fingerprints,
    Grade,
    MatchKind,
    Verdict,
)
from qa_analyzer.speech.transcript import (
    AudioFacts,
    AuditKind,
    AuditSpan,
    RoleAssignment,
    RoleMethod,
    Transcript,
    Turn,
    Word,
)

LEVELS = [SentimentLabel.NEGATIVE, SentimentLabel.NEUTRAL, SentimentLabel.POSITIVE]
CLASS_OF = {"signal": "network", "unknown_charge": "charges", "attitude": "service"}
RISKS = ("escalation", "churn", "repeat_contact")

# A person's verdict on what ``evaluate()`` builds; its reason holds what no log may.
OVERRIDE = Override(
    call_id="c1",
    scorecard_fingerprint="card-1",
    transcript_fingerprint="t-c1",
    criterion_id="greeting",
    verdict=Verdict.FAIL,
    reviewer="李组长",
    decided_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
    reason="客户原话：我的身份证号是…",
)


def grade_of(percent: float | None) -> Grade:
    if percent is None:
        return Grade.UNSCORED
    bands = [(90, Grade.EXCELLENT), (80, Grade.PASS), (60, Grade.TO_IMPROVE)]
    return next((grade for floor, grade in bands if percent >= floor), Grade.FAIL)


def evidence(quote: str = "您好", *, start_s: float | None = 1.0) -> Evidence:
    return Evidence(
        kind=EvidenceKind.MATCH,
        role=Role.AGENT,
        turn_index=0,
        start_s=start_s,
        end_s=None if start_s is None else start_s + 1,
        quote=quote,
        match_kind=MatchKind.EXACT,
        distance=0.0,
        char_start=0,
        char_end=len(quote),
    )


def evaluate(
    call_id: str = "c1",
    agent_id: str | None = "a1",
    *,
    agent_name: str | None = None,
    team: str | None = None,
    queue: str | None = None,
    started_at: str | datetime | None = None,
    percent: float | None = 80.0,
    auto_failed: bool = False,
    verdicts: Mapping[str, str] | None = None,
    quotes: Mapping[str, str] | None = None,
    tags: tuple[str, ...] = (),
    mood: str | None = "unchanged",
    ended: SentimentLabel = SentimentLabel.NEUTRAL,
    probability: float | None = None,
    audited_s: float = 0.0,
    duration_s: float | None = None,
    ring_seconds: float | None = None,
    ring_count: int | None = None,
    csat: float | None = None,
    resolved: bool | None = None,
    customer_id: str | None = None,
    interruptions: int | None = None,
    speech_rate_cpm: float | None = None,
    scorecard: str = "card-1",
    scorecard_version: str = "1",
    transcript: str | None = None,
    acts: str | None = "acts-1",
) -> Evaluation:
    """Build an evaluation; ``tags`` are complaint and risk codes."""
    moment = datetime.fromisoformat(started_at) if isinstance(started_at, str) else started_at
    words = (
        () if probability is None else (Word("您", 0.0, 0.2, probability), Word("好", 0.2, 0.4, probability))
    )
    audio = None
    if duration_s is not None:
        audio = AudioFacts(f"{call_id}.wav", "0" * 64, duration_s, 8000, 2, "pcm_s16le")
    call = Call(
        call_id=call_id,
        audio_path=Path(f"{call_id}.wav"),
        agent_id=agent_id,
        agent_name=agent_name,
        team=team,
        queue=queue,
        started_at=moment,
        direction=Direction.INBOUND,
        ring_seconds=ring_seconds,
        ring_count=ring_count,
        csat=csat,
        resolved=resolved,
        customer_id=customer_id,
    )
    heard = Transcript(
        call=call,
        turns=(Turn(0, Role.AGENT, "您好，请讲。", words=words), Turn(1, Role.CUSTOMER, "我查一下话费。")),
        roles=RoleAssignment(RoleMethod.MANIFEST, 0.9, 0, diarized=False),
        overlap_known=True,
        audio=audio,
        duration_s=duration_s,
        audit=(AuditSpan(AuditKind.LOST_SPEECH, 0, 0.0, audited_s, "test"),) if audited_s else (),
    )
    cut_in = None
    if interruptions is not None:
        cut_in = tuple(Interruption(Role.AGENT, 0, None, 0.8) for _ in range(interruptions))
    metrics = ConversationMetrics(
        duration_s=duration_s,
        talk_s=None,
        talk_ratio=None,
        overlap_s=None,
        non_talk_s=None if duration_s is None else duration_s / 4,
        longest_silence_s=None,
        silences=None,
        interruptions=cut_in,
        speech_rate_cpm=None if speech_rate_cpm is None else {Role.AGENT: speech_rate_cpm},
        first_agent_s=None,
    )
    sentiment = CallSentiment(
        customer_start=None if mood is None else SentimentLabel.NEUTRAL,
        customer_end=None if mood is None else ended,
        lowest=None if mood is None else -0.2,
        lowest_turn_index=None if mood is None else 1,
        shift=mood,
        turns=() if mood is None else (TurnSentiment(1, ended, -0.2, 0.8),),
        model_fingerprint="sentiment-1",
    )
    complaints = tuple(
        ComplaintTag(code, CLASS_OF.get(code, "service"), 1, 2.0, "词", 0, 1, "exact")
        for code in tags
        if code not in RISKS
    )
    risks = tuple(ComplaintTag(code, "risk", 1, 2.0, "词", 0, 1, "exact") for code in tags if code in RISKS)
    quotes = quotes or {}
    criteria = tuple(
        CriterionResult(
            criterion_id=name,
            verdict=Verdict(verdict),
            points_earned=10.0 if verdict == "pass" else 0.0,
            points_possible=10.0 if verdict in ("pass", "fail") else 0.0,
            auto_fail=name in ("forbidden_phrases", "abuse", "credential_request"),
            explanation=f"{name}: {verdict}",
            evidence=(evidence(quotes.get(name, "您好")),),
        )
        for name, verdict in (verdicts or {"greeting": "pass"}).items()
    )
    return Evaluation(
        analysis=CallAnalysis(heard, metrics, sentiment, complaints, risks, "lexicon-1"),
        scorecard_id="telecom",
        scorecard_version=scorecard_version,
        percent=percent,
        grade=Grade.FAIL if auto_failed else grade_of(percent),
        auto_failed=auto_failed,
        criteria=criteria,
        fingerprints=Fingerprints(
            scorecard=scorecard,
            asr=None,
            code="code-1",
            transcript=transcript or f"t-{call_id}",
            sentiment="sentiment-1",
            lexicon="lexicon-1",
            acts=acts,
        ),
    )
