"""How recognised words are written: simplified characters, full-width punctuation inside Chinese.

Whisper separates phrases by spaces as often as by commas; between Chinese characters both become ``，``. Words are
never replaced: the matching by sound in later rooms relies on what was heard.
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
CLOSING = "，。？！；：、,.?!;:…"


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Return simplified characters, one for one, so that positions stay."""
    converter = _converter()
    return "".join(str(converter.convert(char)) if HAN.match(char) else char for char in text)


def written(words: Iterable[Word]) -> tuple[Word, ...]:
    """Return the words as they are shown; joining their texts gives the text of the turn."""
    shown: list[Word] = []
    for word in words:
        text = simplified(word.text)
        before = shown[-1].text if shown else ""
        if text.startswith(" ") and HAN.match(text.lstrip()[:1]):
            text = text.lstrip()
            if HAN.match(before[-1:]):
                shown[-1] = replace(shown[-1], text=before + "，")
        if HAN.match((before + text).rstrip(CLOSING)[-1:]):
            text = text.translate(FULL_WIDTH)
        if not shown:
            text = text.lstrip(" " + CLOSING)
        if text and not text.strip(" " + CLOSING) and shown:  # punctuation belongs to the word before it
            shown[-1] = replace(shown[-1], text=shown[-1].text.rstrip(CLOSING + " ") + text.strip())
        elif text:
            shown.append(replace(word, text=text))
    return tuple(shown)


def joined(words: Iterable[Word]) -> str:
    """Return the text of written words."""
    return "".join(word.text for word in words).strip()


def with_pause_mark(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the words with a comma after the last, where a pause follows and no mark stands yet."""
    if not words or words[-1].text[-1:] in CLOSING:
        return words
    return (*words[:-1], replace(words[-1], text=words[-1].text.rstrip() + "，"))
