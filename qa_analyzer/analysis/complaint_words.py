"""Words of a turn by jieba with the lexicon's own dictionary, to guard against hits in other words."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from functools import lru_cache

import jieba

from qa_analyzer.analysis.mandarin import readings_of
from qa_analyzer.analysis.sound import sound_classes

# Longer terms are phrases; as dictionary words they would swallow the words inside them.
MAX_WORD_CHARS = 4
# Terms of up to this many characters are common as parts of other words (不通 in 想不通).
MAX_GUARDED_CHARS = 2
_WORD_FREQUENCY = 2000
# Terms with these are pieces of sentences (给我退, 都没人), not words.
_FUNCTION_CHARS = frozenset(
    "我你您他她它们的了着过得地不没就都也还又再才给把被让叫说要会能有是在跟和向对去来这那哪个一两几什么怎别却连"
)
# Dictionary words rarer than this are as often chance as words.
_KNOWN_WORD_FREQUENCY = 20
# From this many characters on, a term stays recognisable with one sound that accents merge (n/l, zh/z).
MIN_ACCENT_CHARS = 4
# Frequency in jieba's dictionary from which a word is taken to have been said.
COMMON_WORD_FREQUENCY = 100

jieba.setLogLevel(logging.WARNING)


def user_dictionary(terms: Iterable[str]) -> str:
    """Return the jieba user dictionary of a lexicon: one line a word, sorted."""
    words = sorted(
        term
        for term in set(terms)
        if 2 <= len(term) <= MAX_WORD_CHARS and term.isalpha() and _FUNCTION_CHARS.isdisjoint(term)
    )
    return "".join(f"{word} {_WORD_FREQUENCY} n\n" for word in words)


class Tokens:
    """Cuts spoken characters into words, knowing a lexicon's terms."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.terms = frozenset(terms)
        self.tokenizer = _own_tokenizer()
        self.tokenizer.load_userdict(io.StringIO(user_dictionary(self.terms)))
        self._cut = lru_cache(maxsize=2048)(self._words)

    def words(self, chars: str) -> tuple[str, ...]:
        """Return the words of a text without punctuation, in order."""
        return tuple(chars[start:end] for start, end in self._cut(chars))

    def stands_alone(self, chars: str, start: int, end: int) -> bool:
        """Say whether ``chars[start:end]`` cuts through no known word, other than terms of the lexicon."""
        written = chars[start:end]
        if len(written) > MAX_GUARDED_CHARS and not written.endswith("人"):  # 没有人 in 没有人家…
            return not self._enters_common_word(chars, start)
        if 1 < len(written) <= MAX_GUARDED_CHARS and not _FUNCTION_CHARS.isdisjoint(written):
            return True
        return not any(
            (word_start < start < word_end or word_start < end < word_end)
            and (written in _FUNCTION_CHARS or chars[word_start:word_end] not in self.terms)
            and (self.tokenizer.FREQ.get(chars[word_start:word_end]) or 0) >= _KNOWN_WORD_FREQUENCY
            for word_start, word_end in self._cut(chars)
        )

    def _enters_common_word(self, chars: str, start: int) -> bool:
        # 信号不好 in 微信号不好记
        return any(
            word_start < start < word_end
            and (self.tokenizer.FREQ.get(chars[word_start:word_end]) or 0) >= COMMON_WORD_FREQUENCY
            and chars[word_start:word_end] not in self.terms
            for word_start, word_end in self._cut(chars)
        )

    def misheard(self, chars: str, start: int, end: int, term: str) -> bool:
        """Say whether ``chars[start:end]`` is likely ``term`` in wrong characters, and no other words.

        Only characters of the same sound count (in terms of four and more, one that an accent merges), and
        none that stands in a common word of its own.
        """
        written = chars[start:end]
        if len(written) != len(term):
            return False
        changed = [
            start + place for place, pair in enumerate(zip(written, term, strict=True)) if pair[0] != pair[1]
        ]
        if 2 * len(changed) > len(term):
            return False
        apart = [place for place in changed if not _same_sound(chars[place], term[place - start])]
        if len(apart) > (len(term) >= MIN_ACCENT_CHARS):
            return False
        if any(not _like_sound(chars[place], term[place - start]) for place in apart):
            return False
        return not any(
            word_end - word_start > 1
            and any(word_start <= place < word_end for place in changed)
            and chars[word_start:word_end] not in term
            and (self.tokenizer.FREQ.get(chars[word_start:word_end]) or 0) >= COMMON_WORD_FREQUENCY
            for word_start, word_end in self._cut(chars)
        )

    def _words(self, chars: str) -> tuple[tuple[int, int], ...]:
        spans: list[tuple[int, int]] = []
        start = 0
        for word in self.tokenizer.cut(chars, HMM=False):
            spans.append((start, start + len(word)))
            start += len(word)
        return tuple(spans)


def _own_tokenizer() -> jieba.Tokenizer:
    # A copy: loading the dictionary again takes a second, and sharing it would teach our words to others.
    jieba.dt.initialize()
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(jieba.dt.FREQ), jieba.dt.total, True
    return tokenizer


def _same_sound(left: str, right: str) -> bool:
    bases = {reading.base for reading in readings_of(left)}
    return not bases.isdisjoint(reading.base for reading in readings_of(right))


def _like_sound(left: str, right: str) -> bool:
    return not set(sound_classes(left)).isdisjoint(sound_classes(right))
