from dataclasses import replace

import pytest

from qa_analyzer.report.story_lines import story_lines
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.explain import Asked, explain
from qa_analyzer.scoring.rules.outcome import State
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import Scorecard, load_scorecard
from qa_analyzer.scoring.scorecard_examples import analysis_of
from qa_analyzer.scoring.scorecard_model import Example
from qa_analyzer.settings import shipped
from qa_analyzer.speech.transcript import Word

CARD = """
id: card
version: "7"
name: 测试卡
definitions:
  upset: {kind: phrases, role: customer, say: ['着急']}
  calmed: {kind: phrases, say: ['别着急'], scope: {after: {rule: upset}}}
sections:
  - id: one
    name: 一
    criteria:
      - id: calming
        name: 安抚
        weight: 10
        applies_when: {kind: use, rule: upset}
        fail_when: {kind: phrases, say: ['急什么'], sound: false}
        pass_when: {kind: any, rules: [{kind: use, rule: calmed}, {kind: phrases, say: ['理解您的心情']}]}
"""
TURNS = ("坐席：您好", "客户：我很着急", "坐席：您别着急，我来查", "客户：好")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Scorecard:
    path = tmp_path_factory.mktemp("card") / "card.yaml"
    path.write_text(CARD, encoding="utf-8")
    return load_scorecard(path)


@pytest.fixture(scope="module")
def shipped_card() -> Scorecard:
    return load_scorecard(shipped("scorecards", "telecom_etiquette.yaml"))


def example(*turns: str) -> Example:
    return Example(verdict="pass", turns=turns)  # type: ignore[arg-type]


def flat(asked: Asked) -> list[Asked]:
    return [asked, *(inner for part in asked.parts for inner in flat(part))]


def test_every_verdict_is_the_one_that_scoring_gives(shipped_card: Scorecard) -> None:
    scorer = Scorer(shipped_card)
    for criterion in shipped_card.criteria:
        for each in criterion.examples:
            analysis = analysis_of(each)
            story = explain(scorer, analysis)
            assert story.evaluation == scorer.score(analysis)
            assert tuple(told.result for told in story.criteria) == story.evaluation.criteria


def test_rules_are_told_in_the_order_they_were_asked(small: Scorecard) -> None:
    (told,) = explain(Scorer(small), analysis_of(example(*TURNS))).criteria
    assert [asked.where for asked in told.asked] == ["applies_when", "fail_when", "pass_when"]
    assert [asked.outcome.state for asked in told.asked] == [State.HIT, State.MISS, State.HIT]
    assert told.decided_by == "pass_when"
    assert told.unasked == ()
    definition = told.asked[0].parts[0]
    assert (definition.where, definition.places[0].hit.quote) == ("upset", "着急")
    calmed = next(asked for asked in flat(told.asked[2]) if asked.where == "calmed")
    assert calmed.places[0].hit.quote == "别着急"
    assert calmed.window is not None
    assert calmed.window.turn_indexes == (2,)


def test_what_was_not_needed_is_said_to_be_unasked(small: Scorecard) -> None:
    (told,) = explain(Scorer(small), analysis_of(example("坐席：您好", "客户：查话费"))).criteria
    assert [asked.where for asked in told.asked] == ["applies_when"]
    assert told.unasked == ("fail_when", "pass_when")


def test_a_miss_tells_window_heard_share_and_nearest_miss(small: Scorecard) -> None:
    turns = ("坐席：您好", "客户：我很着急", "坐席：我理解你的新情", "客户：哦")
    (told,) = explain(Scorer(small), analysis_of(example(*turns))).criteria
    words = next(each for each in flat(told.asked[2]) if getattr(each.rule, "say", ()) == ("理解您的心情",))
    assert words.outcome.state is State.HIT or words.nearest is not None
    missing = next(each for each in flat(told.asked[1]))
    assert missing.outcome.state is State.MISS
    assert missing.window is not None
    assert missing.window.heard_share == 1.0
    assert missing.window.text == "您好 / 我理解你的新情"


def test_probabilities_of_recognised_words_are_told(small: Scorecard) -> None:
    analysis = analysis_of(example(*TURNS))
    transcript = analysis.transcript
    spoken = transcript.turns[1]
    words = tuple(
        Word(char, float(place), place + 1.0, 0.5 + place / 10) for place, char in enumerate(spoken.text)
    )
    turns = (transcript.turns[0], replace(spoken, words=words), *transcript.turns[2:])
    heard = replace(analysis, transcript=replace(transcript, turns=turns))
    (told,) = explain(Scorer(small), heard).criteria
    assert told.asked[0].places[0].probability == pytest.approx(0.75)
    assert told.asked[1].places == ()


def test_unknown_roles_end_the_story_before_any_rule(small: Scorecard) -> None:
    unknown = analysis_of(example(*TURNS).model_copy(update={"roles_known": False}))
    (told,) = explain(Scorer(small), unknown).criteria
    assert (told.decided_by, told.asked) == ("roles", ())


def test_an_unknown_criterion_is_an_error(small: Scorecard) -> None:
    with pytest.raises(KeyError, match="greeting"):
        explain(Scorer(small), analysis_of(example(*TURNS)), ["greeting"])


def test_the_lines_a_person_reads(small: Scorecard) -> None:
    story = explain(Scorer(small), analysis_of(example(*TURNS)))
    lines = list(story_lines(story, small, Wording("zh")))
    assert lines[0] == "通话 example：得分 100，优秀"
    assert lines[5] == "✓ 安抚 calming：合格（10 / 10 分）"
    text = "\n".join(lines)
    assert "1. 适用的条件：命中" in text
    assert "第 2 段 客户：“着急”（逐字一致）" in text
    assert "定位用的 upset" not in text.split("2. 不合格的条件")[0]
    assert "查找了 2 段话（第 1、3 段），听清 100%：您好 / 您别着急，我来查" in text
    assert "任一成立 → 命中　← 由此判定" in text


def test_english_lines_and_every_shipped_rule_has_words(shipped_card: Scorecard) -> None:
    scorer = Scorer(shipped_card)
    chosen = shipped_card.criteria[7].examples[0]
    english = "\n".join(story_lines(explain(scorer, analysis_of(chosen)), shipped_card, Wording("en")))
    assert "passes when" in english
    assert "不合格" not in english


def test_lines_hold_no_control_characters(small: Scorecard) -> None:
    turns = ("坐席：您好\x1b[31m", "客户：我很着急\x07", "坐席：您别着急", "客户：好")
    text = "\n".join(story_lines(explain(Scorer(small), analysis_of(example(*turns))), small, Wording("zh")))
    assert not any(ord(char) < 32 and char != "\n" for char in text)


def test_the_schema_of_steps_matches_the_criterion() -> None:
    from qa_analyzer.scoring.explain import STEPS
    from qa_analyzer.scoring.scorecard_model import Criterion

    rules = [name for name in Criterion.model_fields if name.endswith("_when")]
    assert sorted(STEPS) == sorted(rules)
