"""Conversation facts from voice activity, from given times, and from given pauses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.call_analysis import ConversationMetrics
from qa_analyzer.analysis.floor import announces_wait, is_back_channel, silence_owner
from qa_analyzer.analysis.metrics import measure
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.intervals import Span, total_s, union
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import (
    AudioFacts,
    AuditKind,
    AuditSpan,
    Channel,
    RoleAssignment,
    RoleMethod,
    Transcript,
    Turn,
    Word,
)

A, C = Role.AGENT, Role.CUSTOMER
Said = tuple[Role, str, float, float]


def recording(*said: Said, duration_s: float | None = None, audit: tuple[AuditSpan, ...] = ()) -> Transcript:
    """Build a stereo transcript whose voice activity is exactly its turns."""
    turns = tuple(
        Turn(index, role, text, channel=0 if role is A else 1, start_s=start_s, end_s=end_s)
        for index, (role, text, start_s, end_s) in enumerate(said)
    )
    end_s = duration_s if duration_s is not None else max(turn[3] for turn in said)
    voice = {role: union(Span(start, end) for who, _, start, end in said if who is role) for role in (A, C)}
    return Transcript(
        call=Call("m1", given_turns=()),
        turns=turns,
        roles=RoleAssignment(RoleMethod.MANIFEST, 1.0, 0, diarized=False),
        overlap_known=True,
        audio=AudioFacts("m1.wav", "0" * 64, end_s, 8000, 2, "pcm_alaw"),
        duration_s=end_s,
        channels=(Channel(0, A, voice[A], -20.0, 0.0), Channel(1, C, voice[C], -20.0, 0.0)),
        audit=audit,
    )


def text_call(*said: tuple[Role, str, float | None, float | None]) -> ConversationMetrics:
    turns = tuple(
        GivenTurn(role, text, pause_before_s=pause, overlap_s=over) for role, text, pause, over in said
    )
    return measure(transcript_from_turns(Call("t1", given_turns=turns)))


def test_talk_silence_and_first_word_of_a_recording() -> None:
    metrics = measure(
        recording(
            (A, "您好请讲", 1.0, 3.0),
            (C, "我家宽带断了", 3.5, 7.5),
            (A, "请您稍等", 8.0, 9.0),
            (A, "久等了", 19.0, 20.0),
            duration_s=21.0,
        )
    )
    assert metrics.talk_s == {A: 4.0, C: 4.0}
    assert metrics.talk_ratio == 0.5
    assert metrics.first_agent_s == 1.0
    assert metrics.non_talk_s == pytest.approx(13.0)
    assert metrics.longest_silence_s == 10.0
    assert metrics.overlap_s == 0.0
    assert metrics.interruptions == ()
    (silence,) = metrics.silences or ()
    assert (silence.owner, silence.announced, silence.start_s) == (A, True, 9.0)
    assert (silence.after_turn_index, silence.before_turn_index) == (2, 3)


def test_cutting_in_with_content_is_an_interruption_of_whoever_does_it() -> None:
    metrics = measure(
        recording(
            (C, "我跟你讲这个宽带它又断了", 0.0, 6.0),
            (A, "您重启一下光猫", 5.0, 8.0),
            (C, "我重启过了", 7.2, 9.0),
        )
    )
    cuts = metrics.interruptions or ()
    assert [(cut.interrupter, cut.turn_index) for cut in cuts] == [(A, 1), (C, 2)]
    assert [cut.overlap_s for cut in cuts] == pytest.approx([1.0, 0.8])
    assert metrics.overlap_s == pytest.approx(1.8)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (((C, "我家宽带又断了啊", 0.0, 6.0), (A, "嗯，好的", 3.0, 4.0)), "a back-channel takes no floor"),
        (((C, "我家宽带又断了啊", 0.0, 6.0), (A, "您重启一下", 5.7, 8.0)), "too short an overlap"),
        (((C, "喂", 0.0, 1.0), (A, "您好，宽带服务热线", 0.1, 3.0)), "both start together"),
        (((C, "嗯嗯，对", 0.0, 2.0), (A, "那我帮您登记一下", 1.0, 4.0)), "nobody held the floor"),
        (((C, "我家宽带又断了啊", 0.0, 6.0), (A, "您重启一下", 6.1, 8.0)), "no overlap"),
    ],
)
def test_what_is_no_interruption(said: tuple[Said, ...], why: str) -> None:
    assert measure(recording(*said)).interruptions == (), why


def test_the_words_inside_the_overlap_decide_not_the_whole_turn() -> None:
    words = (Word("嗯", 3.0, 3.8, 0.9), Word("您", 9.0, 9.2, 0.9), Word("重启", 9.2, 9.8, 0.9))
    call = recording((C, "我家宽带又断了好几天了", 0.0, 8.0), (A, "嗯您重启", 3.0, 9.8))
    agent = Turn(1, A, "嗯您重启", channel=0, start_s=3.0, end_s=9.8, words=words)
    voice = (Span(3.0, 3.8), Span(9.0, 9.8))
    heard = replace(
        call,
        turns=(call.turns[0], agent),
        channels=(Channel(0, A, voice, -20.0, 0.0), call.channels[1]),
    )
    assert measure(heard).interruptions == ()


def test_voice_without_words_while_the_other_speaks_is_cross_talk() -> None:
    words = tuple(
        Word(char, 6.2 + n * 0.2, 6.4 + n * 0.2, 0.9) for n, char in enumerate("不需要我都说了不要")
    )
    call = recording((A, "给您推荐一个优惠活动", 0.0, 6.0), (C, "不需要我都说了不要", 1.0, 7.0))
    customer = Turn(1, C, "不需要我都说了不要", channel=1, start_s=1.0, end_s=7.0, words=words)
    assert [cut.interrupter for cut in measure(call).interruptions or ()] == [C]
    assert measure(replace(call, turns=(call.turns[0], customer))).interruptions == ()


def test_speech_rate_leaves_out_what_was_not_recognised() -> None:
    said = (A, "您好" * 10, 0.0, 6.0)
    plain = measure(recording(said))
    assert plain.speech_rate_cpm == {A: pytest.approx(200.0)}
    lost = AuditSpan(AuditKind.LOST_SPEECH, 0, 5.0, 6.0, "no text")
    assert measure(recording(said, audit=(lost,))).speech_rate_cpm == {A: pytest.approx(240.0)}


def test_a_mono_mix_has_silences_but_no_overlap() -> None:
    stereo = recording((A, "您好请讲您好", 0.0, 6.0), (C, "我查话费", 12.0, 18.0))
    mix = Channel(
        0, Role.UNKNOWN, union(span for channel in stereo.channels for span in channel.voice), -20.0, 0.0
    )
    mono = replace(
        stereo,
        channels=(mix,),
        overlap_known=False,
    )
    metrics = measure(mono)
    assert metrics.interruptions is None
    assert metrics.overlap_s is None
    assert metrics.talk_s == {A: 6.0, C: 6.0}
    assert [silence.duration_s for silence in metrics.silences or ()] == [6.0]


def test_text_with_pauses_and_overlaps() -> None:
    metrics = text_call(
        (A, "您好请讲", None, None),
        (C, "我查一下话费", 0.4, 0.0),
        (A, "好的，请稍等", 0.4, 0.0),
        (A, "久等了，您的话费是十块", 18.0, 0.0),
        (C, "怎么这么多啊我", 0.4, 0.0),
        (A, "套餐就是这样的", 0.0, 0.3),
        (C, "嗯嗯", 0.0, 0.5),
    )
    assert metrics.talk_s is None
    assert metrics.speech_rate_cpm is None
    assert metrics.duration_s is None
    assert metrics.overlap_s == pytest.approx(0.8)
    assert metrics.longest_silence_s == 18.0
    (silence,) = metrics.silences or ()
    assert (silence.owner, silence.announced, silence.before_turn_index) == (A, True, 3)
    assert [(cut.interrupter, cut.turn_index) for cut in metrics.interruptions or ()] == [(A, 5)]


def test_plain_text_tells_nothing_of_time() -> None:
    metrics = text_call((A, "您好", None, None), (C, "喂", None, None))
    assert all(getattr(metrics, name) is None for name in metrics.__slots__)


@pytest.mark.parametrize(
    "text", ["嗯", "嗯嗯，好的", "对对对", "哦，是吧", "好的好的", "OK", "", "[杂音]", "行，行"]
)
def test_back_channels(text: str) -> None:
    assert is_back_channel(text)


@pytest.mark.parametrize(
    "text", ["您说", "不对", "好的我帮您查一下", "嗯那您重启一下", "没有", "对不起", "您好"]
)
def test_what_takes_the_floor(text: str) -> None:
    assert not is_back_channel(text)


@pytest.mark.parametrize(
    "text",
    [
        "请您稍等一下",
        "情您烧等一下",
        "麻烦您等一会儿好吗",
        "先别挂电话我看看",
        "等着",
        "占用您两分钟时间",
        "请稍候",
    ],
)
def test_announced_waits(text: str) -> None:
    assert announces_wait(text)


@pytest.mark.parametrize("text", ["稍后给您回电话", "我等了两天了", "请讲", "我稍后会发短信给您"])
def test_what_announces_no_wait(text: str) -> None:
    assert not announces_wait(text)


@pytest.mark.parametrize(
    ("said", "owner", "announced"),
    [
        (((C, "我的话费怎么多了？"), (A, "查到了")), A, False),
        (((A, "您的身份证号是多少？"), (C, "我找一下")), C, False),
        (((A, "请稍等"), (C, "好的"), (A, "久等了")), A, True),
        (((A, "我帮您查一下"), (C, "嗯"), (A, "查到了")), A, False),
        (((A, "那我给您转过去了啊"), (C, "喂？")), A, False),
        (((A, "麻烦您先把光猫重启一下"), (C, "好"), (C, "好了")), C, False),
        (((A, "您的号码是多少？"), (A, "喂，您还在吗？")), C, False),
        (((A, "是这个号码对吗？"), (A, "查到了，欠费十块")), Role.UNKNOWN, False),
        (((C, "等一下我拿笔"), (C, "好了你说")), C, False),
        (((C, "那我要是看直播算不算进去"), (A, "算的")), A, False),
        (((A, "是二单元对吗？我看一下有没有端口。"), (A, "有端口")), A, False),
        (((A, "我看一下，您的号码是多少？"), (C, "等我找找")), C, False),
        (((A, "套餐是这样的"), (A, "每个月十块")), A, False),
    ],
)
def test_who_owes_the_next_turn(said: tuple[tuple[Role, str], ...], owner: Role, announced: bool) -> None:
    turns = [Turn(index, role, text) for index, (role, text) in enumerate(said)]
    assert silence_owner(turns, len(turns) - 2, len(turns) - 1) == (owner, announced)


def test_nobody_owes_a_turn_after_the_end() -> None:
    turns = [Turn(0, A, "再见")]
    assert silence_owner(turns, 0, None) == (Role.UNKNOWN, False)
    assert silence_owner(turns, None, 0) == (A, False)


@given(
    st.lists(
        st.tuples(st.sampled_from((A, C)), st.sampled_from(("嗯", "您重启一下光猫吧", "我家断网了")),
                  st.floats(0, 50), st.floats(0.1, 10)),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_facts_agree_with_each_other(drawn: list[tuple[Role, str, float, float]]) -> None:
    call = recording(*((role, text, start, start + length) for role, text, start, length in drawn))
    metrics = measure(call)
    heard = total_s(span for channel in call.channels for span in channel.voice)
    assert metrics.talk_s is not None
    assert metrics.overlap_s is not None
    assert sum(metrics.talk_s.values()) - metrics.overlap_s == pytest.approx(heard)
    assert metrics.non_talk_s == pytest.approx((metrics.duration_s or 0.0) - heard)
    assert all(cut.overlap_s <= metrics.overlap_s + 1e-9 for cut in metrics.interruptions or ())
