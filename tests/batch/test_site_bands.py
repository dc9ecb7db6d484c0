"""A site's own limits reach the verdict and the fingerprint."""

from pathlib import Path

from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.scoring.evaluation import Evaluation, Verdict
from qa_analyzer.scoring.scorecard_examples import analysis_of
from qa_analyzer.scoring.scorecard_model import Example
from qa_analyzer.settings import load_settings


def _recipe(bands: dict[str, tuple[float, float]]) -> Recipe:
    settings = load_settings(None, bands=bands, sentiment_model="lexicon")
    return Recipe(settings, Path(), recordings=False, evaluate=True, threads=1)


def _verdict(evaluation: Evaluation) -> Verdict:
    (found,) = [result for result in evaluation.criteria if result.criterion_id == "speech_rate"]
    return found.verdict


def test_the_band_of_the_settings_judges_and_names_itself() -> None:
    spoken = Example(verdict=Verdict.PASS, speech_rate_cpm=215, turns=("坐席：您好", "客户：嗯"))
    analysis = analysis_of(spoken)
    written = _recipe({}).scorer().score(analysis)
    own = _recipe({"speech_rate": (230, 300)}).scorer().score(analysis)
    assert _verdict(written) is Verdict.PASS
    assert _verdict(own) is Verdict.FAIL
    assert written.fingerprints.scorecard != own.fingerprints.scorecard


def test_calls_are_judged_again_when_the_band_changes_and_only_then() -> None:
    one, same, other = ({"speech_rate": (low, 300.0)} for low in (180.0, 180.0, 190.0))
    assert _recipe(one).judges() == _recipe(same).judges()
    assert _recipe(one).judges() != _recipe(other).judges()
    assert "bands" not in _recipe({}).judges()
