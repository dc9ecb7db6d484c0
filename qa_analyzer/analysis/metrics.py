"""Conversation facts: talk, silence, overlap, interruptions, speech rate.

For recordings they come from the voice activity of each channel, never from recognised segments; for text
from the times or pauses given with it. What an input cannot tell stays None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from qa_analyzer.analysis.call_analysis import ConversationMetrics, Interruption, Silence
from qa_analyzer.analysis.floor import is_back_channel, silence_owner
from qa_analyzer.analysis.mandarin import spoken_length
from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span, gaps, intersection, total_s, union
from qa_analyzer.speech.transcript import AuditKind, Transcript, Turn

#: Shorter pauses are breathing and thinking; longer ones are reported.
MIN_SILENCE_S = 3.0
#: The service standard's bound for cutting in.
MIN_INTERRUPTION_S = 0.5
#: Voice activity rounds both ends of an overlap; this much is forgiven when it is measured.
OVERLAP_TOLERANCE_S = 0.1
#: Pauses up to this length inside one's own speech do not give up the floor.
_HOLDS_FLOOR_S = 0.6
#: The other side must have begun this much earlier, or both simply started together.
_HEAD_START_S = 0.25
#: Speech rates from less voice than this say nothing.
_MIN_VOICED_S = 5.0

_SPEAKERS = (Role.AGENT, Role.CUSTOMER)


def measure(transcript: Transcript) -> ConversationMetrics:
    """Measure one call."""
    if transcript.channels:
        return _from_voice(transcript)
    if transcript.turns and all(
        turn.start_s is not None and turn.end_s is not None for turn in transcript.turns
    ):
        return _from_turn_times(transcript)
    return _from_pauses(transcript)


def _from_voice(transcript: Transcript) -> ConversationMetrics:
    """Measure a recording; in a mono mix the turns say who spoke, and overlap stays unknown."""
    heard = union(span for channel in transcript.channels for span in channel.voice)
    by_channel = {channel.role for channel in transcript.channels} >= set(_SPEAKERS)
    voices: dict[Role, tuple[Span, ...]] = {}
    for role in _SPEAKERS:
        spoken_in = (
            transcript.voice(role) if by_channel else intersection(_turn_spans(transcript.turns, role), heard)
        )
        voices[role] = union(spoken_in)
    return _timed_metrics(transcript, voices, heard, overlap_known=transcript.overlap_known and by_channel)


def _from_turn_times(transcript: Transcript) -> ConversationMetrics:
    voices = {role: _turn_spans(transcript.turns, role) for role in _SPEAKERS}
    heard = union(_span(turn) for turn in transcript.turns)
    return _timed_metrics(transcript, voices, heard, overlap_known=transcript.overlap_known)


def _timed_metrics(
    transcript: Transcript,
    voices: Mapping[Role, tuple[Span, ...]],
    heard: tuple[Span, ...],
    *,
    overlap_known: bool,
) -> ConversationMetrics:
    roles_known = any(voices.values())
    duration_s = transcript.duration_s
    if duration_s is None and transcript.audio is not None:
        duration_s = transcript.audio.duration_s
    end_s = max([duration_s or 0.0, *(span.end_s for span in heard)])
    talk_s = {role: total_s(voices[role]) for role in _SPEAKERS}
    free = gaps(heard, Span(0.0, end_s))
    silences = _silences(transcript.turns, free, end_s)
    agent, customer = voices[Role.AGENT], voices[Role.CUSTOMER]
    return ConversationMetrics(
        duration_s=duration_s,
        talk_s=talk_s if roles_known else None,
        talk_ratio=_ratio(talk_s) if roles_known else None,
        overlap_s=total_s(intersection(agent, customer)) if overlap_known else None,
        non_talk_s=total_s(free),
        longest_silence_s=max((silence.duration_s for silence in silences), default=_longest(free)),
        silences=silences,
        interruptions=_interruptions(transcript, voices) if overlap_known else None,
        speech_rate_cpm=_speech_rates(transcript, voices)
        if roles_known and _spoken_aloud(transcript)
        else None,
        first_agent_s=agent[0].start_s if agent else None,
    )


def _spoken_aloud(transcript: Transcript) -> bool:
    """Tell whether the times are those of speech: written chats have times as well."""
    return transcript.audio is not None or bool(transcript.channels)


def _from_pauses(transcript: Transcript) -> ConversationMetrics:
    turns = transcript.turns
    pauses = [turn.pause_before_s for turn in turns[1:]]
    overlaps = [turn.overlap_s for turn in turns[1:]]
    pauses_known = bool(pauses) and any(pause is not None for pause in pauses)
    silences = tuple(
        _silence(turns, position - 1, position, turn.pause_before_s, None)
        for position, turn in enumerate(turns)
        if turn.pause_before_s is not None and turn.pause_before_s >= MIN_SILENCE_S and position > 0
    )
    overlap_known = transcript.overlap_known and any(overlap is not None for overlap in overlaps)
    return ConversationMetrics(
        duration_s=transcript.duration_s,
        talk_s=None,
        talk_ratio=None,
        overlap_s=sum(overlap or 0.0 for overlap in overlaps) if overlap_known else None,
        non_talk_s=sum(pause or 0.0 for pause in pauses) if pauses_known else None,
        longest_silence_s=max((pause for pause in pauses if pause is not None), default=None),
        silences=silences if pauses_known else None,
        interruptions=_given_interruptions(turns) if overlap_known else None,
        speech_rate_cpm=None,
        first_agent_s=None,
    )


def _span(turn: Turn) -> Span:
    if turn.start_s is None or turn.end_s is None:
        return Span(0.0, 0.0)
    return Span(turn.start_s, max(turn.start_s, turn.end_s))


def _turn_spans(turns: Sequence[Turn], role: Role) -> tuple[Span, ...]:
    return union(_span(turn) for turn in turns if turn.role is role)


def _ratio(talk_s: Mapping[Role, float]) -> float | None:
    both_s = sum(talk_s.values())
    return talk_s[Role.AGENT] / both_s if both_s > 0 else None


def _longest(free: Sequence[Span]) -> float:
    return max((span.duration_s for span in free), default=0.0)


# --- silences
# --------------------------------------------------------------------------------------------------------


def _silences(turns: Sequence[Turn], free: Sequence[Span], end_s: float) -> tuple[Silence, ...]:
    timed = sorted(
        (turn for turn in turns if turn.start_s is not None),
        key=lambda turn: (_span(turn).start_s, turn.index),
    )
    found: list[Silence] = []
    for gap in free:
        if gap.duration_s < MIN_SILENCE_S:
            continue
        middle_s = (gap.start_s + gap.end_s) / 2
        after = max((n for n, turn in enumerate(timed) if _span(turn).start_s <= middle_s), default=None)
        before = (
            None
            if gap.end_s >= end_s
            else min((n for n, turn in enumerate(timed) if _span(turn).start_s > middle_s), default=None)
        )
        if after is not None and before is not None and _span(timed[after]).end_s >= gap.end_s:
            # A silence inside one turn: its speaker kept the floor.
            found.append(_silence(timed, after, after, gap.duration_s, gap.start_s))
        else:
            found.append(_silence(timed, after, before, gap.duration_s, gap.start_s))
    return tuple(found)


def _silence(
    turns: Sequence[Turn], after: int | None, before: int | None, duration_s: float, start_s: float | None
) -> Silence:
    owner, announced = silence_owner(turns, after, before)
    return Silence(
        owner=owner,
        duration_s=duration_s,
        announced=announced,
        start_s=start_s,
        after_turn_index=None if after is None else turns[after].index,
        before_turn_index=None if before is None else turns[before].index,
    )


# --- interruptions
# ---------------------------------------------------------------------------------------------------


def _given_interruptions(turns: Sequence[Turn]) -> tuple[Interruption, ...]:
    """A text that states an overlap is taken at its word, however short."""
    return tuple(
        Interruption(turn.role, turn.index, turn.start_s, turn.overlap_s)
        for earlier, turn in pairwise(turns)
        if turn.overlap_s is not None
        and turn.overlap_s > 0
        and {turn.role, earlier.role} == set(_SPEAKERS)
        and not is_back_channel(turn.text)
        and not is_back_channel(earlier.text)
    )


def _interruptions(
    transcript: Transcript, voices: Mapping[Role, tuple[Span, ...]]
) -> tuple[Interruption, ...]:
    found = [
        interruption
        for role, other in (_SPEAKERS, _SPEAKERS[::-1])
        for interruption in _cuts_in(transcript.turns, role, voices[role], other, voices[other])
    ]
    return tuple(sorted(found, key=lambda cut: (cut.start_s or 0.0, cut.turn_index)))


def _cuts_in(
    turns: Sequence[Turn], role: Role, own: tuple[Span, ...], other_role: Role, other: tuple[Span, ...]
) -> list[Interruption]:
    """Find where ``role`` takes the floor while the other side holds it and both then speak for a while."""
    cuts: list[Interruption] = []
    floors = union(other, join_gap_s=_HOLDS_FLOOR_S)
    for stretch in union(own, join_gap_s=_HOLDS_FLOOR_S):
        onset_s = stretch.start_s
        held = next((f for f in floors if f.start_s + _HEAD_START_S <= onset_s < f.end_s), None)
        if held is None:
            continue
        together = Span(onset_s, min(stretch.end_s, held.end_s))
        overlap_s = total_s(intersection(intersection(own, [together]), other))
        if overlap_s < MIN_INTERRUPTION_S - OVERLAP_TOLERANCE_S:
            continue
        turn = _turn_at(turns, role, stretch)
        if turn is None or is_back_channel(said_in(turns, role, stretch)):
            continue
        if is_back_channel(said_in(turns, other_role, held)):
            continue
        cuts.append(Interruption(role, turn.index, onset_s, overlap_s))
    return cuts


def _turn_at(turns: Sequence[Turn], role: Role, stretch: Span) -> Turn | None:
    shared = [
        (_span(turn).overlap_s(stretch), turn)
        for turn in turns
        if turn.role is role and turn.start_s is not None
    ]
    best = max(shared, key=lambda pair: (pair[0], -pair[1].index), default=None)
    return best[1] if best is not None and best[0] > 0 else None


def said_in(turns: Sequence[Turn], role: Role, stretch: Span) -> str:
    """Return what a role said in a stretch: word by word where words have times, else its whole turns."""
    said: list[str] = []
    for turn in turns:
        if turn.role is not role or turn.start_s is None:
            continue
        if turn.words:
            said += [
                word.text
                for word in turn.words
                if stretch.start_s <= (word.start_s + word.end_s) / 2 < stretch.end_s
            ]
        elif _span(turn).overlap_s(stretch) > 0:
            said.append(turn.text)
    return "".join(said)


# --- speech rate
# -----------------------------------------------------------------------------------------------------


def _speech_rates(transcript: Transcript, voices: Mapping[Role, tuple[Span, ...]]) -> dict[Role, float]:
    """Return characters per minute of voiced time, without speech that was not recognised."""
    rates: dict[Role, float] = {}
    for role in _SPEAKERS:
        lost = [
            Span(span.start_s, span.end_s)
            for span in transcript.audit
            if span.kind is AuditKind.LOST_SPEECH
            and _role_of_channel(transcript, span.channel) in (role, None)
        ]
        voiced_s = total_s(voices[role]) - total_s(intersection(voices[role], lost))
        syllables = sum(spoken_length(turn.text) for turn in transcript.turns if turn.role is role)
        if voiced_s >= _MIN_VOICED_S:
            rates[role] = syllables / voiced_s * 60.0
    return rates


def _role_of_channel(transcript: Transcript, channel: int | None) -> Role | None:
    found = next((known.role for known in transcript.channels if known.index == channel), None)
    return found if found in _SPEAKERS else None
