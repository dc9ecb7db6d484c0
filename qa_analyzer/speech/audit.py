"""The integrity audit: stretches that recognition did not get right, each with the figure that shows it.

Pure functions over phrases; nothing is corrected here. Thresholds name where they come from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa_analyzer.intervals import Span, gaps, total_s, union
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.sounds import han_only
from qa_analyzer.speech.transcript import AuditKind, AuditSpan
from qa_analyzer.speech.wording import simplified

MIN_LOST_S = 0.8
"""Voice shorter than this without text is mostly breath, laughter or a cough."""

MIN_UNCOVERED_S = 2.5
"""Longest voiced stretch inside a phrase that may lie between two words: words are placed some 0.5 s
loosely.
"""

WORD_REACH_S = 0.4
MIN_CHARS_PER_S = 1.2
"""Slow Mandarin speech has about 3 characters a second of voice; far below that, words are missing."""

MAX_CHARS_PER_S = 9.0
"""Fast speakers reach 7 to 8 characters a second of voice; more cannot have been said."""

MIN_TOO_FAST_CHARS = 8
LOW_PROBABILITY = 0.6
"""Mean word probability. Whisper base had half of the characters wrong in turns below 0.65, 18 % between 0.75
and 0.85, 11 % above (`benchmarks/speech.py calls`)."""

MIN_REPEATED_CHARS = 10
NO_SPEECH = 0.6
NO_SPEECH_LOGPROB = -1.0
"""Whisper's own defaults for calling a window silent."""

MIN_ECHO_CHARS = 6

REPEATED = re.compile(r"(.{1,15}?)\1{2,}")
# What recognisers trained on subtitles invent over noise and music. All are said by nobody on a service line.
BOILERPLATE = re.compile(
    r"字幕(?:由|组|志愿者|制作|校对|翻译|提供|by)|(?:中文|简体|繁体)字幕|请不吝(?:点赞|赐教)|点赞.{0,4}订阅|订阅.{0,6}(?:转发|打赏|频道)"
    r"|打赏支持|明镜(?:与|需要|电视)|感谢(?:您的)?(?:观看|收看|收听)|谢谢(?:大家)?(?:的)?(?:观看|收看|收听)|下期(?:节目|视频)?再见"
    r"|(?:优优|优酷)独播|独播剧场|amara\.?org|未经作者授权|词曲?[:：]|作曲[:：]|编曲[:：]|本集完|下集预告",
    re.IGNORECASE,
)


def audit_phrases(
    phrases: Sequence[Phrase], *, prompt: str = "", physical: bool = True
) -> tuple[AuditSpan, ...]:
    """Return every finding, ordered by time, channel and kind; voices of a mix (not ``physical``) have no
    channel.
    """
    found = [span for phrase in phrases for span in audit_phrase(phrase, prompt=prompt)]
    if not physical:
        found = [replace(span, channel=None) for span in found]
    return tuple(sorted(found, key=lambda span: (span.start_s, span.end_s, span.channel or 0, span.kind)))


def audit_phrase(phrase: Phrase, *, prompt: str = "") -> tuple[AuditSpan, ...]:
    """Return what is wrong with one phrase."""
    return tuple(
        AuditSpan(kind, phrase.channel, round(span.start_s, 3), round(span.end_s, 3), detail)
        for kind, span, detail in _faults(phrase, prompt)
    )


