"""Personal numbers, written or spoken digit by digit, also when dictated over several turns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa_analyzer.analysis.floor import is_back_channel
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Turn


class PiiKind(StrEnum):
    """What kind of personal datum a stretch of text holds."""

    PHONE = "phone"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    NUMBER = "number"  # a long number that somebody dictates, of unknown kind
    CREDENTIAL = "credential"  # a password or a verification code
    NAME = "name"
    ADDRESS = "address"
    EMAIL = "email"
    PLATE = "plate"


@dataclass(frozen=True, slots=True, order=True)
class PiiSpan:
    """A personal datum in one turn; offsets are into the turn's text."""

    turn_index: int
    char_start: int
    char_end: int
    kind: PiiKind


_DIGIT_OF = {
    **dict(zip("0123456789", "0123456789", strict=True)),
    **dict(zip("０１２３４５６７８９", "0123456789", strict=True)),
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    "〇": "0", "幺": "1", "两": "2", "洞": "0", "拐": "7", "勾": "9",
    "壹": "1", "贰": "2", "叁": "3", "肆": "4", "伍": "5", "陆": "6", "柒": "7", "捌": "8", "玖": "9",
}  # fmt: skip
# Code words for digits are other words as well; they count only between plain digits.
_CODE_WORDS = frozenset("洞拐勾两")
_DIGIT = "[" + "".join(sorted(_DIGIT_OF)) + "]"
# What people say while they read a number out.
_BETWEEN = r"(?:[\s\-－—·,，、。.…]|嗯|呃|啊|哎|额|然后|后面是?|接着|再|就是|那个){0,4}"
_RUN = re.compile(rf"{_DIGIT}(?:{_BETWEEN}(?:{_DIGIT}|[xX叉](?![a-zA-Z])))*")
# 两百, 三十, 五块: figures with a unit are amounts, not dictated numbers.
_UNIT_AFTER = re.compile(
    r"\s*(?:[十百千万亿点元块毛角分兆GMgm%％]|GB|MB|个|天|年|月|日|号(?!码)|次|小时|分钟|秒|岁|折|度|层楼"
    r"|条|张|笔|家)"
)
_OWN_NUMBERS = re.compile(
    r"(?:工单|订单|单|流水|受理|工|编|投诉|预约|快递|运单|批次|版本)(?:号码?|编号)(?:[是为:：\s]|就)*$"
)
_SECRET = re.compile(
    r"(?:验证码|校验码|动态码|随机码|密码|口令|PUK码?|PIN码?)(?:[是为:：,，\s]|就|应该|现在|短信|收到|叫"
    r"|呢|啊|的|我|给您?|念)*$",
    re.IGNORECASE,
)
_PHONE_WORDS = re.compile(r"(?:电话|手机|号码|座机|固话|联系方式|回拨|拨打?)[^。！？]{0,8}$")
_ACCOUNT = re.compile(r"(?:QQ|微信|支付宝|账户|账号|帐号|卡号|证件|身份证)[^。！？]{0,8}$", re.IGNORECASE)
_PUBLIC = re.compile(
    r"(?:10(?:000|010|086|099|011|060)(?:\d{1,3})?|123\d\d|1231[58]|12345|95\d{3,4}|96\d{3,4}|11[049]"
    r"|12[02]|[48]00\d{7})"
)
_PHONE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}")
_ID_CARD = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_OLD_ID_CARD = re.compile(r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# Sayings made of digits.
_IDIOM = re.compile(
    "三三两两|一五一十|三五成群|一来二去|不三不四|丢三落四|七上八下|乱七八糟|五花八门|四面八方|三番五次|三番两次|一干二净"
)
#: A dictated number of at least this many digits belongs to somebody.
_LONG = 7
#: A part of a personal number, read back, of at least this many digits is masked as well.
_PART = 4
#: A fragment this short inside a sentence is no part of a dictation.
_FRAGMENT = 2
#: Words around the digits of a turn that is mostly dictation.
_SMALL_TALK = 10


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits said in a row: the turn, the place of each digit in its text, and the digits."""

    turn_index: int
    role: Role
    places: tuple[int, ...]
    digits: str
    spoken: bool


def id_card_valid(number: str) -> bool:
    """Check the last character of an 18-character identity number (GB 11643)."""
    if _ID_CARD.fullmatch(number) is None:
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False)) % 11
    return "10X98765432"[rest] == number[-1]


def luhn_valid(number: str) -> bool:
    """Check the last digit of a card number (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def kind_of_number(digits: str) -> PiiKind | None:
    """Return the kind of a whole number by its form and check digit; None where the form tells nothing."""
    if id_card_valid(digits) or _ID_CARD.fullmatch(digits) or _OLD_ID_CARD.fullmatch(digits):
        # A recogniser may have misheard one digit; the embedded birthday still tells.
        return PiiKind.ID_CARD
    if _PHONE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return PiiKind.PHONE
    if 16 <= len(digits) <= 19 and digits.isdigit() and digits[0] in "34569" and luhn_valid(digits):
        return PiiKind.BANK_CARD
    return None


def find_numbers(turns: Sequence[Turn]) -> list[PiiSpan]:
    """Return personal numbers, those split over turns, and repetitions of their parts."""
    runs = [run for turn in turns for run in _runs(turn)]
    by_index = {turn.index: turn for turn in turns}
    spans: list[PiiSpan] = []
    personal: list[tuple[str, PiiKind]] = []
    used: set[int] = set()
    for chain in _chains(runs, turns):
        digits = "".join(run.digits for run in chain)
        kind = _judge(digits, chain, by_index)
        if kind is not None:
            personal.append((digits, kind))
            used.update(id(run) for run in chain)
            spans += [PiiSpan(run.turn_index, run.places[0], run.places[-1] + 1, kind) for run in chain]
    for run in runs:
        if id(run) in used or len(run.digits) < _PART or _PUBLIC.fullmatch(run.digits):
            continue
        for digits, kind in personal:
            if run.digits in digits and kind is not PiiKind.CREDENTIAL:
                spans.append(PiiSpan(run.turn_index, run.places[0], run.places[-1] + 1, kind))
                break
    return spans


def _runs(turn: Turn) -> Iterator[DigitRun]:
    text = _IDIOM.sub(lambda found: "＿" * len(found.group()), turn.text)
    for found in _RUN.finditer(text):
        end = _before_unit(turn.text, found.start(), found.end())
        places = [place for place in range(found.start(), end) if _is_digit(turn.text, place, found.start())]
        digits = "".join(_DIGIT_OF.get(turn.text[place], "X") for place in places)
        if digits:
            spoken = any(turn.text[place] in "零一二三四五六七八九幺〇" for place in places)
            yield DigitRun(turn.index, turn.role, tuple(places), digits, spoken)


def _is_digit(text: str, place: int, first: int) -> bool:
    return text[place] in _DIGIT_OF or (text[place] in "xX叉" and place > first)


def _before_unit(text: str, start: int, end: int) -> int:
    """Return where a run ends when its last digits carry a unit: 尾号一二三四，三十块 ends before 三."""
    if _UNIT_AFTER.match(text, end) is None:
        return end
    cut = end - 1
    while cut > start and text[cut - 1] in _DIGIT_OF:
        cut -= 1
    # Eleven digits and 号 are still a telephone number; a short last group with a unit is not part of it.
    return end if sum(char in _DIGIT_OF for char in text[cut:end]) >= _LONG else cut


def _chains(runs: Sequence[DigitRun], turns: Sequence[Turn]) -> Iterator[list[DigitRun]]:
    """Join runs that one speaker dictates over several turns; every run is in exactly one chain."""
    positions = {turn.index: position for position, turn in enumerate(turns)}
    open_chains: dict[Role, list[DigitRun]] = {}
    for run in runs:
        chain = open_chains.get(run.role)
        if chain is not None and _continues(chain, run, turns, positions):
            chain.append(run)
            continue
        if chain is not None:
            yield chain
        open_chains[run.role] = [run]
    yield from open_chains.values()


def _continues(
    chain: Sequence[DigitRun], run: DigitRun, turns: Sequence[Turn], positions: dict[int, int]
) -> bool:
    last = chain[-1]
    if last.turn_index == run.turn_index or _PUBLIC.fullmatch(last.digits) or _PUBLIC.fullmatch(run.digits):
        return False
    whole = kind_of_number("".join(part.digits for part in chain))
    if whole not in (None, PiiKind.BANK_CARD) or len(last.digits) < _FRAGMENT or len(run.digits) < _FRAGMENT:
        return False
    first, second = positions[last.turn_index], positions[run.turn_index]
    after = turns[first].text[last.places[-1] + 1 :]
    before = turns[second].text[: run.places[0]]
    if len(after) > _SMALL_TALK or len(before) > _SMALL_TALK:
        return False
    return second - first <= 2 and all(
        turn.role is not run.role and _only_listens(turn) for turn in turns[first + 1 : second]
    )


def _only_listens(turn: Turn) -> bool:
    rest = _RUN.sub("", turn.text)
    return is_back_channel(rest) or len(rest) <= _SMALL_TALK


def _judge(digits: str, chain: Sequence[DigitRun], turns: dict[int, Turn]) -> PiiKind | None:
    first = chain[0]
    before = turns[first.turn_index].text[: first.places[0]]
    if _SECRET.search(before) and 4 <= len(digits) <= 8:
        return PiiKind.CREDENTIAL
    if _PUBLIC.fullmatch(digits):
        return None
    kind = kind_of_number(digits)
    if _OWN_NUMBERS.search(before) and not id_card_valid(digits):
        return None
    if kind is not None:
        return kind
    for form, inner in ((_ID_CARD, PiiKind.ID_CARD), (_PHONE, PiiKind.PHONE), (_LANDLINE, PiiKind.PHONE)):
        # Repeated or corrected digits around a number: 一三八不对一三九 and so on.
        if form.search(digits):
            return inner
    if len(digits) >= _LONG and (first.spoken or _PHONE_WORDS.search(before) or _ACCOUNT.search(before)):
        return PiiKind.PHONE if _PHONE_WORDS.search(before) and len(digits) <= 12 else PiiKind.NUMBER
    if len(digits) >= 5 and _ACCOUNT.search(before):
        return PiiKind.NUMBER
    return None
