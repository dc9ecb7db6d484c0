"""The shipped scorecards judge their own examples, and the examples would notice a broken rule."""

import re
from pathlib import Path

import pytest

from qa_analyzer.analysis.mandarin import han_count
from qa_analyzer.scoring.criterion import judge
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import Scorecard, load_scorecard
from qa_analyzer.scoring.scorecard_examples import analysis_of, mutate, run_examples
from qa_analyzer.scoring.scorecard_model import Explanations
from qa_analyzer.settings import shipped

CARDS = sorted(path for path in shipped("scorecards").glob("*.yaml") if path.name != "complaint_lexicon.yaml")


@pytest.fixture(scope="module", params=CARDS, ids=lambda path: path.stem)
def card(request: pytest.FixtureRequest) -> Scorecard:
    path = request.param
    assert isinstance(path, Path)
    return load_scorecard(path)


def test_every_example_gets_its_verdict(card: Scorecard) -> None:
    wrong = [
        f"{result.criterion_id} {result.number}: {result.expected} -> {result.found}: {result.explanation}"
        for result in run_examples(card)
        if not result.good
    ]
    assert wrong == []


def test_every_criterion_shows_pass_and_fail(card: Scorecard) -> None:
    for criterion in card.criteria:
        shown = {example.verdict.value for example in criterion.examples}
        assert {"pass", "fail"} <= shown, criterion.id
        if criterion.na_when or criterion.applies_when:
            assert "na" in shown, criterion.id


def test_examples_notice_every_broken_rule(card: Scorecard) -> None:
    missed = [
        f"{mutant.criterion_id}.{mutant.rule} always {mutant.always}"
        for mutant in mutate(card)
        if not mutant.noticed
    ]
    assert missed == []


def test_explanations_are_one_chinese_sentence(card: Scorecard) -> None:
    for result in run_examples(card):
        assert result.explanation.endswith("。"), result
        assert result.explanation.count("。") == 1, result
        assert "{" not in result.explanation, result


def test_english_explanations_are_one_english_sentence(card: Scorecard) -> None:
    scorer = Scorer(card)
    quoted = 0
    for criterion in card.criteria:
        for example in criterion.examples:
            result = judge(criterion, scorer.view(analysis_of(example)))
            ours = re.sub("“[^”]*”", "", result.explanation_en)
            assert ours.endswith("."), result
            assert "{" not in ours, result
            assert han_count(ours.replace("您好", "")) == 0, result
            quoted += ours != result.explanation_en
            if not example.roles_known:
                assert "who the agent is" in ours, result
    assert quoted > len(card.criteria)


def test_a_criterion_without_english_words_has_no_english_explanation(card: Scorecard) -> None:
    criterion = card.criteria[0]
    without = criterion.model_copy(update={"explain": Explanations()})
    result = judge(without, Scorer(card).view(analysis_of(criterion.examples[0])))
    assert result.explanation == "符合要求。"
    assert result.explanation_en == ""


def test_a_perfect_call_is_worth_a_hundred_points(card: Scorecard) -> None:
    assert sum(criterion.weight for criterion in card.criteria) == 100
    assert {"forbidden_phrases", "credential_request"} <= {
        criterion.id for criterion in card.criteria if criterion.auto_fail
    }


def test_cards_of_a_desk_stand_on_the_general_one() -> None:
    general = load_scorecard(shipped("scorecards", "telecom_etiquette.yaml"))
    for name in ("broadband_fault", "complaint_handling", "outbound_marketing"):
        own = load_scorecard(shipped("scorecards", f"{name}.yaml"))
        assert own.id == name
        assert set(general.definitions) < set(own.definitions)
        assert own.families["empathy_words"].family == general.families["empathy_words"].family
        assert own.fingerprint != general.fingerprint


def test_the_standard_is_complete() -> None:
    card = load_scorecard(shipped("scorecards", "telecom_etiquette.yaml"))
    weights = {criterion.id: criterion.weight for criterion in card.criteria if not criterion.auto_fail}
    assert weights == {
        "greeting": 10, "self_introduction": 10, "offer_help": 5,
        "polite_phrases": 10, "hold_courtesy": 5, "no_interruption": 5, "speech_rate": 5,
        "empathy_before_solution": 15, "confirm_understanding": 5,
        "time_commitment": 5, "ownership": 5, "transfer_notice": 5,
        "further_help": 5, "closing_courtesy": 10,
    }  # fmt: skip
    assert sum(weights.values()) == 100
    red_lines = [criterion.id for criterion in card.criteria if criterion.auto_fail]
    assert red_lines == ["forbidden_phrases", "abuse", "credential_request"]
