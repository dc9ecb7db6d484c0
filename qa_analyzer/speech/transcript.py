"""The hub: what was said in one call, by whom, when, and how far that can be trusted.

Values only; ``transcript_json`` reads and writes them. Times are seconds from the start of the recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qa_analyzer.calls.call import Call, Role
from qa_analyzer.intervals import Span

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Word:
    """The recogniser's own timed unit; for Mandarin about one character. ``probability`` is in [0, 1]."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """How a turn sounds: the medians of its voiced frames. ``pitch_hz`` is None where too little has one."""

    level_dbfs: float
    pitch_hz: float | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One role holding the floor. Turns of different roles may overlap in time.

    ``channel`` is None for text and for mono recordings. ``start_s`` and ``end_s`` are None in text without
    times; then ``pause_before_s`` (silence before the turn) and ``overlap_s`` (how long before the end of the
    previous turn this one starts) may be given instead. ``role_confidence`` is in [0, 1].
    ``voice`` is None for text and mono recordings, and for turns too short to say how they sound.
    """

    index: int
    role: Role
    text: str
    channel: int | None = None
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()
    pause_before_s: float | None = None
    overlap_s: float | None = None
    role_confidence: float = 1.0
    voice: VoiceFigures | None = None


class AuditKind(StrEnum):
    """What is wrong with a stretch of the transcript."""

    LOST_SPEECH = "lost_speech"  # voice activity without text
    TEXT_OVER_SILENCE = "text_over_silence"  # text without voice activity
    REPETITION = "repetition"  # a loop of the recogniser
    BOILERPLATE = "boilerplate"  # subtitle credits and other phrases recognisers invent
    PROMPT_ECHO = "prompt_echo"
    TOO_FAST = "too_fast"  # more characters per second than anyone speaks
    LOW_CONFIDENCE = "low_confidence"


@dataclass(frozen=True, slots=True)
class AuditSpan:
    """A stretch that recognition did not get right, with the figure that shows it."""

    kind: AuditKind
    channel: int | None
    start_s: float
    end_s: float
    detail: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as heard: its level, its voice activity and its role.

    ``role`` is UNKNOWN for a mono mix. ``level_dbfs`` is the median level of the voiced parts; None when
    silent. ``voice`` is the raw voice activity; time facts come from it, never from recognised segments.
    """

    index: int
    role: Role
    voice: tuple[Span, ...]
    level_dbfs: float | None
    clipped_share: float


class ChannelProblem(StrEnum):
    """Why channels cannot stand for speakers, or cannot be heard."""

    DUAL_MONO = "dual_mono"
    SILENT_CHANNEL = "silent_channel"
    NO_SPEECH = "no_speech"
    BLEED = "bleed"
    CLIPPING = "clipping"
    WRONG_SPEED = "wrong_speed"
    SWAPPED = "swapped"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class ChannelFinding:
    """One channel problem with the figure that shows it. ``channel`` is None when it concerns all of them."""

    problem: ChannelProblem
    channel: int | None
    value: float
    detail: str


class RoleMethod(StrEnum):
    """How roles were found."""

    GIVEN = "given"  # text input names them
    MANIFEST = "manifest"  # agent_channel from the manifest
    INFERRED = "inferred"  # from what is said and how
    NONE = "none"  # could not be told


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """Which side is the agent, how that was found, and how sure it is.

    ``confidence`` is in [0, 1]; ``reasons`` are the observations behind it. ``diarized`` says that the sides
    are speakers found in a mono mix, not channels.
    """

    method: RoleMethod
    confidence: float
    agent_channel: int | None
    diarized: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The recording behind a transcript. ``path`` is as given in the input; ``sha256`` is of the file."""

    path: str
    sha256: str
    duration_s: float
    rate_hz: int
    channels: int
    codec: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything later rooms may know of a call; re-scoring starts here, without the audio.

    ``call`` carries the metadata (its paths and given turns are not needed any more). ``audio`` and
    ``asr_fingerprint`` are None for text. ``overlap_known`` is False where simultaneous speech cannot be
    measured (mono mixes, text without overlap figures). ``pii_masked`` says that personal data was replaced
    by ``*``, character for character, before anything was stored.
    """

    call: Call
    turns: tuple[Turn, ...]
    roles: RoleAssignment
    overlap_known: bool
    audio: AudioFacts | None = None
    duration_s: float | None = None
    channels: tuple[Channel, ...] = ()
    channel_findings: tuple[ChannelFinding, ...] = ()
    audit: tuple[AuditSpan, ...] = ()
    asr_model: str | None = None
    asr_fingerprint: str | None = None
    language: str = "zh"
    schema_version: int = SCHEMA_VERSION
    pii_masked: bool = False

    @property
    def call_id(self) -> str:
        return self.call.call_id

    def voice(self, role: Role) -> tuple[Span, ...]:
        """Return the voice activity of a role; empty where channels do not stand for roles."""
        return tuple(span for channel in self.channels if channel.role is role for span in channel.voice)
