"""Mandarin by sound, for telling roles apart in garbled recognition: toneless syllables with near sounds
folded.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from qa_analyzer.speech.wording import simplified

NOT_HAN = re.compile(r"[^一-鿿]")
# Pairs that recognisers and southern speakers confuse: n/l, f/h, zh/z, ch/c, sh/s, r/l, in/ing, en/eng,
# an/ang.
INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"))
FINALS = (("ing", "in"), ("eng", "en"), ("ang", "an"))


def han_only(text: str) -> str:
    """Return the simplified Chinese characters of a text and nothing else."""
    return NOT_HAN.sub("", simplified(unicodedata.normalize("NFKC", text)))


@lru_cache(maxsize=8192)
def _syllable(char: str) -> str:
    from pypinyin import lazy_pinyin

    syllable = str(lazy_pinyin(char)[0])
    for sound, folded in INITIALS:
        if syllable.startswith(sound):
            syllable = folded + syllable[len(sound) :]
            break
    for sound, folded in FINALS:
        if syllable.endswith(sound):
            return syllable[: -len(sound)] + folded
    return syllable


def sound_key(chars: str) -> str:
    """Return the folded syllables of Chinese characters, each closed by a bar, so that substrings align."""
    return "".join(f"{_syllable(char)}|" for char in chars)
