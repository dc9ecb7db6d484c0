"""The operators' KPIs on the first page, and whether recognition explains agents' differences."""

from __future__ import annotations

from dataclasses import dataclass

from qa_analyzer.kpi.facts import Facts
from qa_analyzer.kpi.fairness import recognition_fairness
from qa_analyzer.kpi.kpis import Status, kpi_table
from qa_analyzer.kpi.outcomes import KPI_BY_ID, Kpi
from qa_analyzer.report import formats
from qa_analyzer.report.wording import Wording

_CPM = "characters/min"


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One KPI over all calls in words. ``met`` compares with the target; None without one or without a value.

    ``note`` says what the input lacks, or that there are too few calls.
    """

    kpi_id: str
    name: str
    value: str
    interval: str
    n: int
    target: str
    met: bool | None
    note: str


def kpi_rows(facts: Facts, wording: Wording) -> tuple[KpiRow, ...]:
    """Return every KPI in the standard's order; one without figures says what it needs, and is never 0."""
    table = kpi_table(facts)
    if table.empty:
        return ()
    columns = [table[name].tolist() for name in ("kpi", "value", "low", "high", "n", "status")]
    return tuple(
        _row(KPI_BY_ID[kpi_id], value, low, high, n, status, wording)
        for kpi_id, value, low, high, n, status in zip(*columns, strict=True)
    )


def _row(kpi: Kpi, value: float, low: float, high: float, n: int, status: str, wording: Wording) -> KpiRow:
    available = status != Status.NOT_AVAILABLE
    note = ""
    if not available:
        note = wording.known(f"kpi_needs.{kpi.kpi_id}", kpi.needs)
    elif status == Status.SMALL_SAMPLE:
        note = wording("overview.kpi_few")
    # NaN is not equal to itself: an interval the figures cannot give.
    bounded = available and low == low and high == high
    return KpiRow(
        kpi_id=kpi.kpi_id,
        name=kpi.name_zh if wording.lang == "zh" else kpi.name_en[:1].upper() + kpi.name_en[1:],
        value=_shown(kpi, value, wording) if available else wording("not_available"),
        interval=f"{_figure(kpi, low)}–{_figure(kpi, high)}" if bounded else formats.NOTHING,
        n=n,
        target=_shown(kpi, kpi.target, wording) if kpi.target is not None else "",
        met=value >= kpi.target if available and kpi.target is not None else None,
        note=note,
    )


def _shown(kpi: Kpi, value: float, wording: Wording) -> str:
    return wording("unit.cpm", value=_figure(kpi, value)) if kpi.unit == _CPM else _figure(kpi, value)


def _figure(kpi: Kpi, value: float) -> str:
    if kpi.unit == "share":
        return formats.share(value)
    if kpi.unit == "s":
        return formats.clock(value)
    return f"{value:.0f}" if kpi.unit == _CPM else formats.decimal(value)


def fairness_note(facts: Facts, wording: Wording) -> str:
    """Return a sentence where scores go with recognition quality; empty where ranks are safe in that."""
    fairness = recognition_fairness(facts)
    if not fairness.available or fairness.warning is None:
        return ""
    return wording(
        "overview.fairness",
        share=formats.share(fairness.explained_share),
        shift=formats.decimal(fairness.largest_shift),
    )
