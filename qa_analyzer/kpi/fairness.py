"""Whether recognition quality, not the agent, explains why agents' scores differ.

A bad line or an accent costs recognised words, and lost words can cost points. Two figures tell: how
agents' mean scores go with their mean recognition quality, and what a change in quality does to the score
of one and the same agent. Only the second cannot be explained by better agents having better headsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_analyzer.kpi.facts import Facts
from qa_analyzer.kpi.uncertainty import LEVELS, RESAMPLES, SEED, Floats

# Fewer agents give no correlation worth reading; fewer calls of an agent no slope within that agent.
MIN_AGENTS = 5
MIN_CALLS_PER_AGENT = 5

# Points of mean score that recognition alone may move an agent by before ranks are called unsafe.
MAX_SHIFT_POINTS = 2.0


@dataclass(frozen=True, slots=True)
class RecognitionFairness:
    """How far recognition explains score differences. None where there is too little to say.

    ``explained_share`` is the squared correlation of agents' mean score with their mean word probability.
    ``points_per_tenth`` is what 0.1 more word probability changes the score of the same agent by.
    ``largest_shift`` is the most points by which any agent's mean moves against the others for recognition
    alone. Intervals are 95 %, by resampling agents. ``warning`` is a sentence for people; None when ranks
    are safe in this respect.
    """

    agents: int
    calls: int
    explained_share: float | None
    explained_interval: tuple[float, float] | None
    points_per_tenth: float | None
    points_interval: tuple[float, float] | None
    largest_shift: float | None
    warning: str | None

    @property
    def available(self) -> bool:
        return self.explained_share is not None


def comparison_warnings(facts: Facts) -> tuple[str, ...]:
    """Say in sentences why the figures of these calls may not be compared; empty when they may.

    Scores of different scorecards, or of recordings heard by different recognisers, measure different things.
    """
    calls = facts.calls
    warnings: list[str] = []
    scorecards = sorted(calls["scorecard_id"].dropna().unique())
    if len(scorecards) > 1:
        warnings.append(
            f"scores of {len(scorecards)} scorecards are mixed: choose one of {', '.join(scorecards)}"
        )
    for scorecard_id, own in calls.groupby("scorecard_id"):
        versions = sorted(own["scorecard_version"].unique())
        if own["scorecard_fingerprint"].nunique() > 1:
            warnings.append(
                f"scorecard {scorecard_id} changed in between (versions {', '.join(versions)}):"
                " score the calls again before comparing them"
            )
    models = sorted(calls["asr_model"].dropna().unique())
    if len(models) > 1:
        warnings.append(f"recordings were recognised by different models: {', '.join(models)}")
    if calls["mean_word_probability"].notna().any():
        found = recognition_fairness(facts).warning
        warnings.extend([found] if found else [])
    return tuple(warnings)


def recognition_fairness(facts: Facts) -> RecognitionFairness:
    """Compare agents' scores with how well their calls were recognised."""
    calls = facts.calls[["agent_id", "percent", "mean_word_probability"]].dropna()
    per_agent = calls.groupby("agent_id").size()
    agents = per_agent.index[per_agent >= MIN_CALLS_PER_AGENT]
    calls = calls[calls["agent_id"].isin(agents)]
    if len(agents) < MIN_AGENTS:
        reason = (
            f"recognition fairness not available: needs {MIN_AGENTS} agents with {MIN_CALLS_PER_AGENT}"
            f" recorded calls each, has {len(agents)}"
        )
        return RecognitionFairness(len(agents), len(calls), None, None, None, None, None, reason)
    sums = _sums(calls)
    every = np.arange(len(agents))[None, :]
    picks = np.random.default_rng(SEED).integers(0, len(agents), size=(RESAMPLES, len(agents)))
    share, slope = float(_explained(sums, every)[0]), float(_slope(sums, every)[0])
    quality = sums["quality"]
    shift = float(np.abs(slope * (quality - quality.mean())).max())
    share_range, slope_range = _interval(_explained(sums, picks)), _interval(_slope(sums, picks))
    return RecognitionFairness(
        agents=len(agents),
        calls=len(calls),
        explained_share=share,
        explained_interval=share_range,
        points_per_tenth=slope / 10,
        points_interval=(slope_range[0] / 10, slope_range[1] / 10),
        largest_shift=shift,
        warning=_warning(share, share_range, slope_range, shift),
    )


def _warning(
    share: float, share_range: tuple[float, float], slope_range: tuple[float, float], shift: float
) -> str | None:
    moved = (slope_range[0] > 0 or slope_range[1] < 0) and shift >= MAX_SHIFT_POINTS
    if moved:
        return (
            f"ranks are not safe: recognition quality alone moves an agent's mean by up to {shift:.1f}"
            " points; the same agents score differently on well and badly recognised calls"
        )
    if share_range[0] > 0.25:
        return (
            f"ranks need care: {share:.0%} of the differences between agents go with recognition quality,"
            f" at least {share_range[0]:.0%}"
        )
    return None


def _sums(calls: pd.DataFrame) -> dict[str, Floats]:
    """Reduce calls to what every resample of agents needs, one figure per agent."""
    grouped = calls.groupby("agent_id")
    own_quality = calls["mean_word_probability"] - grouped["mean_word_probability"].transform("mean")
    own_score = calls["percent"] - grouped["percent"].transform("mean")
    by_agent = calls["agent_id"]
    return {
        "quality": grouped["mean_word_probability"].mean().to_numpy(dtype=np.float64),
        "score": grouped["percent"].mean().to_numpy(dtype=np.float64),
        "products": (own_quality * own_score).groupby(by_agent).sum().to_numpy(dtype=np.float64),
        "squares": (own_quality**2).groupby(by_agent).sum().to_numpy(dtype=np.float64),
    }


def _explained(sums: dict[str, Floats], picks: npt.NDArray[np.intp]) -> Floats:
    """Return the squared correlation of mean score and mean quality; 0 where either does not vary."""
    quality, score = sums["quality"][picks], sums["score"][picks]
    quality = quality - quality.mean(axis=1, keepdims=True)
    score = score - score.mean(axis=1, keepdims=True)
    shared = (quality * score).sum(axis=1) ** 2
    total: Floats = (quality**2).sum(axis=1) * (score**2).sum(axis=1)
    share: Floats = np.divide(shared, total, out=np.zeros_like(shared), where=total > 1e-12)
    return share


def _slope(sums: dict[str, Floats], picks: npt.NDArray[np.intp]) -> Floats:
    """Return points per unit of word probability within agents; 0 where quality does not vary."""
    products, squares = sums["products"][picks].sum(axis=1), sums["squares"][picks].sum(axis=1)
    slope: Floats = np.divide(products, squares, out=np.zeros_like(products), where=squares > 1e-12)
    return slope


def _interval(draws: Floats) -> tuple[float, float]:
    low, high = np.percentile(draws, LEVELS)
    return float(low), float(high)
