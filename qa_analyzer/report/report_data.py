"""What a report is made from. Values only; whoever starts a report fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from qa_analyzer.analysis.rising_terms import RisingTerm
from qa_analyzer.kpi.records import Override
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation, Grade

DEFAULT_BANDS: Mapping[Grade, float] = {Grade.EXCELLENT: 90.0, Grade.PASS: 80.0, Grade.TO_IMPROVE: 60.0}


@dataclass(frozen=True, slots=True)
class CriterionView:
    """One line of the scorecard as people read it; ``names`` and ``descriptions`` are keyed by language."""

    criterion_id: str
    names: Mapping[str, str]
    weight: float
    auto_fail: bool = False
    descriptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SectionView:
    """One part of the scorecard."""

    section_id: str
    names: Mapping[str, str]
    criteria: tuple[CriterionView, ...]


@dataclass(frozen=True, slots=True)
class ScorecardView:
    """The scorecard behind the verdicts. ``bands`` holds the lowest percent of each grade above fail."""

    scorecard_id: str
    version: str
    names: Mapping[str, str]
    sections: tuple[SectionView, ...]
    fingerprint: str = ""
    bands: Mapping[Grade, float] = field(default_factory=lambda: dict(DEFAULT_BANDS))

    @property
    def criteria(self) -> tuple[CriterionView, ...]:
        return tuple(criterion for section in self.sections for criterion in section.criteria)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The run that made the evaluations. None where it was not recorded.

    ``audio_s`` was processed in ``wall_s``; ``heard_s`` is the audio of all calls, also of those taken
    over from a run before. ``warnings`` are sentences the reader must see before the figures.
    """

    run_id: str
    version: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    asr_model: str | None = None
    sentiment_model: str | None = None
    audio_s: float | None = None
    wall_s: float | None = None
    warnings: tuple[str, ...] = ()
    heard_s: float | None = None


@dataclass(frozen=True)
class ReportData:
    """One report: a run, its scorecard, the evaluations and the calls that failed.

    ``audio_paths`` maps call ids to recordings that are put beside the pages; a call without one has no
    player. ``complaint_names`` maps complaint codes to names by language, for codes outside the taxonomy.
    ``overrides`` are people's verdicts, also those on evaluations that are not in the report.
    ``rising_terms`` compares the last week with the one before; None where the calls do not span both.
    """

    run: RunFacts
    scorecard: ScorecardView
    evaluations: tuple[Evaluation, ...]
    failures: tuple[CallFailure, ...] = ()
    audio_paths: Mapping[str, Path] = field(default_factory=dict)
    complaint_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    rising_terms: tuple[RisingTerm, ...] | None = None

    def overrides_of(self, evaluation: Evaluation) -> tuple[Override, ...]:
        """Return what people decided about exactly this evaluation, oldest first."""
        prints = evaluation.fingerprints
        judged = (evaluation.call_id, prints.scorecard, prints.transcript)
        return self._overrides_by_evaluation.get(judged, ())

    @cached_property
    def _overrides_by_evaluation(self) -> Mapping[tuple[str, str, str], tuple[Override, ...]]:
        found: dict[tuple[str, str, str], tuple[Override, ...]] = {}
        for override in sorted(self.overrides, key=lambda each: (each.decided_at, each.reviewer)):
            judged = (override.call_id, override.scorecard_fingerprint, override.transcript_fingerprint)
            found[judged] = (*found.get(judged, ()), override)
        return found
