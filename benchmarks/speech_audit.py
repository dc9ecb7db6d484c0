"""How well the audit of transcripts finds invented and lost speech; a section of ``speech.py``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from speech_reference import ArrayAudio, labelled_calls, noises, plain

from qa_analyzer.intervals import Span
from qa_analyzer.speech.asr import AsrEngine
from qa_analyzer.speech.audit import audit_phrase
from qa_analyzer.speech.packing import Piece, Window, pack
from qa_analyzer.speech.phrases import Heard, Phrase, phrases_of
from qa_analyzer.speech.transcript import AuditKind, Word
from qa_analyzer.speech.vad import VoiceDetector


def audit(engine: AsrEngine, shared: Path, _: argparse.Namespace) -> None:
    """Sound without speech: what voice activity lets through, and what the audit marks when it is
    bypassed.
    """
    print(f"\n## Sound without speech, 20 s each, {engine.name}\n")
    print(
        "| sound | taken for voice | phrases in the transcript | recognised without voice activity | marked |"
    )
    print("|---|---|---|---|---|")
    for name, samples in noises().items():
        audio = ArrayAudio(samples)
        voice = VoiceDetector().spans(audio, 0)
        windows = pack(voice, 0, duration_s=audio.duration_s)
        found = engine.recognize([window.read(audio) for window in windows])
        heard = [Heard(window, one) for window, one in zip(windows, found, strict=True)]
        kept = [phrase for phrase in phrases_of(0, voice, heard) if phrase.words]
        whole = Window(0, (Piece(Span(0.0, audio.duration_s), 0.0),))
        blind = phrases_of(0, (), [Heard(whole, engine.recognize([samples])[0])])
        marked = sum(bool(audit_phrase(phrase)) for phrase in blind)
        text = "".join(phrase.text for phrase in blind)[:20]
        voiced_s = sum(span.duration_s for span in voice)
        print(f"| {name} | {voiced_s:.1f} s | {len(kept)} | {text or '–'} | {marked} of {len(blind)} |")
    injected(shared)


def injected(shared: Path) -> None:
    """Faults put into true turns with true times, and true turns as they are."""
    turns = [
        (turn["text"], Span(truth["start_s"], truth["end_s"]))
        for call in labelled_calls(shared, "audio")
        for turn, truth in zip(call.turns, call.truth["turns"], strict=True)
    ]
    prompt = "话费、套餐、流量、宽带、携号转网、营业厅、光猫、基站"
    faults: tuple[tuple[str, AuditKind | None, Callable[[str], str], float], ...] = (
        ("none", None, lambda text: text, 0.9),
        ("words dropped", AuditKind.LOST_SPEECH, lambda _: "", 0.9),
        ("a phrase looped", AuditKind.REPETITION, lambda text: text[:4] + text[:4] * 5, 0.9),
        ("subtitle credit", AuditKind.BOILERPLATE, lambda _: "请不吝点赞订阅转发打赏", 0.9),
        ("hot words", AuditKind.PROMPT_ECHO, lambda _: prompt[:14], 0.9),
        ("three times the text", AuditKind.TOO_FAST, lambda text: text * 3, 0.9),
        ("unsure words", AuditKind.LOW_CONFIDENCE, lambda text: text, 0.3),
    )
    print(f"\n## Audit, faults put into {len(turns)} true turns\n")
    print("| fault | turns marked as that | turns marked at all |\n|---|---|---|")
    for name, kind, change, probability in faults:
        exactly = some = 0
        for text, span in turns:
            chars = list(plain(change(text)))
            step_s = span.duration_s / max(1, len(chars))
            words = tuple(
                Word(char, span.start_s + step_s * at, span.start_s + step_s * (at + 1), probability)
                for at, char in enumerate(chars)
            )
            kinds = {one.kind for one in audit_phrase(Phrase(0, span, (span,), words), prompt=prompt)}
            exactly += kind in kinds
            some += bool(kinds)
        share = "–" if kind is None else f"{100 * exactly / len(turns):.0f} %"
        print(f"| {name} | {share} | {100 * some / len(turns):.0f} % |")
