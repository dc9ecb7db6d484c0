"""When a complaint that is mentioned is not made: denied, quoted, asked, imagined, or over and done with.

Customers dispute by rhetorical question (你们怎么又扣钱, 这不是骗人吗) and threaten by condition
(再不修我就转网). Both are complaints; only real questions, denials and suppositions are dismissed here.
"""

from __future__ import annotations

import re

from qa_analyzer.analysis.lexicon_patterns import PatternHit
from qa_analyzer.analysis.mandarin import SpokenText

_LOOK_BACK_CHARS = 18

_QUOTATION = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|\"[^\"]*\"")

_DENIAL = re.compile(
    r"(?:不是|并非|没有|没|哪有|哪里有|别|甭|不用|不会|不要|不算|不再|不想|从没|没再|不存在|不至于|不觉得|没觉得|没发现|不怎么|不太|不)"
    r"(?:说|要|想|因为|来|出现|发生|遇到|过|什么|觉得|很|太|怎么|算|是|再|会|去|打算|想着|准备|就|又|为了){0,3}$"
)
# 不是 … 吗, 这不是 …, 不就是 …: a rhetorical question affirms.
_RHETORICAL = re.compile(
    r"(?:这|那|可|还|岂|难道|你们)不(?:就)?是?|不就是|能不|不得不|差不多|要不|不光|不仅|不但|不止|不只|动不动|是不是"
)
_FINAL_PARTICLE = re.compile(r"^.{0,6}?[吗嘛么]")

_ASKED_BEFORE = re.compile(
    r"(?:会不会|是不是|有没有|要不要|需不需要|用不用|是否|能否|算不算|会否|什么情况(?:下)?(?:会|才)|怎么(?:样)?才?会)(?:.{0,8})$"
)
_ASKED_AFTER = re.compile(r"^.{0,4}?(?:吗|没有啊?$|么$|不会吧|不)(?:[啊呀]|$)")
_ACCUSING = re.compile(
    r"怎么|咋|为什么|为啥|凭什么|凭啥|干嘛|干吗|干什么|难道|不是|就这|这么|这样|还|又|老|总|一直|天天|有你们|好意思|合理|应该"
)

_SUPPOSED_BEFORE = re.compile(
    r"(?:如果|要是|假如|假设|假使|倘若|若是|万一|比如|比方|哪天|将来|以后(?:要|想|会|再)?|别又|别再又|怕|担心|省得|免得|以防|避免)(?P<rest>.*)$"
)
_SUPPOSED_AFTER = re.compile(r"^.{0,3}?(?:(?<![说讲您你我他她们骂听])的话|怎么办|咋办)")
# What turns a condition into a threat: the fault goes on, or nothing is done.
_THREAT = re.compile(r"再|还|不|没|解决|处理|这样|这么|老|总|继续")

_OVER = re.compile(
    r"(?:已经|后来|现在|早就|早|刚才|刚刚|这会儿?|今天|昨天|当天|第二天|都|也|就)(?:又|都|就|也|给|帮|全|自己|我|你们|你|人家|师傅){0,4}"
    r"(?:修好|弄好|搞好|处理好|解决|恢复|正常|好|通|退|补|查清楚|打消|没事|没问题|没再|可以|快多|挺好|好多)(?:回来|给我|好|过)?(?:了|啦)"
)
_DONE_FOR_ME = re.compile(
    r"(?:帮|给|替)我.{0,8}?(?:开通|办好|弄好|解决|修好|处理好|办成|调好|恢复|装好|搞定)了?"
)
_NOT_OVER = re.compile(
    r"又|但|可是|结果|还是|不过|没几天|没过|不到|才好|就又|再次|依然|仍|没好|不行|没用|什么时候|多久|几天|才能|能不能|吗"
)


def dismissal(spoken: SpokenText, hit: PatternHit, keep: tuple[str, ...]) -> str | None:
    """Return why a mention is none: quoted, negated, question, hypothetical or resolved; None when it counts.

    Contexts named in ``keep`` are not looked at; ``threat`` keeps conditional threats only.
    """
    sentence_start, sentence_end = _sentence(spoken, hit)
    before = spoken.chars[max(sentence_start, hit.start - _LOOK_BACK_CHARS) : hit.start]
    after = spoken.chars[hit.end : sentence_end]
    inside = spoken.chars[hit.start : hit.end]
    if "quoted" not in keep and _quoted(spoken, hit):
        return "quoted"
    if "negated" not in keep and _negated(spoken, hit, before, after):
        return "negated"
    if "question" not in keep and _asked(before, inside, after):
        return "question"
    if "hypothetical" not in keep and _supposed(before, after, threat_counts="threat" in keep):
        return "hypothetical"
    if "resolved" not in keep and _resolved(spoken.chars[hit.end : hit.end + 40]):
        return "resolved"
    return None


def _quoted(spoken: SpokenText, hit: PatternHit) -> bool:
    # Marks only: 客服说 … introduces what the customer reports, and reports are complaints as well.
    start, end = spoken.original_span(hit.start, hit.end)
    return any(match.start() < start and end <= match.end() for match in _QUOTATION.finditer(spoken.original))


def _sentence(spoken: SpokenText, hit: PatternHit) -> tuple[int, int]:
    start = max((place for place in spoken.breaks if place <= hit.start), default=0)
    end = min((place for place in spoken.breaks if place >= hit.end), default=len(spoken.chars))
    return start, end


def _negated(spoken: SpokenText, hit: PatternHit, before: str, after: str) -> bool:
    if _denies(before) and not (before.endswith("不是") and _FINAL_PARTICLE.match(after)):
        return True
    if len(hit.parts) == 1:
        return False
    # The predicate comes last: 网 … 不 … 卡.
    gap = spoken.chars[hit.parts[-2].end : hit.parts[-1].start]
    return _denies(gap)


def _denies(text: str) -> bool:
    match = _DENIAL.search(text)
    if match is None:
        return False
    return not any(rhetorical.end() > match.start() for rhetorical in _RHETORICAL.finditer(text))


def _asked(before: str, inside: str, after: str) -> bool:
    if _ACCUSING.search(before + inside):
        return _ASKED_BEFORE.search(before) is not None and "是不是又" not in before
    return _ASKED_BEFORE.search(before) is not None or _ASKED_AFTER.match(after) is not None


def _supposed(before: str, after: str, *, threat_counts: bool) -> bool:
    match = _SUPPOSED_BEFORE.search(before)
    if match is not None:
        return not (threat_counts and _THREAT.search(match["rest"]))
    return _SUPPOSED_AFTER.match(after) is not None


def _resolved(after: str) -> bool:
    match = _OVER.search(after) or _DONE_FOR_ME.search(after)
    return match is not None and not _NOT_OVER.search(after[: match.start()][-6:] + after[match.end() :])
