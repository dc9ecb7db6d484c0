"""What a sentiment model says about one turn, and the seam every model stands behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from qa_analyzer.analysis.call_analysis import Satisfaction, SentimentLabel
from qa_analyzer.calls.call import Role

LABELS = (SentimentLabel.NEGATIVE, SentimentLabel.NEUTRAL, SentimentLabel.POSITIVE)
DECIMALS = 4  # scores are evidence for people; the last bits of float arithmetic are not


@dataclass(frozen=True, slots=True)
class Sentiment:
    """``score`` is P(positive) - P(negative), in [-1, 1]; ``confidence`` is the probability of ``label``."""

    label: SentimentLabel
    score: float
    confidence: float


class SentimentModel(Protocol):
    """Judges texts one by one. ``fingerprint`` changes whenever an answer could."""

    @property
    def fingerprint(self) -> str:
        """Name the model and its exact weights or word list."""
        ...

    def predict(self, texts: Sequence[str]) -> list[Sentiment]:
        """Judge each text; the answer has the order of ``texts``. An empty text is neutral."""
        ...


@runtime_checkable
class SatisfactionModel(Protocol):
    """A sentiment model that also foretells how satisfied the customer is."""

    def satisfaction(self, dialogue: str) -> Satisfaction:
        """Judge a whole call, written by ``dialogue_text``."""
        ...


NOTHING_SAID = Sentiment(SentimentLabel.NEUTRAL, 0.0, 1.0)


def sentiment_of(probabilities: Sequence[float]) -> Sentiment:
    """Return the likeliest label of (negative, neutral, positive) probabilities; the milder one of equals."""
    negative, neutral, positive = (float(probability) for probability in probabilities)
    best = max(negative, neutral, positive)
    if neutral == best or negative == positive:
        label, confidence = SentimentLabel.NEUTRAL, neutral
    elif negative == best:
        label, confidence = SentimentLabel.NEGATIVE, negative
    else:
        label, confidence = SentimentLabel.POSITIVE, positive
    return Sentiment(label, round(positive - negative, DECIMALS), round(confidence, DECIMALS))


def probabilities_of(sentiment: Sentiment) -> tuple[float, float, float]:
    """Undo ``sentiment_of``: return (negative, neutral, positive) up to rounding."""
    score, confidence = sentiment.score, sentiment.confidence
    if sentiment.label is SentimentLabel.NEUTRAL:
        felt = 1 - confidence
        return (felt - score) / 2, confidence, (felt + score) / 2
    if sentiment.label is SentimentLabel.NEGATIVE:
        return confidence, 1 - 2 * confidence - score, confidence + score
    return confidence - score, 1 - 2 * confidence + score, confidence


def dialogue_text(turns: Iterable[tuple[Role, str]]) -> str:
    """Write a call as one text, as satisfaction is read from it."""
    names = {Role.CUSTOMER: "客户：", Role.AGENT: "坐席："}
    return " ".join(names[role] + text for role, text in turns if text and role in names)
