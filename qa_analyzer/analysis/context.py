"""How a hit was meant: said outright, denied, quoted, asked or supposed.

General Mandarin grammar, by cue words and the clause they govern, so that it also works where a recogniser leaves out
the punctuation. Rules and complaint tags ask here instead of each author writing his own exceptions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class CueKind(StrEnum):
    """What a cue does to the words it governs."""

    NEGATION = "negation"
    QUOTATION = "quotation"
    QUESTION = "question"
    HYPOTHESIS = "hypothesis"


@dataclass(frozen=True, slots=True)
class Cue:
    """The words that decide, with their offsets in the turn's text."""

    kind: CueKind
    text: str
    char_start: int
    char_end: int


@dataclass(frozen=True, slots=True)
class Context:
    """How the words of a hit were meant.

    ``negated``: denied, or forbidden. ``quoted``: another's words, or words talked about. ``question``: asked whether it
    is so (a question for cause or time takes it as given and is none; nor is a rhetorical one). ``hypothetical``:
    supposed, not its consequence.
    """

    negated: bool = False
    quoted: bool = False
    question: bool = False
    hypothetical: bool = False
    cues: tuple[Cue, ...] = ()

    @property
    def asserted(self) -> bool:
        """True where the words are the speaker's own and meant."""
        return not (self.negated or self.quoted or self.question or self.hypothetical)


# --- where clauses end ---------------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[。！？!?；;…\n]")
# Recognisers leave commas out: a particle before a new subject, or a conjunction, ends a clause as well.
_CLAUSE_END = re.compile(
    r"[，,。！？!?；;：:…\n\s]|(?<=[了吧呢啊吗嘛呀哦啦哈])(?=[我您你他她这那咱请])"
    r"|(?=但是|不过|可是|然后|所以|而是|只不过|另外)"
)

# --- negation --------------------------------------------------------------------------------------------------------

# Words that hold a negation's character without denying what follows.
_NO_NEGATION = re.compile(
    r"不好意思|对不起|不客气|没关系|没事儿?|没问题|没办法|没辙|没错|没准儿?|没完没了|差不多|了不起|来不及|说不定|不得不|不得已"
    r"|不由得|不管|不论|不但|不仅|不光|不单|不只|不止|不过|不如|不然|要不是|要不|不同|不少|不断|不久|不一定|不禁|不免|不愧|不料"
    r"|不满|不错|不用说|不是我说|不瞒|无论|无线|无限|无故|无缘无故|无比|无非|非常|除非|是非|非得|非要|非凡"
    r"|特别|级别|区别|分别|性别|个别|告别|类别|辨别|识别|别人|别的|别家|别处|别说|未来|未免|未必不|莫名|没收|沉没|淹没"
    r"|动不动|好不容易|冷不丁|不知不觉|不就是|可不是|岂不|何不|怎么不|为什么不|为何不|干嘛不|干吗不|忍不住|恨不得|巴不得|不停|不住地"
)
_A_NOT_A = re.compile(
    r"(是|有|能|会|要|好|行|对|可|可以|肯|该|想|用|需|需要|愿|应|懂|知|方便)[不没]\1(?:以|有|要|道|该)?"
)
_NEGATOR = re.compile(
    r"并不是|并没有?|并非|绝不|绝对不|决不|从不|从来不|从来没有?|不可能|不可以|不应该|不需要|不至于|不存在|不允许|不打算|不会|不能|不用|不必|不要"
    r"|不该|不敢|不想|不是|不准|不许|不得|不让|没有|没想|无需|无须|无意|请勿|切勿|严禁|禁止|杜绝|避免|拒绝|怎么可能|怎么会|怎么敢|哪会|哪能|哪敢|哪有"
    r"|谁说|不|没|别|甭|勿|未"
)
# What may stand between a negation and what it denies: helpers, persons, prepositions, adverbs; never a verb of its own.
_TRANSPARENT = re.compile(
    r"(?:可以|可能|应该|需要|愿意|允许|打算|至于|存在|故意|随便|轻易|主动|直接|随意|擅自|私自|真的|真|那么|这么|任何|什么|客户|用户|自己|人家"
    r"|别人|他们|我们|你们|她们|咱们|大家|一个|一次|这个|那个|这种|那种|这样|那样|现在|今天|以后|马上|立刻|因为|为了|由于|一直|就是|听说|感觉|觉得"
    r"|您|你|我|他|她|咱|它|会|能|要|想|用|必|敢|准|许|让|叫|给|把|被|对|跟|和|向|为|帮|替|找|问|说|讲|提|去|来|在|再|又|还|都|也|就|是|太|很"
    r"|有|人|谁|过|到|得|着|的|乱|光|只|单|像|先|多|跑|当|这|那|个|啊|呀|那|嗯)*"
)
_REACH = 14
# A ban on doing it again takes it as given: 别再打电话骚扰我.
_AGAIN = re.compile(r"(?:再|老是|老|总是|总|一直|又|天天|每天|整天|成天|动不动)")
_BANS = frozenset(("别", "不要", "甭", "不准", "不许", "勿", "请勿", "切勿", "不能", "不用"))
_DENIED_AFTER = re.compile(
    r"(?:的话|这事|什么的)?(?:我|倒|就|也|是|那|都|先|还|倒是)*(?:不用了?|不必|不需要|算了|免了|不至于|谈不上|没必要|没有的事|不存在)"
)
_RHETORICAL_END = re.compile(r"[吗嘛么]")

