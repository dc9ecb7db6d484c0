"""Figures of one call in words, each with the place to listen where there is one."""

from __future__ import annotations

from dataclasses import dataclass

from qa_analyzer.analysis.call_analysis import ConversationMetrics
from qa_analyzer.calls.call import Role
from qa_analyzer.report import formats
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Fact:
    """A named figure; ``start_s`` and ``turn_index`` say where to listen, where there is such a place."""

    name: str
    value: str
    start_s: float | None = None
    turn_index: int | None = None


def metric_facts(metrics: ConversationMetrics, wording: Wording) -> tuple[Fact, ...]:
    """Return the conversation figures; what cannot be told says so."""
    talk, rates = metrics.talk_s or {}, metrics.speech_rate_cpm or {}
    rows = (
        ("duration", formats.clock(metrics.duration_s) if metrics.duration_s is not None else None),
        ("agent_talk", _seconds(talk.get(Role.AGENT), wording)),
        ("customer_talk", _seconds(talk.get(Role.CUSTOMER), wording)),
        ("talk_ratio", formats.share(metrics.talk_ratio) if metrics.talk_ratio is not None else None),
        ("non_talk", _seconds(metrics.non_talk_s, wording)),
        ("longest_silence", _seconds(metrics.longest_silence_s, wording)),
        ("overlap", _seconds(metrics.overlap_s, wording)),
        ("interruptions", _count_by_agent(metrics)),
        ("agent_rate", _rate(rates.get(Role.AGENT), wording)),
        ("customer_rate", _rate(rates.get(Role.CUSTOMER), wording)),
        ("first_agent", _seconds(metrics.first_agent_s, wording)),
    )
    return tuple(
        Fact(wording(f"metric.{name}"), wording("not_available") if value is None else value)
        for name, value in rows
    )


def _seconds(seconds: float | None, wording: Wording) -> str | None:
    return None if seconds is None else wording("unit.seconds", value=formats.decimal(seconds))


def _rate(cpm: float | None, wording: Wording) -> str | None:
    return None if cpm is None else wording("unit.cpm", value=round(cpm))


def _count_by_agent(metrics: ConversationMetrics) -> str | None:
    if metrics.interruptions is None:
        return None
    return str(sum(cut.interrupter is Role.AGENT for cut in metrics.interruptions))


def silence_facts(metrics: ConversationMetrics, wording: Wording) -> tuple[Fact, ...]:
    """Return every silence with who owed the next turn."""
    return tuple(
        Fact(
            formats.clock(silence.start_s)
            if silence.start_s is not None
            else wording("call.after_turn", number=silence.after_turn_index + 1)
            if silence.after_turn_index is not None
            else formats.NOTHING,
            wording(
                "call.silence_line",
                seconds=formats.decimal(silence.duration_s),
                owner=wording(f"role.{silence.owner}"),
                announced=wording("call.announced" if silence.announced else "call.unannounced"),
            ),
            silence.start_s,
            silence.after_turn_index,
        )
        for silence in metrics.silences or ()
    )


def interruption_facts(metrics: ConversationMetrics, wording: Wording) -> tuple[Fact, ...]:
    """Return every interruption."""
    return tuple(
        Fact(
            formats.clock(cut.start_s)
            if cut.start_s is not None
            else wording("call.turn_number", number=cut.turn_index + 1),
            wording(
                "call.interruption_title",
                who=wording(f"role.{cut.interrupter}"),
                seconds=formats.decimal(cut.overlap_s),
            ),
            cut.start_s,
            cut.turn_index,
        )
        for cut in metrics.interruptions or ()
    )


def quality_facts(evaluation: Evaluation, wording: Wording) -> tuple[Fact, ...]:
    """List what is wrong with the recording or its recognition, and how the sides were told apart."""
    transcript = evaluation.analysis.transcript
    facts = [
        Fact(
            wording(f"channel_problem.{finding.problem}"),
            finding.detail
            or wording("call.channel_value", channel=_channel(finding.channel), value=f"{finding.value:.3g}"),
        )
        for finding in transcript.channel_findings
    ]
    facts += [
        Fact(
            wording(f"audit.{span.kind}"),
            f"{formats.clock(span.start_s)}–{formats.clock(span.end_s)} {span.detail}".strip(),
            span.start_s,
        )
        for span in transcript.audit
    ]
    return tuple(facts)


def _channel(channel: int | None) -> str:
    return formats.NOTHING if channel is None else str(channel)


def provenance_facts(evaluation: Evaluation, report_data: ReportData, wording: Wording) -> tuple[Fact, ...]:
    """Return what the verdicts rest on: versions and fingerprints."""
    transcript = evaluation.analysis.transcript
    prints = evaluation.fingerprints
    roles = wording(
        "call.roles_line",
        method=wording(f"role_method.{transcript.roles.method}"),
        confidence=formats.share(transcript.roles.confidence),
    )
    scorecard = f"{evaluation.scorecard_id} {evaluation.scorecard_version}"
    rows = [
        (
            "scorecard",
            f"{scorecard} · {formats.short_hash(prints.scorecard)}",
        ),
        ("asr", f"{transcript.asr_model or wording('call.text_call')} · {formats.short_hash(prints.asr)}"),
        (
            "sentiment_model",
            f"{report_data.run.sentiment_model or ''} · {formats.short_hash(prints.sentiment)}",
        ),
        ("lexicon", formats.short_hash(prints.lexicon)),
        ("transcript", formats.short_hash(prints.transcript)),
        ("code", formats.short_hash(prints.code)),
        ("roles", "；".join((roles, *transcript.roles.reasons))),
    ]
    if transcript.audio is not None:
        audio = transcript.audio
        sound = f"{audio.codec} · {audio.rate_hz} Hz · {audio.channels} ch"
        rows.append(
            (
                "audio",
                f"{sound} · {formats.short_hash(audio.sha256)}",
            )
        )
    return tuple(Fact(wording(f"field.{name}"), value.removeprefix(" · ")) for name, value in rows)
