"""Machine against people: how far the verdicts agree on calls that a person graded without seeing them.

Overrides are no such sample: people correct what looks wrong. Grades come from a CSV file instead.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qa_analyzer.errors import Fault, ManifestError
from qa_analyzer.kpi.uncertainty import LEVELS, RESAMPLES, SEED, Floats, wilson
from qa_analyzer.scoring.evaluation import CriterionResult, Verdict

Counts: TypeAlias = npt.NDArray[np.int64]
Interval: TypeAlias = tuple[float, float]

GRADE_COLUMNS = ("call_id", "criterion_id", "verdict")

# What both sides must have said to be compared; "cannot tell" is counted apart.
COMPARED = (Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE)

# Fewer graded calls leave intervals too wide to trust a criterion by.
MIN_PAIRS = 30

ALL_CRITERIA = ""


@dataclass(frozen=True, slots=True)
class HumanGrade:
    """One person's verdict on one criterion of one call."""

    call_id: str
    criterion_id: str
    verdict: Verdict
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far machine and people agree on a criterion; ``criterion_id`` is empty for all together.

    ``n`` are the grades compared, ``abstained`` those where either side could not tell, ``not_judged``
    those of calls or criteria the machine has not judged. ``confusion`` counts (human, machine). ``kappa``
    is Cohen's, None where one side always says the same; ``ac1`` is Gwet's, which common verdicts do not
    depress. ``fail_bias`` is the machine's share of fails minus people's: above 0 it is the stricter.
    Intervals are 95 %, by resampling calls.
    """

    criterion_id: str
    n: int
    abstained: int
    not_judged: int
    confusion: Mapping[tuple[Verdict, Verdict], int]
    raw: float | None
    raw_interval: Interval | None
    kappa: float | None
    kappa_interval: Interval | None
    ac1: float | None
    ac1_interval: Interval | None
    fail_bias: float | None

    @property
    def enough(self) -> bool:
        return self.n >= MIN_PAIRS


def read_grades(path: Path) -> tuple[HumanGrade, ...]:
    """Read people's grades from CSV: call_id, criterion_id, verdict and optionally reviewer.

    UTF-8 or GB18030. Raises ManifestError with every fault and its line.
    """
    reader = csv.DictReader(io.StringIO(text_of(path), newline=""))
    missing = [name for name in GRADE_COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ManifestError((Fault(path, 1, "", f"columns are missing: {', '.join(missing)}"),))
    grades: list[HumanGrade] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, str, str], int] = {}
    for row in reader:
        line = reader.line_num
        call_id, criterion_id, word, reviewer = (
            (row.get(name) or "").strip() for name in (*GRADE_COLUMNS, "reviewer")
        )
        if not call_id or not criterion_id:
            faults.append(Fault(path, line, "", "call_id and criterion_id must be filled in"))
            continue
        try:
            verdict = Verdict(word)
        except ValueError:
            allowed = ", ".join(each.value for each in Verdict)
            faults.append(Fault(path, line, "verdict", f"{word!r} is none of {allowed}"))
            continue
        first = seen.setdefault((call_id, criterion_id, reviewer), line)
        if first != line:
            faults.append(Fault(path, line, "", f"the same reviewer graded this in line {first}"))
            continue
        grades.append(HumanGrade(call_id, criterion_id, verdict, reviewer))
    if faults:
        raise ManifestError(tuple(faults))
    return tuple(grades)


def text_of(path: Path) -> str:
    """Return the text of a table that people saved, in UTF-8 or GB18030; raises ManifestError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ManifestError((Fault(path, None, "", error.strerror or "cannot be read"),)) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise ManifestError((Fault(path, None, "", "is neither UTF-8 nor GB18030 text"),)) from error


