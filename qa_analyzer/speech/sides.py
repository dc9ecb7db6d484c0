"""The two parties of a call: channels where channels are speakers, else voices found in the mix; and their
roles.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qa_analyzer.calls.call import Call, Direction, Role
from qa_analyzer.intervals import Span, union
from qa_analyzer.speech.diarization import Diarization, speaker_at
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.roles import MIN_CONFIDENCE, Side, agent_probability, infer_agent
from qa_analyzer.speech.transcript import (
    ChannelFinding,
    ChannelProblem,
    RoleAssignment,
    RoleMethod,
)
from qa_analyzer.speech.vad import ChannelAudio, FloatArray

MANIFEST_TRUST = 0.998
"""Prior that a manifest names the right channel: recorders are set up once, so an error repeats every
night.
"""

MAX_LIKENESS = 0.85
"""Cosine of two voices above which one speaker was probably cut in two."""

MIN_PART_S = 0.15


@dataclass(frozen=True, slots=True)
class Sides:
    """Phrases by side (``Phrase.channel``), the roles of the sides, and what was found while looking.

    ``physical`` is False when the sides are voices of a mix, not channels.
    """

    phrases: tuple[Phrase, ...]
    roles: RoleAssignment
    findings: tuple[ChannelFinding, ...]
    physical: bool

    def role_of(self, side: int) -> Role:
        """Return the role of a side."""
        if self.roles.agent_channel is None:
            return Role.UNKNOWN
        return Role.AGENT if side == self.roles.agent_channel else Role.CUSTOMER


def channel_sides(call: Call, phrases: Sequence[Phrase]) -> Sides:
    """Take two channels for the two parties; the manifest names the agent's, or it is inferred.

    A manifest that what was said contradicts is not followed: the roles stay unknown and a finding says so.
    """
    sides = [_side(phrases, 0), _side(phrases, 1)]
    if call.agent_channel not in (0, 1):
        return Sides(tuple(phrases), _inferred(sides, call.direction, diarized=False), (), True)
    trust, reasons = agent_probability(
        sides, call.agent_channel, prior=MANIFEST_TRUST, direction=call.direction
    )
    if trust >= MIN_CONFIDENCE:
        named = (f"the manifest names channel {call.agent_channel}",)
        roles = RoleAssignment(RoleMethod.MANIFEST, trust, call.agent_channel, False, named)
        return Sides(tuple(phrases), roles, (), True)
    named_channel = f"the manifest names channel {call.agent_channel}"
    detail = f"{named_channel}, but what is said makes that only {trust:.0%} likely"
    finding = ChannelFinding(ChannelProblem.SWAPPED, None, trust, detail)
    roles = RoleAssignment(RoleMethod.NONE, trust, None, False, (detail, *reasons))
    return Sides(tuple(phrases), roles, (finding,), True)


def voice_sides(call: Call, phrases: Sequence[Phrase], diarization: Diarization) -> Sides:
    """Take the two voices of a mix for the two parties; without two, everything stays with one unknown
    side.
    """
    if not diarization.spans:
        roles = RoleAssignment(RoleMethod.NONE, 0.0, None, True, (diarization.reason,))
        return Sides(tuple(phrases), roles, (), False)
    roles = _inferred([_side(phrases, 0), _side(phrases, 1)], call.direction, diarized=True)
    roles = replace(roles, reasons=(*roles.reasons, diarization.reason))
    if diarization.likeness > MAX_LIKENESS:
        confidence = min(roles.confidence, 0.5)
        roles = replace(roles, method=RoleMethod.NONE, agent_channel=None, confidence=confidence)
    return Sides(tuple(phrases), roles, (), False)


def _inferred(sides: Sequence[Side], direction: Direction | None, *, diarized: bool) -> RoleAssignment:
    inferred = infer_agent(sides, direction=direction)
    method = RoleMethod.NONE if inferred.side is None else RoleMethod.INFERRED
    return RoleAssignment(method, inferred.confidence, inferred.side, diarized, inferred.reasons)


def _side(phrases: Sequence[Phrase], side: int) -> Side:
    own = [phrase for phrase in phrases if phrase.channel == side and phrase.words]
    return Side(tuple(phrase.text for phrase in own), own[0].span.start_s if own else None)


@dataclass(frozen=True, slots=True)
class MixedAudio:
    """A recording whose one channel is read as that of every side."""

    audio: ChannelAudio
    channel: int
    channel_count: int = 2

    @property
    def rate_hz(self) -> int:
        return self.audio.rate_hz

    @property
    def duration_s(self) -> float:
        return self.audio.duration_s

    @property
    def missing_s(self) -> float | None:
        return self.audio.missing_s

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> FloatArray:
        """Return samples of the mix, whichever side is asked for."""
        if not 0 <= channel < self.channel_count:
            raise IndexError(f"side {channel} of {self.channel_count}")
        return self.audio.read(self.channel, start_s, end_s)


def voices_of(voice: Sequence[Span], diarization: Diarization) -> tuple[tuple[Span, ...], ...]:
    """Share the voice activity of a mix out between its two speakers; without speakers all is the first
    side's.

    Every stretch goes to somebody: what the diarizer left open belongs to the speaker nearest in time.
    """
    if not diarization.spans:
        return (tuple(voice), ())
    edges_s = sorted({time_s for one in diarization.spans for time_s in (one.span.start_s, one.span.end_s)})
    shares: tuple[list[Span], list[Span]] = ([], [])
    for span in voice:
        inner = edges_s[bisect_right(edges_s, span.start_s) : bisect_left(edges_s, span.end_s)]
        cuts = [span.start_s, *inner, span.end_s]
        for part in (Span(start_s, end_s) for start_s, end_s in pairwise(cuts)):
            shares[speaker_at(diarization.spans, part)].append(part)
    return tuple(tuple(span for span in union(share) if span.duration_s >= MIN_PART_S) for share in shares)