def _faults(phrase: Phrase, prompt: str) -> Iterator[tuple[AuditKind, Span, str]]:
    span, voiced_s = phrase.span, total_s(phrase.voice)
    if not phrase.words:
        if voiced_s >= MIN_LOST_S:
            yield AuditKind.LOST_SPEECH, span, f"{voiced_s:.1f} s of voice without text"
        return
    text = simplified(phrase.text)
    chars = sum(char.isalnum() for char in text)
    if voiced_s == 0:
        yield AuditKind.TEXT_OVER_SILENCE, span, f"{chars} characters, no voice"
    elif phrase.no_speech_probability > NO_SPEECH and phrase.avg_logprob < NO_SPEECH_LOGPROB:
        detail = f"no-speech {phrase.no_speech_probability:.2f}, log probability {phrase.avg_logprob:.2f}"
        yield AuditKind.TEXT_OVER_SILENCE, span, detail
    if repeated := _repeated(text):
        yield AuditKind.REPETITION, span, repeated
    if match := BOILERPLATE.search(text):
        yield AuditKind.BOILERPLATE, span, match.group()
    if echo := _echo(text, prompt):
        yield AuditKind.PROMPT_ECHO, span, echo
    if voiced_s > 0 and chars >= MIN_TOO_FAST_CHARS and chars / voiced_s > MAX_CHARS_PER_S:
        yield AuditKind.TOO_FAST, span, f"{chars / voiced_s:.1f} characters a second"
    if phrase.probability < LOW_PROBABILITY:
        yield AuditKind.LOW_CONFIDENCE, span, f"mean word probability {phrase.probability:.2f}"
    yield from _uncovered(phrase, chars, voiced_s)


def _uncovered(phrase: Phrase, chars: int, voiced_s: float) -> Iterator[tuple[AuditKind, Span, str]]:
    """Find voice inside a phrase that no word reaches; too few characters for the voice mean the same."""
    if voiced_s >= MIN_UNCOVERED_S and chars / voiced_s < MIN_CHARS_PER_S:
        yield AuditKind.LOST_SPEECH, phrase.span, f"only {chars} characters in {voiced_s:.1f} s of voice"
        return
    reached = [
        Span(word.start_s - WORD_REACH_S, word.start_s + max(word.end_s - word.start_s, 0) / 2 + WORD_REACH_S)
        for word in phrase.words
    ]
    for voice in phrase.voice:
        for hole in gaps(union(reached), voice):
            if hole.duration_s >= MIN_UNCOVERED_S:
                yield AuditKind.LOST_SPEECH, hole, f"{hole.duration_s:.1f} s of voice without text"


def _repeated(text: str) -> str:
    """Return the loop in a text; short natural repetitions (对对对, 喂喂喂) are none."""
    chars = "".join(char for char in text if char.isalnum())
    for match in REPEATED.finditer(chars):
        unit, times = match.group(1), len(match.group()) // len(match.group(1))
        if len(match.group()) >= MIN_REPEATED_CHARS and not unit.isdigit():
            return f"{unit} repeated {times} times"
    return ""


def _echo(text: str, prompt: str) -> str:
    """Return the longest stretch of the prompt that came out as text; single terms are what a prompt is
    for.
    """
    if not prompt:
        return ""
    source, heard = han_only(prompt), han_only(text)
    loop = REPEATED.fullmatch(heard)
    if loop is not None and loop.group(1) in source:
        return heard  # over noise, small recognisers go on with the list: 费、费、费
    longest = ""
    for start in range(len(heard)):
        while (longer := heard[start : start + len(longest) + 1]) in source and len(longer) > len(longest):
            longest = longer
    return longest if len(longest) >= MIN_ECHO_CHARS else ""


# Invented text misleads, lost speech only leaves a gap, doubtful words may still be right.
GRAVITY = {AuditKind.LOW_CONFIDENCE: 1, AuditKind.LOST_SPEECH: 2}
INVENTED = 3


def quality(phrase: Phrase, *, prompt: str = "") -> tuple[int, float]:
    """Return how good a hearing of a phrase is, to compare two of them: graver findings first, then surer
    words.

    The second figure is the mean log probability of the words; minus infinity without words.
    """
    faults = -sum(GRAVITY.get(kind, INVENTED) for kind in {kind for kind, _, _ in _faults(phrase, prompt)})
    if not phrase.words:
        return faults, -math.inf
    return faults, sum(math.log(max(word.probability, 1e-4)) for word in phrase.words) / len(phrase.words)
