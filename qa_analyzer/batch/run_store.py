"""Where a run keeps its store, and what people decided in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from qa_analyzer.kpi.records import Override
from qa_analyzer.kpi.store import open_store, sqlite_url
from qa_analyzer.settings import Settings

STORE = "qa.sqlite"


def run_store_url(settings: Settings, out_dir: Path) -> str:
    """Return the URL of the store that a run with this output folder writes to."""
    return settings.store or sqlite_url(out_dir / STORE)


def people_s_verdicts(settings: Settings, out_dir: Path) -> tuple[Override, ...]:
    """Return the overrides in the store of a run, timed by the site's clock; none where there is no store."""
    if settings.store is None and not (out_dir / STORE).is_file():
        return ()
    zone = ZoneInfo(settings.timezone)
    with open_store(run_store_url(settings, out_dir), zone=zone) as store:
        return tuple(replace(each, decided_at=each.decided_at.astimezone(zone)) for each in store.overrides())
