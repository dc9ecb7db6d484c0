"""Numbers written as digits, for reading and searching; the text itself stays as it was heard."""

from __future__ import annotations

import re

_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "幺": "1",
    "两": "2",
}
_ONE = "一二两三四五六七八九"
_ANY = "零〇十百千" + _ONE
# Three and more digits in a row are read out one by one: telephone numbers, amounts on an invoice.
_READ_OUT = re.compile(r"[零〇一二三四五六七八九幺]{3,}")
# Whole numbers below ten thousand. Beside further numerals it is an estimate (七八十, 四五百): left as it is.
_NUMBER = re.compile(
    rf"(?P<percent>百分之)?(?<![{_ANY}万亿])"
    rf"(?:(?P<thousands>[{_ONE}])千)?(?:零?(?P<hundreds>[{_ONE}])百)?"
    rf"(?:零?(?P<tens>[{_ONE}])?(?P<ten>十))?(?P<zero>零)?(?P<ones>[{_ONE}])?(?![{_ANY}])"
)
_FRACTION = re.compile(rf"点[{_ANY}]")


def with_digits(text: str) -> str:
    """Return a text with spoken numbers as digits: 幺三八零 is 1380, 二十四小时 24小时, 百分之五 5%.

    Numbers up to ten stay words, as most are no figures (一下, 十分抱歉), and so do estimates and percentages
    with a fraction: 百分之五点五 would be torn apart.
    """
    return _NUMBER.sub(_as_number, _READ_OUT.sub(_one_by_one, text))


def _one_by_one(found: re.Match[str]) -> str:
    return "".join(_DIGITS[char] for char in found.group())


def _as_number(found: re.Match[str]) -> str:
    part = {
        name: _DIGITS[char] for name, char in found.groupdict().items() if char in _DIGITS and name != "zero"
    }
    whole = found.group()
    if found["percent"] and (whole == "百分之" or _FRACTION.match(found.string, found.end())):
        return whole
    unit = 1000 if "thousands" in part else 100 if "hundreds" in part else 10 if found["ten"] else 1
    if (unit == 1 or whole == "十") and not found["percent"]:
        return whole
    tens = int(part.get("tens", "1")) if found["ten"] else 0
    value = int(part.get("thousands", "0")) * 1000 + int(part.get("hundreds", "0")) * 100 + tens * 10
    ones = int(part.get("ones", "0"))
    if found["zero"] and not ones:
        return whole
    # 一百五 is a hundred and fifty, 两千三 two thousand three hundred.
    last = 10 if found["ten"] or unit == 1 else 100 if "hundreds" in part else 1000
    shortened = ones and not found["zero"] and last > 10
    value += ones * (last // 10 if shortened else 1)
    return f"{value}%" if found["percent"] else str(value)
