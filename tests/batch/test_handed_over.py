"""Results on their way from one process to another."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.work import CallResult, failed
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.settings import load_settings
from qa_analyzer.speech.transcript import Transcript

TEXTS = ("您好，工号8023，很高兴为您服务。", "我的宽带又断了", "好的，不知道别问我。")


@pytest.fixture
def result(tmp_path: Path) -> CallResult:
    settings = load_settings(sentiment_model="lexicon", act_model="none")
    recipe = Recipe(settings, tmp_path / "transcripts", recordings=False, evaluate=True, threads=1)
    roles = (Role.AGENT, Role.CUSTOMER, Role.AGENT)
    turns = tuple(GivenTurn(role, text) for role, text in zip(roles, TEXTS, strict=True))
    return recipe.build().process(Call("c1", agent_id="A1", given_turns=turns))


def test_a_result_arrives_as_it_was_sent(result: CallResult) -> None:
    assert result.evaluation is not None
    arrived = pickle.loads(pickle.dumps(result))
    assert arrived == result


def test_it_does_not_go_part_by_part(result: CallResult) -> None:
    sent = pickle.dumps(result)
    assert Transcript.__name__.encode() not in sent
    assert sent.count(TEXTS[1].encode()) <= 2


def test_what_json_cannot_hold_arrives_too(result: CallResult) -> None:
    assert result.transcript is not None
    assert result.evaluation is not None
    turns = (replace(result.transcript.turns[0], text="\ud83d"),)
    odd = replace(result, transcript=replace(result.transcript, turns=turns), evaluation=None, published=None)
    assert pickle.loads(pickle.dumps(odd)) == odd
    odd = replace(odd, evaluation=result.evaluation, published=result.published)
    assert pickle.loads(pickle.dumps(odd)) == odd


def test_a_failure_arrives(result: CallResult) -> None:
    lost = failed(Call("c2", given_turns=()), "WorkerDied", "gone")
    assert pickle.loads(pickle.dumps(lost)) == lost
    transcribed = replace(result, evaluation=None, published=None)
    assert pickle.loads(pickle.dumps(transcribed)) == transcribed
