"""The commands that read the KPI store: kpi and export."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from qa_analyzer.batch.night import TRANSCRIPTS
from qa_analyzer.batch.outputs import evaluations_of
from qa_analyzer.batch.publish import read_results
from qa_analyzer.batch.run_store import run_store_url
from qa_analyzer.calls.call import Call
from qa_analyzer.cli.opening import Source, Store, open_settings, store_url
from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.audit_log import Action, Detail, audit_entry
from qa_analyzer.kpi.audit_log import chosen as asked_for
from qa_analyzer.kpi.contact_json import contact_document
from qa_analyzer.kpi.export import Format, export, export_changes
from qa_analyzer.kpi.fairness import comparison_warnings
from qa_analyzer.kpi.kpis import VALUE_COLUMNS, Dimension, kpi_table
from qa_analyzer.kpi.outcomes import KPI_BY_ID, KPIS, Measure
from qa_analyzer.kpi.records import Selection
from qa_analyzer.kpi.store import open_store
from qa_analyzer.whole_files import write_lines

Day = datetime | None
From = Annotated[Day, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Until = Annotated[Day, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day.")]
Teams = Annotated[list[str] | None, typer.Option("--team", help="Only these teams.")]
Agents = Annotated[list[str] | None, typer.Option("--agent", help="Only these agents.")]
Queues = Annotated[list[str] | None, typer.Option("--queue", help="Only these queues.")]
DIMENSIONS = {
    "agent": Dimension.AGENT,
    "team": Dimension.TEAM,
    "queue": Dimension.QUEUE,
    "day": Dimension.DAY,
    "week": Dimension.WEEK,
}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("kpi")(kpi)
    app.command("export")(export_command)
    app.command("export-contacts")(export_contacts)


def kpi(
    source: Source,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="agent, team, queue, day or week; may repeat.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--kpi", help="Only these KPIs.")] = None,
    first_day: From = None,
    last_day: Until = None,
    team: Teams = None,
    agent: Agents = None,
    queue: Queues = None,
) -> None:
    """Show the KPIs with their n and 95 % interval; what cannot be known says so."""
    unknown = [name for name in by or () if name not in DIMENSIONS] + [
        k for k in only or () if k not in KPI_BY_ID
    ]
    if unknown:
        known = f"--by takes {', '.join(DIMENSIONS)}; --kpi takes {', '.join(KPI_BY_ID)}"
        raise ConfigError(f"unknown: {', '.join(unknown)}. {known}")
    with open_store(store_url(source)) as store:
        facts = store.facts(_selection(first_day, last_day, team, agent, queue))
    everything = KPI_BY_ID.values() if facts.reviewed else KPIS  # what people decided, where they did
    chosen = [KPI_BY_ID[name] for name in only] if only else list(everything)
    dimensions = [DIMENSIONS[name] for name in by or ()]
    console = Console()
    console.print(_table(kpi_table(facts, dimensions, kpis=chosen), [each.value for each in dimensions]))
    for warning in comparison_warnings(facts):
        console.print(warning, markup=False)


def export_command(
    source: Source,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")],
    form: Annotated[Format, typer.Option("--format", help="How to write.")] = Format.CSV,
    changes: Annotated[
        bool, typer.Option("--changes", help="Only what changed since the last such export.")
    ] = False,
    first_day: From = None,
    last_day: Until = None,
    team: Teams = None,
    agent: Agents = None,
    queue: Queues = None,
) -> None:
    """Write the store as CSV, JSON lines or Parquet, with a data dictionary."""
    open_settings()
    selection = _selection(first_day, last_day, team, agent, queue)
    with open_store(store_url(source)) as store:
        written = (export_changes if changes else export)(store, out, form, selection)
    if written is None:
        typer.echo("nothing changed since the last export")
        return
    for path in written.files:
        typer.echo(path)


def export_contacts(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="OUT of a run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")],
    first_day: From = None,
    last_day: Until = None,
    team: Teams = None,
    agent: Agents = None,
    store: Store = None,
) -> None:
    """Write every call of a run as one JSON file in the shape that contact-centre pipelines load."""
    settings = open_settings(store=store)
    results, _ = read_results(source, source / TRANSCRIPTS)
    chosen = [
        evaluation
        for evaluation in evaluations_of(results)
        if _chosen(evaluation.analysis.transcript.call, _date(first_day), _date(last_day), team, agent)
    ]
    selection = _selection(first_day, last_day, team, agent, None)
    with open_store(run_store_url(settings, source)) as log:
        details: dict[str, Detail] = {"calls": len(chosen), **asked_for(selection)}
        log.record(audit_entry(Action.CONTACT_EXPORT, str(out.resolve()), details))
    for evaluation in chosen:
        document = json.dumps(contact_document(evaluation), ensure_ascii=False, indent=1)
        write_lines(out / f"{evaluation.call_id}.json", [document])
    typer.echo(f"{len(chosen)} calls written to {out}")


def _chosen(
    call: Call,
    first_day: date | None,
    last_day: date | None,
    teams: list[str] | None,
    agents: list[str] | None,
) -> bool:
    """Say whether a call is wanted; a call that does not say its day is left out when days are asked for."""
    day = call.started_at.date() if call.started_at is not None else None
    if (first_day is not None or last_day is not None) and day is None:
        return False
    in_days = day is None or (first_day or day) <= day <= (last_day or day)
    return in_days and (not teams or call.team in teams) and (not agents or call.agent_id in agents)


def _selection(
    first_day: Day, last_day: Day, team: list[str] | None, agent: list[str] | None, queue: list[str] | None
) -> Selection:
    return Selection(
        first_day=_date(first_day),
        last_day=_date(last_day),
        teams=tuple(team or ()),
        agent_ids=tuple(agent or ()),
        queues=tuple(queue or ()),
    )


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


def _table(figures: pd.DataFrame, names: list[str]) -> Table:
    table = Table(*names, *VALUE_COLUMNS[:5], "note")
    for row in figures.to_dict("records"):
        rate = KPI_BY_ID[row["kpi"]].measure is Measure.RATE
        shown = [_figure(row[column], rate=rate) for column in ("value", "low", "high")]
        groups = ["–" if pd.isna(row[name]) else str(row[name]) for name in names]
        table.add_row(*groups, row["kpi"], shown[0], str(row["n"]), shown[1], shown[2], row["note"])
    return table


def _figure(value: float, *, rate: bool) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.1%}" if rate else f"{value:.2f}"
