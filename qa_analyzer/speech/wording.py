"""How recognised words are written: simplified characters, full-width punctuation inside Chinese.

Whisper parts phrases by spaces as often as by commas; between Chinese characters both become ``，``.
Words are never replaced: the matching by sound in later rooms relies on what was heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from qa_analyzer.speech.transcript import Word

if TYPE_CHECKING:
    from opencc import OpenCC

FULL_WIDTH = str.maketrans({",": "，", "?": "？", "!": "！", ";": "；", ":": "："})
HAN = re.compile(r"[㐀-鿿豈-﫿]")
MARKS = "，。？！；：、,.?!;:… "
# Taiwanese text writes the particle 着 as 著; the table for simplified characters keeps 著, as it is also a
# word.
PARTICLE = re.compile(r"著(?![名作述称])(?<![显编原译专论巨合]著)|(?<=[合显])著(?=[急我你您他她])")


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Return simplified characters, one for one, so that positions stay."""
    if not HAN.search(text):
        return text
    converter = _converter()
    whole = str(converter.convert(text))
    if len(whole) != len(text):
        whole = "".join(str(converter.convert(char))[:1] or char for char in text)
    return PARTICLE.sub("着", whole)


def written(words: Iterable[Word]) -> tuple[Word, ...]:
    """Return the words as they are shown; joining their texts gives the text of the turn."""
    words = tuple(words)
    whole = simplified("".join(word.text for word in words))
    shown: list[Word] = []
    position = 0
    for word in words:
        text = whole[position : position + len(word.text)]
        position += len(word.text)
        before = shown[-1].text if shown else ""
        if text.startswith(" ") and HAN.match(text.lstrip()[:1]):
            text = text.lstrip()
            if HAN.match(before[-1:]):
                shown[-1] = replace(shown[-1], text=before + "，")
        if HAN.match((before + text).rstrip(MARKS)[-1:]):
            text = text.translate(FULL_WIDTH)
        if not shown:
            text = text.lstrip(MARKS)
        if text and not text.strip(MARKS) and shown:  # punctuation belongs to the word before it
            shown[-1] = replace(shown[-1], text=shown[-1].text.rstrip(MARKS) + text.strip())
        elif text:
            shown.append(replace(word, text=text))
    return tuple(shown)


def joined(words: Iterable[Word]) -> str:
    """Return the text of written words."""
    return "".join(word.text for word in words).strip()


def with_pause_mark(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the words with a comma after the last, where a pause follows and no mark stands yet."""
    if not words or words[-1].text[-1:] in MARKS:
        return words
    return (*words[:-1], replace(words[-1], text=words[-1].text.rstrip() + "，"))
