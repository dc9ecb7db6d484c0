from collections.abc import Sequence
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.call_analysis import Satisfaction, SentimentLabel
from qa_analyzer.analysis.sentiment import Sentiment, has_content, judge_call
from qa_analyzer.analysis.turn_sentiment import probabilities_of, sentiment_of
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn

NEGATIVE, NEUTRAL, POSITIVE = SentimentLabel.NEGATIVE, SentimentLabel.NEUTRAL, SentimentLabel.POSITIVE
SCORES = {"-": (NEGATIVE, -0.8), "--": (NEGATIVE, -0.9), "+": (POSITIVE, 0.8)}


class MarkedModel:
    """Reads the feeling from a mark at the end of the text."""

    fingerprint = "marked"

    def predict(self, texts: Sequence[str]) -> list[Sentiment]:
        return [
            Sentiment(*SCORES.get(text.rpartition("|")[2] if "|" in text else "", (NEUTRAL, 0.0)), 0.9)
            for text in texts
        ]


def transcript(*turns: tuple[str, str]) -> Transcript:
    roles = {"a": Role.AGENT, "c": Role.CUSTOMER, "u": Role.UNKNOWN}
    return Transcript(
        call=Call("c1", given_turns=()),
        turns=tuple(Turn(index, roles[role], text) for index, (role, text) in enumerate(turns)),
        roles=RoleAssignment(RoleMethod.GIVEN, 1.0, None, False),
        overlap_known=False,
    )


def judged(*turns: tuple[str, str]):
    return judge_call(transcript(*turns), MarkedModel())


def test_start_is_the_first_turn_with_content():
    call = judged(("a", "您好"), ("c", "喂，你好"), ("c", "嗯。"), ("c", "网断了|-"), ("c", "好"))
    assert call.customer_start is NEGATIVE


def test_start_falls_back_to_the_first_turn_when_none_has_content():
    assert judged(("c", "喂"), ("c", "嗯")).customer_start is NEUTRAL


@pytest.mark.parametrize(
    ("closing", "end"),
    [
        (("谢谢你|+", "再见"), POSITIVE),
        (("谢谢你|+", "还没好|-"), NEGATIVE),
        (("好", "再见"), NEUTRAL),
        (("还没好|-", "嗯", "再见"), NEUTRAL),  # only the final two turns count
    ],
)
def test_end_is_the_last_feeling_of_the_final_two_customer_turns(closing, end):
    turns = [("c", "问个事")] + [turn for text in closing for turn in (("c", text), ("a", "好的|+"))]
    assert judged(*turns).customer_end is end


@pytest.mark.parametrize(
    ("first", "last", "shift"),
    [
        ("网断了|-", "行", "improved"),
        ("网断了|-", "谢谢|+", "improved"),
        ("网断了|-", "骗人|--", "unchanged"),
        ("问个事", "骗人|-", "worsened"),
        ("真好|+", "嗯嗯嗯", "worsened"),
    ],
)
def test_shift_compares_levels_only(first, last, shift):
    assert judged(("c", first), ("c", "嗯"), ("c", last)).shift == shift


def test_lowest_is_the_customers_never_the_agents():
    call = judged(("a", "听不懂吗|--"), ("c", "太慢|--"), ("a", "听不懂吗|--"), ("c", "嗯"), ("c", "慢|-"))
    assert (call.lowest, call.lowest_turn_index) == (pytest.approx(-0.863), 1)
    assert [turn.turn_index for turn in call.turns] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("turns", [(), (("a", "您好"),), (("u", "网断了|-"),), (("c", "  "),)])
def test_without_a_customer_nothing_is_claimed(turns):
    call = judged(*turns)
    assert (call.customer_start, call.customer_end, call.lowest, call.lowest_turn_index, call.shift) == (
        None,
    ) * 5


@pytest.mark.parametrize(
    "text", ["喂", "喂，你好！", "嗯嗯", "好的。", "[听不清]", "哦，对对对", "……", "", "（杂音）嗯"]
)
def test_fillers_have_no_content(text):
    assert not has_content(text)


@pytest.mark.parametrize("text", ["喂，我家没网", "你好，问个事", "138", "不行", "[杂音]退钱", "谢谢"])
def test_words_have_content(text):
    assert has_content(text)


@given(st.lists(st.floats(0.001, 1), min_size=3, max_size=3))
def test_the_label_is_the_likeliest_and_the_score_within_bounds(weights):
    probabilities = [weight / sum(weights) for weight in weights]
    sentiment = sentiment_of(probabilities)
    assert -1 <= sentiment.score <= 1
    assert sentiment.confidence == pytest.approx(max(probabilities), abs=1e-4) or sentiment.label is NEUTRAL
    assert sentiment.score == pytest.approx(probabilities[2] - probabilities[0], abs=1e-4)


def test_a_tie_of_negative_and_positive_is_neutral():
    assert sentiment_of((0.45, 0.1, 0.45)).label is NEUTRAL


@given(st.lists(st.floats(0.001, 1), min_size=3, max_size=3))
def test_probabilities_come_back_from_a_sentiment(weights):
    probabilities = [weight / sum(weights) for weight in weights]
    assert probabilities_of(sentiment_of(probabilities)) == pytest.approx(probabilities, abs=3e-4)


