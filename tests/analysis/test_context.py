"""How hits are meant. Cases mark the hit as <hit>.

n negated, q quoted, ? question, h hypothetical, - asserted.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.context import CueKind, context_of

CASES = """
- 我要<投诉>
n 我不是要<投诉>
n 我没说要<投诉>
n 我又没想<投诉>你们
n 并不是<网速慢>
n 不是说<网速慢>，是根本连不上
n 我们绝对不会<乱扣费>
n 您放心我不会让您<自己去营业厅>
n 没有人会<骂您>
n 从来没有<乱收费>
n 不可能<乱扣费>的
n 我哪敢<骂您>啊
n 怎么会<不管您>呢
n 我们禁止<索要密码>
n 请勿<泄露密码>
n <投诉>就不用了
n <投诉>倒不至于
n <退费>我也不需要
- 不好意思我要<投诉>
- 对不起<断网>给您添麻烦了
- 没办法只能<投诉>了
- 我不满意你们<乱扣费>
- 动不动就<断网>
- 不得不<投诉>
- 不能不<投诉>
- 没有不<断网>的时候
- 你们为什么不<退费>
- 别再<打骚扰电话>了
- 不要老是<扣我的钱>
- 要不是<断网>我也不找你们
- 特别<慢>
- 除了信号不好还<乱扣费>
- 没看见我<忙着>吗
- 我不知道他什么时候来，反正<断网>了
- 网不好，<投诉>
- 不用管他我就要<投诉>
q? 您说<不归我们管>是吧
q 他跟我说<不归他管>
q 营业员告诉我<免费>的
q 你们客服说<三天就好>
q 您刚才说的<乱扣费>我看到了
q 什么叫<态度不好>
q 您说“<爱办不办>”
q 「<爱办不办>」是谁说的
q <爱办不办>这种话
q <听不懂人话>这样的话我没有说过
q 师傅昨天跟我讲<修不了>
q 合同里写着<不能退>
q? 您说您要<退订>对吗
q <免费>是你们营业员说的
- 你说你<烦不烦>
- 我跟您说了<不归我们管>
- 跟你说<不归我管>
- 告诉您<不归我们管>
- 您慢慢说别着急，<您好>
- 您说吧，<我听着>
- 我说<你听不懂>啊
? 您是要<投诉>吗
? 您家里<断网>了吗
? 是不是<断网>了
? 有没有<乱扣费>的情况
? 能不能<退费>
? 请问您<断网>了？
? 现在<断网>了没有
? 你们会不会<乱扣费>
- 怎么又<断网>了
- 为什么<乱扣费>
- 凭什么<停我的机>
- 你不是说<免费>的吗
- 难道<乱扣费>还有理了吗
- 什么时候能<修好>
- 这样<断网>什么意思
- 我这<断网>了，你们能修吗
- 这是什么<态度>？
- 一格<信号>都没有
- 麻烦告诉我一下<流量>怎么查
- 从来没人告诉我<要收费>
- 他说补不了卡，我就没办，回来路上<态度>还差
h 如果<断网>了我找谁
h 万一<乱扣费>怎么办
h 要是<转网>需要什么手续
h <投诉>的话打哪个电话
h 就算<断网>也没人管
h 比如<流量超了>
h 假如我下个月<销户>
- 你再不解决我就<投诉>
- 如果今天不解决我就<投诉>
- 要是还不行，<投诉>
- 主要是<断网>
- 只要是<断网>就没人管
- 您说的话<很难听>
n? 您没有<收到短信>吗
nq 他说没有<乱扣费>
n 这个跟<态度>没有关系吗不是<态度>的问题
"""


def _cases() -> list[tuple[str, str]]:
    pairs = [tuple(line.split(" ", 1)) for line in CASES.strip().splitlines()]
    return [(flags, marked) for flags, marked in pairs]


def _context(marked: str):
    start = marked.rindex("<")
    clean = marked.replace("<", "").replace(">", "")
    start -= marked[:start].count("<") + marked[:start].count(">")
    length = marked.rindex(">") - marked.rindex("<") - 1
    return clean, context_of(clean, start, start + length)


@pytest.mark.parametrize(("flags", "marked"), _cases(), ids=lambda value: value)
def test_a_hit_is_read_as_it_was_meant(flags: str, marked: str) -> None:
    _, context = _context(marked)
    found = "".join(
        sign
        for sign, flag in (
            ("n", context.negated),
            ("q", context.quoted),
            ("?", context.question),
            ("h", context.hypothetical),
        )
        if flag
    )
    assert found == flags.strip("-"), context.cues
    assert context.asserted == (flags == "-")


def test_punctuation_is_not_needed() -> None:
    with_comma, without = "不好意思，我要投诉。", "不好意思我要投诉"
    assert context_of(with_comma, 6, 8).asserted
    assert context_of(without, 6, 8).asserted


def test_a_cue_says_where_it_stands() -> None:
    text = "我真的不是要投诉"
    (cue,) = context_of(text, 6, 8).cues
    assert (cue.kind, cue.text) == (CueKind.NEGATION, "不是")
    assert text[cue.char_start : cue.char_end] == cue.text


def test_a_negation_inside_the_hit_does_not_deny_it() -> None:
    assert context_of("不知道别问我", 0, 6).asserted


@given(st.text(alphabet="不没是吗如果您说我投诉了，。的话“”？", max_size=30), st.data())
def test_cues_lie_in_the_text_and_flags_follow_them(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    context = context_of(text, start, end)
    assert all(text[cue.char_start : cue.char_end] == cue.text for cue in context.cues)
    assert {cue.kind for cue in context.cues} == {
        kind
        for kind, flag in zip(
            CueKind, (context.negated, context.quoted, context.question, context.hypothetical), strict=True
        )
        if flag
    }
