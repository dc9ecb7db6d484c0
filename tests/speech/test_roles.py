import pytest

from qa_analyzer.calls.call import Direction
from qa_analyzer.errors import FaultsError
from qa_analyzer.human_yaml import load_model
from qa_analyzer.speech.roles import (
    PHRASES_PATH,
    RolePhrases,
    Side,
    agent_evidence,
    agent_probability,
    infer_agent,
)
from qa_analyzer.speech.sounds import sound_key

AGENT = Side(("您好，很高兴为您服务", "请问您的手机号码是多少", "已经帮您登记了，祝您生活愉快"), 5.0)
CALLER = Side(("你好，我家宽带上不了网", "我打了三次了，你们怎么还不来修"), 1.0)


def test_what_is_said_outweighs_who_begins() -> None:
    inferred = infer_agent([CALLER, AGENT])
    assert inferred.side == 1
    assert inferred.confidence > 0.95
    assert any("side 0 speaks first" in reason for reason in inferred.reasons)


def test_sides_are_treated_alike() -> None:
    assert infer_agent([AGENT, CALLER]).confidence == infer_agent([CALLER, AGENT]).confidence


@pytest.mark.parametrize(
    "sides",
    [
        [Side(("嗯", "对")), Side(("好",))],
        [Side(("今天天气不错啊", "是吧")), Side(("是的是的", "挺好"))],
        [AGENT],
        [AGENT, AGENT, CALLER],
        [],
    ],
)
def test_no_evidence_no_answer(sides: list[Side]) -> None:
    assert infer_agent(sides).side is None


def test_two_agents_on_a_line_are_not_guessed() -> None:
    assert infer_agent([AGENT, AGENT]).side is None


def test_the_caller_begins_outbound_calls_not() -> None:
    weak = [Side(("喂", "嗯是的我在听呢"), 0.0), Side(("喂", "嗯是的我在听呢"), 2.0)]
    inbound, _ = agent_probability(weak, 0)
    outbound, _ = agent_probability(weak, 0, direction=Direction.OUTBOUND)
    assert inbound > outbound == 0.5


def test_garbled_phrases_count_by_sound() -> None:
    assert agent_evidence(["狠高兴位您服物"])[0] >= 2.0
    assert agent_evidence(["今天晚上吃什么"])[0] == 0.0


def test_repeating_one_phrase_proves_little_more() -> None:
    assert agent_evidence(["请稍等"] * 50)[0] == agent_evidence(["请稍等"] * 2)[0]


def test_near_sounds_fold() -> None:
    assert sound_key("您") == sound_key("林")
    assert sound_key("知") == sound_key("资")
    assert sound_key("请问") != sound_key("再见")


def test_phrase_file_has_no_double_phrases() -> None:
    families = load_model(PHRASES_PATH, RolePhrases, error=FaultsError).families
    phrases = [phrase for family in families for phrase in family.phrases]
    assert len(phrases) == len(set(phrases))
    assert len({family.name for family in families}) == len(families)
