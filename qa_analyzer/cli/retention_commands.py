"""The commands for how long calls are kept and who did what with them: purge and audit."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from qa_analyzer.batch.purge import Purged, PurgeOrder
from qa_analyzer.batch.purge import purge as purge_output
from qa_analyzer.cli.opening import Config, Source, Store, open_settings, store_url
from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.store import open_store

DAYS = {"d": 1, "w": 7}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("purge")(purge)
    app.command("audit")(audit)


def purge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The --out folder of runs.")],
    older_than: Annotated[str, typer.Option("--older-than", help="Age, such as 90d or 26w.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    store: Store = None,
    config: Config = None,
) -> None:
    """Remove old calls for good: transcripts, evaluations, report, recordings in it, journal, exports.

    A call's age counts from its start, else from when it was processed. Input recordings are never touched.
    """
    settings = open_settings(config, store=store)
    order = PurgeOrder(out, age_of(older_than), datetime.now(UTC), dry_run)
    typer.echo("\n".join(purge_lines(purge_output(settings, order), order)))


def audit(
    source: Source,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show who overrode, exported and purged what, and when."""
    with open_store(store_url(source)) as store:
        entries = store.audit_log()
    if as_json:
        for entry in entries:
            fields = {"at": entry.at.isoformat(), "who": entry.who, "action": entry.action.value}
            line = {**fields, "subject": entry.subject, "details": dict(entry.details)}
            typer.echo(json.dumps(line, ensure_ascii=False))
        return
    table = Table("when (UTC)", "who", "action", "subject", "details")
    for entry in entries:
        details = ", ".join(f"{name}: {value}" for name, value in entry.details.items())
        cells = (f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.who, entry.action.value, entry.subject, details)
        table.add_row(*(cell.replace("[", r"\[") for cell in cells))
    Console().print(table)


def age_of(written: str) -> timedelta:
    """Return an age written as days or weeks; raises ConfigError for anything else."""
    match = re.fullmatch(r"(\d{1,5})([dw])", written.strip())
    if match is None:
        raise ConfigError(f"--older-than {written}: write days or weeks, such as 90d or 26w")
    return timedelta(days=int(match[1]) * DAYS[match[2]])


def purge_lines(purged: Purged, order: PurgeOrder) -> list[str]:
    """Return what was removed, in words."""
    verb = "would be removed" if order.dry_run else "removed"
    lines = [f"{purged.calls} calls from before {order.cutoff:%Y-%m-%d %H:%M} UTC {verb}"]
    if purged.oldest is not None and purged.newest is not None:
        lines[0] += f" ({purged.oldest:%Y-%m-%d} to {purged.newest:%Y-%m-%d})"
    lines += [f"  {part}: {count}" for part, count in sorted(purged.parts.items()) if count]
    return lines + [f"  {note}" for note in purged.notes]
