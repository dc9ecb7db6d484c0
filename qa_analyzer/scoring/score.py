"""Points, percent, grade and auto-fail: one call against one scorecard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.scoring.call_view import CallView, Layers, Similarity
from qa_analyzer.scoring.criterion import judge
from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation, Fingerprints, Grade, Verdict
from qa_analyzer.scoring.nearest_miss import NearestMisses
from qa_analyzer.scoring.phrase_search import PhraseSearch
from qa_analyzer.scoring.scorecard import Scorecard
from qa_analyzer.scoring.uncertainty import FLIP_CHANCES, with_range
from qa_analyzer.speech.transcript_json import transcript_fingerprint

_PACKAGE = Path(__file__).parent.parent


class Scorer:
    """Judges calls by one scorecard; safe to use for many calls, one after another.

    ``bands`` are a site's own limits for figures, by the name the scorecard gives them.
    """

    def __init__(
        self,
        scorecard: Scorecard,
        *,
        similarity: Similarity | None = None,
        layers: Layers | None = None,
        bands: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        self.scorecard = scorecard
        self._similarity = similarity
        self._layers = layers or Layers()
        self._bands = dict(bands or {})
        self._phrases = PhraseSearch(scorecard.families)
        self._nearest_misses = NearestMisses(scorecard.families)
        self._fingerprint = self._own_fingerprint()

    def view(self, analysis: CallAnalysis) -> CallView:
        """Open a call for the scorecard's rules."""
        return CallView(
            analysis,
            self.scorecard.families,
            self._phrases,
            self.scorecard.definitions,
            layers=self._layers,
            similarity=self._similarity,
            bands=self._bands,
            nearest_misses=self._nearest_misses,
        )

    def score(self, analysis: CallAnalysis) -> Evaluation:
        """Judge every criterion on one call."""
        view = self.view(analysis)
        criteria = tuple(judge(criterion, view) for criterion in self.scorecard.criteria)
        percent, auto_failed = percent_of(criteria)
        transcript = analysis.transcript
        criteria, score_range = with_range(
            criteria, self.scorecard.criteria, transcript, percent, self.scorecard.grades
        )
        return Evaluation(
            analysis=analysis,
            scorecard_id=self.scorecard.id,
            scorecard_version=self.scorecard.version,
            percent=percent,
            grade=self.grade_of(percent),
            auto_failed=auto_failed,
            criteria=criteria,
            fingerprints=Fingerprints(
                scorecard=self._fingerprint,
                asr=transcript.asr_fingerprint,
                code=code_fingerprint(),
                transcript=transcript_fingerprint(transcript),
                sentiment=analysis.sentiment.model_fingerprint,
                lexicon=analysis.lexicon_fingerprint,
                acts=analysis.acts_fingerprint,
            ),
            score_range=score_range,
        )

    def grade_of(self, percent: float | None) -> Grade:
        """Return the grade of a percent score."""
        limits = self.scorecard.grades
        if percent is None:
            return Grade.UNSCORED
        if percent >= limits.excellent:
            return Grade.EXCELLENT
        if percent >= limits.pass_:
            return Grade.PASS
        return Grade.TO_IMPROVE if percent >= limits.to_improve else Grade.FAIL

    def _own_fingerprint(self) -> str:
        """Name the scorecard, and whatever else was plugged in that decides."""
        extras = {
            "similarity": self._similarity.fingerprint
            if self._similarity and self._layers.semantic
            else None,
            "sound": self._layers.sound,
            "bands": {name: list(band) for name, band in sorted(self._bands.items())},
        }
        if extras == {"similarity": None, "sound": True, "bands": {}}:
            return self.scorecard.fingerprint
        canonical = self.scorecard.fingerprint + json.dumps(extras, sort_keys=True)
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def percent_of(criteria: tuple[CriterionResult, ...]) -> tuple[float | None, bool]:
    """Return the percent over judged criteria, None when there are none, and whether a red line failed."""
    auto_failed = any(result.auto_fail and result.verdict is Verdict.FAIL for result in criteria)
    possible = sum(result.points_possible for result in criteria)
    if auto_failed:
        return 0.0, True
    if possible == 0:
        return None, False
    return round(100 * sum(result.points_earned for result in criteria) / possible, 2), False


@cache
def code_fingerprint() -> str:
    """Return sha256 over the source of the rooms whose code decides a verdict."""
    digest = hashlib.sha256()
    for room in ("analysis", "scoring"):
        for source in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(source.relative_to(_PACKAGE).as_posix().encode())
            digest.update(source.read_bytes())
    digest.update(FLIP_CHANCES.read_bytes())
    return "sha256:" + digest.hexdigest()