def calibrate(
    grades: Iterable[HumanGrade], judged: Mapping[str, Sequence[CriterionResult]]
) -> tuple[Agreement, ...]:
    """Compare grades with the machine's verdicts by call_id: all criteria together first, then each."""
    machine = {
        (call_id, criterion.criterion_id): criterion.verdict
        for call_id, criteria in judged.items()
        for criterion in criteria
    }
    ordered = sorted(grades, key=lambda grade: (grade.criterion_id, grade.call_id, grade.reviewer))
    by_criterion: dict[str, list[HumanGrade]] = {}
    for grade in ordered:
        by_criterion.setdefault(grade.criterion_id, []).append(grade)
    groups = [(ALL_CRITERIA, ordered), *by_criterion.items()]
    return tuple(_agreement(name, group, machine) for name, group in groups if group)


def _agreement(
    name: str, grades: Sequence[HumanGrade], machine: Mapping[tuple[str, str], Verdict]
) -> Agreement:
    place = {verdict: index for index, verdict in enumerate(COMPARED)}
    size = len(COMPARED)
    by_call: dict[str, Counts] = {}
    abstained = not_judged = 0
    for grade in grades:
        verdict = machine.get((grade.call_id, grade.criterion_id))
        if verdict is None:
            not_judged += 1
        elif verdict not in place or grade.verdict not in place:
            abstained += 1
        else:
            counts = by_call.setdefault(grade.call_id, np.zeros((size, size), dtype=np.int64))
            counts[place[grade.verdict], place[verdict]] += 1
    if not by_call:
        return Agreement(name, 0, abstained, not_judged, {}, None, None, None, None, None, None, None)
    calls: Counts = np.stack(list(by_call.values()))
    whole = calls.sum(axis=0)
    n = int(whole.sum())
    used = (whole.sum(axis=0) + whole.sum(axis=1)) > 0
    raw, kappa, ac1 = (float(figures[0]) for figures in _coefficients(whole[None], int(used.sum())))
    weights = np.random.default_rng(SEED).multinomial(
        len(calls), [1 / len(calls)] * len(calls), size=RESAMPLES
    )
    draws = np.tensordot(weights, calls, axes=1)
    raw_draws, kappa_draws, ac1_draws = _coefficients(draws, int(used.sum()))
    fails = place[Verdict.FAIL]
    return Agreement(
        criterion_id=name,
        n=n,
        abstained=abstained,
        not_judged=not_judged,
        confusion={
            (human, verdict): int(whole[place[human], place[verdict]])
            for human in COMPARED
            for verdict in COMPARED
        },
        raw=raw,
        raw_interval=_rate_interval(whole) if len(calls) == n else _interval(raw_draws),
        kappa=None if np.isnan(kappa) else kappa,
        kappa_interval=None if np.isnan(kappa) else _interval(kappa_draws),
        ac1=ac1,
        ac1_interval=_interval(ac1_draws),
        fail_bias=float((whole[:, fails].sum() - whole[fails].sum()) / n),
    )


def _coefficients(tables: Counts, categories: int) -> tuple[Floats, Floats, Floats]:
    """Return raw agreement, Cohen's kappa (NaN where it has none) and Gwet's AC1 of confusion tables.

    Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement", 2008.
    """
    total = tables.sum(axis=(1, 2)).astype(np.float64)
    raw: Floats = np.trace(tables, axis1=1, axis2=2) / total
    human, machine = tables.sum(axis=2) / total[:, None], tables.sum(axis=1) / total[:, None]
    by_chance = (human * machine).sum(axis=1)
    kappa = np.full_like(raw, np.nan)
    np.divide(raw - by_chance, 1 - by_chance, out=kappa, where=by_chance < 1 - 1e-12)
    common = (human + machine) / 2
    guessed = (common * (1 - common)).sum(axis=1) / (max(2, categories) - 1)
    ac1: Floats = (raw - guessed) / (1 - guessed)
    return raw, kappa, ac1


def _rate_interval(table: Counts) -> Interval:
    low, high = wilson([np.trace(table)], [table.sum()])
    return float(low[0]), float(high[0])


def _interval(draws: Floats) -> Interval | None:
    """Return the middle 95 %; None where too many resamples have no figure."""
    known = draws[~np.isnan(draws)]
    if len(known) < 0.9 * len(draws):
        return None
    low, high = np.percentile(known, LEVELS)
    return float(low), float(high)
