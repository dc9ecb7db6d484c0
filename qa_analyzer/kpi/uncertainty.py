"""Intervals for rates and means: how far a figure could be off, given how little it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

# Two-sided 95 %.
Z = 1.959963984540054
LEVELS = (2.5, 97.5)
RESAMPLES = 1000
SEED = 20_260_301

# Above this the bootstrap of a mean and its normal approximation agree to a fraction of the interval's own
# width.
LARGEST_RESAMPLED = 2000

# Figures gathered at a time while resampling; keeps memory flat.
_CHUNK_CELLS = 8_000_000


def wilson(hits: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the 95 % Wilson score interval of rates; NaN where n is 0."""
    k, total = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = k / total
        center = (rate + Z**2 / (2 * total)) / (1 + Z**2 / total)
        half = Z * np.sqrt(rate * (1 - rate) / total + Z**2 / (4 * total**2)) / (1 + Z**2 / total)
    # Exact at the ends: floating point must not put 0 of n above 0.
    low = np.where(k == 0, 0.0, np.maximum(0.0, center - half))
    high = np.where(k == total, 1.0, np.minimum(1.0, center + half))
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)


def bootstrap_means(groups: Sequence[npt.ArrayLike]) -> tuple[Floats, Floats]:
    """Return the 95 % percentile bootstrap interval of each group's mean, the same on every run.

    NaN for groups of fewer than two values, which say nothing of their spread.
    """
    low, high = np.full(len(groups), np.nan), np.full(len(groups), np.nan)
    values = [np.sort(np.asarray(group, dtype=np.float64)) for group in groups]
    by_size: dict[int, list[int]] = {}
    for number, group in enumerate(values):
        by_size.setdefault(len(group), []).append(number)
    for size, numbers in sorted(by_size.items()):
        if size < 2:
            continue
        if size > LARGEST_RESAMPLED:
            for number in numbers:
                half = Z * values[number].std(ddof=1) / np.sqrt(size)
                low[number], high[number] = values[number].mean() - half, values[number].mean() + half
            continue
        chosen = _choices(size)
        step = max(1, _CHUNK_CELLS // chosen.size)
        for start in range(0, len(numbers), step):
            part = numbers[start : start + step]
            means = np.stack([values[number] for number in part])[:, chosen].mean(axis=2)
            low[part], high[part] = np.percentile(means, LEVELS, axis=1)
    return low, high


@lru_cache(maxsize=8)
def _choices(size: int) -> npt.NDArray[np.intp]:
    """Return which values each resample of a group of this size takes; groups of equal size share them."""
    return np.random.default_rng([SEED, size]).integers(0, size, size=(RESAMPLES, size))
