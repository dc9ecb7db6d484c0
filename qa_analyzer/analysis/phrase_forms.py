"""Spellings of the same words: digits one by one or as a number, and characters written either way."""

from __future__ import annotations

import re

import cn2an

# One spelling for digits and for characters that are chosen between without any difference in speech.
_SAME = str.maketrans("0123456789〇幺两她它牠妳帐", "零一二三四五六七八九零一二他他他你账")
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[零一二两三四五六七八九十百千万亿]+")
_UNITS = frozenset("十百千万亿")
_DIGIT_OF = str.maketrans("零一二两三四五六七八九", "01223456789")


def folded(chars: str) -> str:
    """Spell what sounds and means the same in one way, character by character (12315, 幺二三幺五)."""
    return chars.translate(_SAME)


def number_forms(chars: str) -> tuple[str, ...]:
    """Return the folded spellings of a phrase: 24小时 also as 二十四小时, 十二点 also as 12点."""
    forms = [folded(chars)]
    if _DIGITS.search(chars):
        forms.append(folded(_DIGITS.sub(lambda found: _read_out(found.group()), chars)))
    if any(char in _UNITS for char in chars):
        forms.append(folded(_NUMBER.sub(lambda found: _in_digits(found.group()), chars)))
    return tuple(dict.fromkeys(forms))


def number_readings(digits: str) -> tuple[str, ...]:
    """Return how a run of digits is said: digit by digit, with 幺 for 1, and as a number (10086, 24)."""
    plain = folded(digits)
    return tuple(dict.fromkeys((plain, plain.replace("一", "幺"), _read_out(digits))))


def _read_out(digits: str) -> str:
    if len(digits) > 1 and digits.startswith("0"):
        return folded(digits)
    # "smart" readings 一十二 are written; people say 十二.
    said = str(cn2an.an2cn(digits, "low")) if len(digits) <= 8 else folded(digits)
    return said.removeprefix("一") if said.startswith("一十") else said


def _in_digits(number: str) -> str:
    if not any(char in _UNITS for char in number) or number in _UNITS - {"十"}:
        return number
    try:
        return str(cn2an.cn2an(number, "smart"))
    except (ValueError, KeyError):  # the library stumbles over units without digits
        return number
