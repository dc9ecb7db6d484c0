"""One recording becomes a transcript: decode, voice, recognition, audit, roles, turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa_analyzer.calls.audio import Audio, open_audio
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.errors import TranscriptionError
from qa_analyzer.intervals import Span
from qa_analyzer.speech.asr import AsrEngine, Recognition
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.packing import PackOptions, Window, pack
from qa_analyzer.speech.roles import InferredAgent, Side, infer_agent
from qa_analyzer.speech.transcript import (
    AudioFacts,
    Channel,
    RoleAssignment,
    RoleMethod,
    Transcript,
    Word,
)
from qa_analyzer.speech.turns import Phrase, assemble_turns, phrases_of
from qa_analyzer.speech.vad import VoiceDetector, level_dbfs
from qa_analyzer.speech.wording import joined


@dataclass(frozen=True, slots=True)
class Heard:
    """One window and what was recognised in it."""

    window: Window
    recognition: Recognition

    def words(self) -> tuple[Word, ...]:
        """Return the words with times of the recording, rounded to milliseconds."""
        timed = []
        for word in self.recognition.words:
            piece = self.window.piece_at((word.start_s + word.end_s) / 2)
            start_s, end_s = (
                round(
                    min(max(time_s - piece.offset_s, 0.0), piece.source.duration_s) + piece.source.start_s, 3
                )
                for time_s in (word.start_s, word.end_s)
            )
            timed.append(
                replace(
                    word, start_s=start_s, end_s=max(start_s, end_s), probability=round(word.probability, 3)
                )
            )
        return tuple(timed)


class Transcriber:
    """Turns calls into transcripts; holds the loaded recogniser. Calls may follow one another without limit."""

    def __init__(
        self,
        engine: AsrEngine,
        *,
        voice: VoiceDetector | None = None,
        packing: PackOptions | None = None,
        prompt: str = "",
    ) -> None:
        self.engine = engine
        self._voice = voice or VoiceDetector()
        self._packing = packing or PackOptions()
        self._prompt = prompt

    def transcribe(self, call: Call) -> Transcript:
        """Return the transcript of a call; text calls pass through ``transcript_from_turns``.

        Raises DecodeError, InputError or TranscriptionError.
        """
        if call.audio_path is None:
            return transcript_from_turns(call)
        with open_audio(call.audio_path, call_id=call.call_id) as audio:
            voices = tuple(self._voice.spans(audio, channel) for channel in range(audio.channel_count))
            heard = self._recognize(call.call_id, audio, voices)
            phrases = tuple(
                phrase
                for channel, voice in enumerate(voices)
                for phrase in phrases_of(channel, voice, _words_of(heard, channel))
            )
            roles = _assign(call, audio.channel_count, phrases)
            confident = roles.agent_channel is not None
            by_channel = {
                channel: (_role(channel, roles), roles.confidence if confident else 0.0)
                for channel in range(audio.channel_count)
            }
            channels = tuple(
                Channel(channel, by_channel[channel][0], voice, level_dbfs(audio, channel, voice), 0.0)
                for channel, voice in enumerate(voices)
            )
            return Transcript(
                call=call,
                turns=assemble_turns(phrases, by_channel),
                roles=roles,
                overlap_known=audio.channel_count == 2,
                audio=AudioFacts(
                    path=str(call.audio_path),
                    sha256=audio.sha256,
                    duration_s=round(audio.duration_s, 3),
                    rate_hz=audio.source_rate_hz,
                    channels=audio.channel_count,
                    codec=audio.codec,
                ),
                duration_s=round(audio.duration_s, 3),
                channels=channels,
                asr_model=self.engine.name,
                asr_fingerprint=self.engine.fingerprint,
            )

    def _recognize(self, call_id: str, audio: Audio, voices: Sequence[Sequence[Span]]) -> tuple[Heard, ...]:
        windows = [
            window
            for channel, voice in enumerate(voices)
            for window in pack(voice, channel, duration_s=audio.duration_s, options=self._packing)
        ]
        try:
            recognitions = self.engine.recognize(
                [window.read(audio) for window in windows], prompt=self._prompt
            )
        except (RuntimeError, ValueError, MemoryError) as problem:
            raise TranscriptionError(call_id, f"{self.engine.name} failed: {problem}") from problem
        return tuple(Heard(window, heard) for window, heard in zip(windows, recognitions, strict=True))


def _words_of(heard: Sequence[Heard], channel: int) -> tuple[Word, ...]:
    return tuple(word for one in heard if one.window.channel == channel for word in one.words())


def _assign(call: Call, channel_count: int, phrases: Sequence[Phrase]) -> RoleAssignment:
    if call.agent_channel is not None and call.agent_channel < channel_count == 2:
        return RoleAssignment(
            RoleMethod.MANIFEST, 1.0, call.agent_channel, False, ("the manifest names the channel",)
        )
    sides = [_side(phrases, channel) for channel in range(channel_count)]
    inferred: InferredAgent = infer_agent(sides, direction=call.direction)
    method = RoleMethod.NONE if inferred.side is None else RoleMethod.INFERRED
    return RoleAssignment(method, inferred.confidence, inferred.side, False, inferred.reasons)


def _side(phrases: Sequence[Phrase], channel: int) -> Side:
    own = [phrase for phrase in phrases if phrase.channel == channel]
    return Side(tuple(joined(phrase.words) for phrase in own), own[0].span.start_s if own else None)


def _role(channel: int, roles: RoleAssignment) -> Role:
    if roles.agent_channel is None:
        return Role.UNKNOWN
    return Role.AGENT if channel == roles.agent_channel else Role.CUSTOMER
