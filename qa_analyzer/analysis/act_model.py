"""A model that tells what people do with words: soothe, restate, push away, mock; complain of what.

Its folder holds ``config.json`` and ``model.safetensors``: the upper layers of a BERT and one head a side.
Vocabulary and lower layers are those of the encoder it was trained from, which must be the very same file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

import numpy as np

from qa_analyzer.analysis.bert import (
    Bert,
    Floats,
    fingerprint_of_files,
    mean_state,
    read_config,
    read_weights,
)
from qa_analyzer.calls.call import Role
from qa_analyzer.digests import sha256_of_file
from qa_analyzer.errors import ModelError

if TYPE_CHECKING:
    import torch

FORMAT = "qa-acts-1"
WEIGHTS = "model.safetensors"
# Writers and recognisers punctuate differently; the model sees only that there is a break.
_BREAKS = re.compile(r"[\s，。！？、；：,.!?;:…~～—\-“”\"'‘’（）()]+")


class ActConfig(TypedDict):
    """``config.json``. ``labels`` name the columns of each side's head.

    ``shifts`` are added to the logits, so that 0.5 is the best place to cut on texts kept from training.
    """

    format: str
    name: str
    version: str
    base: str
    base_sha256: str
    first_layer: int
    labels: dict[str, list[str]]
    shifts: dict[str, list[float]]


class ActModel:
    """Says how probable it is that a piece of speech performs each act of its side."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Load the weights and those of the encoder beside ``folder``.

        Raises ModelError when a file is missing, damaged or of another encoder. ``threads`` sets torch's
        threads for the whole process; None leaves them as they are.
        """
        self.config = _act_config(folder)
        self.fingerprint = fingerprint_of_acts(folder)
        base = folder.parent / self.config["base"]
        try:
            if sha256_of_file(base / WEIGHTS) != self.config["base_sha256"]:
                raise ModelError(f"{folder.name} was trained from another {base.name} than the one installed")
            shape = json.loads((base / "config.json").read_text(encoding="utf-8"))
            weights = read_weights(base / WEIGHTS) | read_weights(folder / WEIGHTS)
            self._bert = Bert(
                shape["bert"],
                weights,
                base / "tokenizer.json",
                max_tokens=shape["max_tokens"],
                threads=threads,
            )
            self._heads = {
                Role(side): (weights[f"{side}.weight"], weights[f"{side}.bias"])
                for side in self.config["labels"]
            }
        except (OSError, RuntimeError, KeyError, TypeError, ValueError) as problem:
            raise ModelError(f"the model in {folder} is damaged: {problem}") from problem

    def labels(self, role: Role) -> tuple[str, ...]:
        """Name the acts of a side; none for a side that the model does not know."""
        return tuple(self.config["labels"].get(role.value, ()))

    def probabilities(self, texts: Sequence[str], role: Role) -> Floats:
        """Return one row a text and one column a label of this side; several acts may be probable."""
        if not self.labels(role) or not texts:
            return np.zeros((len(texts), len(self.labels(role))), dtype=np.float32)
        weight, bias = self._heads[role]
        shifts = np.array(self.config["shifts"][role.value], dtype=np.float32)

        def logits(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return features_of(hidden, mask) @ weight.T + bias

        shifted = self._bert.run([plain(text) for text in texts], logits, width=len(bias)) + shifts
        return cast("Floats", 1 / (1 + np.exp(-shifted)))


def plain(text: str) -> str:
    """Return a text as the model reads it: every run of punctuation and spaces is one comma."""
    return _BREAKS.sub("，", text).strip("，")


def features_of(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return what the heads read: the first hidden state and the mean of all, side by side."""
    import torch

    return torch.cat([hidden[:, 0], mean_state(hidden, mask)], dim=1)


def fingerprint_of_acts(folder: Path) -> str:
    """Name a model and the digest of its files; nothing is loaded. ModelError when one is missing."""
    config, weights = _act_config(folder), folder / WEIGHTS
    if not weights.is_file():
        raise ModelError(f"the model in {folder} is incomplete: {weights.name} is missing")
    # The encoder below is part of the model, and named in its configuration by digest.
    return fingerprint_of_files(config["name"], (folder / "config.json", weights))


def _act_config(folder: Path) -> ActConfig:
    config = read_config(folder)
    if config.get("format") != FORMAT:
        raise ModelError(f"{folder} holds no model of the format {FORMAT}")
    return cast("ActConfig", config)
