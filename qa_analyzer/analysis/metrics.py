"""Conversation facts: talk, silence, overlap, interruptions, speech rate.

For recordings they come from the voice activity of each channel, never from recognised segments; for text
from the times or pauses given with it. What an input cannot tell stays None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa_analyzer.analysis.call_analysis import ConversationMetrics, Silence
from qa_analyzer.analysis.floor import silence_owner
from qa_analyzer.analysis.interruptions import SPEAKERS, given_interruptions, measured_interruptions, span_of
from qa_analyzer.analysis.mandarin import spoken_length
from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span, gaps, intersection, total_s, union
from qa_analyzer.speech.transcript import AuditKind, Transcript, Turn

#: Shorter pauses are breathing and thinking; longer ones are reported.
MIN_SILENCE_S = 3.0
#: Speech rates from less voice than this say nothing.
_MIN_VOICED_S = 5.0


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
    by_channel = {channel.role for channel in transcript.channels} >= set(SPEAKERS)
    voices: dict[Role, tuple[Span, ...]] = {}
    for role in SPEAKERS:
        spoken_in = (
            transcript.voice(role) if by_channel else intersection(_turn_spans(transcript.turns, role), heard)
        )
        voices[role] = union(spoken_in)
    return _timed_metrics(transcript, voices, heard, overlap_known=transcript.overlap_known and by_channel)


def _from_turn_times(transcript: Transcript) -> ConversationMetrics:
    voices = {role: _turn_spans(transcript.turns, role) for role in SPEAKERS}
    heard = union(span_of(turn) for turn in transcript.turns)
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
    talk_s = {role: total_s(voices[role]) for role in SPEAKERS}
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
        interruptions=measured_interruptions(transcript.turns, voices) if overlap_known else None,
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
        interruptions=given_interruptions(turns) if overlap_known else None,
        speech_rate_cpm=None,
        first_agent_s=None,
    )


def _turn_spans(turns: Sequence[Turn], role: Role) -> tuple[Span, ...]:
    return union(span_of(turn) for turn in turns if turn.role is role)


def _ratio(talk_s: Mapping[Role, float]) -> float | None:
    both_s = sum(talk_s.values())
    return talk_s[Role.AGENT] / both_s if both_s > 0 else None


def _longest(free: Sequence[Span]) -> float:
    return max((span.duration_s for span in free), default=0.0)


# --- silences


def _silences(turns: Sequence[Turn], free: Sequence[Span], end_s: float) -> tuple[Silence, ...]:
    timed = sorted(
        (turn for turn in turns if turn.start_s is not None),
        key=lambda turn: (span_of(turn).start_s, turn.index),
    )
    found: list[Silence] = []
    for gap in free:
        if gap.duration_s < MIN_SILENCE_S:
            continue
        middle_s = (gap.start_s + gap.end_s) / 2
        after = max((n for n, turn in enumerate(timed) if span_of(turn).start_s <= middle_s), default=None)
        before = (
            None
            if gap.end_s >= end_s
            else min((n for n, turn in enumerate(timed) if span_of(turn).start_s > middle_s), default=None)
        )
        if after is not None and before is not None and span_of(timed[after]).end_s >= gap.end_s:
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


# --- speech rate


def _speech_rates(transcript: Transcript, voices: Mapping[Role, tuple[Span, ...]]) -> dict[Role, float]:
    """Return characters per minute of voiced time, without speech that was not recognised."""
    rates: dict[Role, float] = {}
    for role in SPEAKERS:
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
    return found if found in SPEAKERS else None
