"""Sentiment by a list of words: no weights, no context. Chosen by name, never a silent fallback."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from math import exp
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.analysis.turn_sentiment import NOTHING_SAID, Sentiment, sentiment_of
from qa_analyzer.human_yaml import load_model, read_text

LEXICON_PATH = Path(__file__).with_name("sentiment_lexicon.yaml")
NEUTRAL_WEIGHT = 1.0  # a turn without any listed word is neutral with probability 1 / (1 + 2/e)
_SILENT = re.compile(r"[\W_]+")

Words = Annotated[list[str], Field(min_length=1)]


class SentimentWords(BaseModel):
    """The word list as written in YAML. Weights are 0 to 4; the sign comes from the list a word stands in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    reach: int = Field(
        ge=0, le=10, description="how many characters before a word a negator or adverb may stand"
    )
    positive: dict[Annotated[float, Field(gt=0, le=4)], Words]
    negative: dict[Annotated[float, Field(gt=0, le=4)], Words]
    negators: Words
    degrees: dict[Annotated[float, Field(gt=0, le=4)], Words]
    neutral: Words = Field(description="phrases that hold a listed word but feel nothing")


class LexiconSentiment:
    """Sum the weights of listed words, turned round by a negator and scaled by an adverb before them."""

    def __init__(self, path: Path = LEXICON_PATH) -> None:
        """Load the list; raise FaultsError with every fault and line."""
        words = load_model(path, SentimentWords)
        self._weights = _by_word(words.positive) | {
            word: -weight for word, weight in _by_word(words.negative).items()
        }
        self._weights |= dict.fromkeys(words.neutral, 0.0)
        self._negators = tuple(words.negators)
        self._degrees = _by_word(words.degrees)
        self._reach = words.reach
        longest_first = sorted(self._weights, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        digest = hashlib.sha256(read_text(path).encode()).hexdigest()
        self._fingerprint = f"lexicon:{words.version}:{digest[:16]}"

    @property
    def fingerprint(self) -> str:
        """Name the list's version and content."""
        return self._fingerprint

    def predict(self, texts: Sequence[str]) -> list[Sentiment]:
        """Judge each text by its words."""
        return [self._judge(text) for text in texts]

    def _judge(self, text: str) -> Sentiment:
        chars = _SILENT.sub("", unicodedata.normalize("NFKC", text).lower())
        if not chars:
            return NOTHING_SAID
        total, previous_end = 0.0, 0
        for hit in self._pattern.finditer(chars):
            before = chars[max(previous_end, hit.start() - self._reach) : hit.start()]
            weight = self._weights[hit.group()]
            if any(negator in before for negator in self._negators):
                weight *= -0.6 if weight > 0 else -0.3  # 不满意 complains; 不差 hardly praises
            factor = max((self._degrees[word] for word in self._degrees if word in before), default=1.0)
            total += weight * factor
            previous_end = hit.end()
        return sentiment_of(_probabilities(total))


def _by_word(lists: Mapping[float, Sequence[str]]) -> dict[str, float]:
    return {word: weight for weight, words in lists.items() for word in words}


def _probabilities(total: float) -> tuple[float, float, float]:
    powers = exp(-total), exp(NEUTRAL_WEIGHT), exp(total)
    scale = sum(powers)
    return powers[0] / scale, powers[1] / scale, powers[2] / scale
