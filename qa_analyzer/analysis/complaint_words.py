"""Words of a turn by jieba with the lexicon's own dictionary: a guard against hits that cut through other words."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from functools import lru_cache

import jieba

# Longer terms are phrases; as dictionary words they would swallow the words inside them.
MAX_WORD_CHARS = 4
# Terms of up to this many characters are common as parts of other words (信号 in 微信号).
MAX_GUARDED_CHARS = 4
_WORD_FREQUENCY = 2000

jieba.setLogLevel(logging.WARNING)


def user_dictionary(terms: Iterable[str]) -> str:
    """Return the jieba user dictionary of a lexicon: one line a word, sorted."""
    words = sorted({term for term in terms if 2 <= len(term) <= MAX_WORD_CHARS and term.isalpha()})
    return "".join(f"{word} {_WORD_FREQUENCY} n\n" for word in words)


class Tokens:
    """Cuts spoken characters into words, knowing a lexicon's terms."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.terms = frozenset(terms)
        self.tokenizer = jieba.Tokenizer()
        self.tokenizer.load_userdict(io.StringIO(user_dictionary(self.terms)))
        self._cut = lru_cache(maxsize=2048)(self._words)

    def words(self, chars: str) -> tuple[str, ...]:
        """Return the words of a text without punctuation, in order."""
        return tuple(chars[start:end] for start, end in self._cut(chars))

    def stands_alone(self, chars: str, start: int, end: int) -> bool:
        """Say whether ``chars[start:end]`` does not cut through a word that is no term of the lexicon."""
        if end - start > MAX_GUARDED_CHARS:
            return True
        return not any(
            (word_start < start < word_end or word_start < end < word_end)
            and chars[word_start:word_end] not in self.terms
            for word_start, word_end in self._cut(chars)
        )

    def _words(self, chars: str) -> tuple[tuple[int, int], ...]:
        spans: list[tuple[int, int]] = []
        start = 0
        for word in self.tokenizer.cut(chars, HMM=False):
            spans.append((start, start + len(word)))
            start += len(word)
        return tuple(spans)
