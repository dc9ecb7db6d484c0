"""The second pass: listen again, harder, only where the audit found something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa_analyzer.speech.audit import GRAVITY, audit_phrase, quality
from qa_analyzer.speech.packing import PackOptions, Window, pack
from qa_analyzer.speech.phrases import Heard, Phrase
from qa_analyzer.speech.transcript import AuditKind

ALONE = PackOptions(join_gap_s=0.5, margin_s=0.4, window_s=9.0)
"""The second segmentation: every phrase in windows of its own, long ones cut at their pauses."""

MIN_GAIN = 0.25
"""Natural log of mean word probability by which a hearing with as many findings must be surer to replace
another.
"""

MIN_KEPT = 0.8
"""Share of the characters that a surer hearing must keep."""

MAX_SHARE = 0.35
"""At most this share of a call's voice is heard twice; the worst phrases come first. Bounds the time of bad
calls.
"""


def windows_to_hear_again(
    phrases: Sequence[Phrase], duration_s: float, *, prompt: str = ""
) -> tuple[tuple[int, Window], ...]:
    """Return the windows of a second hearing, each with the index of its phrase, in order."""
    return tuple(
        (index, window)
        for index in _marked(phrases, prompt)
        for window in pack(phrases[index].voice, phrases[index].channel, duration_s=duration_s, options=ALONE)
    )


def replaced_where_better(
    phrases: Sequence[Phrase], again: Sequence[tuple[int, Heard]], *, prompt: str = ""
) -> tuple[Phrase, ...]:
    """Return the phrases, those heard again replaced where the second hearing is better.

    Better means less grave findings, or as grave ones and surer words by ``MIN_GAIN``; see ``audit.quality``.
    """
    better = list(phrases)
    for index in sorted({index for index, _ in again}):
        second = _heard_again(phrases[index], [heard for owner, heard in again if owner == index])
        if is_better(second, phrases[index], prompt=prompt):
            better[index] = second
    return tuple(better)


def _heard_again(first: Phrase, heard: Sequence[Heard]) -> Phrase:
    return replace(
        first,
        words=tuple(word for one in heard for word in one.words()),
        avg_logprob=min((one.recognition.avg_logprob for one in heard), default=first.avg_logprob),
        no_speech_probability=max((one.recognition.no_speech_probability for one in heard), default=0.0),
    )


def is_better(second: Phrase, first: Phrase, *, prompt: str = "") -> bool:
    """Say whether the second hearing of a phrase should replace the first.

    Doubtful words alone are replaced only by clearly surer ones that are not fewer: small recognisers are
    surest of what they leave out.
    """
    faults, certainty = quality(second, prompt=prompt)
    faults_before, certainty_before = quality(first, prompt=prompt)
    doubt = -GRAVITY[AuditKind.LOW_CONFIDENCE]
    if min(faults, faults_before) < doubt and faults != faults_before:
        return faults > faults_before
    kept = len(second.text) >= MIN_KEPT * len(first.text)
    return faults >= faults_before and kept and certainty > certainty_before + MIN_GAIN


def _marked(phrases: Sequence[Phrase], prompt: str) -> list[int]:
    """Choose the phrases to hear again, in order of time, within ``MAX_SHARE`` of all voice."""
    marked = [
        index for index, phrase in enumerate(phrases) if phrase.voice and audit_phrase(phrase, prompt=prompt)
    ]
    marked.sort(key=lambda index: (quality(phrases[index], prompt=prompt), index))
    budget_s = max(10.0, MAX_SHARE * sum(phrase.span.duration_s for phrase in phrases))
    chosen: list[int] = []
    for index in marked:
        budget_s -= phrases[index].span.duration_s
        if budget_s < 0:
            break
        chosen.append(index)
    return sorted(chosen)
