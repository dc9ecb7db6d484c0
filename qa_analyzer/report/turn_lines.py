"""Turns of one call as lines of its page, with every mark a verdict or tag put on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from qa_analyzer.analysis.call_analysis import ComplaintTag, TurnSentiment, VoiceCue, VoiceCueKind
from qa_analyzer.report.formats import clock, decimal, share
from qa_analyzer.report.highlights import Mark, TextSegment, cut_text
from qa_analyzer.report.naming import complaint_name, criterion_names
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation, EvidenceKind, Verdict
from qa_analyzer.speech.transcript import Turn

# A recognised word below this is as likely wrong as right; it is underlined, never hidden.
UNSURE_PROBABILITY = 0.5


@dataclass(frozen=True, slots=True)
class Chip:
    """A label under a turn. ``target`` is the criterion it leads to; empty for tags."""

    style: str
    text: str
    target: str


@dataclass(frozen=True, slots=True)
class TurnLine:
    """One turn of the transcript as shown."""

    turn: Turn
    role: str
    when: str
    segments: tuple[TextSegment, ...]
    chips: tuple[Chip, ...]
    sentiment: TurnSentiment | None
    interrupts_s: float | None
    voice: tuple[str, ...] = ()


def turn_lines(evaluation: Evaluation, report_data: ReportData, wording: Wording) -> tuple[TurnLine, ...]:
    """Return every turn in order."""
    analysis = evaluation.analysis
    marks: dict[int, list[Mark]] = defaultdict(list)
    chips: dict[int, dict[Chip, None]] = defaultdict(dict)
    _add_verdicts(evaluation, report_data, wording, marks, chips)
    for tag in analysis.complaints:
        _add_tag("complaint", tag, report_data, wording, marks, chips)
    for tag in analysis.risks:
        _add_tag("risk", tag, report_data, wording, marks, chips)
    sentiments = {sentiment.turn_index: sentiment for sentiment in analysis.sentiment.turns}
    cuts = {cut.turn_index: cut.overlap_s for cut in analysis.metrics.interruptions or ()}
    voices = {cue.turn_index: _raised(cue, wording) for cue in analysis.voice_cues or ()}
    return tuple(
        TurnLine(
            turn=turn,
            role=wording(f"role.{turn.role}"),
            when=clock(turn.start_s) if turn.start_s is not None else "",
            segments=cut_text(turn.text, [*marks[turn.index], *_unsure_words(turn, wording)]),
            chips=tuple(chips[turn.index]),
            sentiment=sentiments.get(turn.index),
            interrupts_s=cuts.get(turn.index),
            voice=voices.get(turn.index, ()),
        )
        for turn in analysis.transcript.turns
    )


def _raised(cue: VoiceCue, wording: Wording) -> tuple[str, ...]:
    """Say what rose in the customer's voice, and by how much."""
    said = []
    for kind in cue.raised:
        amount = cue.rises[kind].amount
        shown = share(2**amount - 1) if kind is VoiceCueKind.RATE else decimal(amount, 0)
        said.append(wording(f"voice_cue.{kind}", amount=shown))
    return tuple(said)


def _add_verdicts(
    evaluation: Evaluation,
    report_data: ReportData,
    wording: Wording,
    marks: Mapping[int, list[Mark]],
    chips: Mapping[int, dict[Chip, None]],
) -> None:
    texts = {turn.index: turn.text for turn in evaluation.analysis.transcript.turns}
    names = criterion_names(report_data, wording)
    for result in evaluation.criteria:
        name = names.get(result.criterion_id, result.criterion_id)
        for piece in result.evidence:
            if piece.turn_index is None or piece.turn_index not in texts or piece.kind is EvidenceKind.WINDOW:
                continue
            near = piece.kind is EvidenceKind.NEAREST_MISS
            context = piece.kind is EvidenceKind.CONDITION
            style = "near" if near else "na" if context else result.verdict.value
            label = wording("evidence.nearest_miss") if near else wording(f"verdict.{result.verdict}")
            text = texts[piece.turn_index]
            start, end = piece.char_start, piece.char_end
            if (start is None or end is None) and piece.quote:
                found = text.find(piece.quote)
                start, end = (found, found + len(piece.quote)) if found >= 0 else (None, None)
            if start is not None and end is not None:
                marks[piece.turn_index].append(Mark(start, end, style, f"{name}：{label}"))
            if result.verdict in (Verdict.FAIL, Verdict.PASS, Verdict.UNSCORABLE) and not context:
                chips[piece.turn_index][Chip(style, name, result.criterion_id)] = None


def _add_tag(
    style: str,
    tag: ComplaintTag,
    report_data: ReportData,
    wording: Wording,
    marks: Mapping[int, list[Mark]],
    chips: Mapping[int, dict[Chip, None]],
) -> None:
    title = f"{wording(f'tag.{style}')}：{complaint_name(tag.code, report_data, wording)}"
    marks[tag.turn_index].append(Mark(tag.char_start, tag.char_end, style, title))
    chips[tag.turn_index][Chip(style, title, "")] = None


def _unsure_words(turn: Turn, wording: Wording) -> list[Mark]:
    """Find the recogniser's doubtful words in the turn's text; its words may skip punctuation."""
    marks: list[Mark] = []
    cursor = 0
    for word in turn.words:
        spoken = word.text.strip()
        found = turn.text.find(spoken, cursor) if spoken else -1
        if found < 0:
            continue
        cursor = found + len(spoken)
        if word.probability >= UNSURE_PROBABILITY:
            continue
        if marks and marks[-1].char_end == found:
            marks[-1] = Mark(marks[-1].char_start, cursor, "unsure", marks[-1].title)
        else:
            marks.append(Mark(found, cursor, "unsure", wording("call.unsure_word")))
    return marks
