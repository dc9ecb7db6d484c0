"""The text encoder: our own small one, or any transformers classifier. Torch itself is at home in ``bert``.

Our format is a folder of three files: ``config.json`` (shape, temperature, limits), ``tokenizer.json``
(pruned to Chinese) and ``model.safetensors``, whose matrices are 8-bit with one scale per row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast

import numpy as np

from qa_analyzer.analysis.bert import (
    Bert,
    Floats,
    batches,
    fingerprint_of_files,
    mean_state,
    read_config,
    read_weights,
)
from qa_analyzer.analysis.call_analysis import Satisfaction
from qa_analyzer.analysis.turn_sentiment import DECIMALS, NOTHING_SAID, Sentiment, sentiment_of
from qa_analyzer.errors import ModelError

if TYPE_CHECKING:
    import torch

FORMAT = "qa-encoder-1"
VOTES = np.array([-2.0, -1.0, 0.0, 1.0, 2.0], dtype=np.float32)


class EncoderConfig(TypedDict):
    """``config.json`` of our format. Longer texts lose their front: the end says how it ended."""

    format: str
    name: str
    version: str
    bert: dict[str, int | float | str]
    max_tokens: int
    temperature: float
    similarity_threshold: NotRequired[float]


class Encoder:
    """Our encoder with three heads: sentiment of a turn, satisfaction of a dialogue, and an embedding."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Load the weights; raise ModelError when a file is missing or damaged.

        ``threads`` sets torch's threads for the whole process; None leaves them as they are.
        """
        self.config, self._tokenizer_path, weights_path = _files_of(folder)
        self.fingerprint = fingerprint_of_folder(folder)
        try:
            weights = read_weights(weights_path)
            self._bert = Bert(
                self.config["bert"],
                weights,
                self._tokenizer_path,
                max_tokens=self.config["max_tokens"],
                threads=threads,
            )
            self._heads = {
                head: (weights[f"{head}.weight"], weights[f"{head}.bias"])
                for head in ("sentiment", "satisfaction")
            }
        except (RuntimeError, KeyError, ValueError) as problem:
            raise ModelError(f"the model in {folder} is damaged: {problem}") from problem

    def classify(self, texts: Sequence[str]) -> Floats:
        """Return calibrated (negative, neutral, positive) probabilities, one row a text."""
        return self._probabilities(texts, "sentiment", self.config["temperature"])

    def satisfaction_votes(self, dialogues: Sequence[str]) -> Floats:
        """Return how likely a reader is to vote each of ``VOTES``, one row a dialogue."""
        return self._probabilities(dialogues, "satisfaction", 1.0)

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector a text; the dot product of two tells how alike they are in meaning."""

        def pooled(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            mean = mean_state(hidden, mask)
            return cast("torch.Tensor", mean / mean.norm(dim=1, keepdim=True))

        return self._bert.run(texts, pooled, width=int(self.config["bert"]["hidden_size"]))

    def _probabilities(self, texts: Sequence[str], head: str, temperature: float) -> Floats:
        weight, bias = self._heads[head]

        def probabilities(hidden: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
            return ((hidden[:, 0] @ weight.T + bias) / temperature).softmax(dim=1)

        return self._bert.run(texts, probabilities, width=len(bias))


class EncoderSentiment:
    """Our encoder as a sentiment model."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    @property
    def fingerprint(self) -> str:
        """Name the model and the digest of its files."""
        return self.encoder.fingerprint

    def predict(self, texts: Sequence[str]) -> list[Sentiment]:
        """Judge each text."""
        return _judge_spoken(texts, self.encoder.classify)

    def satisfaction(self, dialogue: str) -> Satisfaction:
        """Foretell the votes of people who read the dialogue."""
        votes = self.encoder.satisfaction_votes([dialogue])[0]
        expected = float(votes @ VOTES)
        variance = max(0.0, float(votes @ VOTES**2) - expected**2)
        return Satisfaction(round(expected, DECIMALS), round(variance**0.5, DECIMALS))


class TransformersSentiment:
    """Any transformers sequence classifier whose labels tell negative from positive."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Load it; raise ModelError when it cannot be loaded or its labels are not understood."""
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as problem:
            raise ModelError(f"the model in {folder} cannot be loaded: {problem}") from problem
        self._model.eval()
        self._levels = levels_of_labels(self._model.config.id2label)
        self._fingerprint = fingerprint_of_folder(folder)

    @property
    def fingerprint(self) -> str:
        """Name the folder and the digest of its files."""
        return self._fingerprint

    def predict(self, texts: Sequence[str]) -> list[Sentiment]:
        """Judge each text."""
        return _judge_spoken(texts, self._classify)

    def _classify(self, texts: Sequence[str]) -> Floats:
        import torch

        answer = np.zeros((len(texts), 3), dtype=np.float32)
        with torch.inference_mode():
            for rows in batches([len(text) for text in texts]):
                tokens = self._tokenizer(
                    [texts[row] for row in rows], padding=True, truncation=True, return_tensors="pt"
                )
                probabilities = self._model(**tokens).logits.softmax(dim=1).numpy()
                for level in range(3):
                    columns = [column for column, of in self._levels.items() if of == level]
                    answer[rows, level] = probabilities[:, columns].sum(axis=1)
        if (
            1 not in self._levels.values()
        ):  # two classes: two independent readers who disagree make it neutral
            negative, positive = answer[:, 0].copy(), answer[:, 2].copy()
            answer = np.stack([negative**2, 2 * negative * positive, positive**2], axis=1)
        return answer


def open_encoder_sentiment(
    folder: Path, *, threads: int | None = None
) -> EncoderSentiment | TransformersSentiment:
    """Open a model folder of our format or of transformers; raise ModelError when it is neither."""
    if not folder.is_dir():
        raise ModelError(f"the sentiment model {folder.name} is not installed: {folder} does not exist")
    config = read_config(folder)
    if config.get("format") == FORMAT:
        return EncoderSentiment(Encoder(folder, threads=threads))
    return TransformersSentiment(folder, threads=threads)


def levels_of_labels(labels: Mapping[int, str]) -> dict[int, int]:
    """Map a classifier's label numbers to 0 negative, 1 neutral, 2 positive; ModelError when unclear."""
    levels: dict[int, int] = {}
    for number, label in labels.items():
        name = label.lower()
        stars = re.fullmatch(r"([1-5])\s*stars?", name)
        if stars:
            levels[number] = (int(stars[1]) > 2) + (int(stars[1]) > 3)
        elif re.search(r"neg|负|消极|差评", name):
            levels[number] = 0
        elif re.search(r"neu|中", name):
            levels[number] = 1
        elif re.search(r"pos|正|积极|好评", name):
            levels[number] = 2
        else:
            raise ModelError(f"the classifier's label {label!r} is neither negative, neutral nor positive")
    if not {0, 2} <= set(levels.values()):
        raise ModelError(
            f"the classifier's labels {sorted(labels.values())} do not tell negative from positive"
        )
    return levels


def _judge_spoken(texts: Sequence[str], classify: Callable[[Sequence[str]], Floats]) -> list[Sentiment]:
    answers = [NOTHING_SAID] * len(texts)
    spoken = [row for row, text in enumerate(texts) if text.strip()]
    if spoken:
        for row, probabilities in zip(spoken, classify([texts[row] for row in spoken]), strict=True):
            answers[row] = sentiment_of(probabilities.tolist())
    return answers


def _files_of(folder: Path) -> tuple[EncoderConfig, Path, Path]:
    config = read_config(folder)
    if config.get("format") != FORMAT:
        raise ModelError(f"{folder} holds no model of the format {FORMAT}")
    paths = folder / "tokenizer.json", folder / "model.safetensors"
    for path in paths:
        if not path.is_file():
            raise ModelError(f"the model in {folder} is incomplete: {path.name} is missing")
    return cast("EncoderConfig", config), *paths


def fingerprint_of_folder(folder: Path) -> str:
    """Name a model and the digest of its files, as the opened model does; nothing is loaded.

    Raises ModelError when the folder holds no whole model.
    """
    if read_config(folder).get("format") == FORMAT:
        _, tokenizer, weights = _files_of(folder)
        return fingerprint_of_files(folder.name, (folder / "config.json", tokenizer, weights))
    suffixes = {".json", ".safetensors", ".bin", ".txt"}
    return fingerprint_of_files(
        folder.name, sorted(path for path in folder.iterdir() if path.suffix in suffixes)
    )