# --- quotation -------------------------------------------------------------------------------------------------------

_QUOTE_MARKS = (("“", "”"), ("「", "」"), ("『", "』"), ("‘", "’"), ("﹁", "﹂"), ('"', '"'))
_OTHERS = r"(?:您|你们?|他们?|她们?|客户|用户|同事|师傅|人家|别人|有人|对方|客服|坐席|姑娘|小伙子|营业员|营业厅|经理|领导|主管|那边|人工|机器人|前面那个|上一个|谁)"
_BETWEEN = r"(?:刚才|刚刚|刚|之前|以前|上次|上回|当时|昨天|前天|那天|又|还|老是|老|总是|总|都|就|一直|也|非|直接|后来|跟我们?|对我们?|给我们?|和我们?|与我们?|是|要|在|电话里|来)"
_SAID = r"(?:说|讲|问|反映|提到|提的|提出|表示|告诉我们?|通知我们?|回我|回复我们?|答复我们?|回答我?|骂|喊|嚷|声称|保证|承诺)"
_REPORT = re.compile(
    rf"{_OTHERS}{_BETWEEN}{{0,4}}{_SAID}|(?:跟|对|和|给|与)我们?(?:说|讲|保证|承诺|解释)|告诉我|通知我|回复我|听说|据说"
)
# The invitation to speak, and talk about how something is said, report nothing.
_NO_REPORT_AFTER = re.compile(
    r"(?:吧|一下|一说|说看|清楚|慢|完|怎么|呢|啊|话|得|不|明白|明|到|什么时候|对|好|多)"
)
_SELF_REPROACH = re.compile(r"(?:你说你|您说您|你说说你|您说说您)$")
_CONFIRMED = re.compile(r"(?:对吗|对吧|是吗|是吧|是不是|对不对|没错吧)")
_WORDS_ABOUT = re.compile(r"(?:什么叫做?|何为|所谓的?|啥叫|叫做|写着|写的是|显示|提示)(?:的|是)?$")
_THESE_WORDS = re.compile(
    r"[”」』’\"]?(?:这种|这样的?|这句|那种|那样的?|那句|这|那|之类的?|等)(?:些|个)?(?:话|词|说法|字眼|语气)"
)
_REPORT_REACH = 24

# --- question and supposition ----------------------------------------------------------------------------------------

_ASKED_BEFORE = re.compile(
    r"是不是|有没有|能不能|会不会|要不要|可不可以|是否|能否|可否|有无|该不该|想不想|需不需要|用不用"
)
_ASKED_AFTER = re.compile(
    r"(?:吗|没有|不是|是吧|对吧|好吧|行吧|是不是|对不对|好不好|行不行|可不可以|有没有|[吧呢么嘛]?[?？])"
)
_NOT_PARTICLE = re.compile(r"[什怎那这多要]$")
_HYPOTHESIS = re.compile(
    r"如果|要是|假如|假设|假使|倘若|若是|万一|一旦|比如|例如|打个比方|即使|就算|哪怕|除非|若(?=[您你我他是有无需])"
)
_NO_HYPOTHESIS = re.compile(r"[主只需重]$")
_CONSEQUENCE = re.compile(r"[，,；;]|就(?!是|算)|那(?!个|种|边|些|里|样)|的话")
_SUPPOSED_AFTER = re.compile(r"(?<![说讲您你我他她们骂听])的话")
_SUPPOSITION_REACH = 24


def context_of(text: str, char_start: int, char_end: int) -> Context:
    """Tell how ``text[char_start:char_end]`` was meant in its turn."""
    sentence_start = _last_end(_SENTENCE_END, text, char_start)
    sentence_end = _next_start(_SENTENCE_END, text, char_end)
    clause_start = max(sentence_start, _last_end(_CLAUSE_END, text, char_start))
    clause_end = min(sentence_end, _next_start(_CLAUSE_END, text, char_end))
    # The mark that ends the sentence tells whether it asks.
    asked_end = (
        min(len(text), clause_end + 1) if text[clause_end : clause_end + 1] in ("?", "？") else clause_end
    )
    negation = _negation(text, clause_start, char_start, char_end, clause_end)
    quotation = _quotation(text, sentence_start, char_start, char_end, sentence_end)
    question = _question(text, clause_start, char_start, char_end, asked_end)
    hypothesis = _hypothesis(text, sentence_start, char_start, char_end, clause_end)
    return Context(
        negated=negation is not None,
        quoted=quotation is not None,
        question=question is not None,
        hypothetical=hypothesis is not None,
        cues=tuple(cue for cue in (negation, quotation, question, hypothesis) if cue is not None),
    )


