"""Rules on small conversations: three-valued logic, scopes, order, conditions, figures."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.scoring.call_view import CallView
from qa_analyzer.scoring.rules.combine import AllRule, AnyRule, AssumeRule, AtLeastRule, ConstantRule, NotRule
from qa_analyzer.scoring.rules.outcome import Outcome, State
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import build_scorecard
from qa_analyzer.scoring.scorecard_examples import analysis_of
from qa_analyzer.scoring.scorecard_model import Example, ScorecardFile

CALL = (
    "坐席：您好，这里是客服",
    "客户：我的网断了",
    "坐席：抱歉，我马上查",
    "客户：快点",
    "坐席：已经修好了，再见",
)


def view_of(turns: tuple[Any, ...], rule: dict[str, Any], **definitions: Any) -> CallView:
    """Open a call for a scorecard of one criterion, ``rule`` among its definitions as ``it``."""
    criterion = {"id": "only", "name": "只此", "weight": 1, "pass_when": {"kind": "use", "rule": "it"}}
    card = {
        "id": "small", "version": "1", "name": "小", "definitions": {"it": rule, **definitions},
        "sections": [{"id": "one", "name": "一", "criteria": [criterion]}],
    }  # fmt: skip
    scorecard = build_scorecard(ScorecardFile.model_validate(card), Path("small.yaml"))
    example = Example.model_validate({"verdict": "pass", "turns": turns})
    return Scorer(scorecard).view(analysis_of(example))


def judge(turns: tuple[Any, ...], rule: dict[str, Any], **definitions: Any) -> Outcome:
    return view_of(turns, rule, **definitions).outcome_of("it")


# --- logic ---

TRUTH = {State.HIT: True, State.MISS: False}


def unknown_rule() -> dict[str, Any]:
    return {"kind": "field", "name": "queue", "one_of": ["x"]}  # no call here has a queue


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=5))
def test_combinators_follow_three_valued_logic(values: list[bool | None]) -> None:
    view = view_of(CALL, unknown_rule())
    rules = tuple(
        AnyRule(rules=(ConstantRule(value=value),)) if value is not None else view.definitions["it"]
        for value in values
    )
    every, some = AllRule(rules=rules).judge(view).state, AnyRule(rules=rules).judge(view).state
    assert every is (State.MISS if False in values else State.UNKNOWN if None in values else State.HIT)
    assert some is (State.HIT if True in values else State.UNKNOWN if None in values else State.MISS)
    two = AtLeastRule(count=2, rules=rules).judge(view).state
    yes, open_ = values.count(True), values.count(None)
    assert two is (State.HIT if yes >= 2 else State.UNKNOWN if yes + open_ >= 2 else State.MISS)


def test_not_keeps_unknown_and_assume_settles_it() -> None:
    view = view_of(CALL, unknown_rule())
    unknown = view.definitions["it"]
    assert NotRule(rule=unknown).judge(view).state is State.UNKNOWN
    assert AssumeRule(rule=unknown).judge(view).state is State.MISS
    assert AssumeRule(rule=unknown, unknown="hit").judge(view).state is State.HIT
    assert NotRule(rule=ConstantRule(value=True)).judge(view).state is State.MISS


# --- scopes ---


def phrases(*say: str, **more: Any) -> dict[str, Any]:
    return {"kind": "phrases", "say": list(say), **more}


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (phrases("您好", scope={"first_turns": 1}), True),
        (phrases("抱歉", scope={"first_turns": 1}), False),
        (phrases("抱歉", scope={"first_turns": 2}), True),
        (phrases("再见", scope={"last_turns": 1}), True),
        (phrases("抱歉", scope={"last_turns": 1}), False),
        (phrases("网断了"), False),  # said by the customer
        (phrases("网断了", role="customer"), True),
        (phrases("网断了", role="any"), True),
        (phrases("抱歉", scope={"after": {"rule": "trouble"}}), True),
        (phrases("您好", scope={"after": {"rule": "trouble"}}), False),
        (phrases("抱歉", scope={"before": {"rule": "looking"}}), True),  # earlier in the same turn
        (phrases("再见", scope={"before": {"rule": "looking"}}), False),
        (phrases("再见", scope={"before": {"rule": "never", "missing": "everything"}}), True),
        (phrases("再见", scope={"before": {"rule": "never", "missing": "nothing"}}), False),
        (phrases("再见", scope={"around": {"rule": "trouble", "turns": 0}}), False),
    ],
)
def test_scopes(rule: dict[str, Any], found: bool) -> None:
    outcome = judge(
        CALL,
        rule,
        trouble=phrases("断了", role="customer"),
        looking=phrases("马上查"),
        never=phrases("没有这话"),
    )
    assert outcome.state is (State.HIT if found else State.MISS)


def test_what_was_not_heard_is_unknown_not_missing() -> None:
    turns = ("坐席：[听不清][听不清]", "客户：喂")
    assert judge(turns, phrases("您好")).state is State.UNKNOWN
    assert judge(turns, phrases("您好", min_heard=0)).state is State.MISS


# --- words ---


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("爱用不用", True),
        ("我不会跟您说爱用不用", False),
        ("您说“爱用不用”是吧", False),
        ("哎用不用", False),  # too short to be taken by its sound
    ],
)
def test_negation_and_quotation_cancel(text: str, found: bool) -> None:
    assert judge((f"坐席：{text}", "客户：嗯"), phrases("爱用不用", sound=False)).state is (
        State.HIT if found else State.MISS
    )


def test_unless_cancels_what_begins_inside() -> None:
    rule = phrases("请", unless=["申请"])
    assert judge(("坐席：我给你申请", "客户：嗯"), rule).state is State.MISS
    assert judge(("坐席：我给你申请，请稍等", "客户：嗯"), rule).state is State.HIT


def test_restating_needs_the_words_of_the_customer() -> None:
    asked = "客户：宽带上不去网，路由器红灯"
    rule = {"kind": "restates", "min_shared": 2}
    assert judge((asked, "坐席：宽带上不去，路由器亮红灯，对吧"), rule).state is State.HIT
    assert judge((asked, "坐席：您的号码是尾号三三二二，对吧"), rule).state is State.MISS
    assert judge((asked, "坐席：宽带上不去，路由器亮红灯"), rule).state is State.MISS


# --- order and conditions ---


def test_order_counts_inside_a_turn() -> None:
    first, second = phrases("抱歉"), phrases("马上查")
    assert judge(CALL, {"kind": "order", "rules": [first, second]}).state is State.HIT
    assert judge(CALL, {"kind": "order", "rules": [second, first]}).state is State.MISS


@pytest.mark.parametrize(("within", "found"), [(0, False), (1, True), (3, True)])
def test_conditional_within_turns(within: int, found: bool) -> None:
    rule = {
        "kind": "conditional", "when": phrases("断了", role="customer"), "then": phrases("抱歉"),
        "within_turns": within,
    }  # fmt: skip
    assert judge(CALL, rule).state is (State.HIT if found else State.MISS)


def test_conditional_owes_nothing_without_a_trigger() -> None:
    rule = {"kind": "conditional", "when": phrases("没有这话"), "then": phrases("也没有")}
    assert judge(CALL, rule).state is State.HIT


# --- figures ---


@pytest.mark.parametrize(("pause_s", "found"), [(9.0, False), (10.0, False), (10.5, True)])
def test_silence_longer_than_ten_seconds(pause_s: float, found: bool) -> None:
    turns = ("客户：帮我查一下", {"role": "agent", "text": "好的", "pause_before_s": pause_s})
    assert judge(turns, {"kind": "silence", "min_s": 10}).state is (State.HIT if found else State.MISS)


def test_regex_that_runs_away_is_unknown() -> None:
    rule = {"kind": "regex", "pattern": "(?:a+)+$", "over": "text"}
    outcome = judge((f"坐席：{'a' * 60}b", "客户：嗯"), rule)
    assert outcome.state is State.UNKNOWN or outcome.state is State.MISS
