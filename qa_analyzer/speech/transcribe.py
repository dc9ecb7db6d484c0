"""Recordings become transcripts: decode, voice, recognition, audit, second pass, roles, turns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.call import Call
from qa_analyzer.errors import CallError, TranscriptionError
from qa_analyzer.speech.asr import FAST, THOROUGH, AsrEngine, Effort, Recognition, open_engine
from qa_analyzer.speech.diarization import Diarizer, VoiceprintDiarizer, voiceprint_fingerprint
from qa_analyzer.speech.freed_memory import give_back
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.hot_words import load_hot_words
from qa_analyzer.speech.opened_call import OpenedCall, prepare
from qa_analyzer.speech.packing import PackOptions, Window
from qa_analyzer.speech.phrases import Heard, Phrase, phrases_of
from qa_analyzer.speech.provenance import fingerprint_of, room_fingerprint
from qa_analyzer.speech.roles import role_phrases_fingerprint
from qa_analyzer.speech.second_pass import replaced_where_better, windows_to_hear_again
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.vad import VoiceDetector, VoiceOptions, voice_fingerprint

READ_AT_ONCE = 12
"""Windows in memory at the same time, some five minutes of sound: two or three full batches of the engine."""

ENGINE_FAILURES = (RuntimeError, ValueError, MemoryError)


class Transcriber:
    """Turns calls into transcripts; holds the loaded recogniser. Calls may follow one another without
    limit.

    ``fingerprint`` covers all that decides a transcript besides the recording and what the input says of it.
    """

    def __init__(
        self,
        engine: AsrEngine,
        *,
        voice: VoiceDetector | None = None,
        packing: PackOptions | None = None,
        diarizer: Diarizer | None = None,
        prompt: str = "",
        second_pass: bool = True,
    ) -> None:
        self.engine = engine
        self._voice = voice or VoiceDetector()
        self._packing = packing or PackOptions()
        self._diarizer = diarizer or VoiceprintDiarizer()
        self._prompt = prompt
        self._second_pass = second_pass
        self.fingerprint = fingerprint_of(
            {
                "engine": engine.fingerprint,
                "packing": asdict(self._packing),
                "prompt": prompt,
                "second pass": second_pass,
                "room": room_fingerprint(
                    voice=self._voice.fingerprint,
                    diarizer=self._diarizer.fingerprint,
                    role_phrases=role_phrases_fingerprint(),
                ),
            }
        )

    def transcribe(self, call: Call) -> Transcript:
        """Return the transcript of a call; text calls pass through ``transcript_from_turns``.

        Raises DecodeError, InputError or TranscriptionError.
        """
        (outcome,) = self.transcribe_together([call])
        if isinstance(outcome, CallError):
            raise outcome
        return outcome

    def transcribe_together(self, calls: Sequence[Call]) -> tuple[Transcript | CallError, ...]:
        """Transcribe calls as one batch, which is faster than one by one and gives the same transcripts.

        What fails for one call is returned in its place, and the others are then done one by one. Eight short
        calls fill a batch.
        """
        outcomes: dict[int, Transcript | CallError] = {}
        with ExitStack() as opened:
            ready: dict[int, OpenedCall] = {}
            for number, call in enumerate(calls):
                try:
                    if call.audio_path is None:
                        outcomes[number] = transcript_from_turns(call)
                    else:
                        audio = opened.enter_context(open_audio(call.audio_path, call_id=call.call_id))
                        ready[number] = prepare(call, audio, self._voice, self._diarizer)
                        give_back()
                except CallError as problem:
                    outcomes[number] = problem
            try:
                outcomes.update(self._transcripts(ready))
            except ENGINE_FAILURES:
                for number, one in ready.items():
                    outcomes[number] = self._alone(number, one)
        return tuple(outcomes[number] for number in range(len(calls)))

    def _alone(self, number: int, one: OpenedCall) -> Transcript | CallError:
        try:
            return self._transcripts({number: one})[number]
        except ENGINE_FAILURES as problem:
            return TranscriptionError(one.call.call_id, f"{self.engine.name} failed: {problem}")

    def _transcripts(self, ready: dict[int, OpenedCall]) -> dict[int, Transcript]:
        wanted = [(number, window) for number, one in ready.items() for window in one.windows(self._packing)]
        heard = self._hear(ready, wanted, FAST, self._prompt)
        phrases = {
            number: _phrases(one, [found for owner, found in heard if owner == number])
            for number, one in ready.items()
        }
        if self._second_pass:
            phrases = self._listen_again(ready, phrases)
        return {
            number: one.transcript(
                phrases[number], asr_model=self.engine.name, fingerprint=self.fingerprint, prompt=self._prompt
            )
            for number, one in ready.items()
        }

    def _listen_again(
        self, ready: dict[int, OpenedCall], phrases: dict[int, tuple[Phrase, ...]]
    ) -> dict[int, tuple[Phrase, ...]]:
        """Spend the second pass on what the audit marked; without a prompt, so that nothing leaks from it."""
        again = {
            number: windows_to_hear_again(phrases[number], one.heard.duration_s, prompt=self._prompt)
            for number, one in ready.items()
        }
        wanted = [(number, window) for number, windows in again.items() for _, window in windows]
        heard = self._hear(ready, wanted, THOROUGH, "")
        better: dict[int, tuple[Phrase, ...]] = {}
        for number, windows in again.items():
            own = [found for owner, found in heard if owner == number]
            indexed = [(index, found) for (index, _), found in zip(windows, own, strict=True)]
            better[number] = replaced_where_better(phrases[number], indexed, prompt=self._prompt)
        return better

    def _hear(
        self,
        ready: dict[int, OpenedCall],
        wanted: Sequence[tuple[int, Window]],
        effort: Effort,
        prompt: str,
    ) -> list[tuple[int, Heard]]:
        """Recognise windows in batches of similar length; return them in the order they were given."""
        by_length = sorted(range(len(wanted)), key=lambda index: (wanted[index][1].duration_s, index))
        heard: dict[int, tuple[int, Heard]] = {}
        for first in range(0, len(by_length), READ_AT_ONCE):
            some = by_length[first : first + READ_AT_ONCE]
            samples = [wanted[index][1].read(ready[wanted[index][0]].heard) for index in some]
            found: tuple[Recognition, ...] = self.engine.recognize(samples, effort=effort, prompt=prompt)
            give_back()
            for index, one in zip(some, found, strict=True):
                number, window = wanted[index]
                heard[index] = (number, Heard(window, one))
        return [heard[index] for index in range(len(wanted))]


def _phrases(one: OpenedCall, heard: Sequence[Heard]) -> tuple[Phrase, ...]:
    return tuple(phrase for side, voice in enumerate(one.sides) for phrase in phrases_of(side, voice, heard))


def shipped_room_fingerprint() -> str:
    """Return what decides the transcripts of ``open_transcriber`` besides its arguments; loads nothing."""
    return room_fingerprint(
        voice=voice_fingerprint(VoiceOptions()),
        diarizer=voiceprint_fingerprint(),
        role_phrases=role_phrases_fingerprint(),
    )


def open_transcriber(
    asr_model: str | Path,
    models_dir: Path,
    *,
    device: str = "auto",
    threads: int = 0,
    hot_words: Path | None = None,
) -> Transcriber:
    """Load everything a transcriber needs; raise ModelError or FaultsError before any call is opened."""
    prompt = load_hot_words(hot_words).prompt if hot_words is not None else ""
    return Transcriber(open_engine(asr_model, models_dir, device=device, threads=threads), prompt=prompt)
