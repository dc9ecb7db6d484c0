"""The shipped model, on sentences written for this test."""

from pathlib import Path

import numpy as np
import pytest

from qa_analyzer.analysis.call_analysis import SentimentLabel
from qa_analyzer.analysis.encoder import EncoderSentiment
from qa_analyzer.analysis.sentiment import judge_call, open_sentiment
from qa_analyzer.analysis.similarity import Similarity
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn

MODELS = Path(__file__).resolve().parents[2] / "models"
NEGATIVE, NEUTRAL, POSITIVE = SentimentLabel.NEGATIVE, SentimentLabel.NEUTRAL, SentimentLabel.POSITIVE

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def model() -> EncoderSentiment:
    opened = open_sentiment("sentiment-zh", MODELS)
    assert isinstance(opened, EncoderSentiment)
    return opened


CASES = {
    "你们公司太不讲理了，凭空多收我好几十": NEGATIVE,
    "这都拖了一个多礼拜了，到底有没有人处理": NEGATIVE,
    "你讲话怎么这么难听": NEGATIVE,
    "再弄不好我就去工信部告你们": NEGATIVE,
    "我想了解下亲情号怎么加": NEUTRAL,
    "地址是建设路二十六号院四单元": NEUTRAL,
    "嗯，好的": NEUTRAL,
    "请您稍等，我帮您查询一下": NEUTRAL,
    "非常抱歉给您添麻烦了": NEUTRAL,
    "哎呀真是太谢谢你了，帮我解决了大问题": POSITIVE,
    "网通了，速度还挺快，辛苦你们了": POSITIVE,
    "你服务真周到，我很满意": POSITIVE,
    # sarcasm: every word is praise
    "真是好服务啊，等了三个钟头没人接": NEGATIVE,
    "谢谢你们哦，让我白白请了一天假": NEGATIVE,
    # thanks after anger: many words are blame
    "前面我话说得难听，别往心里去，谢谢你帮我把钱退回来": POSITIVE,
    "坏了这么多天总算修好了，多谢你啊小伙子": POSITIVE,
}


@pytest.mark.parametrize("text", CASES)
def test_labels(model, text):
    assert model.predict([text])[0].label is CASES[text]


@pytest.mark.xfail(reason="denied complaints are still read as complaints now and then", strict=True)
def test_a_denied_complaint_is_neutral(model):
    assert model.predict(["我不是来投诉的，就想打听个套餐"])[0].label is NEUTRAL


def test_misheard_and_unpunctuated_turns_keep_their_label(model):
    pairs = [
        ("你们这网络又断了，烦死人了", "你们这网落又段了烦死人了"),
        ("谢谢你啊，讲得很清楚", "谢谢你呀讲的狠清处"),
        ("我想查一下话费余额", "我想查以下花费余额"),
    ]
    for clean, misheard in pairs:
        assert model.predict([clean])[0].label is model.predict([misheard])[0].label, clean


def test_a_call_that_turns_out_well(model):
    turns = [
        (Role.AGENT, "您好，很高兴为您服务"),
        (Role.CUSTOMER, "你好，你们怎么回事，我的卡好端端给停了，我一上午都联系不上客户"),
        (Role.AGENT, "实在对不起，我马上帮您查"),
        (Role.CUSTOMER, "嗯，你查吧"),
        (Role.AGENT, "已经给您恢复了，您试一下"),
        (Role.CUSTOMER, "哎，能打了，太好了，真是谢谢你"),
    ]
    transcript = Transcript(
        Call("c", given_turns=()),
        tuple(Turn(index, role, text) for index, (role, text) in enumerate(turns)),
        RoleAssignment(RoleMethod.GIVEN, 1.0, None, False),
        overlap_known=False,
    )
    call = judge_call(transcript, model)
    assert (call.customer_start, call.customer_end, call.shift) == (NEGATIVE, POSITIVE, "improved")
    assert call.lowest_turn_index == 1
    assert [point.turn_index for point in call.turning_points] == [5]
    assert judge_call(transcript, model) == call


def test_satisfaction_tells_a_good_end_from_a_bad_one(model):
    start = "客户：宽带又断了，三天没网了 坐席：非常抱歉，我帮您看看 "
    good = model.satisfaction(start + "客户：好了好了，谢谢你，服务真好")
    bad = model.satisfaction(start + "客户：说了等于没说，你们就是推脱，我要投诉")
    assert good.expected > bad.expected + 0.5
    assert 0 < good.spread < 2
    assert 0 < bad.spread < 2


def test_strange_input_is_survived(model):
    texts = [
        "",
        " ",
        "🙂🙂",
        "網路又斷了，氣死人",
        "ＡＢＣ１２３",
        "啊" * 5000,
        "\u0000\ufeff",
        "hello, no signal",
    ]
    sentiments = model.predict(texts)
    assert all(-1 <= sentiment.score <= 1 and 0 <= sentiment.confidence <= 1 for sentiment in sentiments)
    assert sentiments[3].label is NEGATIVE


def test_apologies_are_nearer_to_apologies_than_to_facts(model):
    similarity = Similarity(model.encoder)
    anchors = ["非常抱歉给您带来不便", "实在对不起，是我们没有做好"]
    sorry = similarity.cosines(["这事怪我们，向您赔礼了", "让您白跑一趟真过意不去"], anchors).max(axis=1)
    facts = similarity.cosines(["您的套餐每月三十个G", "营业厅九点开门"], anchors).max(axis=1)
    assert float(np.min(sorry)) > float(np.max(facts))


def test_the_weights_are_small():
    size = sum(path.stat().st_size for path in (MODELS / "sentiment-zh").iterdir())
    assert size <= 40_000_000
