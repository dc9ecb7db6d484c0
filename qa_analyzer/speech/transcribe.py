"""One recording becomes a transcript: decode, voice, recognition, audit, roles, turns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa_analyzer.calls.audio import Audio, open_audio
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.errors import TranscriptionError
from qa_analyzer.intervals import Span
from qa_analyzer.speech.asr import AsrEngine, open_engine
from qa_analyzer.speech.audit import audit_phrases
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.hot_words import load_hot_words
from qa_analyzer.speech.packing import PackOptions, pack
from qa_analyzer.speech.phrases import Heard, Phrase, phrases_of
from qa_analyzer.speech.roles import Side, infer_agent
from qa_analyzer.speech.second_pass import listen_again
from qa_analyzer.speech.transcript import AudioFacts, Channel, RoleAssignment, RoleMethod, Transcript
from qa_analyzer.speech.turns import assemble_turns
from qa_analyzer.speech.vad import VoiceDetector, level_dbfs


class Transcriber:
    """Turns calls into transcripts; holds the loaded recogniser. Calls may follow one another without limit."""

    def __init__(
        self,
        engine: AsrEngine,
        *,
        voice: VoiceDetector | None = None,
        packing: PackOptions | None = None,
        prompt: str = "",
        second_pass: bool = True,
    ) -> None:
        self.engine = engine
        self._voice = voice or VoiceDetector()
        self._packing = packing or PackOptions()
        self._prompt = prompt
        self._second_pass = second_pass

    def transcribe(self, call: Call) -> Transcript:
        """Return the transcript of a call; text calls pass through ``transcript_from_turns``.

        Raises DecodeError, InputError or TranscriptionError.
        """
        if call.audio_path is None:
            return transcript_from_turns(call)
        with open_audio(call.audio_path, call_id=call.call_id) as audio:
            voices = tuple(self._voice.spans(audio, channel) for channel in range(audio.channel_count))
            phrases = self._hear(call.call_id, audio, voices)
            roles = assign_channels(call, audio.channel_count, phrases)
            by_channel = {channel: role_of(channel, roles) for channel in range(audio.channel_count)}
            duration_s = round(audio.duration_s, 3)
            return Transcript(
                call=call,
                turns=assemble_turns(phrases, by_channel, confidence=roles.confidence),
                roles=roles,
                overlap_known=audio.channel_count == 2,
                audio=AudioFacts(
                    path=str(call.audio_path),
                    sha256=audio.sha256,
                    duration_s=duration_s,
                    rate_hz=audio.source_rate_hz,
                    channels=audio.channel_count,
                    codec=audio.codec,
                ),
                duration_s=duration_s,
                channels=tuple(
                    Channel(channel, by_channel[channel], voice, level_dbfs(audio, channel, voice), 0.0)
                    for channel, voice in enumerate(voices)
                ),
                audit=audit_phrases(phrases, prompt=self._prompt),
                asr_model=self.engine.name,
                asr_fingerprint=self.engine.fingerprint,
            )

    def _hear(self, call_id: str, audio: Audio, voices: Sequence[tuple[Span, ...]]) -> tuple[Phrase, ...]:
        windows = [
            window
            for channel, voice in enumerate(voices)
            for window in pack(voice, channel, duration_s=audio.duration_s, options=self._packing)
        ]
        try:
            recognitions = self.engine.recognize(
                [window.read(audio) for window in windows], prompt=self._prompt
            )
            heard = [Heard(window, found) for window, found in zip(windows, recognitions, strict=True)]
            phrases = tuple(
                phrase for channel, voice in enumerate(voices) for phrase in phrases_of(channel, voice, heard)
            )
            if self._second_pass:
                phrases = listen_again(self.engine, audio, phrases, prompt=self._prompt)
        except (RuntimeError, ValueError, MemoryError) as problem:
            raise TranscriptionError(call_id, f"{self.engine.name} failed: {problem}") from problem
        return phrases


def open_transcriber(
    asr_model: str | Path,
    models_dir: Path,
    *,
    device: str = "auto",
    threads: int = 0,
    hot_words: Path | None = None,
) -> Transcriber:
    """Load everything a transcriber needs; raise ModelError or ConfigError before any call is opened."""
    prompt = load_hot_words(hot_words).prompt if hot_words is not None else ""
    return Transcriber(open_engine(asr_model, models_dir, device=device, threads=threads), prompt=prompt)


def assign_channels(call: Call, channel_count: int, phrases: Sequence[Phrase]) -> RoleAssignment:
    """Take the agent's channel from the manifest, or infer it from what was said."""
    if call.agent_channel is not None and call.agent_channel < channel_count == 2:
        reason = "the manifest names the channel"
        return RoleAssignment(RoleMethod.MANIFEST, 1.0, call.agent_channel, False, (reason,))
    inferred = infer_agent([_side(phrases, side) for side in range(channel_count)], direction=call.direction)
    method = RoleMethod.NONE if inferred.side is None else RoleMethod.INFERRED
    return RoleAssignment(method, inferred.confidence, inferred.side, False, inferred.reasons)


def _side(phrases: Sequence[Phrase], side: int) -> Side:
    own = [phrase for phrase in phrases if phrase.channel == side and phrase.words]
    return Side(tuple(phrase.text for phrase in own), own[0].span.start_s if own else None)


def role_of(side: int, roles: RoleAssignment) -> Role:
    """Return the role of a channel or speaker."""
    if roles.agent_channel is None:
        return Role.UNKNOWN
    return Role.AGENT if side == roles.agent_channel else Role.CUSTOMER
