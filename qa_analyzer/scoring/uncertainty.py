"""How far recognition errors may move a call's score: a range, from the chance that each verdict flips.

(``kpi.uncertainty`` is about means over calls; this is about one call.)

A verdict rests on a stretch of recognised words. Their mean probability tells how many characters of it are
wrong, and ``flip_chances.json`` tells how often a verdict of that kind, on evidence of that kind, at that
error rate, is not the verdict on the correct words. The file is measured, not chosen: see
``benchmarks/uncertainty.py``. What else may be wrong (turns, roles, times, the rules) is not in the range.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.scoring.call_view import words_in
from qa_analyzer.scoring.evaluation import (
    CriterionResult,
    EvidenceKind,
    MatchKind,
    ScoreRange,
    Verdict,
)
from qa_analyzer.scoring.scorecard_model import Criterion, GradeLimits
from qa_analyzer.speech.transcript import Transcript, Word

FLIP_CHANCES = Path(__file__).parent / "flip_chances.json"
#: The score of the correct words lies in the range this often.
LEVEL = 0.9
#: Share of the reckoned scores left out for that. Less than 1 - LEVEL, since flips come together in calls and
#: new wording is more fragile: chosen on one author's calls, where it came to LEVEL, verified on another's.
TAILS = 0.02
#: Scores are reckoned on a grid of at most this many steps of points.
MAX_STEPS = 400

_DECISIVE = (EvidenceKind.MATCH, EvidenceKind.MEASURE)
_WRITTEN = (MatchKind.EXACT, MatchKind.PATTERN, MatchKind.SEMANTIC)


@dataclass(frozen=True, slots=True)
class FlipChances:
    """For each kind of verdict and error rate: how often the correct words got each verdict.

    ``table[kind][place]`` belongs to ``rates[place]``; between rates it is interpolated, and at 0 nothing
    flips.
    """

    rates: tuple[float, ...]
    table: Mapping[str, tuple[Mapping[Verdict, float], ...]]

    def verdicts(self, kind: str, seen: Verdict, rate: float) -> dict[Verdict, float]:
        """Return the chance of each verdict on the correct words."""
        measured = self.table.get(kind) or self.table.get(f"{kind.split(' ')[0]} {seen.value}")
        if measured is None:
            return {seen: 1.0}
        return {
            verdict: float(
                np.interp(
                    rate,
                    (0.0, *self.rates),
                    (float(verdict is seen), *(each.get(verdict, 0.0) for each in measured)),
                )
            )
            for verdict in Verdict
        }


@cache
def flip_chances(path: Path = FLIP_CHANCES) -> FlipChances:
    """Read the measured chances."""
    plain = json.loads(path.read_text(encoding="utf-8"))
    return FlipChances(
        tuple(plain["error_rates"]),
        {
            kind: tuple({Verdict(name): share for name, share in at_rate.items()} for at_rate in rows)
            for kind, rows in plain["kinds"].items()
        },
    )


def kind_of(result: CriterionResult) -> str:
    """Name what a verdict rests on: red line or not, the verdict, and how its words were found."""
    line = "red_line" if result.auto_fail else "points"
    found = [piece.match_kind for piece in result.evidence if piece.kind in _DECISIVE]
    if any(kind in _WRITTEN for kind in found):
        basis = "written" if len(found) == 1 else "written_often"
    elif MatchKind.SOUND in found:
        basis = "sounded"
    else:
        basis = "measured" if found else "unsaid"
    return f"{line} {result.verdict.value} {basis}"


def error_rate_of(result: CriterionResult, transcript: Transcript) -> float | None:
    """Estimate the share of characters that are wrong where a verdict looked; None for text that was given.

    It is 1 - the mean probability of the words (a call's, where no words decided), and what was not heard
    at all counts as wrong. On recordings with known texts it came to 0.17 where 0.16 were wrong.
    """
    everything = [word for turn in transcript.turns for word in turn.words]
    if not everything:
        return None
    words: list[Word] = []
    heard = 1.0
    for piece in result.evidence:
        if piece.heard_share is not None:
            heard = min(heard, piece.heard_share)
        elif piece.kind in _DECISIVE and piece.turn_index is not None and piece.char_end is not None:
            words += words_in(transcript.turns[piece.turn_index], piece.char_start or 0, piece.char_end)
    right = _mean_probability(words or everything)
    return min(1.0, max(0.0, 1.0 - right * heard))


def with_range(
    results: Sequence[CriterionResult],
    criteria: Sequence[Criterion],
    transcript: Transcript,
    percent: float | None,
    grades: GradeLimits,
    *,
    tails: float = TAILS,
) -> tuple[tuple[CriterionResult, ...], ScoreRange | None]:
    """Return the results with their flip chances, and the range of the score.

    For text that was given nothing was recognised: the results come back as they are, without a range.
    ``tails`` is the share left out at both ends together, as it is reckoned.
    """
    rates = [error_rate_of(result, transcript) for result in results]
    if percent is None or any(rate is None for rate in rates):
        return tuple(results), None
    chances = [
        flip_chances().verdicts(kind_of(result), result.verdict, rate or 0.0)
        for result, rate in zip(results, rates, strict=True)
    ]
    told = tuple(
        replace(result, flip_chance=round(1.0 - chance[result.verdict], 4))
        for result, chance in zip(results, chances, strict=True)
    )
    weights = [0.0 if criterion.auto_fail else criterion.weight for criterion in criteria]
    scores, shares, red_line = _distribution(results, chances, weights)
    zeroed = any(result.auto_fail and result.verdict is Verdict.FAIL for result in results)
    # A red line that was missed is a matter of its own: it would pull every range down to 0.
    low, high = _ends(scores, shares, red_line if zeroed else 0.0, tails)
    edges = np.asarray([grades.to_improve, grades.pass_, grades.excellent])
    same = np.searchsorted(edges, scores, side="right") == np.searchsorted(edges, percent, side="right")
    zero_is_same = percent < grades.to_improve
    return told, ScoreRange(
        low=round(min(low, percent), 2),
        high=round(max(high, percent), 2),
        level=LEVEL,
        grade_chance=round((1 - red_line) * float(shares[same].sum()) + red_line * zero_is_same, 4),
        error_rate=round(1.0 - _mean_probability([w for turn in transcript.turns for w in turn.words]), 4),
        red_line_chance=round(red_line, 4),
    )


def _ends(
    scores: NDArray[np.float64], shares: NDArray[np.float64], zeroed: float, tails: float
) -> tuple[float, float]:
    """Return the scores between which all but ``tails`` lies; ``zeroed`` of it lies at 0."""
    below = zeroed + (1 - zeroed) * np.cumsum(shares)
    last = len(scores) - 1
    high = float(scores[min(int(np.searchsorted(below, 1 - tails / 2)), last)])
    low = float(scores[min(int(np.searchsorted(below, tails / 2)), last)])
    return (0.0 if zeroed >= tails / 2 else low), (0.0 if zeroed >= 1 - tails / 2 else high)


def _mean_probability(words: Sequence[Word]) -> float:
    return sum(word.probability for word in words) / len(words)


def _distribution(
    results: Sequence[CriterionResult], chances: Sequence[Mapping[Verdict, float]], weights: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the scores that points may come to, lowest first, their shares, and the chance of a red line.

    Verdicts are reckoned to flip independently.
    """
    steps = _steps(weights)
    size = sum(steps) + 1
    # One cell for each sum of points earned and of points possible.
    mass = np.zeros((size, size))
    mass[0, 0] = 1.0
    untouched = 1.0
    for result, chance, step in zip(results, chances, steps, strict=True):
        if result.auto_fail:
            untouched *= 1.0 - chance.get(Verdict.FAIL, 0.0)
            continue
        passed, failed = chance.get(Verdict.PASS, 0.0), chance.get(Verdict.FAIL, 0.0)
        after = mass * (1.0 - passed - failed)
        after[step:, step:] += passed * mass[: size - step, : size - step]
        after[:, step:] += failed * mass[:, : size - step]
        mass = after
    earned, possible = np.nonzero(mass[:, 1:] > 0)
    if not len(earned):  # red lines alone
        return np.zeros(1), np.ones(1), 1.0 - untouched
    scores, shares = 100.0 * earned / (possible + 1), mass[earned, possible + 1]
    order = np.argsort(scores, kind="stable")
    return scores[order], shares[order] / shares.sum(), 1.0 - untouched


def _steps(weights: Sequence[float]) -> list[int]:
    """Return weights as whole steps: exactly where they have a common measure, else to 1/400 of them all."""
    tenths = [round(weight * 10) for weight in weights]
    common = int(np.gcd.reduce(tenths)) or 1
    if sum(tenths) // common <= MAX_STEPS:
        return [tenth // common for tenth in tenths]
    return [round(weight * MAX_STEPS / sum(weights)) for weight in weights]
