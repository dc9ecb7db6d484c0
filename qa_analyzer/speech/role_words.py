"""How much a side's wording is that of an agent: runs of one to three characters, each with a learned weight.

`models/train_roles.py` makes the weights. Fixed phrases miss agents who greet nobody; what people ask for and
whose matter they talk of gives them away all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from qa_analyzer.digests import sha256_of_file
from qa_analyzer.errors import ModelError
from qa_analyzer.settings import shipped
from qa_analyzer.speech.sounds import han_only

WEIGHTS_PATH = shipped("models", "roles-zh", "weights.tsv")

LONGEST_RUN = 3
BIAS = "bias"

MOST_PER_TEXT = 2.0
"""One turn proves no more than this, however long: a customer who reads a letter aloud is no agent."""

SCALE = 0.4
"""Turns of a call are no independent witnesses. Of 1,234 written help-desk dialogues, which the weights were
not learned from, phrases alone name the agent wrongly in 2 and leave 406 open; with the wording at 0.3, 0.4
and 0.5 it is 2, 4 and 4 wrong, 213, 167 and 143 open. Of 130 labelled calls with every fifth character
misheard, phrases leave 26 open; with 0.3 one is open, with more none, and no role is wrong."""

SHOWN_RUNS = 3


@dataclass(frozen=True, slots=True)
class RoleWords:
    """Log odds by run of characters, and those of a text without any known run."""

    weights: Mapping[str, float]
    bias: float

    def evidence(self, texts: Iterable[str]) -> tuple[float, tuple[str, ...]]:
        """Return log odds that an agent says all this, and the runs that weigh most either way."""
        total = 0.0
        worth: dict[str, float] = {}
        for text in texts:
            found = {run: self.weights[run] for run in sorted(runs_of(text)) if run in self.weights}
            if found:
                total += max(-MOST_PER_TEXT, min(MOST_PER_TEXT, self.bias + sum(found.values())))
            for run, weight in found.items():
                worth[run] = worth.get(run, 0.0) + weight
        strongest = sorted(worth, key=lambda run: (-abs(worth[run]), run))
        alike = (run for run in strongest if (worth[run] > 0) == (total > 0))
        return SCALE * total, tuple(run for run, _ in zip(alike, range(SHOWN_RUNS), strict=False))


def runs_of(text: str) -> frozenset[str]:
    """Return every run of one to three Chinese characters of a text."""
    chars = han_only(text)
    return frozenset(
        chars[start : start + length]
        for length in range(1, LONGEST_RUN + 1)
        for start in range(len(chars) - length + 1)
    )


@cache
def role_words() -> RoleWords:
    """Read the weights that ship with the program; ModelError when they are missing or damaged."""
    try:
        lines = WEIGHTS_PATH.read_text(encoding="utf-8").splitlines()
        weights = {run: float(weight) for run, _, weight in (line.partition("\t") for line in lines)}
        return RoleWords(weights, weights.pop(BIAS))
    except (OSError, ValueError, KeyError) as problem:
        raise ModelError(f"the weights {WEIGHTS_PATH} are missing or damaged: {problem}") from problem


def role_words_fingerprint() -> str:
    """Return sha256 of the weights; ModelError when they are missing."""
    try:
        return sha256_of_file(WEIGHTS_PATH)
    except OSError as problem:
        raise ModelError(f"the weights {WEIGHTS_PATH} are missing: {problem}") from problem
