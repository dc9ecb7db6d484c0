"""What a report is made from. Values only; whoever starts a report fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

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

    ``warnings`` are sentences the reader must see before the figures.
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


@dataclass(frozen=True, slots=True)
class ReportData:
    """One report: a run, its scorecard, the evaluations and the calls that failed.

    ``audio_paths`` maps call ids to recordings that are put beside the pages; a call without one has no
    player. ``complaint_names`` maps complaint codes to names by language, for codes outside the taxonomy.
    """

    run: RunFacts
    scorecard: ScorecardView
    evaluations: tuple[Evaluation, ...]
    failures: tuple[CallFailure, ...] = ()
    audio_paths: Mapping[str, Path] = field(default_factory=dict)
    complaint_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
