"""How much of what was said in a stretch of a call became text: the proof behind "did not say"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span, intersection, total_s, union
from qa_analyzer.scoring.rules.outcome import Window
from qa_analyzer.speech.transcript import AuditKind, Transcript, Turn

#: A remark such as [听不清] stands for about a clause; nobody noted how much was lost.
CHARS_PER_REMARK = 8
#: Below this share of a window, "was not said" cannot be told from "was not heard".
MIN_HEARD_SHARE = 0.75

_UNHEARD = re.compile(
    r"[\[［(（【<][^\[\]［］()（）【】<>]{0,4}"
    r"(?:听不|杂音|噪音|噪声|不清|模糊|无法识别|无法辨|断续|静音|inaudible|noise|unk|unintelligible)"
    r"[^\[\]［］()（）【】<>]{0,6}[\]］)）】>]",
    re.IGNORECASE,
)
# Speech that left no text counts as lost; text of doubtful worth counts in part.
_LOST_WEIGHT = {
    AuditKind.LOST_SPEECH: 1.0,
    AuditKind.REPETITION: 1.0,
    AuditKind.BOILERPLATE: 1.0,
    AuditKind.PROMPT_ECHO: 1.0,
    AuditKind.TEXT_OVER_SILENCE: 0.0,
    AuditKind.TOO_FAST: 0.5,
    AuditKind.LOW_CONFIDENCE: 0.25,
}


def unheard_remarks(text: str) -> int:
    """Count the marks that transcribers leave where they could not hear."""
    return len(_UNHEARD.findall(text))


def window_of(transcript: Transcript, turns: Iterable[Turn], role: Role) -> Window:
    """Describe a searched stretch: its turns, its times, its words and how much of it was heard."""
    searched = tuple(turns)
    starts = [turn.start_s for turn in searched if turn.start_s is not None]
    ends = [turn.end_s for turn in searched if turn.end_s is not None]
    span = Span(min(starts), max(ends)) if starts and ends and min(starts) <= max(ends) else None
    return Window(
        role,
        tuple(turn.index for turn in searched),
        span.start_s if span else None,
        span.end_s if span else None,
        " / ".join(turn.text for turn in searched),
        round(_share_in_text(searched) * _share_in_sound(transcript, span, role), 3),
    )


def _share_in_text(turns: tuple[Turn, ...]) -> float:
    remarks = sum(unheard_remarks(turn.text) for turn in turns)
    if not remarks:
        return 1.0
    chars = sum(len(spoken(turn.text).chars) for turn in turns)
    return chars / (chars + CHARS_PER_REMARK * remarks)


def _share_in_sound(transcript: Transcript, span: Span | None, role: Role) -> float:
    """Return the share of the role's voiced time in ``span`` that recognition turned into usable text."""
    if span is None or not transcript.audit:
        return 1.0
    channels = {channel.index for channel in transcript.channels if channel.role is role}
    voice = transcript.voice(role) or union(
        Span(turn.start_s, turn.end_s)
        for turn in transcript.turns
        if turn.role is role and turn.start_s is not None and turn.end_s is not None
    )
    voiced = intersection(voice, (span,))
    voiced_s = total_s(voiced)
    if voiced_s == 0:
        return 1.0
    lost_s = 0.0
    for kind, weight in _LOST_WEIGHT.items():
        spans = (
            Span(found.start_s, found.end_s)
            for found in transcript.audit
            if found.kind is kind and (found.channel is None or not channels or found.channel in channels)
        )
        lost_s += weight * total_s(intersection(voiced, spans))
    return max(0.0, 1.0 - lost_s / voiced_s)
