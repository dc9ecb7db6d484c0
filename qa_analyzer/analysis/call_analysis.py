"""The whole world of a rule: one transcript and everything found in it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Interruption:
    """One role cutting into the other's speech with content; a back-channel (嗯, 对) is none."""

    interrupter: Role
    turn_index: int
    start_s: float | None
    overlap_s: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch in which nobody speaks.

    ``owner`` owed the next turn (UNKNOWN where that cannot be said); ``announced`` says the owner asked the
    other side to wait before it. ``start_s`` is None in text without times. ``before_turn_index`` is the turn
    that ends it; None when the call ends in silence.
    """

    owner: Role
    duration_s: float
    announced: bool
    start_s: float | None
    after_turn_index: int | None
    before_turn_index: int | None


@dataclass(frozen=True, slots=True)
class ConversationMetrics:
    """Facts of the conversation. Every None means "cannot be told from this input", never 0.

    ``talk_s``, ``speech_rate_cpm`` (Han characters per minute of voiced time) are keyed by role.
    ``talk_ratio`` is agent / (agent + customer). ``silences`` holds those of at least ``MIN_SILENCE_S``.
    ``first_agent_s`` is the agent's first voice, from the start of the recording.
    """

    duration_s: float | None
    talk_s: Mapping[Role, float] | None
    talk_ratio: float | None
    overlap_s: float | None
    non_talk_s: float | None
    longest_silence_s: float | None
    silences: tuple[Silence, ...] | None
    interruptions: tuple[Interruption, ...] | None
    speech_rate_cpm: Mapping[Role, float] | None
    first_agent_s: float | None


class SentimentLabel(StrEnum):
    """Three levels, lowest first."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True)
class TurnSentiment:
    """Sentiment of one turn. ``score`` is in [-1, 1]; ``confidence`` is the label's probability in [0, 1]."""

    turn_index: int
    label: SentimentLabel
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A customer turn that feels otherwise than the last that felt anything; ``quote`` is its text."""

    turn_index: int
    before: SentimentLabel
    after: SentimentLabel
    quote: str


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What readers of the call would vote, from -2 to 2: the expected mean and the spread of votes."""

    expected: float
    spread: float


@dataclass(frozen=True, slots=True)
class CallSentiment:
    """How the customer felt. None where there is no customer turn with content.

    ``shift`` is improved / unchanged / worsened; ``lowest`` is the lowest score of a customer turn.
    ``agent_tone`` is the mean score of the agent's turns; ``satisfaction`` is None where a model cannot say.
    """

    customer_start: SentimentLabel | None
    customer_end: SentimentLabel | None
    lowest: float | None
    lowest_turn_index: int | None
    shift: str | None
    turns: tuple[TurnSentiment, ...]
    model_fingerprint: str
    turning_points: tuple[TurningPoint, ...] = ()
    agent_tone: float | None = None
    satisfaction: Satisfaction | None = None


@dataclass(frozen=True, slots=True)
class ComplaintTag:
    """One complaint or risk in a customer turn. Offsets are into the turn's own text.

    ``code`` and ``complaint_class`` are those of the taxonomy (class ``risk`` for risks). ``start_s`` is None
    without times. ``severity`` is 1 (a wish) to 5 (an outside body is near); None where none is given.
    """

    code: str
    complaint_class: str
    turn_index: int
    start_s: float | None
    term: str
    char_start: int
    char_end: int
    match_kind: str
    severity: int | None = None


class VoiceCueKind(StrEnum):
    """What in a voice may rise."""

    LOUDNESS = "loudness"
    PITCH = "pitch"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Rise:
    """How far a figure lies above the speaker's median turn; ``z`` is that in robust standard deviations.

    ``amount`` is in decibels (loudness), semitones (pitch) or doublings (rate: 0.5 is 41 % faster).
    """

    amount: float
    z: float


@dataclass(frozen=True, slots=True)
class VoiceCue:
    """How a customer turn sounds against the customer's other turns; kinds not measured are missing."""

    turn_index: int
    start_s: float | None
    rises: Mapping[VoiceCueKind, Rise]
    raised: tuple[VoiceCueKind, ...]


@dataclass(frozen=True, slots=True)
class ActTag:
    """What a piece of a turn does, as a model reads it. Offsets are into the turn's own text.

    ``probability`` is calibrated so that 0.5 is the best place to cut.
    """

    act: str
    turn_index: int
    char_start: int
    char_end: int
    probability: float


@dataclass(frozen=True, slots=True)
class CallAnalysis:
    """A transcript with everything the rules may look at.

    ``acts`` and their model's fingerprint are None when no model looked for them. ``voice_cues`` is None
    where the sound of turns is not known; it stands beside the sentiment, no rule reads it.
    """

    transcript: Transcript
    metrics: ConversationMetrics
    sentiment: CallSentiment
    complaints: tuple[ComplaintTag, ...]
    risks: tuple[ComplaintTag, ...]
    lexicon_fingerprint: str
    voice_cues: tuple[VoiceCue, ...] | None = None
    acts: tuple[ActTag, ...] | None = None
    acts_fingerprint: str | None = None