def _last_end(boundary: re.Pattern[str], text: str, before: int) -> int:
    return max((found.end() for found in boundary.finditer(text, 0, before)), default=0)


def _next_start(boundary: re.Pattern[str], text: str, after: int) -> int:
    found = boundary.search(text, after)
    return len(text) if found is None else found.start()


def _cue(kind: CueKind, found: re.Match[str]) -> Cue:
    return Cue(kind, found.group(), found.start(), found.end())


def _negation(text: str, clause_start: int, start: int, end: int, clause_end: int) -> Cue | None:
    from_here = max(clause_start, start - _REACH)
    # The blanked text keeps every offset; the idioms and A-not-A questions in it deny nothing.
    before = text[:start]
    for harmless in (_NO_NEGATION, _A_NOT_A):
        before = harmless.sub(lambda found: "＿" * len(found.group()), before)
    denial: re.Match[str] | None = None
    count = 0
    reached = start
    for found in reversed(list(_NEGATOR.finditer(before, from_here))):
        between = before[found.end() : reached]
        if not _TRANSPARENT.fullmatch(between):
            break
        if found.group() in _BANS and _AGAIN.match(text, found.end()):
            break
        if found.group().endswith("不是") and _RHETORICAL_END.search(text, end, clause_end):
            break
        denial, count, reached = denial or found, count + 1, found.start()
    if denial is not None and count % 2 == 1:
        return _cue(CueKind.NEGATION, denial)
    if denial is None:
        after = _DENIED_AFTER.match(text, end, clause_end)
        return None if after is None else _cue(CueKind.NEGATION, after)
    return None


def _quotation(text: str, sentence_start: int, start: int, end: int, sentence_end: int) -> Cue | None:
    for opening, closing in _QUOTE_MARKS:
        if opening == closing:
            if text.count(opening, 0, start) % 2 == 1 and closing in text[end:]:
                place = text.rindex(opening, 0, start)
                return Cue(CueKind.QUOTATION, opening, place, place + 1)
            continue
        place = text.rfind(opening, 0, start)
        if place >= 0 and closing not in text[place:start] and closing in text[end:]:
            return Cue(CueKind.QUOTATION, opening, place, place + 1)
    after = _THESE_WORDS.match(text, end, sentence_end)
    if after is not None:
        return _cue(CueKind.QUOTATION, after)
    about = _WORDS_ABOUT.search(text, max(sentence_start, start - 8), start)
    if about is not None:
        return _cue(CueKind.QUOTATION, about)
    reports = list(_REPORT.finditer(text, max(sentence_start, start - _REPORT_REACH), start))
    for report in reversed(reports):
        if _NO_REPORT_AFTER.match(text, report.end()) and report.end() < start:
            continue
        # 你说你烦不烦 scolds; 您说您要退订对吗 repeats the other's words.
        own = _SELF_REPROACH.search(text[: report.end() + 1]) or text[report.end() : report.end() + 1] in (
            "你",
        )
        if own and not _CONFIRMED.search(text, end, sentence_end):
            continue
        return _cue(CueKind.QUOTATION, report)
    return None


def _question(text: str, clause_start: int, start: int, end: int, asked_end: int) -> Cue | None:
    clause = text[clause_start:asked_end]
    if re.search(r"不是|难道|不就|还不|没看见|怎么|为什么|为啥|凭什么|干嘛|什么时候|多久", clause):
        # Rhetorical, or asks for the cause or time of something taken as given.
        asked = re.search(r"是不是|有没有", clause)
        if asked is None:
            return None
    before = None
    for before in _ASKED_BEFORE.finditer(text, clause_start, start):
        pass
    if before is not None:
        return _cue(CueKind.QUESTION, before)
    for after in _ASKED_AFTER.finditer(text, end, asked_end):
        tail = text[after.end() : asked_end]
        if len(tail.rstrip("啊呀呢?？")) == 0 and not (
            after.group() == "么" and _NOT_PARTICLE.search(text[: after.start()])
        ):
            return _cue(CueKind.QUESTION, after)
    return None


def _hypothesis(text: str, sentence_start: int, start: int, end: int, clause_end: int) -> Cue | None:
    for found in reversed(
        list(_HYPOTHESIS.finditer(text, max(sentence_start, start - _SUPPOSITION_REACH), start))
    ):
        if _NO_HYPOTHESIS.search(text[: found.start()]):
            continue
        if not _CONSEQUENCE.search(text, found.end(), start):
            return _cue(CueKind.HYPOTHESIS, found)
    after = _SUPPOSED_AFTER.search(text, end, min(clause_end, end + _SUPPOSITION_REACH))
    return None if after is None else _cue(CueKind.HYPOTHESIS, after)
