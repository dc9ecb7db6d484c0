"""One recorded call on its way to a transcript: what is known before recognition, and what is built after
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.calls.audio import Audio
from qa_analyzer.calls.call import Call, Direction, Role
from qa_analyzer.calls.channel_checks import ChannelFaultKind, ChannelReport, inspect_channels
from qa_analyzer.errors import MissingDependencyError
from qa_analyzer.intervals import Span, gaps, total_s
from qa_analyzer.speech.audit import audit_phrases
from qa_analyzer.speech.diarization import Diarization, Diarizer
from qa_analyzer.speech.packing import PackOptions, Window, pack
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.sides import MixedAudio, Sides, channel_sides, voice_sides, voices_of
from qa_analyzer.speech.transcript import AudioFacts, Channel, ChannelFinding, ChannelProblem, Transcript
from qa_analyzer.speech.turns import assemble_turns
from qa_analyzer.speech.vad import ChannelAudio, VoiceDetector
from qa_analyzer.speech.voice_figures import with_voice_figures

MIN_VOICE_S = 0.3
"""A channel with less voice has no party on it."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedCall:
    """A decoded call. ``sides`` holds the voice of the two parties as ``heard`` reads them.

    ``diarization`` is set where the parties are voices of one channel.
    """

    call: Call
    audio: Audio
    heard: ChannelAudio
    voices: tuple[tuple[Span, ...], ...]
    sides: tuple[tuple[Span, ...], ...]
    report: ChannelReport
    diarization: Diarization | None

    def windows(self, options: PackOptions) -> tuple[Window, ...]:
        """Return what there is to recognise."""
        return tuple(
            window
            for side, voice in enumerate(self.sides)
            for window in pack(voice, side, duration_s=self.heard.duration_s, options=options)
        )

    def transcript(
        self, phrases: Sequence[Phrase], *, asr_model: str, fingerprint: str, prompt: str
    ) -> Transcript:
        """Give the phrases roles and turns, and put everything together."""
        if self.diarization is None:
            sides = channel_sides(self.call, phrases)
        else:
            sides = voice_sides(self.call, phrases, self.diarization)
        duration_s = round(self.audio.duration_s, 3)
        turns = assemble_turns(
            sides.phrases,
            {side: sides.role_of(side) for side in (0, 1)},
            confidence=sides.roles.confidence,
            physical=sides.physical,
        )
        return Transcript(
            call=self.call,
            turns=with_voice_figures(turns, self.audio, self.voices),
            roles=sides.roles,
            overlap_known=sides.physical,
            audio=AudioFacts(
                path=str(self.call.audio_path),
                sha256=self.audio.sha256,
                duration_s=duration_s,
                rate_hz=self.audio.source_rate_hz,
                channels=self.audio.channel_count,
                codec=self.audio.codec,
            ),
            duration_s=duration_s,
            channels=self._channels(sides),
            channel_findings=(*self._findings(), *sides.findings),
            audit=audit_phrases(sides.phrases, prompt=prompt, physical=sides.physical),
            asr_model=asr_model,
            asr_fingerprint=fingerprint,
        )

    def _channels(self, sides: Sides) -> tuple[Channel, ...]:
        return tuple(
            Channel(
                index=channel,
                role=sides.role_of(channel) if sides.physical else Role.UNKNOWN,
                voice=voice,
                level_dbfs=None if levels.level_dbfs is None else round(levels.level_dbfs, 1),
                clipped_share=round(levels.clipped_share, 5),
            )
            for channel, (voice, levels) in enumerate(zip(self.voices, self.report.levels, strict=True))
        )

    def _findings(self) -> tuple[ChannelFinding, ...]:
        return tuple(
            ChannelFinding(ChannelProblem(fault.problem.value), fault.channel, fault.value, fault.detail)
            for fault in self.report.faults
        )


def prepare(call: Call, audio: Audio, detector: VoiceDetector, diarizer: Diarizer) -> OpenedCall:
    """Find the voice of each party; ``diarizer`` is asked only where one channel may hold both.

    Where it is not installed or fails, the parties of a mix stay unknown and the reason is kept.
    """
    found = tuple(detector.spans(audio, channel) for channel in range(audio.channel_count))
    named = call.agent_channel
    if call.direction is Direction.OUTBOUND or named not in range(audio.channel_count):
        named = None  # outbound, the customer speaks first; a channel that is not there cannot be swapped
    report = inspect_channels(audio, found, agent_channel=named)
    voices = tuple(
        tuple(part for span in voice for part in gaps(copied, span)) if copied else voice
        for voice, copied in zip(found, report.copied_voice, strict=True)
    )
    mixed = mixed_channel(voices, report)
    if mixed is None:
        return OpenedCall(call, audio, audio, voices, voices, report, None)
    diarization = _diarized(audio, mixed, voices[mixed], diarizer)
    if audio.channel_count == 2 and diarization.speakers == 1:
        return OpenedCall(call, audio, audio, voices, voices, report, None)  # one party on its own channel
    sides = voices_of(voices[mixed], diarization)
    return OpenedCall(call, audio, MixedAudio(audio, mixed), voices, sides, report, diarization)


def mixed_channel(voices: Sequence[Sequence[Span]], report: ChannelReport) -> int | None:
    """Return the channel that may hold both parties; None where two channels hold one each.

    It is that of a mono recording, of two channels with the same sound, or the only one with voice.
    """
    voiced = [channel for channel, voice in enumerate(voices) if total_s(voice) >= MIN_VOICE_S]
    if len(voices) == 1:
        return 0
    if any(fault.problem is ChannelFaultKind.DUAL_MONO for fault in report.faults):
        return voiced[0] if voiced else 0
    return voiced[0] if len(voiced) == 1 else None


def _diarized(audio: Audio, channel: int, voice: Sequence[Span], diarizer: Diarizer) -> Diarization:
    try:
        return diarizer.diarize(audio, channel, voice)
    except MissingDependencyError as problem:
        return Diarization((), 0, 1.0, str(problem))
    except (RuntimeError, ValueError, MemoryError) as problem:
        return Diarization((), 0, 1.0, f"telling the speakers apart failed: {problem}")
