"""Who holds the floor: back-channels, announced waits, and who owes the next turn when nobody speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.analysis.matching import Phrase, PhraseMatcher
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Turn

# What people say to show that they listen; it takes no floor.
_BACK_CHANNEL = re.compile(
    r"(?:嗯哼|嗯|恩|唔|呃|额|啊|阿|哦|噢|喔|哎|唉|诶|欸|哈|呵|咦|对的|对头|对|好的|好嘞|好哒|好|是的|是"
    r"|行的|行|成|可以|没错|明白了?|知道了?"
    r"|了解了?|懂了|这样|这样子|原来如此|ok|okay|yes|吧|呀|呢|啦|嘛|的|了|哈|哟|嘞|嗳){1,6}"
)
_LONGEST_BACK_CHANNEL = 8

# Asking the other side to wait; curt forms announce a wait too, courtesy is judged elsewhere.
_WAIT = re.compile(
    r"稍等|稍候|稍后(?!.{0,6}(?:回|联系|打|发|短信))|稍微等|等一下|等一等|等等|等会儿?|等着|等我|等下"
    r"|候一下|(?:先)?(?:别|不要|勿|不)挂(?:机|断|电话|线)?"
    r"|(?:等|给我|占用|耽误)[^，。]{0,6}(?:分钟|秒|会儿?|时间|工夫|功夫)|片刻|一会儿?就?好|别着急挂"
    r"|保持(?:通话|在线|线上)|请您?等"
)
# The same as phrases, to be recognised by sound where the recogniser wrote something else.
_WAIT_PHRASES = ("请您稍等", "稍等一下", "您稍等", "请稍候", "您等一下", "请等一下", "别挂电话", "不要挂机")
# Saying what one does next keeps the floor without asking to wait: 我查一下, 那我转了啊.
_OWN_ACTION = re.compile(
    r"(?:我|这边|我们|咱)[^，。？?]{0,8}?(?:查|看|核实|核对|核查|问|转|登记|记录|派|申请|处理|操作|改|办"
    r"|取消|开|关|重启|刷新|测|试|调|找|翻|联系|反映|提交|下单)"
    r"(?:了?一?下|看|看看|查看|了啊|过去|给|单|个单|一张)|(?:正在|马上|现在|这就)[^，。？?]{0,6}(?:查|看|核"
    r"|转|接|处理|操作|办|派|提交|开|取消)|^转了"
)
_QUESTION = re.compile(
    r"[?？]|(?:吗|呢|么)[啊呀]?$|(.)不\1|(?:是不是|对不对|好不好|行不行|可不可以|有没有|能不能|多少|几|什么|哪|谁"
    r"|怎么|如何)[^，。！]{0,8}$|请(?:您)?(?:讲|说|提供|报)"
)
_ASKS_AGAIN = re.compile(r"喂|在吗|在听|还在|听得|听到|听见|[您你]好|[?？]|吗|呢$")
_ASKED_TO_ACT = re.compile(
    r"(?:请|麻烦|劳驾|烦请)?[您你](?:先|再|把|去|试|看|拔|插|按|点|输|打开|关|重启|找|拿|翻|登录|念|报|换)"
)
_CUSTOMER_ACTS = re.compile(
    r"(?<![帮给替为跟])(?:我|咱)(?:先|去|来|再|现在)*(?:看|找|试|拿|翻|记|问|查|念|按|点|弄|开|关|拔|插|重启)"
    r"(?:一?下|个|支|一?看|一?找|一?试|着|去|了?吧|我?的|$)|等一?下|等会|稍等|等等"
)


def is_back_channel(text: str) -> bool:
    """Tell whether a turn only shows that its speaker listens (嗯, 好的好的, 对对对); silence is one too."""
    chars = spoken(text).chars
    if len(chars) > _LONGEST_BACK_CHANNEL:
        return False
    return not chars or _BACK_CHANNEL.fullmatch(chars) is not None


def announces_wait(text: str) -> bool:
    """Tell whether a turn asks the other side to wait, politely or not."""
    said = spoken(text)
    return _WAIT.search(said.chars) is not None or bool(_misheard_wait().find(said))


@cache
def _misheard_wait() -> PhraseMatcher:
    return PhraseMatcher([Phrase(phrase) for phrase in _WAIT_PHRASES])


def silence_owner(turns: Sequence[Turn], after: int | None, before: int | None) -> tuple[Role, bool]:
    """Return who owed the next turn in the silence between two turns, and whether the wait was announced.

    ``after`` and ``before`` are positions in ``turns``; None at the edges of the call. UNKNOWN where it
    cannot be said.
    """
    ends_with = Role.UNKNOWN if before is None else turns[before].role
    if after is None:
        # Whoever picks up speaks first.
        return (Role.AGENT if ends_with is not Role.UNKNOWN else Role.UNKNOWN), False
    if before is None:
        return Role.UNKNOWN, False
    last = turns[after]
    if last.role is Role.UNKNOWN or ends_with is Role.UNKNOWN:
        return Role.UNKNOWN, False
    if last.role is Role.CUSTOMER:
        return _after_customer(turns, after, ends_with)
    return _after_agent(last.text, ends_with, turns[before].text)


def _after_agent(text: str, ends_with: Role, next_text: str) -> tuple[Role, bool]:
    if announces_wait(text):
        return Role.AGENT, True
    sentences = [sentence for sentence in re.split(r"(?<=[。？！?!；;])", text) if spoken(sentence).chars]
    last = sentences[-1] if sentences else text
    if _OWN_ACTION.search(last) and not last.endswith(("？", "?")):
        # 我看一下有没有端口 asks nothing.
        return Role.AGENT, False
    if _QUESTION.search(last.rstrip("。，,. ")):
        # Whoever gets no answer asks again; going on instead means that an answer was not heard.
        answered = ends_with is Role.AGENT and not _ASKS_AGAIN.search(next_text)
        return (Role.UNKNOWN if answered else Role.CUSTOMER), False
    # A statement leaves the floor open; it belongs to whoever takes it.
    return ends_with, False


def _after_customer(turns: Sequence[Turn], after: int, ends_with: Role) -> tuple[Role, bool]:
    text = turns[after].text
    before_it = turns[after - 1].text if after > 0 and turns[after - 1].role is Role.AGENT else ""
    announced = announces_wait(before_it) and len(spoken(text).chars) <= 2 * _LONGEST_BACK_CHANNEL
    if announced:
        return Role.AGENT, True
    if not _QUESTION.search(text) and _CUSTOMER_ACTS.search(text):
        return Role.CUSTOMER, False
    if is_back_channel(text) and ends_with is Role.CUSTOMER:
        asked = _ASKED_TO_ACT.search(before_it) is not None and not _OWN_ACTION.search(before_it)
        return (Role.CUSTOMER if asked else Role.AGENT), False
    return Role.AGENT, False
