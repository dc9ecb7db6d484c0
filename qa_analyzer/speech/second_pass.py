"""The second pass: listen again, harder, only where the audit found something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa_analyzer.intervals import Span
from qa_analyzer.speech.asr import MAX_WINDOW_S, THOROUGH, AsrEngine
from qa_analyzer.speech.audit import audit_phrase, quality
from qa_analyzer.speech.packing import Piece, Window
from qa_analyzer.speech.phrases import Heard, Phrase
from qa_analyzer.speech.vad import ChannelAudio

MARGIN_S = 0.4
MIN_GAIN = 0.1
"""Natural log of mean word probability by which a hearing with as many findings must be surer to replace another."""

MAX_SHARE = 0.35
"""At most this share of a call's voice is heard twice; the worst phrases come first. Bounds the time of bad calls."""


def listen_again(
    engine: AsrEngine, audio: ChannelAudio, phrases: Sequence[Phrase], *, prompt: str = ""
) -> tuple[Phrase, ...]:
    """Return the phrases, those with findings replaced where a slower hearing alone in its window is better.

    Better means fewer kinds of finding, or as many and surer words by ``MIN_GAIN``; see ``audit.quality``. The
    second hearing gets no prompt, so that nothing can leak from it.
    """
    marked = _worst_first(phrases, prompt)
    if not marked:
        return tuple(phrases)
    windows = [_window(phrases[index], audio.duration_s) for index in marked]
    recognitions = engine.recognize([window.read(audio) for window in windows], effort=THOROUGH)
    better = dict(enumerate(phrases))
    for index, window, recognition in zip(marked, windows, recognitions, strict=True):
        first = phrases[index]
        second = replace(
            first,
            words=Heard(window, recognition).words(),
            avg_logprob=recognition.avg_logprob,
            no_speech_probability=recognition.no_speech_probability,
        )
        if is_better(second, first, prompt=prompt):
            better[index] = second
    return tuple(better[index] for index in range(len(phrases)))


def is_better(second: Phrase, first: Phrase, *, prompt: str = "") -> bool:
    """Say whether the second hearing of a phrase should replace the first."""
    faults, certainty = quality(second, prompt=prompt)
    faults_before, certainty_before = quality(first, prompt=prompt)
    if faults != faults_before:
        return faults > faults_before
    return certainty > certainty_before + MIN_GAIN


def _worst_first(phrases: Sequence[Phrase], prompt: str) -> list[int]:
    """Choose the phrases to hear again, in order of time, within ``MAX_SHARE`` of all voice."""
    marked = [
        index
        for index, phrase in enumerate(phrases)
        if audit_phrase(phrase, prompt=prompt) and phrase.span.duration_s <= MAX_WINDOW_S - 2 * MARGIN_S
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


def _window(phrase: Phrase, duration_s: float) -> Window:
    source = Span(max(0.0, phrase.span.start_s - MARGIN_S), min(duration_s, phrase.span.end_s + MARGIN_S))
    return Window(phrase.channel, (Piece(source, 0.0),))
