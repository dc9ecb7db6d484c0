"""Where the customer grows louder, higher or faster than this customer usually is in this call.

Cues stand beside the sentiment of the words and never change it: a raised voice may be anger, joy or a bad
line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from qa_analyzer.analysis.call_analysis import Rise, VoiceCue, VoiceCueKind
from qa_analyzer.analysis.mandarin import MASK, han_count
from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span, intersection, total_s
from qa_analyzer.speech.transcript import Transcript, Turn

MIN_TURNS = 5  # fewer turns make no habit to compare with
RAISED_Z = 2.5

# A rate over less speech than this is chance.
MIN_RATE_S = 1.5
MIN_RATE_CHARS = 6

_NORMAL = 1.4826  # makes the median deviation of a normal distribution its standard deviation


@dataclass(frozen=True, slots=True)
class _Scale:
    """How one figure is compared: the least spread to assume, and the least rise that anybody would hear."""

    least_spread: float
    least_rise: float


# In decibels, semitones and doublings of the rate.
_SCALES: Mapping[VoiceCueKind, _Scale] = {
    VoiceCueKind.LOUDNESS: _Scale(1.5, 4.0),
    VoiceCueKind.PITCH: _Scale(1.0, 2.5),
    VoiceCueKind.RATE: _Scale(0.12, 0.4),
}


def voice_cues(transcript: Transcript) -> tuple[VoiceCue, ...] | None:
    """Return how every customer turn sounds against the customer's median turn, in order.

    Kinds with fewer than ``MIN_TURNS`` measured turns are left out of each cue. None where the sound of turns
    is not known: text, mono recordings, transcripts of earlier versions.
    """
    if all(turn.voice is None for turn in transcript.turns):
        return None
    customer = [turn for turn in transcript.turns if turn.role is Role.CUSTOMER]
    rises = {kind: _rises(kind, customer, figure) for kind, figure in _figures(transcript).items()}
    cues = []
    for turn in customer:
        own = {kind: by_turn[turn.index] for kind, by_turn in rises.items() if turn.index in by_turn}
        if own:
            raised = tuple(
                kind
                for kind, rise in own.items()
                if rise.z >= RAISED_Z and rise.amount >= _SCALES[kind].least_rise
            )
            cues.append(VoiceCue(turn.index, turn.start_s, rises=own, raised=raised))
    return tuple(cues)


def _figures(transcript: Transcript) -> Mapping[VoiceCueKind, Callable[[Turn], float | None]]:
    voices = {channel.index: channel.voice for channel in transcript.channels}

    def loudness(turn: Turn) -> float | None:
        return turn.voice.level_dbfs if turn.voice else None

    def pitch(turn: Turn) -> float | None:
        return 12 * math.log2(turn.voice.pitch_hz) if turn.voice and turn.voice.pitch_hz else None

    def rate(turn: Turn) -> float | None:
        if turn.channel is None or turn.start_s is None or turn.end_s is None:
            return None
        voiced_s = total_s(intersection(voices.get(turn.channel, ()), [Span(turn.start_s, turn.end_s)]))
        # Masked digits were spoken too.
        chars = han_count(turn.text) + sum(char.isdigit() or char == MASK for char in turn.text)
        return math.log2(chars / voiced_s) if voiced_s >= MIN_RATE_S and chars >= MIN_RATE_CHARS else None

    return {VoiceCueKind.LOUDNESS: loudness, VoiceCueKind.PITCH: pitch, VoiceCueKind.RATE: rate}


def _rises(
    kind: VoiceCueKind, turns: Sequence[Turn], figure: Callable[[Turn], float | None]
) -> dict[int, Rise]:
    measured = {turn.index: value for turn in turns if (value := figure(turn)) is not None}
    if len(measured) < MIN_TURNS:
        return {}
    usual = median(measured.values())
    spread = _NORMAL * median(abs(value - usual) for value in measured.values())
    spread = max(spread, _SCALES[kind].least_spread)
    return {
        index: Rise(round(value - usual, 2), round((value - usual) / spread, 2))
        for index, value in measured.items()
    }
