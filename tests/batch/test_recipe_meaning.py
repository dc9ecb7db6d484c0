"""A scorecard that compares sentences by meaning gets the encoder; others load none."""

from pathlib import Path

import pytest

from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.scoring.evaluation import MatchKind, Verdict
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.settings import load_settings, shipped
from qa_analyzer.speech.given_text import transcript_from_turns

CARD = """
id: small
version: "1"
name: 小
sections:
  - id: one
    name: 一
    criteria:
      - id: apology
        name: 致歉
        weight: 1
        pass_when: {kind: semantic, like: [实在对不起给您添麻烦了], threshold: 0.6}
"""


def test_the_shipped_scorecards_need_no_encoder_to_be_asked() -> None:
    for path in sorted(shipped("scorecards").glob("*.yaml")):
        if path.name != "complaint_lexicon.yaml":
            assert not load_scorecard(path).compares_meaning


@pytest.mark.model
def test_a_rule_about_meaning_is_asked_with_the_encoder(tmp_path: Path) -> None:
    card = tmp_path / "small.yaml"
    card.write_text(CARD, encoding="utf-8")
    settings = load_settings(None, scorecard=card, act_model="none")
    recipe = Recipe(settings, tmp_path, recordings=False, evaluate=True, threads=1)
    analyzer, scorer = recipe.analyzer(None), recipe.scorer()
    found = {}
    for text in ("真是抱歉，给您带来麻烦了", "这个套餐每月五十九元"):
        call = Call("c1", given_turns=(GivenTurn(Role.AGENT, text),))
        found[text] = scorer.score(analyzer.analyze(transcript_from_turns(call))).criteria[0]
    alike, other = found.values()
    assert (alike.verdict, other.verdict) == (Verdict.PASS, Verdict.FAIL)
    assert alike.evidence[0].match_kind is MatchKind.SEMANTIC
