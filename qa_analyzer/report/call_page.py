"""Everything the page of one call shows, laid out for its template."""

from __future__ import annotations

from dataclasses import dataclass

from qa_analyzer.analysis.call_analysis import ConversationMetrics
from qa_analyzer.calls.call import Role
from qa_analyzer.report import formats
from qa_analyzer.report.recordings import NO_RECORDING, Recording
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.timeline import MoodPoint, Timeline, build_timeline, mood_points
from qa_analyzer.report.turn_lines import TurnLine, complaint_name, turn_lines
from qa_analyzer.report.verdict_lines import SectionBlock, VerdictLine, section_blocks
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation, Verdict


@dataclass(frozen=True, slots=True)
class Fact:
    """A named figure; ``start_s`` and ``turn_index`` say where to listen, where there is such a place."""

    name: str
    value: str
    start_s: float | None = None
    turn_index: int | None = None


@dataclass(frozen=True, slots=True)
class TagLine:
    """A complaint or risk with its words and moment."""

    style: str
    name: str
    kind: str
    term: str
    when: str
    start_s: float | None
    turn_index: int


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call, ready to be written."""

    evaluation: Evaluation
    recording: Recording
    header: tuple[Fact, ...]
    sections: tuple[SectionBlock, ...]
    lost: tuple[VerdictLine, ...]
    unjudged: tuple[VerdictLine, ...]
    red_lines: tuple[VerdictLine, ...]
    timeline: Timeline | None
    mood: tuple[MoodPoint, ...]
    turns: tuple[TurnLine, ...]
    tags: tuple[TagLine, ...]
    metrics: tuple[Fact, ...]
    silences: tuple[Fact, ...]
    interruptions: tuple[Fact, ...]
    quality: tuple[Fact, ...]
    provenance: tuple[Fact, ...]


def build_call_page(
    evaluation: Evaluation,
    report_data: ReportData,
    wording: Wording,
    *,
    recording: Recording = NO_RECORDING,
) -> CallPage:
    """Lay out one call."""
    sections = section_blocks(evaluation, report_data, wording)
    verdicts = [line for section in sections for line in section.verdicts]
    names = {line.criterion_id: line.name for line in verdicts}
    timeline = build_timeline(evaluation, recording.waves, wording, names)
    metrics = evaluation.analysis.metrics
    return CallPage(
        evaluation=evaluation,
        recording=recording,
        header=_header(evaluation, wording),
        sections=sections,
        lost=tuple(sorted((line for line in verdicts if line.lost > 0), key=lambda line: -line.lost)),
        unjudged=tuple(line for line in verdicts if line.verdict is Verdict.UNSCORABLE),
        red_lines=tuple(line for line in verdicts if line.red_line and line.verdict is Verdict.FAIL),
        timeline=timeline,
        mood=mood_points(evaluation, timeline.length_s if timeline else None, wording),
        turns=turn_lines(evaluation, report_data, wording),
        tags=_tags(evaluation, report_data, wording),
        metrics=_metric_facts(metrics, wording),
        silences=_silence_facts(metrics, wording),
        interruptions=_interruption_facts(metrics, wording),
        quality=_quality_facts(evaluation, wording),
        provenance=_provenance(evaluation, report_data, wording),
    )


def _header(evaluation: Evaluation, wording: Wording) -> tuple[Fact, ...]:
    transcript = evaluation.analysis.transcript
    call = transcript.call
    duration_s = (
        transcript.duration_s if transcript.duration_s is not None else evaluation.analysis.metrics.duration_s
    )
    known = [
        ("team", call.team),
        ("queue", call.queue),
        ("started_at", formats.moment(call.started_at) if call.started_at else None),
        ("direction", wording(f"direction.{call.direction}") if call.direction else None),
        ("duration", formats.clock(duration_s) if duration_s is not None else None),
        ("csat", formats.points(call.csat) if call.csat is not None else None),
        ("resolved", None if call.resolved is None else wording("yes" if call.resolved else "no")),
    ]
    return tuple(Fact(wording(f"field.{name}"), value) for name, value in known if value is not None)


def _tags(evaluation: Evaluation, report_data: ReportData, wording: Wording) -> tuple[TagLine, ...]:
    analysis = evaluation.analysis
    return tuple(
        TagLine(
            style=style,
            name=complaint_name(tag.code, report_data, wording),
            kind=wording.known(f"complaint_class.{tag.complaint_class}", tag.complaint_class),
            term=tag.term,
            when=formats.clock(tag.start_s)
            if tag.start_s is not None
            else wording("call.turn_number", number=tag.turn_index + 1),
            start_s=tag.start_s,
            turn_index=tag.turn_index,
        )
        for style, tags in (("complaint", analysis.complaints), ("risk", analysis.risks))
        for tag in sorted(tags, key=lambda tag: (tag.turn_index, tag.char_start, tag.code))
    )


def _metric_facts(metrics: ConversationMetrics, wording: Wording) -> tuple[Fact, ...]:
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


def _silence_facts(metrics: ConversationMetrics, wording: Wording) -> tuple[Fact, ...]:
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


def _interruption_facts(metrics: ConversationMetrics, wording: Wording) -> tuple[Fact, ...]:
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


def _quality_facts(evaluation: Evaluation, wording: Wording) -> tuple[Fact, ...]:
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


def _provenance(evaluation: Evaluation, report_data: ReportData, wording: Wording) -> tuple[Fact, ...]:
    transcript = evaluation.analysis.transcript
    prints = evaluation.fingerprints
    roles = wording(
        "call.roles_line",
        method=wording(f"role_method.{transcript.roles.method}"),
        confidence=formats.share(transcript.roles.confidence),
    )
    rows = [
        (
            "scorecard",
            f"{evaluation.scorecard_id} {evaluation.scorecard_version} · {formats.short_hash(prints.scorecard)}",
        ),
        ("asr", f"{transcript.asr_model or wording('call.text_call')} · {formats.short_hash(prints.asr)}"),
        (
            "sentiment_model",
            f"{report_data.run.sentiment_model or ''} · {formats.short_hash(prints.sentiment)}",
        ),
        ("lexicon", formats.short_hash(prints.lexicon)),
        ("transcript", formats.short_hash(prints.transcript)),
        ("code", prints.code),
        ("roles", "；".join((roles, *transcript.roles.reasons))),
    ]
    if transcript.audio is not None:
        audio = transcript.audio
        rows.append(
            (
                "audio",
                f"{audio.codec} · {audio.rate_hz} Hz · {audio.channels} ch · {formats.short_hash(audio.sha256)}",
            )
        )
    return tuple(Fact(wording(f"field.{name}"), value.removeprefix(" · ")) for name, value in rows)
