"""The rule that asks what somebody does with words, on acts as a model would have read them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from qa_analyzer.analysis.call_analysis import ActTag, CallAnalysis
from qa_analyzer.scoring.call_view import Layers
from qa_analyzer.scoring.evaluation import Evaluation, MatchKind, Verdict
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import Scorecard, build_scorecard
from qa_analyzer.scoring.scorecard_examples import analysis_of
from qa_analyzer.scoring.scorecard_model import Example, ScorecardFile

TURNS = ("坐席：您好。这个窝火我懂。", "客户：网断了", "坐席：稍等。")
SOOTHED = ActTag("empathy", 0, 3, 9, 0.8)


def card_of(rule: dict[str, Any], **criterion: Any) -> Scorecard:
    judged = {
        "id": "only",
        "name": "只此",
        "weight": 1,
        **(criterion or {"pass_when": rule}),
    }
    card = {
        "id": "small", "version": "1", "name": "小",
        "sections": [{"id": "one", "name": "一", "criteria": [judged]}],
    }  # fmt: skip
    return build_scorecard(ScorecardFile.model_validate(card), Path("small.yaml"))


def call_with(*acts: ActTag) -> CallAnalysis:
    analysis = analysis_of(Example.model_validate({"verdict": "pass", "turns": TURNS}))
    return replace(analysis, acts=acts)


def score(analysis: CallAnalysis, rule: dict[str, Any], **scorer: Any) -> Evaluation:
    return Scorer(card_of(rule), **scorer).score(analysis)


RULE = {"kind": "act", "acts": ["empathy"], "rather": ["apology_other"], "min_probability": 0.6}


def test_a_probable_act_is_evidence_with_its_quote() -> None:
    result = score(call_with(SOOTHED), RULE).criteria[0]
    assert result.verdict is Verdict.PASS
    assert (result.evidence[0].quote, result.evidence[0].match_kind) == ("这个窝火我懂", MatchKind.SEMANTIC)
    assert result.evidence[0].distance == 0.2


def test_an_improbable_act_a_better_reading_and_another_side_do_not_count() -> None:
    weak = replace(SOOTHED, probability=0.55)
    rather = ActTag("apology_other", 0, 3, 9, 0.9)
    customer = ActTag("empathy", 1, 0, 3, 0.9)
    for acts in ((weak,), (SOOTHED, rather), (customer,), ()):
        result = score(call_with(*acts), RULE).criteria[0]
        assert result.verdict is Verdict.FAIL
        assert result.evidence[0].note.startswith("查找了2段话")


def test_a_worse_reading_changes_nothing() -> None:
    rather = ActTag("apology_other", 0, 3, 9, 0.7)
    assert score(call_with(SOOTHED, rather), RULE).criteria[0].verdict is Verdict.PASS


def test_without_a_model_or_with_the_layer_off_it_never_hits() -> None:
    assert score(replace(call_with(), acts=None), RULE).criteria[0].verdict is Verdict.FAIL
    off = score(call_with(SOOTHED), RULE, layers=Layers(semantic=False))
    assert off.criteria[0].verdict is Verdict.FAIL


def test_a_scope_cuts_acts_off() -> None:
    rule = RULE | {"scope": {"last_turns": 1}}
    assert score(call_with(SOOTHED), rule).criteria[0].verdict is Verdict.FAIL


def test_a_red_line_needs_an_act_beyond_doubt() -> None:
    rule = {"kind": "act", "acts": ["put_down"], "sure_from": 0.95}
    found = {}
    for probability in (0.97, 0.8):
        analysis = call_with(ActTag("put_down", 0, 3, 9, probability))
        scorecard = card_of(rule, auto_fail=True, fail_when=rule)
        found[probability] = Scorer(scorecard).score(analysis).criteria[0].verdict
    assert found == {0.97: Verdict.FAIL, 0.8: Verdict.UNSCORABLE}


DOUBTED = {
    "kind": "phrases",
    "say": ["窝火"],
    "doubt": {"acts": ["empathy"], "unless": ["put_down"], "min_probability": 0.7},
}


def red_line(*acts: ActTag, looked: bool = True) -> Verdict:
    analysis = call_with(*acts) if looked else replace(call_with(), acts=None)
    scorecard = card_of(DOUBTED, auto_fail=True, fail_when=DOUBTED)
    return Scorer(scorecard).score(analysis).criteria[0].verdict


def test_words_do_not_count_where_something_harmless_is_done() -> None:
    assert red_line(SOOTHED) is Verdict.PASS
    assert red_line(replace(SOOTHED, probability=0.6)) is Verdict.UNSCORABLE
    assert red_line(SOOTHED, ActTag("put_down", 0, 3, 9, 0.3)) is Verdict.FAIL


def test_words_alone_are_no_proof_where_a_model_looked() -> None:
    assert red_line() is Verdict.UNSCORABLE
    assert red_line(ActTag("put_down", 0, 3, 9, 0.3)) is Verdict.FAIL
    assert red_line(looked=False) is Verdict.FAIL


def test_a_trace_of_the_act_is_not_enough_where_the_rule_asks_for_more() -> None:
    doubt = {**DOUBTED["doubt"], "sure_from": 0.5}
    rule = {**DOUBTED, "doubt": doubt}
    scorecard = card_of(rule, auto_fail=True, fail_when=rule)
    found = {
        probability: Scorer(scorecard)
        .score(call_with(ActTag("put_down", 0, 3, 9, probability)))
        .criteria[0]
        .verdict
        for probability in (0.3, 0.6)
    }
    assert found == {0.3: Verdict.UNSCORABLE, 0.6: Verdict.FAIL}


def test_a_doubt_looks_at_the_same_sentence_only() -> None:
    assert red_line(ActTag("empathy", 0, 0, 3, 0.9), ActTag("put_down", 2, 0, 3, 0.9)) is Verdict.UNSCORABLE
