"""How alike two sentences are in meaning, by the same encoder that judges sentiment."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa_analyzer.analysis.bert import Floats
from qa_analyzer.analysis.encoder import Encoder

MAX_CACHED_TEXTS = 50_000  # 384 floats each: about 75 MB
DECIMALS = 3
ENCODER = "sentiment-zh"


@dataclass(frozen=True, slots=True)
class Likeness:
    """The anchor nearest to a text. ``cosine`` is in [-1, 1]; 1 means the same."""

    anchor: str
    anchor_index: int
    cosine: float


class Similarity:
    """Compares sentences; every text is encoded once, however often it is asked for.

    ``threshold`` is the cosine that one in twenty sentences of other meaning reaches, measured by
    benchmarks/meaning_similarity.py; half of the paraphrases reach it too.
    """

    def __init__(self, encoder: Encoder, *, max_cached_texts: int = MAX_CACHED_TEXTS) -> None:
        self._encoder = encoder
        self._vectors: OrderedDict[str, Floats] = OrderedDict()
        self._max_cached_texts = max_cached_texts
        self.fingerprint = encoder.fingerprint
        self.threshold = encoder.config.get("similarity_threshold", 0.6)

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one unit row for each text, from memory where the text was seen before."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        fresh = dict(zip(missing, self._encoder.embed(missing), strict=True)) if missing else {}
        rows = [fresh[text] if text in fresh else self._vectors[text] for text in texts]
        self._vectors.update(fresh)
        for text in texts:
            self._vectors.move_to_end(text)
        while len(self._vectors) > self._max_cached_texts:
            self._vectors.popitem(last=False)
        width = int(self._encoder.config["bert"]["hidden_size"])
        return np.stack(rows) if rows else np.zeros((0, width), dtype=np.float32)

    def cosines(self, texts: Sequence[str], anchors: Sequence[str]) -> Floats:
        """Return the likeness of every text (row) to every anchor (column)."""
        product: Floats = self.embed(texts) @ self.embed(anchors).T
        return product.round(DECIMALS)

    def best(self, text: str, anchors: Sequence[str]) -> Likeness:
        """Return the anchor most like the text; the first of equals. Raises ValueError without anchors."""
        if not anchors:
            raise ValueError("there is nothing to compare with")
        cosines = self.cosines([text], anchors)[0]
        index = int(cosines.argmax())
        return Likeness(anchors[index], index, round(float(cosines[index]), DECIMALS))


def open_similarity(models_dir: Path) -> Similarity:
    """Open the encoder that comes with the project; raises ModelError when it is missing or damaged."""
    return Similarity(Encoder(models_dir / ENCODER, threads=1))