class UnsureModel:
    """Leans to neutral on a question and is sure of anger and of an address."""

    fingerprint = "unsure"
    known: ClassVar = {"骗人": (0.9, 0.1, 0.0), "几时能好": (0.45, 0.55, 0.0), "三号楼": (0.02, 0.97, 0.01)}

    def predict(self, texts: Sequence[str]) -> list[Sentiment]:
        return [sentiment_of(self.known.get(text, (0.0, 1.0, 0.0))) for text in texts]


def labels_of(*turns: tuple[str, str]) -> list[SentimentLabel]:
    return [turn.label for turn in judge_call(transcript(*turns), UnsureModel()).turns]


def test_an_unclear_turn_is_read_in_the_mood_before_it():
    assert labels_of(("c", "骗人"), ("a", "好的"), ("c", "几时能好")) == [NEGATIVE, NEUTRAL, NEGATIVE]
    assert labels_of(("c", "你好"), ("a", "好的"), ("c", "几时能好")) == [NEUTRAL, NEUTRAL, NEUTRAL]
    assert labels_of(("a", "骗人"), ("c", "几时能好")) == [NEGATIVE, NEUTRAL]


def test_a_clear_turn_keeps_its_own_feeling():
    assert labels_of(("c", "骗人"), ("c", "三号楼"), ("c", "骗人")) == [NEGATIVE, NEUTRAL, NEGATIVE]


def test_a_second_reader_tips_an_unclear_turn_and_not_a_clear_one():
    call = transcript(("c", "几时能好"), ("a", "嗯"), ("c", "三号楼"))
    alone = judge_call(call, UnsureModel())
    second = judge_call(call, UnsureModel(), {0: (0.98, 0.0), 2: (0.98, 0.0)})
    assert [turn.label for turn in alone.turns] == [NEUTRAL, NEUTRAL, NEUTRAL]
    assert [turn.label for turn in second.turns] == [NEGATIVE, NEUTRAL, NEUTRAL]


def test_a_second_reader_who_names_no_turn_finds_all_of_them_neutral():
    call = transcript(("c", "骗人"))
    assert (
        judge_call(call, UnsureModel(), {}).turns[0].confidence
        < judge_call(call, UnsureModel()).turns[0].confidence
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_second_reader_may_hold_anything_to_be_probable(negative, positive):
    turn = judge_call(transcript(("c", "几时能好")), UnsureModel(), {0: (negative, positive)}).turns[0]
    assert -1 <= turn.score <= 1
    assert 1 / 3 - 1e-4 <= turn.confidence <= 1


def test_turning_points_quote_the_turn_and_skip_neutral_ones():
    call = judged(
        ("c", "网断了|-"), ("a", "真好|+"), ("c", "嗯"), ("c", "谢谢|+"), ("c", "谢谢|+"), ("c", "骗人|-")
    )
    assert [(p.turn_index, p.before, p.after, p.quote) for p in call.turning_points] == [
        (3, NEGATIVE, POSITIVE, "谢谢|+"),
        (5, POSITIVE, NEGATIVE, "骗人|-"),
    ]


def test_agent_tone_is_the_mean_of_the_agents_turns():
    assert judged(("a", "好|+"), ("a", "骂|--"), ("c", "骗人|-")).agent_tone == pytest.approx(-0.05)
    assert judged(("c", "骗人|-")).agent_tone is None


def test_satisfaction_is_asked_of_models_that_can_tell():
    class Foreteller(MarkedModel):
        def satisfaction(self, dialogue: str) -> Satisfaction:
            assert dialogue == "坐席：您好 客户：网断了|-"
            return Satisfaction(-1.2, 0.5)

    call = transcript(("a", "您好"), ("u", "嗯"), ("c", "网断了|-"), ("c", " "))
    assert judge_call(call, Foreteller()).satisfaction == Satisfaction(-1.2, 0.5)
    assert judge_call(call, MarkedModel()).satisfaction is None


class SureTo:
    """Judges every turn by the same probabilities of negative, neutral and positive."""

    fingerprint = "sure"

    def __init__(self, *probabilities: float) -> None:
        self.probabilities = probabilities

    def predict(self, texts: Sequence[str]) -> list[Sentiment]:
        return [sentiment_of(self.probabilities) for _ in texts]


@pytest.mark.parametrize(
    ("probabilities", "customer"),
    [
        ((0.5, 0.45, 0.05), NEUTRAL),  # a fault stated calmly: the model is hardly surer than of neutral
        ((0.7, 0.25, 0.05), NEGATIVE),
        ((0.05, 0.45, 0.5), POSITIVE),
    ],
)
def test_a_customer_is_negative_only_when_the_model_is_rather_sure(probabilities, customer):
    model = SureTo(*probabilities)
    call = judge_call(transcript(("a", "您好"), ("c", "网断了两天")), model)
    agent, first = call.turns
    assert call.customer_start is first.label is customer
    assert agent.label is sentiment_of(probabilities).label
    assert abs(first.score) <= 1
    assert first.confidence >= 1 / 3
