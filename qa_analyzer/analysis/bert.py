"""The BERT under our models: 8-bit weights in, hidden states out. The home of torch beside ``encoder``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
from opencc import OpenCC

from qa_analyzer.digests import sha256_of_file
from qa_analyzer.errors import ModelError

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float32]

BATCH_TOKENS = 2048  # bounds memory; texts are sorted by length, so little of it is padding
_SCALE = ".scale"


class Bert:
    """Reads texts with a BERT of our shape; texts longer than ``max_tokens`` lose their front."""

    def __init__(
        self,
        shape: Mapping[str, int | float | str],
        weights: Mapping[str, torch.Tensor],
        tokenizer_path: Path,
        *,
        max_tokens: int,
        threads: int | None,
    ) -> None:
        """Fill the shape with the weights named ``bert.*``; ValueError or RuntimeError when they do not fit.

        ``threads`` sets torch's threads for the whole process; None leaves them as they are.
        """
        import torch
        from tokenizers import Tokenizer

        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer_path))
        except Exception as problem:
            # The library raises bare Exception for a file it cannot read.
            raise ValueError(f"{tokenizer_path.name}: {problem}") from problem
        self._model = build_bert(shape)
        own = {
            name.removeprefix("bert."): tensor for name, tensor in weights.items() if name.startswith("bert.")
        }
        self._model.load_state_dict(own)
        self._model.eval()
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._padding = int(shape["pad_token_id"])
        self._max_tokens = max_tokens
        self._simplify = OpenCC("t2s").convert

    def run(
        self,
        texts: Sequence[str],
        finish: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        *,
        width: int,
    ) -> Floats:
        """Return ``width`` numbers a text: ``finish`` gets the hidden states and the mask of a batch."""
        import torch

        simplified = [text if _is_simplified(text) else self._simplify(text) for text in texts]
        ids = [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch(simplified)]
        answer = np.zeros((len(ids), width), dtype=np.float32)
        with torch.inference_mode():
            for rows in batches([len(row) for row in ids]):
                longest = max(len(ids[row]) for row in rows)
                padded = torch.full((len(rows), longest), self._padding, dtype=torch.long)
                for place, row in enumerate(rows):
                    padded[place, : len(ids[row])] = torch.tensor(ids[row], dtype=torch.long)
                mask = padded.ne(self._padding)
                hidden = self._model(input_ids=padded, attention_mask=mask.long()).last_hidden_state
                answer[rows] = finish(hidden, mask).numpy()
        return answer

    def _cut(self, ids: list[int]) -> list[int]:
        return ids if len(ids) <= self._max_tokens else [ids[0], *ids[-(self._max_tokens - 1) :]]


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Read a file that ``pack_weights`` filled; ValueError when it is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return unpack_weights(load_file(path))
    except SafetensorError as problem:
        raise ValueError(str(problem)) from problem


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield row numbers, shortest first, so that padding to the longest stays within ``BATCH_TOKENS``."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: (lengths[row], row)):
        if rows and (len(rows) + 1) * lengths[row] > BATCH_TOKENS:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def build_bert(shape: Mapping[str, int | float | str]) -> torch.nn.Module:
    """Return an untrained BERT of our shape, without pooler."""
    from transformers import BertConfig, BertModel

    return cast("torch.nn.Module", BertModel(BertConfig.from_dict(dict(shape)), add_pooling_layer=False))


def pack_weights(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Store matrices as 8-bit integers with one scale per row; vectors stay as they are."""
    import torch

    packed: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        exact = tensor.detach().float().contiguous()
        if exact.dim() < 2:
            packed[name] = exact
            continue
        scale = exact.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / 127
        packed[name] = (exact / scale).round().to(torch.int8)
        packed[name + _SCALE] = scale
    return packed


def unpack_weights(packed: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Undo ``pack_weights`` up to rounding."""
    return {
        name: tensor.float() * packed[name + _SCALE] if name + _SCALE in packed else tensor
        for name, tensor in packed.items()
        if not name.endswith(_SCALE)
    }


def mean_state(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean hidden state of the real tokens, one row a text."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1)


def read_config(folder: Path) -> dict[str, object]:
    """Read a model folder's ``config.json``; ModelError when it is missing or no mapping."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ModelError(f"the model in {folder} has no readable config.json: {problem}") from problem
    if not isinstance(config, dict):
        raise ModelError(f"the model in {folder} is damaged: config.json holds no mapping")
    return config


def fingerprint_of_files(name: str, paths: Sequence[Path]) -> str:
    """Name a model and the digest of its files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(bytes.fromhex(sha256_of_file(path)))
    return f"{name}:{digest.hexdigest()[:16]}"


def _is_simplified(text: str) -> bool:
    """Say whether a text holds no character that only traditional writing has; may err towards False."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
