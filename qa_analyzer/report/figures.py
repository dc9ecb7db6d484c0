"""Rates and means with the interval that says how far they can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.kpi.kpis import MIN_RANKED_N
from qa_analyzer.kpi.uncertainty import bootstrap_means, wilson

# Resampling fewer values than this only gives them back: the figure is shown without an interval, and is
# compared with nothing. Ranks need more: ``MIN_RANKED_N``.
MIN_COMPARED_N = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate in [0, 1] or a mean, its 95 % interval and the number of values. All None where ``n`` is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    @property
    def rankable(self) -> bool:
        return self.n >= MIN_RANKED_N

    @property
    def comparable(self) -> bool:
        return self.n >= MIN_COMPARED_N


NO_FIGURE = Figure(None, None, None, 0)


def rate(hits: int, n: int) -> Figure:
    """Return a share with its Wilson interval."""
    if n == 0:
        return NO_FIGURE
    low, high = wilson(hits, n)
    return Figure(hits / n, float(low), float(high), n)


def mean(values: Sequence[float]) -> Figure:
    """Return a mean with its bootstrap interval, the same on every run; too few values have none."""
    if not values:
        return NO_FIGURE
    if len(values) < MIN_COMPARED_N:
        return Figure(math.fsum(values) / len(values), None, None, len(values))
    low, high = bootstrap_means([values])
    known = not math.isnan(low[0])
    return Figure(
        math.fsum(values) / len(values),
        float(low[0]) if known else None,
        float(high[0]) if known else None,
        len(values),
    )
