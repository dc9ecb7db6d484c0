"""Complaints and risks: who says it, what is meant, which code, where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa_analyzer.analysis.call_analysis import ComplaintTag, SentimentLabel, TurnSentiment
from qa_analyzer.analysis.complaint_words import Tokens, user_dictionary
from qa_analyzer.analysis.complaints import ComplaintTagger, load_lexicon
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn

LEXICON = Path(__file__).parents[2] / "scorecards" / "complaint_lexicon.yaml"


@pytest.fixture(scope="module")
def tagger() -> ComplaintTagger:
    return ComplaintTagger(load_lexicon(LEXICON))


def _call(*turns: tuple[Role, str]) -> Transcript:
    return Transcript(
        call=Call("c1", given_turns=tuple(GivenTurn(role, text) for role, text in turns)),
        turns=tuple(Turn(i, role, text, start_s=10.0 * i) for i, (role, text) in enumerate(turns)),
        roles=RoleAssignment(RoleMethod.GIVEN, 1.0, None, diarized=False),
        overlap_known=False,
    )


def _tags(tagger: ComplaintTagger, *turns: tuple[Role, str]) -> tuple[ComplaintTag, ...]:
    complaints, risks = tagger.tag(_call(*turns))
    return complaints + risks


def _codes(tagger: ComplaintTagger, text: str, role: Role = Role.CUSTOMER) -> set[str]:
    return {tag.code for tag in _tags(tagger, (role, text))}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("地铁里一点信号都没有", "signal"),
        ("我家宽带今天又断了", "outage"),
        ("看个视频老是转圈，网慢得不行", "slow_speed"),
        ("通话的时候有滋滋的电流声", "call_quality"),
        ("你们莫名其妙多扣了我十五块", "unknown_charge"),
        ("广告上说免费，结果每个月收二十", "plan_mismatch"),
        ("有个阅读包我从来没开过", "value_added"),
        ("我没怎么用，流量怎么就没了", "data_overage"),
        ("你们把多收的钱退给我", "refund"),
        ("那个客服态度特别差", "attitude"),
        ("打你们热线打不通，排队排了半个小时", "waiting"),
        ("说两天给答复，到现在也没人联系我", "no_follow_up"),
        ("你们跟营业厅互相踢皮球", "buck_passing"),
        ("天天打推销电话骚扰我", "marketing"),
        ("我要携号转网，你们就是不让转", "number_porting"),
        ("那个业务怎么取消都取消不了", "cancellation"),
        ("我没欠费，怎么突然给我停机了", "suspension"),
        ("约好的师傅到现在没来安装", "installation"),
        ("再不解决我就去工信部投诉", "escalation"),
        ("我不想用你们的卡了，换别家", "churn"),
        ("我这是第三次打电话来了", "repeat_contact"),
    ],
)
def test_every_code_is_found(tagger: ComplaintTagger, text: str, code: str) -> None:
    assert code in _codes(tagger, text)


@pytest.mark.parametrize(
    "text",
    [
        "我不是要投诉，就问问发票怎么开",
        "网速挺快的，信号也不差",
        "我家网没断过",
        "要是以后断网了找谁报修",
        "会不会多扣我钱",
        "上次断网早就修好了，今天办别的",
        "哪有什么态度不好",
        "我从移动转过来，要带什么证件",
        "我要叫你们主管来听电话",
        "国际漫游怎么收费",
        "我的微信号不好记",
        "那条短信写的是“您的宽带已断网”，我就问问要不要理它",
        "",
        "[听不清]",
    ],
)
def test_a_keyword_alone_is_no_complaint(tagger: ComplaintTagger, text: str) -> None:
    assert _codes(tagger, text) == set()


@pytest.mark.parametrize("role", [Role.AGENT, Role.UNKNOWN])
def test_only_the_customer_complains(tagger: ComplaintTagger, role: Role) -> None:
    assert _codes(tagger, "宽带断了，我要去工信部投诉", role) == set()


@pytest.mark.parametrize(
    ("text", "found", "dropped"),
    [
        ("不是断网，就是网速太慢", "slow_speed", "outage"),
        ("你们这不是乱扣费吗", "unknown_charge", None),
        ("再修不好我就转到电信去", "churn", None),
        ("如果我转到电信，号码还能用吗", None, "churn"),
        ("有个彩铃我没开过，莫名其妙扣了半年钱", "value_added", "unknown_charge"),
        ("手机被停机了，电话打不出去", "suspension", "call_quality"),
        ("我去年从联通转到你们这儿的", None, "churn"),
        ("工信部规定可以转的", None, "escalation"),
    ],
)
def test_close_codes_are_told_apart(
    tagger: ComplaintTagger, text: str, found: str | None, dropped: str | None
) -> None:
    codes = _codes(tagger, text)
    assert found is None or found in codes
    assert dropped not in codes


def test_a_topic_named_before_still_holds(tagger: ComplaintTagger) -> None:
    turns = ((Role.CUSTOMER, "我问一下家里宽带的事"), (Role.AGENT, "您说"), (Role.CUSTOMER, "这两天老是断"))
    assert {tag.code for tag in _tags(tagger, *turns)} == {"outage"}
    assert _codes(tagger, "这两天老是断") == set()


def test_a_complaint_cut_in_two_by_the_agent_is_one(tagger: ComplaintTagger) -> None:
    turns = ((Role.CUSTOMER, "我家那个路由器"), (Role.AGENT, "嗯"), (Role.CUSTOMER, "从昨晚就连不上去了"))
    tags = _tags(tagger, *turns)
    assert [(tag.code, tag.turn_index) for tag in tags] == [("outage", 2)]
    assert tags[0].term == turns[2][1][tags[0].char_start : tags[0].char_end]


def test_only_words_close_by_rule_a_mention_out(tagger: ComplaintTagger) -> None:
    # 想停机 beside it makes a wish of it; far away it concerns something else.
    assert "suspension" not in _codes(tagger, "我想停机，为什么不能在网上停机")
    far = "我爸那个号想停机保号，这个先不说，我先问我自己这个号码的事情，我没欠费怎么突然给我停机了"
    assert "suspension" in _codes(tagger, far)


def test_several_codes_in_a_call_each_with_its_place(tagger: ComplaintTagger) -> None:
    first, second = "喂，你好。我家宽带，它又断了！", "什么态度啊，我要打12315"
    complaints, risks = tagger.tag(
        _call((Role.AGENT, "您好"), (Role.CUSTOMER, first), (Role.CUSTOMER, second))
    )
    assert [(tag.code, tag.turn_index) for tag in complaints] == [("outage", 1), ("attitude", 2)]
    assert [(tag.code, tag.complaint_class) for tag in risks] == [("escalation", "risk")]
    outage = complaints[0]
    assert outage.term == first[outage.char_start : outage.char_end]
    assert "宽带" in outage.term
    assert "断" in outage.term
    assert (outage.complaint_class, outage.start_s, outage.match_kind) == ("network", 10.0, "exact")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我的宽待老是掉线", "outage"),
        ("我要去公信部投诉你们", "escalation"),
        ("你们这是推卸则任，互相踢皮求", "buck_passing"),
    ],
)
def test_misheard_terms_are_found_by_sound(tagger: ComplaintTagger, text: str, code: str) -> None:
    tags = [tag for tag in _tags(tagger, (Role.CUSTOMER, text)) if tag.code == code]
    assert len(tags) == 1
    assert tags[0].term in text


def test_traditional_characters_full_width_and_emoji(tagger: ComplaintTagger) -> None:
    text = "😡我家寬帶又斷了，我要打１２３１５"
    tags = {tag.code: tag for tag in _tags(tagger, (Role.CUSTOMER, text))}
    assert set(tags) == {"outage", "escalation"}
    assert tags["outage"].term == "寬帶又斷"[: len(tags["outage"].term)] or tags["outage"].term.startswith(
        "寬帶"
    )


def test_severity_rises_in_a_negative_turn(tagger: ComplaintTagger) -> None:
    call = _call((Role.CUSTOMER, "宽带断了"))
    calm = tagger.tag(call)[0][0].severity
    upset = tagger.tag(call, [TurnSentiment(0, SentimentLabel.NEGATIVE, -0.9, 0.9)])[0][0].severity
    assert calm is not None
    assert upset == calm + 1


def test_same_call_same_tags(tagger: ComplaintTagger) -> None:
    call = _call((Role.CUSTOMER, "网断了三天，打了两次电话没人管，我要投诉到工信部，退钱"))
    assert tagger.tag(call) == tagger.tag(call)


def test_words_of_the_lexicon_become_words_of_jieba() -> None:
    terms = {"光猫", "携号转网", "给我退", "视频彩铃尊享包"}
    assert user_dictionary(terms) == "光猫 2000 n\n携号转网 2000 n\n"
    assert "携号转网" in Tokens(terms).words("我想携号转网")


@pytest.mark.parametrize(
    ("chars", "term", "alone"),
    [("我判断一下", "断", False), ("网断了", "断", True), ("想想不通", "不通", True)],
)
def test_short_terms_do_not_count_inside_other_words(chars: str, term: str, alone: bool) -> None:
    start = chars.index(term)
    assert Tokens({"光猫"}).stands_alone(chars, start, start + len(term)) is alone


@pytest.mark.parametrize(
    ("written", "term", "misheard"),
    [("宽待", "宽带", True), ("宽阔", "宽带", False), ("公信部", "工信部", True), ("信部", "工信部", False)],
)
def test_only_the_same_sound_is_misheard(written: str, term: str, misheard: bool) -> None:
    assert Tokens({term}).misheard(written, 0, len(written), term) is misheard
