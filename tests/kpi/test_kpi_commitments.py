from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_builders import evaluate

from qa_analyzer.calls.call import Role
from qa_analyzer.kpi.commitments import PromiseKind, promises_in, promises_of
from qa_analyzer.kpi.rows import CHINA_TIME
from qa_analyzer.scoring.evaluation import Evaluation


@pytest.mark.parametrize(
    ("words", "hours", "kind", "in_time"),
    [
        ("24小时内给您回电", 24, "answer", True),
        ("二十四小时之内会有专员跟您联系", 24, "answer", True),
        ("我们在两个工作日内处理好", 48, "fix", True),
        ("七十二小时内恢复", 72, "fix", False),
        ("三到五个工作日到账", 120, "fix", False),
        ("24到48小时内答复您", 48, "answer", False),
        ("4-6小时恢复", 6, "fix", True),
        ("一个半小时内联系您", 1.5, "answer", True),
        ("半小时之内修好", 0.5, "fix", True),
        ("十五分钟后给您打电话", 0.25, "answer", True),
        ("3日内答复", 72, "answer", False),
        ("一周内退到您账上", 168, "fix", False),
        ("一个月内生效", 720, "fix", False),
        ("今天下班前给您打电话", 8, "answer", True),
        ("明天上午师傅上门", 26, "fix", True),
        ("明天之前一定恢复", 14, "fix", True),
        ("后天给您回复", 62, "answer", False),
        ("会回复您，时间是二十四小时内", 24, "answer", True),
        ("给您回电是24小时内", 24, "answer", True),
    ],
)
def test_promised_times(words: str, hours: float, kind: str, in_time: bool) -> None:
    (promise,) = promises_in(words, clock_hour=10.0)
    assert promise.hours == pytest.approx(hours)
    assert (promise.kind.value, promise.in_time) == (kind, in_time)


@pytest.mark.parametrize(
    "words",
    [
        "请您稍等",
        "尽快给您处理",
        "您三天前报的障",
        "第二天也没来",
        "3月5日的账单",
        "两小时以前打过",
        "半年",
        "十十一小时内回复您",
        "百十一天之内修好",
    ],
)
def test_what_is_no_promised_time(words: str) -> None:
    assert promises_in(words) == ()


def test_each_of_two_promises_has_its_own_limit() -> None:
    first, second = promises_in("24小时内回复您，四十八小时内修好")
    assert (first.kind, first.hours, second.kind, second.hours) == (
        PromiseKind.ANSWER,
        24,
        PromiseKind.FIX,
        48,
    )


def test_an_unknown_hour_of_the_call_counts_as_the_longest_wait() -> None:
    assert promises_in("明天上午上门")[0].hours == 36
    assert promises_in("明天上午上门", clock_hour=23.0)[0].hours == 13


@given(st.text(alphabet="一二三十百半两几24.个小时天日周月工作明后内前到-，回修", max_size=30))
def test_no_words_break_it(words: str) -> None:
    assert all(promise.hours >= 0 for promise in promises_in(words, clock_hour=12.0))


def said(quote: str, *, verdict: str = "pass", role: Role = Role.AGENT) -> Evaluation:
    made = evaluate(
        started_at="2026-03-01T16:00:00",
        verdicts={"time_commitment": verdict},
        quotes={"time_commitment": quote},
    )
    (criterion,) = made.criteria
    (shown,) = criterion.evidence
    shown = replace(shown, role=role, turn_index=5)
    return replace(made, criteria=(replace(criterion, evidence=(shown,)),))


def test_promises_come_from_the_evidence_of_a_kept_commitment_only() -> None:
    (promise,) = promises_of(said("明天上午给您回电"), CHINA_TIME)
    assert (promise.hours, promise.in_time) == (20.0, True)
    assert promises_of(said("24小时内", verdict="fail"), CHINA_TIME) == ()
    assert promises_of(said("24小时内", role=Role.CUSTOMER), CHINA_TIME) == ()


def test_the_clock_is_the_call_centres() -> None:
    evaluation = said("明天上午给您回电")
    call = evaluation.analysis.transcript.call
    assert call.started_at is not None
    moved = replace(call, started_at=call.started_at.replace(tzinfo=UTC))  # midnight in China
    transcript = replace(evaluation.analysis.transcript, call=moved)
    moved_evaluation = replace(evaluation, analysis=replace(evaluation.analysis, transcript=transcript))
    assert promises_of(moved_evaluation, CHINA_TIME)[0].hours == 36.0


def test_the_whole_turn_tells_what_a_bare_quote_does_not() -> None:
    evaluation = said("24小时")
    transcript = evaluation.analysis.transcript
    turn = replace(transcript.turns[0], index=5, text="我们24小时内给您回电话。")
    longer = replace(evaluation.analysis, transcript=replace(transcript, turns=(turn,)))
    (promise,) = promises_of(replace(evaluation, analysis=longer), CHINA_TIME)
    assert promise.kind is PromiseKind.ANSWER
