"""Removing calls that are older than a site may keep them, from everything that a run leaves behind.

First it is written down which calls go (``Tombstones``), then each part is swept of them. A purge that was
interrupted is finished by the next one; a later run does not take the calls in again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from qa_analyzer.batch.journal import Journal
from qa_analyzer.batch.kept_analyses import ANALYSES
from qa_analyzer.batch.night import TRANSCRIPTS, rewrite_outputs
from qa_analyzer.batch.output_lock import sole_writer
from qa_analyzer.batch.publish import WORKBOOK
from qa_analyzer.batch.run import JOURNAL
from qa_analyzer.batch.run_store import run_store_url
from qa_analyzer.batch.tombstones import Tombstones
from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.audit_log import Action, Detail, audit_entry
from qa_analyzer.kpi.export_purging import drop_lines, purge_contact_export, purge_export
from qa_analyzer.kpi.purging import CallAge
from qa_analyzer.kpi.store import KpiStore, open_store
from qa_analyzer.report.report_files import remove_report
from qa_analyzer.settings import Settings
from qa_analyzer.whole_files import DRAFT_PREFIX

LINES = ("evaluations.jsonl", "failures.jsonl")
SUMMARIES = ("agents.csv", WORKBOOK)


@dataclass(frozen=True, slots=True)
class PurgeOrder:
    """Purge what is older than ``older_than``, seen from ``now``; ``dry_run`` only counts."""

    out_dir: Path
    older_than: timedelta
    now: datetime
    dry_run: bool = False

    @property
    def cutoff(self) -> datetime:
        return self.now - self.older_than


@dataclass(slots=True)
class Purged:
    """What went, or would go: calls, how much of each part, and what people must know."""

    calls: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    parts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def purge(settings: Settings, order: PurgeOrder) -> Purged:
    """Remove the old calls of an output folder and its store, or finish an interrupted purge.

    Raises ConfigError when a run is writing to the folder, or the list of purged calls is damaged.
    """
    if not order.out_dir.is_dir():
        raise ConfigError(f"{order.out_dir} is not there: give the --out folder of a run")
    url = run_store_url(settings, order.out_dir)
    with sole_writer(order.out_dir), open_store(url, zone=ZoneInfo(settings.timezone)) as store:
        return _purge(settings, order, store)


def _purge(settings: Settings, order: PurgeOrder, store: KpiStore) -> Purged:
    tombstones = Tombstones(order.out_dir)
    ages = dict(_ages(order.out_dir, store))
    old = {call_id: age for call_id, age in ages.items() if age < order.cutoff and call_id not in tombstones}
    purged = Purged(len(old), min(old.values(), default=None), max(old.values(), default=None))
    unfinished = tombstones.unswept
    if not old and not unfinished:
        return purged

    def gone(call_id: str) -> bool:
        return call_id in old or call_id in tombstones

    if not order.dry_run:
        before = order.cutoff.isoformat(timespec="seconds")
        details: dict[str, Detail] = {"calls": len(old), "before": before, "resumed": unfinished}
        store.record(audit_entry(Action.PURGE, str(order.out_dir.resolve()), details))
        tombstones.add(old)
    _sweep_store(store, sorted(filter(gone, ages)), order, purged)
    _sweep_files(gone, order, purged)
    _sweep_exports(store, gone, order, purged)
    if order.dry_run:
        return purged
    _renew_report(settings, order.out_dir, purged)
    tombstones.mark_swept()
    return purged


def _ages(out_dir: Path, store: KpiStore) -> Iterator[tuple[str, datetime]]:
    """Yield each call that any part knows with the time it was held, else the time it was processed."""
    known: Mapping[str, CallAge] = store.call_ages()
    for call_id, age in known.items():
        moment = age.started_at or age.processed_at
        if moment is not None:
            yield call_id, moment
    on_disk: dict[str, datetime] = {}
    for path in _call_files(out_dir):
        if path.stem not in known and path.stem not in on_disk:
            on_disk[path.stem] = _started_at(path) or _written_at(path)
    yield from on_disk.items()
    journal = out_dir / JOURNAL
    for call_id in {entry.call_id for entry in Journal(journal).entries()}:
        if call_id not in known and call_id not in on_disk:  # it has no time of its own
            yield call_id, _written_at(journal)


def _call_files(out_dir: Path) -> Iterator[Path]:
    """Yield the files that are named after calls; transcripts first, which know when their call was."""
    for folder in (TRANSCRIPTS, ANALYSES):
        paths = (out_dir / folder).iterdir() if (out_dir / folder).is_dir() else ()
        for path in sorted(paths, key=lambda path: (path.suffix != ".json", path.name)):
            if path.is_file() and not path.name.startswith("."):
                yield path


def _started_at(path: Path) -> datetime | None:
    try:
        written = json.loads(path.read_bytes())["call"]["started_at"]
        moment = datetime.fromisoformat(written)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _sweep_store(store: KpiStore, call_ids: list[str], order: PurgeOrder, purged: Purged) -> None:
    rows = store.rows_of(call_ids) if order.dry_run else store.purge(call_ids)
    purged.parts.update({f"store: {table}": count for table, count in rows.items() if count})
    if not order.dry_run and (why_not := store.compact()) is not None:
        purged.notes.append(f"the store's old pages are not cleared yet ({why_not}): purge again later")


def _sweep_files(gone: Callable[[str], bool], order: PurgeOrder, purged: Purged) -> None:
    for path in list(_call_files(order.out_dir)):
        if gone(path.stem):
            purged.parts[path.parent.name] += 1
            if not order.dry_run:
                path.unlink(missing_ok=True)
    purged.parts[JOURNAL] += Journal(order.out_dir / JOURNAL).drop(gone, dry_run=order.dry_run)
    for name in LINES:
        purged.parts[name] += drop_lines(order.out_dir / name, gone, order.dry_run)
    for path in sorted(order.out_dir.rglob(f"{DRAFT_PREFIX}*")):  # what a killed run had in hand
        purged.parts["unfinished files"] += 1
        if not order.dry_run:
            path.unlink(missing_ok=True)


def _sweep_exports(store: KpiStore, gone: Callable[[str], bool], order: PurgeOrder, purged: Purged) -> None:
    """Go through the folders that the audit log says were exported to."""
    sweeps = {Action.EXPORT: purge_export, Action.CONTACT_EXPORT: purge_contact_export}
    handed_out = {(entry.action, entry.subject) for entry in store.audit_log() if entry.action in sweeps}
    for action, written in sorted(handed_out):
        folder = Path(written)
        if not folder.is_dir():
            purged.notes.append(f"exported earlier to {folder}, which is gone: purge its copies")
            continue
        try:
            purged.parts[f"{action}: {folder}"] += sweeps[action](folder, gone, dry_run=order.dry_run)
        except (OSError, ValueError, ImportError) as problem:
            purged.notes.append(f"exported earlier to {folder}, which cannot be purged ({problem})")


def _renew_report(settings: Settings, out_dir: Path, purged: Purged) -> None:
    """Write everything that sums up calls again; what cannot be written again is removed."""
    if not (out_dir / "run.json").is_file():
        return
    try:
        rewrite_outputs(settings, out_dir)
        purged.notes.append("report and summaries were written again from what is left")
    except ConfigError as problem:
        remove_report(out_dir / "report")
        for name in SUMMARIES:
            (out_dir / name).unlink(missing_ok=True)
        purged.notes.append(f"report and summaries were removed, they could not be written again: {problem}")
