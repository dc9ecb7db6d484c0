"""The verdicts on one call and the evidence behind each. Values only; ``evaluation_json`` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.calls.call import Role


class Verdict(StrEnum):
    """What a criterion comes to. Only pass and fail move points."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "na"
    UNSCORABLE = "unscorable"


class EvidenceKind(StrEnum):
    """What a piece of evidence shows."""

    MATCH = "match"  # words that were found
    WINDOW = "window"  # the stretch that was searched, and how much of it was heard
    NEAREST_MISS = "nearest_miss"  # what came closest without counting
    MEASURE = "measure"  # a figure: silence, overlap, speech rate
    CONDITION = "condition"  # what made the criterion apply, or not


class MatchKind(StrEnum):
    """How the quote was found."""

    EXACT = "exact"
    SOUND = "sound"
    PATTERN = "pattern"
    SEMANTIC = "semantic"
    MEASURE = "measure"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote with its moment in the call.

    ``quote`` is the transcript's own text, never rewritten. ``char_start`` and ``char_end`` are offsets into
    the turn's text. ``distance`` is 0 for an exact match and grows with the difference. ``heard_share`` in
    [0, 1] is how much of a searched window was recognised; None for other kinds. ``note`` is a sentence for
    people.
    """

    kind: EvidenceKind
    role: Role
    turn_index: int | None
    start_s: float | None
    end_s: float | None
    quote: str
    match_kind: MatchKind
    distance: float
    char_start: int | None = None
    char_end: int | None = None
    heard_share: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """The verdict on one criterion.

    ``explanation`` is one sentence a supervisor can read to an agent; ``explanation_en`` is the same for
    readers of English, empty where the scorecard words none. ``flip_chance`` is how likely the correct words
    would have got another verdict; None where nothing was recognised.
    """

    criterion_id: str
    verdict: Verdict
    points_earned: float
    points_possible: float
    auto_fail: bool
    explanation: str
    evidence: tuple[Evidence, ...]
    explanation_en: str = ""
    flip_chance: float | None = None


class Grade(StrEnum):
    """Bands of the percent score; UNSCORED when no criterion could be judged."""

    EXCELLENT = "excellent"
    PASS = "pass"
    TO_IMPROVE = "to_improve"
    FAIL = "fail"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """How far recognition errors may move a score: nothing else that may be wrong is in it.

    The score of the correct words lies in [``low``, ``high``] percent with a chance of ``level``, unless they
    cross a red line that was not seen. ``red_line_chance`` is how likely they cross one, ``grade_chance`` how
    likely they get the same grade: good for putting calls in order, but optimistic as a figure, since flips
    come together in calls. ``error_rate`` is the estimated share of wrong characters.
    """

    low: float
    high: float
    level: float
    grade_chance: float
    error_rate: float
    red_line_chance: float = 0.0

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What produced an evaluation; figures compare only between equal ones.

    ``asr`` is None for text, ``acts`` where no model looked for acts.
    """

    scorecard: str
    asr: str | None
    code: str
    transcript: str
    sentiment: str
    lexicon: str
    acts: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result for one call. ``percent`` in [0, 100] is None, not zero, when nothing could be judged.

    ``score_range`` is None for text that was given and where nothing could be judged.
    """

    analysis: CallAnalysis
    scorecard_id: str
    scorecard_version: str
    percent: float | None
    grade: Grade
    auto_failed: bool
    criteria: tuple[CriterionResult, ...]
    fingerprints: Fingerprints
    score_range: ScoreRange | None = None

    @property
    def call_id(self) -> str:
        return self.analysis.transcript.call_id


@dataclass(frozen=True, slots=True)
class CallFailure:
    """A call that could not be processed: where it stopped, why, and what to do."""

    call_id: str
    source: str
    stage: str
    error: str
    message: str
