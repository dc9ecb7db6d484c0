"""Mandarin text as it sounds: what was said, without the spelling habits of whoever wrote it down.

Every form keeps the way back to the original, because evidence quotes the transcript as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import cast

from opencc import OpenCC
from pypinyin import Style
from pypinyin import pinyin as pypinyin_of

# Remarks of transcribers and chat clients, [听不清] or [微笑], are not speech.
_REMARK = re.compile(r"[\[［][^\[\]［］]{1,8}[\]］]")
_SENTENCE_ENDS = frozenset("。！？!?；;…\n")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")

DIGIT_READINGS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))


@dataclass(frozen=True, slots=True)
class SpokenText:
    """What was said: ``chars`` is NFKC, simplified, lower case, without punctuation, spaces or emoji.

    ``offsets[i]`` is the index in ``original`` of ``chars[i]``. ``breaks`` holds the indexes in ``chars``
    before which the original ends a sentence.
    """

    original: str
    chars: str
    offsets: tuple[int, ...]
    breaks: frozenset[int] = frozenset()

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in ``original`` of ``chars[start:end]``; ``end`` must lie after ``start``."""
        return self.offsets[start], self.offsets[end - 1] + 1


@lru_cache(maxsize=4096)
def spoken(text: str) -> SpokenText:
    """Reduce a text to what was said, keeping where each character stood."""
    said = list(map(_plain, text))
    ends = [index for index, char in enumerate(text) if char in _SENTENCE_ENDS]
    for remark in _REMARK.finditer(text):
        start, end = remark.span()
        said[start:end] = [""] * (end - start)
        ends = [index for index in ends if not start <= index < end]
    chars = "".join(said)
    offsets = tuple(index for index, plain in enumerate(said) for _ in plain)
    breaks = {bisect_left(offsets, index) for index in ends} - {0, len(chars)}
    return SpokenText(text, chars, offsets, frozenset(breaks))


@cache
def _opencc() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=65536)
def _plain(char: str) -> str:
    """Return the spoken form of one character: none for punctuation, several for a ligature."""
    plain: list[str] = []
    for part in unicodedata.normalize("NFKC", char):
        if unicodedata.category(part)[0] not in "LN":
            continue
        simplified = _opencc().convert(part) if _HAN.match(part) else part.lower()
        # A dictionary may answer one character with two; the alignment is worth more than that spelling.
        plain.append(simplified if len(simplified) == 1 else part)
    return "".join(plain)


def han_count(text: str) -> int:
    """Count the Han characters of a text."""
    return len(_HAN.findall(text))


MASK = "*"
"""Stands for a character of personal data that was not kept."""


def spoken_length(text: str) -> int:
    """Count the syllables of a text.

    Han characters and digits are one each; a Latin word counts by its letters when short, else by its vowels.
    Remarks in square brackets and punctuation are not spoken; a masked character was.
    """
    chars = spoken(text).chars
    latin = sum(_latin_syllables(word) for word in re.findall(r"[a-z]+", chars))
    return han_count(chars) + sum(char.isdigit() for char in chars) + latin + text.count(MASK)


def _latin_syllables(word: str) -> int:
    """Count syllables: short words are spelled out (APP, VIP, WIFI is close enough), long ones are read."""
    return len(word) if len(word) <= 3 else max(1, len(re.findall(r"[aeiouy]+", word)))


@dataclass(frozen=True, slots=True, order=True)
class Syllable:
    """One pinyin syllable without its tone mark; ``tone`` is 1 to 5, 5 is neutral."""

    base: str
    tone: int


# Readings that speech uses besides the one a dictionary puts first. Only common ones: every further reading
# is a further way to match by mistake.
_READINGS = (
    "一=yao1 1=yao1 了=liao3 都=dou1 行=hang2 长=chang2/zhang3 重=chong2 还=huan2/hai2"
    " 得=de5/dei3/de2 地=di4/de5 着=zhao2/zhe5 没=mei2 给=gei3 乐=yue4 调=diao4/tiao2 差=cha4/chai1"
    " 数=shu3 处=chu3 觉=jiao4 为=wei2 会=kuai4 系=ji4 量=liang2 单=dan1 结=jie1 假=jia4 空=kong4"
    " 强=qiang3 便=pian2 分=fen4 发=fa4 应=ying4 更=geng1 教=jiao1 好=hao4 只=zhi1 转=zhuan4 载=zai3"
    " 当=dang4 传=zhuan4 号=hao2 参=shen1 卡=qia3 哪=nei3 那=nei4 这=zhei4 谁=shui2 说=shui4"
    " 降=xiang2 露=lou4 薄=bao2 弹=dan4 称=chen4 率=shuai4 校=jiao4 弄=nong4 的=di4 和=huo5 啥=sha2"
    " 什=shen2 么=me5 吗=ma5 们=men5 呢=ne5 吧=ba5 啊=a5 嗯=en4 呃=e4 喂=wei2/wei4 累=lei3 切=qie1"
    " 答=da1 间=jian4 相=xiang4 几=ji1 少=shao4 打=da3 大=dai4 血=xie3 散=san3 背=bei1 盛=cheng2"
    " 模=mu2 似=shi4 奇=ji1 角=jue2 塞=sai1 刷=shua4 挨=ai2 扎=zha1 折=she2 担=dan4 据=ju1 滚=gun3"
    " 骂=ma4 您=nin2 她=ta1 它=ta1 落=la4/lao4 看=kan1 尽=jin3"
)
_ALSO_READ = {pair[0]: tuple(pair[2:].split("/")) for pair in _READINGS.split()}


@lru_cache(maxsize=65536)
def readings_of(char: str) -> tuple[Syllable, ...]:
    """Return the syllables one character may be read as, the usual one first.

    Digits are read out (1 also as 幺). A Latin letter or an unknown character is its own syllable, tone 5.
    """
    han = DIGIT_READINGS.get(char, char)
    if not _HAN.match(han):
        return (Syllable(char, 5),)
    written = pypinyin_of(han, style=Style.TONE3, heteronym=False, neutral_tone_with_five=True, v_to_u=False)[
        0
    ][0]
    found = [_syllable(written)]
    found += [_syllable(reading) for reading in _ALSO_READ.get(char, _ALSO_READ.get(han, ()))]
    return tuple(dict.fromkeys(found))


def _syllable(written: str) -> Syllable:
    if written[-1:].isdigit():
        return Syllable(written[:-1], int(written[-1]))
    return Syllable(written, 5)


def pinyin_of(chars: str) -> tuple[str, ...]:
    """Return one toneless syllable a character, read in context; Latin letters stand for themselves."""
    return tuple(syllable.base for syllable in syllables_of(chars))


# What pypinyin cannot read comes back as it is; a list keeps that one item a character, though its types say
# str.
_ONE_BY_ONE = cast(Callable[[str], str], list)


@lru_cache(maxsize=4096)
def syllables_of(chars: str) -> tuple[Syllable, ...]:
    """Return one syllable a character with its tone, read in context (银行 yin hang, 不行 bu xing)."""
    han = "".join(DIGIT_READINGS.get(char, char) for char in chars)
    read = pypinyin_of(
        han, style=Style.TONE3, heteronym=False, neutral_tone_with_five=True, v_to_u=False, errors=_ONE_BY_ONE
    )
    return tuple(_syllable(choice[0]) for choice in read)


def sequence_probability(probabilities: Sequence[float] | None, start: int, end: int) -> float | None:
    """Return the mean recogniser probability of ``chars[start:end]``; None where none is known."""
    if probabilities is None or end <= start:
        return None
    return sum(probabilities[start:end]) / (end - start)
