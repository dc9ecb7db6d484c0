"""Which sentiment models there are, and opening one by name or path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.analysis.call_sentiment import has_content, judge_call
from qa_analyzer.analysis.encoder import fingerprint_of_folder, open_encoder_sentiment
from qa_analyzer.analysis.sentiment_lexicon import LexiconSentiment
from qa_analyzer.analysis.turn_sentiment import Sentiment, SentimentModel
from qa_analyzer.errors import ModelError

__all__ = [
    "DEFAULT_MODEL",
    "MODELS",
    "ModelChoice",
    "Sentiment",
    "SentimentModel",
    "has_content",
    "judge_call",
    "open_sentiment",
    "sentiment_fingerprint",
]

DEFAULT_MODEL = "sentiment-zh"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One model by name. ``open`` gets the folder of installed models and the number of threads.

    ``fingerprint`` says without loading any weights what the opened model will call itself.
    """

    name: str
    summary: str
    open: Callable[[Path, int | None], SentimentModel]
    fingerprint: Callable[[Path], str]


MODELS = (
    ModelChoice(
        DEFAULT_MODEL,
        "our small encoder, trained for telephone service",
        lambda models_dir, threads: open_encoder_sentiment(models_dir / DEFAULT_MODEL, threads=threads),
        lambda models_dir: fingerprint_of_folder(models_dir / DEFAULT_MODEL),
    ),
    ModelChoice(
        "lexicon",
        "a word list; needs no weights, understands no context",
        lambda *_: LexiconSentiment(),
        lambda _: LexiconSentiment().fingerprint,
    ),
)


def open_sentiment(
    name_or_path: str | Path, models_dir: Path, *, threads: int | None = None
) -> SentimentModel:
    """Open a model by its name in ``MODELS``, by its folder under ``models_dir``, or by path.

    A path may hold any transformers sequence classifier whose labels tell negative from positive.
    ``threads`` sets torch's threads for the whole process; None leaves them. With several workers, or on
    a busy machine, 1 is fastest. Raises ModelError when the model is unknown, missing or damaged; nothing
    is ever put in its place.
    """
    for choice in MODELS:
        if choice.name == str(name_or_path):
            return choice.open(models_dir, threads)
    return open_encoder_sentiment(_folder(name_or_path, models_dir), threads=threads)


def sentiment_fingerprint(name_or_path: str | Path, models_dir: Path) -> str:
    """Return the fingerprint of the model that ``open_sentiment`` would open; no weights are loaded.

    Raises ModelError when the model is unknown or missing.
    """
    for choice in MODELS:
        if choice.name == str(name_or_path):
            return choice.fingerprint(models_dir)
    return fingerprint_of_folder(_folder(name_or_path, models_dir))


def _folder(name_or_path: str | Path, models_dir: Path) -> Path:
    for folder in (Path(name_or_path), models_dir / name_or_path):
        if folder.is_dir():
            return folder
    known = ", ".join(choice.name for choice in MODELS)
    raise ModelError(f"no sentiment model {str(name_or_path)!r}: neither a folder nor one of {known}")
