"""One recording becomes a transcript: decode, voice, recognition, audit, roles, turns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa_analyzer.calls.audio import Audio, open_audio
from qa_analyzer.calls.call import Call, Direction, Role
from qa_analyzer.calls.channel_checks import ChannelFaultKind, ChannelReport, inspect_channels
from qa_analyzer.errors import MissingDependencyError, TranscriptionError
from qa_analyzer.intervals import Span, gaps, total_s
from qa_analyzer.speech.asr import AsrEngine, open_engine
from qa_analyzer.speech.audit import audit_phrases
from qa_analyzer.speech.diarization import Diarization, Diarizer, SenkoDiarizer
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.hot_words import load_hot_words
from qa_analyzer.speech.packing import PackOptions, pack
from qa_analyzer.speech.phrases import Heard, Phrase, phrases_of
from qa_analyzer.speech.second_pass import listen_again
from qa_analyzer.speech.sides import MixedAudio, Sides, channel_sides, voice_sides, voices_of
from qa_analyzer.speech.transcript import AudioFacts, Channel, ChannelFinding, ChannelProblem, Transcript
from qa_analyzer.speech.turns import assemble_turns
from qa_analyzer.speech.vad import ChannelAudio, VoiceDetector

READ_AT_ONCE = 16
"""Windows in memory at the same time: about eight minutes of sound, so that memory stays flat."""

MIN_VOICE_S = 0.3
"""A channel with less voice has no party on it."""


class Transcriber:
    """Turns calls into transcripts; holds the loaded recogniser. Calls may follow one another without limit."""

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
        self._diarizer = diarizer
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
            report = _inspected(call, audio, voices)
            voices = _without_copies(voices, report)
            mixed = _mixed_channel(voices, report)
            if mixed is None:
                sides = channel_sides(call, self._hear(call.call_id, audio, voices))
            else:
                sides = self._sides_of_mix(call, audio, mixed, voices)
            physical = sides.physical
            duration_s = round(audio.duration_s, 3)
            return Transcript(
                call=call,
                turns=assemble_turns(
                    sides.phrases,
                    {side: sides.role_of(side) for side in (0, 1)},
                    confidence=sides.roles.confidence,
                    physical=physical,
                ),
                roles=sides.roles,
                overlap_known=physical and audio.channel_count == 2,
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
                    Channel(
                        index=channel,
                        role=sides.role_of(channel) if physical else Role.UNKNOWN,
                        voice=voice,
                        level_dbfs=_rounded(report.levels[channel].level_dbfs),
                        clipped_share=round(report.levels[channel].clipped_share, 5),
                    )
                    for channel, voice in enumerate(voices)
                ),
                channel_findings=(*_findings(report), *sides.findings),
                audit=audit_phrases(sides.phrases, prompt=self._prompt),
                asr_model=self.engine.name,
                asr_fingerprint=self.engine.fingerprint,
            )

    def _hear(
        self, call_id: str, audio: ChannelAudio, voices: Sequence[tuple[Span, ...]]
    ) -> tuple[Phrase, ...]:
        """Recognise every channel, or every side of a mix."""
        windows = [
            window
            for channel, voice in enumerate(voices)
            for window in pack(voice, channel, duration_s=audio.duration_s, options=self._packing)
        ]
        try:
            heard: list[Heard] = []
            for first in range(0, len(windows), READ_AT_ONCE):
                some = windows[first : first + READ_AT_ONCE]
                found = self.engine.recognize([window.read(audio) for window in some], prompt=self._prompt)
                heard += (Heard(window, one) for window, one in zip(some, found, strict=True))
            phrases = tuple(
                phrase for channel, voice in enumerate(voices) for phrase in phrases_of(channel, voice, heard)
            )
            if self._second_pass:
                phrases = listen_again(self.engine, audio, phrases, prompt=self._prompt)
        except (RuntimeError, ValueError, MemoryError) as problem:
            raise TranscriptionError(call_id, f"{self.engine.name} failed: {problem}") from problem
        return phrases

    def _sides_of_mix(
        self, call: Call, audio: Audio, channel: int, voices: Sequence[tuple[Span, ...]]
    ) -> Sides:
        """Part the voices of one channel; a stereo recording with one voice on one channel keeps its channels."""
        try:
            self._diarizer = self._diarizer or SenkoDiarizer()
            diarization = self._diarizer.diarize(audio, channel)
        except MissingDependencyError as problem:
            diarization = Diarization((), 0, 1.0, str(problem))
        except (RuntimeError, ValueError, MemoryError) as problem:
            diarization = Diarization((), 0, 1.0, f"telling the speakers apart failed: {problem}")
        if audio.channel_count == 2 and diarization.speakers == 1:
            return channel_sides(call, self._hear(call.call_id, audio, voices))
        by_speaker = voices_of(voices[channel], diarization)
        phrases = self._hear(call.call_id, MixedAudio(audio, channel), by_speaker)
        return voice_sides(call, phrases, diarization)


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


def _inspected(call: Call, audio: Audio, voices: Sequence[Sequence[Span]]) -> ChannelReport:
    inbound = call.direction is not Direction.OUTBOUND
    return inspect_channels(audio, voices, agent_channel=call.agent_channel if inbound else None)


def _without_copies(
    voices: Sequence[tuple[Span, ...]], report: ChannelReport
) -> tuple[tuple[Span, ...], ...]:
    """Take away the voice of a channel that is only the other one heard through."""
    return tuple(
        tuple(part for span in voice for part in gaps(copied, span)) if copied else voice
        for voice, copied in zip(voices, report.copied_voice, strict=True)
    )


def _mixed_channel(voices: Sequence[Sequence[Span]], report: ChannelReport) -> int | None:
    """Return the channel that may hold both parties: a mono recording, a copy of itself, or the only one with voice."""
    voiced = [channel for channel, voice in enumerate(voices) if total_s(voice) >= MIN_VOICE_S]
    if len(voices) == 1:
        return 0
    if any(fault.problem is ChannelFaultKind.DUAL_MONO for fault in report.faults):
        return voiced[0] if voiced else 0
    return voiced[0] if len(voiced) == 1 else None


def _findings(report: ChannelReport) -> tuple[ChannelFinding, ...]:
    return tuple(
        ChannelFinding(ChannelProblem(fault.problem.value), fault.channel, fault.value, fault.detail)
        for fault in report.faults
    )


def _rounded(level_dbfs: float | None) -> float | None:
    return None if level_dbfs is None else round(level_dbfs, 1)
