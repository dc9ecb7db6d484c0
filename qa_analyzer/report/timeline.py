"""Where things lie on a call's timeline: percent positions for an SVG that stretches with the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.calls.call import Role
from qa_analyzer.report.formats import clock
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation, EvidenceKind, Verdict
from qa_analyzer.speech.transcript import Transcript, Turn

_TICK_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
_MAX_TICKS = 8


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch on the timeline, in percent of its width."""

    left: float
    width: float
    style: str
    title: str
    start_s: float
    end_s: float
    turn_index: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One speaker or channel: its waveform (empty without a recording), voiced stretches and turns."""

    label: str
    style: str
    wave: str
    voiced: tuple[Block, ...]
    turns: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time label."""

    left: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything drawn above the transcript of a call whose times are known."""

    length_s: float
    lanes: tuple[Lane, ...]
    silences: tuple[Block, ...]
    interruptions: tuple[Block, ...]
    marks: tuple[Block, ...]
    damaged: tuple[Block, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class MoodPoint:
    """One customer turn on the sentiment curve; ``left`` and ``top`` in percent, top 0 is most positive."""

    left: float
    top: float
    label: str
    title: str
    turn_index: int
    start_s: float | None


def is_timed(transcript: Transcript) -> bool:
    """Tell whether every turn has its start, so that a time axis can be drawn."""
    return bool(transcript.turns) and all(turn.start_s is not None for turn in transcript.turns)


def build_timeline(
    evaluation: Evaluation, waves: Sequence[str], wording: Wording, names: dict[str, str]
) -> Timeline | None:
    """Lay out a call; None where its times are not known. ``waves`` are SVG paths, one a channel."""
    transcript = evaluation.analysis.transcript
    if not is_timed(transcript):
        return None
    ends = [turn.end_s if turn.end_s is not None else turn.start_s or 0.0 for turn in transcript.turns]
    length_s = max(transcript.duration_s or 0.0, *ends, 1.0)
    place = _Placer(length_s)
    metrics = evaluation.analysis.metrics
    silences = tuple(
        place(
            silence.start_s,
            silence.start_s + silence.duration_s,
            "announced" if silence.announced else "silence",
            wording(
                "call.silence_title",
                seconds=round(silence.duration_s),
                owner=wording(f"role.{silence.owner}"),
            ),
        )
        for silence in metrics.silences or ()
        if silence.start_s is not None
    )
    interruptions = tuple(
        place(
            cut.start_s,
            cut.start_s + cut.overlap_s,
            f"by-{cut.interrupter}",
            wording(
                "call.interruption_title",
                who=wording(f"role.{cut.interrupter}"),
                seconds=f"{cut.overlap_s:.1f}",
            ),
            cut.turn_index,
        )
        for cut in metrics.interruptions or ()
        if cut.start_s is not None
    )
    damaged = tuple(
        place(span.start_s, span.end_s, "damaged", f"{wording(f'audit.{span.kind}')} {span.detail}".strip())
        for span in transcript.audit
    )
    return Timeline(
        length_s=length_s,
        lanes=_lanes(transcript, waves, place, wording),
        silences=silences,
        interruptions=interruptions,
        marks=_marks(evaluation, place, wording, names),
        damaged=damaged,
        ticks=_ticks(length_s),
    )


class _Placer:
    """Turns seconds into percent of the timeline."""

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s

    def __call__(
        self, start_s: float, end_s: float, style: str, title: str, turn_index: int | None = None
    ) -> Block:
        left = round(100 * max(0.0, start_s) / self.length_s, 2)
        right = round(100 * min(self.length_s, max(start_s, end_s)) / self.length_s, 2)
        return Block(
            min(left, 100.0), max(0.0, round(right - left, 2)), style, title, start_s, end_s, turn_index
        )


def _lanes(
    transcript: Transcript, waves: Sequence[str], place: _Placer, wording: Wording
) -> tuple[Lane, ...]:
    stereo = len(transcript.channels) >= 2 and all(c.role is not Role.UNKNOWN for c in transcript.channels)
    if stereo:
        channels = sorted(
            transcript.channels, key=lambda channel: (channel.role is not Role.AGENT, channel.index)
        )
        return tuple(
            Lane(
                label=wording(f"role.{channel.role}"),
                style=channel.role.value,
                wave=waves[channel.index] if channel.index < len(waves) else "",
                voiced=tuple(place(span.start_s, span.end_s, "voiced", "") for span in channel.voice),
                turns=_turn_blocks([t for t in transcript.turns if t.role is channel.role], place, wording),
            )
            for channel in channels
        )
    lanes = []
    if waves:
        lanes.append(Lane(wording("call.mixed_channel"), "mixed", waves[0], (), ()))
    for role in (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN):
        turns = [turn for turn in transcript.turns if turn.role is role]
        if turns:
            lanes.append(
                Lane(wording(f"role.{role}"), role.value, "", (), _turn_blocks(turns, place, wording))
            )
    return tuple(lanes)


def _turn_blocks(turns: Sequence[Turn], place: _Placer, wording: Wording) -> tuple[Block, ...]:
    blocks = []
    for turn in turns:
        start_s = turn.start_s or 0.0
        end_s = turn.end_s if turn.end_s is not None else start_s
        title = f"{clock(start_s)} {wording(f'role.{turn.role}')}：{turn.text}"
        blocks.append(place(start_s, end_s, turn.role.value, title, turn.index))
    return tuple(blocks)


def _marks(
    evaluation: Evaluation, place: _Placer, wording: Wording, names: dict[str, str]
) -> tuple[Block, ...]:
    """Place what people look for: failed and unscorable evidence, complaints and risks."""
    found: dict[tuple[float, str, str], Block] = {}
    for result in evaluation.criteria:
        if result.verdict not in (Verdict.FAIL, Verdict.UNSCORABLE):
            continue
        name = names.get(result.criterion_id, result.criterion_id)
        title = f"{wording(f'verdict.{result.verdict}')}：{name}"
        for piece in result.evidence:
            if piece.start_s is None or piece.kind not in (EvidenceKind.MATCH, EvidenceKind.MEASURE):
                continue
            block = place(piece.start_s, piece.start_s, result.verdict.value, title, piece.turn_index)
            found.setdefault((piece.start_s, result.verdict.value, title), block)
    analysis = evaluation.analysis
    for style, tags in (("complaint", analysis.complaints), ("risk", analysis.risks)):
        for tag in tags:
            if tag.start_s is not None:
                title = f"{wording(f'tag.{style}')}：{tag.term}"
                block = place(tag.start_s, tag.start_s, style, title, tag.turn_index)
                found.setdefault((tag.start_s, style, title), block)
    return tuple(found[key] for key in sorted(found))


def _ticks(length_s: float) -> tuple[Tick, ...]:
    step_s = next((step for step in _TICK_STEPS_S if length_s / step <= _MAX_TICKS), _TICK_STEPS_S[-1])
    # The last label would run over the edge.
    return tuple(
        Tick(round(100 * at_s / length_s, 2), clock(at_s))
        for at_s in range(0, int(length_s * 0.97) + 1, step_s)
    )


def mood_points(evaluation: Evaluation, length_s: float | None, wording: Wording) -> tuple[MoodPoint, ...]:
    """Return the customer's sentiment by turn: over time, or over turn numbers where times are not known."""
    analysis = evaluation.analysis
    turns = {turn.index: turn for turn in analysis.transcript.turns}
    last = max(turns, default=0)
    spots = []
    for sentiment in analysis.sentiment.turns:
        turn = turns.get(sentiment.turn_index)
        if turn is None or turn.role is not Role.CUSTOMER:
            continue
        if length_s is not None and turn.start_s is not None:
            middle_s = (turn.start_s + (turn.end_s if turn.end_s is not None else turn.start_s)) / 2
            left = 100 * middle_s / length_s
        else:
            left = 100 * (turn.index + 0.5) / (last + 1)
        label = wording(f"sentiment.{sentiment.label}")
        when = clock(turn.start_s) if turn.start_s is not None else ""
        title = f"{when} {label} {sentiment.score:+.2f}".strip()
        top = 50 - 50 * max(-1.0, min(1.0, sentiment.score))
        spots.append(
            MoodPoint(round(left, 2), round(top, 1), sentiment.label.value, title, turn.index, turn.start_s)
        )
    return tuple(spots)
