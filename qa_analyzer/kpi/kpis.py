"""KPIs by agent, team, queue, day and week: value, n, interval, and whether it may be compared at all."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_analyzer.kpi.facts import Facts
from qa_analyzer.kpi.outcomes import KPI_BY_ID, KPIS, Kpi, Measure, outcomes
from qa_analyzer.kpi.uncertainty import Floats, bootstrap_means, wilson

Groups: TypeAlias = npt.NDArray[np.intp]

# Below this a rank is chance: at n = 20 a pass rate of 80 % could as well be 58 % or 92 %.
MIN_RANKED_N = 20


class Dimension(StrEnum):
    """What KPIs can be counted by. A week is named by its Monday."""

    AGENT = "agent_id"
    TEAM = "team"
    QUEUE = "queue"
    DAY = "local_day"
    WEEK = "local_week"


class Status(StrEnum):
    """How far a figure can be used."""

    OK = "ok"
    SMALL_SAMPLE = "small_sample"
    NOT_AVAILABLE = "not_available"


VALUE_COLUMNS = ("kpi", "value", "n", "low", "high", "target", "status", "note")


def kpi_table(
    facts: Facts, by: Sequence[Dimension] = (), *, kpis: Sequence[Kpi] = KPIS, minimum_n: int = MIN_RANKED_N
) -> pd.DataFrame:
    """Count every KPI for every group: one line per group and KPI, groups sorted, KPIs in their order.

    Columns are the dimensions, then ``VALUE_COLUMNS``. Rates are in [0, 1] with a Wilson interval, means
    have a seeded bootstrap interval; both 95 %. A figure without calls has no value, status
    ``not_available`` and a note that says what the input lacks. Calls whose dimension is not known form a
    group of their own, named by a missing cell.
    """
    names = [dimension.value for dimension in by]
    figures = outcomes(facts)[[kpi.kpi_id for kpi in kpis]]
    keys = dimensions(facts.calls)[names] if names else pd.DataFrame({"all": 0}, index=figures.index)
    grouped = keys.groupby(list(keys.columns), dropna=False, sort=True)
    group_of: Groups = grouped.ngroup().to_numpy().astype(np.intp)
    groups = keys.assign(group=group_of).drop_duplicates("group").sort_values("group")
    parts = [
        _one_kpi(kpi, figures[kpi.kpi_id].to_numpy(np.float64), group_of, len(groups), minimum_n)
        for kpi in kpis
    ]
    table = pd.concat([part.assign(order=order) for order, part in enumerate(parts)], ignore_index=True)
    table = groups.merge(table, on="group").sort_values(["group", "order"], kind="stable")
    return table[[*names, *VALUE_COLUMNS]].reset_index(drop=True)


def dimensions(calls: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that KPIs can be counted by."""
    day = calls["local_day"]
    week = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    return calls.assign(local_week=week)[[dimension.value for dimension in Dimension]]


def _one_kpi(kpi: Kpi, figures: Floats, group_of: Groups, groups: int, minimum_n: int) -> pd.DataFrame:
    known = ~np.isnan(figures)
    held, owners = figures[known], group_of[known]
    n = np.bincount(owners, minlength=groups)
    sums = np.bincount(owners, weights=held, minlength=groups)
    value = np.divide(sums, n, out=np.full(groups, np.nan), where=n > 0)
    if kpi.measure is Measure.RATE:
        low, high = wilson(sums, n)
    else:
        order = np.argsort(owners, kind="stable")
        low, high = bootstrap_means(np.split(held[order], np.cumsum(n)[:-1]) if groups else [])
    cases = [n == 0, n < minimum_n]
    lacks, few = f"not available: needs {kpi.needs}", f"fewer than {minimum_n} calls: not ranked"
    return pd.DataFrame(
        {
            "group": np.arange(groups),
            "kpi": kpi.kpi_id,
            "value": value,
            "n": n,
            "low": low,
            "high": high,
            "target": np.nan if kpi.target is None else kpi.target,
            "status": np.select(
                cases, [Status.NOT_AVAILABLE.value, Status.SMALL_SAMPLE.value], Status.OK.value
            ),
            "note": np.select(cases, [lacks, few], ""),
        }
    )


def ranking(
    facts: Facts,
    by: Dimension = Dimension.AGENT,
    *,
    kpi_id: str = "qa_score",
    minimum_n: int = MIN_RANKED_N,
) -> pd.DataFrame:
    """Rank groups by one KPI, best first; those with too few calls follow without a rank.

    ``against_all`` says ``above`` or ``below`` only where the interval leaves out the figure of all calls
    together, else ``not_distinguishable``. Look at ``fairness.recognition_fairness`` before ranks leave
    the room.
    """
    kpi = KPI_BY_ID[kpi_id]
    table = kpi_table(facts, [by], kpis=[kpi], minimum_n=minimum_n)
    overall = kpi_table(facts, kpis=[kpi], minimum_n=minimum_n)["value"]
    reference = float(overall.iloc[0]) if len(overall) else float("nan")
    ranked = table["status"] == Status.OK.value
    descending = kpi.higher_is_better is not False
    table["rank"] = table["value"].where(ranked).rank(method="min", ascending=not descending).astype("Int64")
    sides = [table["low"] > reference, table["high"] < reference]
    against = np.select(sides, ["above", "below"], "not_distinguishable")
    table["against_all"] = pd.Series(against, index=table.index).where(ranked)
    return table.sort_values(["rank", by.value], na_position="last", kind="stable").reset_index(drop=True)
