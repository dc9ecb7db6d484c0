"""Everything the page of one call shows, laid out for its template."""

from __future__ import annotations

from dataclasses import dataclass

from qa_analyzer.kpi.reviewed import Reviewed, reviewed
from qa_analyzer.report import formats
from qa_analyzer.report.call_facts import (
    Fact,
    interruption_facts,
    metric_facts,
    provenance_facts,
    quality_facts,
    silence_facts,
)
from qa_analyzer.report.naming import complaint_name
from qa_analyzer.report.recordings import NO_RECORDING, Recording
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.timeline import MoodPoint, Timeline, build_timeline, mood_points
from qa_analyzer.report.turn_lines import TurnLine, turn_lines
from qa_analyzer.report.verdict_lines import SectionBlock, VerdictLine, section_blocks
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation, Verdict


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
    reviewed: Reviewed | None = None


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
        metrics=metric_facts(metrics, wording),
        silences=silence_facts(metrics, wording),
        interruptions=interruption_facts(metrics, wording),
        quality=quality_facts(evaluation, wording),
        provenance=provenance_facts(evaluation, report_data, wording),
        reviewed=_reviewed(evaluation, report_data),
    )


def _reviewed(evaluation: Evaluation, report_data: ReportData) -> Reviewed | None:
    """Return the score by people's verdicts; None where nobody looked at the call."""
    overrides = report_data.overrides_of(evaluation)
    weights = {criterion.criterion_id: criterion.weight for criterion in report_data.scorecard.criteria}
    return reviewed(evaluation.criteria, overrides, weights) if overrides else None


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
