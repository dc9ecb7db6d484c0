"""The two parties of a call: channels where channels are speakers, else voices found in the mix; and their roles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa_analyzer.calls.call import Call, Direction, Role
from qa_analyzer.intervals import Span, intersection
from qa_analyzer.speech.diarization import Diarization, speaker_at
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.roles import MIN_CONFIDENCE, Side, agent_probability, infer_agent
from qa_analyzer.speech.transcript import (
    ChannelFinding,
    ChannelProblem,
    RoleAssignment,
    RoleMethod,
    Word,
)

MANIFEST_TRUST = 0.98
"""Prior that a manifest names the right channel: recorders are set up once, so an error repeats every night."""


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
    detail = f"the manifest names channel {call.agent_channel}, but what is said makes that only {trust:.0%} likely"
    finding = ChannelFinding(ChannelProblem.SWAPPED, None, trust, detail)
    roles = RoleAssignment(RoleMethod.NONE, trust, None, False, (detail, *reasons))
    return Sides(tuple(phrases), roles, (finding,), True)


def voice_sides(call: Call, phrases: Sequence[Phrase], diarization: Diarization) -> Sides:
    """Take the two voices of a mix for the two parties; without two, everything stays with one unknown side."""
    if not diarization.spans:
        roles = RoleAssignment(RoleMethod.NONE, 0.0, None, True, (diarization.reason,))
        return Sides(tuple(replace(phrase, channel=0) for phrase in phrases), roles, (), False)
    parted = tuple(part for phrase in phrases for part in _parted(phrase, diarization))
    roles = _inferred([_side(parted, 0), _side(parted, 1)], call.direction, diarized=True)
    confidence = round(min(roles.confidence, max(0.5, diarization.confidence)), 4)
    roles = replace(roles, confidence=confidence, reasons=(*roles.reasons, diarization.reason))
    if confidence < MIN_CONFIDENCE:
        roles = replace(roles, method=RoleMethod.NONE, agent_channel=None)
    return Sides(parted, roles, (), False)


def _inferred(sides: Sequence[Side], direction: Direction | None, *, diarized: bool) -> RoleAssignment:
    inferred = infer_agent(sides, direction=direction)
    method = RoleMethod.NONE if inferred.side is None else RoleMethod.INFERRED
    return RoleAssignment(method, inferred.confidence, inferred.side, diarized, inferred.reasons)


def _side(phrases: Sequence[Phrase], side: int) -> Side:
    own = [phrase for phrase in phrases if phrase.channel == side and phrase.words]
    return Side(tuple(phrase.text for phrase in own), own[0].span.start_s if own else None)


def _parted(phrase: Phrase, diarization: Diarization) -> Iterator[Phrase]:
    """Cut a phrase where the speaker changes; each part keeps the words whose middle it holds."""
    cuts: list[tuple[int, Span]] = []
    for one in diarization.spans:
        for shared in intersection((one.span,), (phrase.span,)):
            if cuts and cuts[-1][0] == one.speaker:
                cuts[-1] = (one.speaker, Span(cuts[-1][1].start_s, max(shared.end_s, cuts[-1][1].end_s)))
            else:
                cuts.append((one.speaker, shared))
    if len(cuts) <= 1:
        speaker = cuts[0][0] if cuts else speaker_at(diarization.spans, phrase.span)
        if speaker is not None:
            yield replace(phrase, channel=speaker)
        return
    shares: list[list[Word]] = [[] for _ in cuts]
    for word in phrase.words:
        middle_s = (word.start_s + word.end_s) / 2
        nearest = min(
            range(len(cuts)),
            key=lambda index: max(cuts[index][1].start_s - middle_s, middle_s - cuts[index][1].end_s, 0.0),
        )
        shares[nearest].append(word)
    for (speaker, span), words in zip(cuts, shares, strict=True):
        voice = intersection(phrase.voice, (span,))
        yield replace(phrase, channel=speaker, span=span, voice=voice, words=tuple(words))
