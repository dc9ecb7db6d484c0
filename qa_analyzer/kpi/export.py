"""Exports for pipelines: flat tables as CSV or Parquet, whole evaluations as JSONL, all or what changed.

Every file is written whole or not at all. What is exported holds one moment of the store.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from qa_analyzer.errors import MissingDependencyError, StoreError
from qa_analyzer.kpi.agents import neutral
from qa_analyzer.kpi.audit_log import Action, Detail, audit_entry, chosen
from qa_analyzer.kpi.dictionary import TABLES, Field, Kind
from qa_analyzer.kpi.document import document, document_schema, plain
from qa_analyzer.kpi.reading import Snapshot
from qa_analyzer.kpi.records import EVERYTHING, Selection, StoredEvaluation
from qa_analyzer.kpi.store import KpiStore
from qa_analyzer.whole_files import draft, make_folder, replacing

DICTIONARY = "data_dictionary.csv"
SCHEMA = "evaluation_export.schema.json"
WATERMARK = "watermark.json"


class Format(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote. ``revision`` is the watermark up to which the store is covered."""

    files: tuple[Path, ...]
    rows: Mapping[str, int]
    revision: int


def export(store: KpiStore, out_dir: Path, form: Format, selection: Selection = EVERYTHING) -> Exported:
    """Write the chosen evaluations into a folder, with the data dictionary and, for JSONL, the JSON Schema.

    Raises MissingDependencyError for Parquet without its library.
    """
    make_folder(out_dir)
    with store.snapshot() as moment:
        _log(store, out_dir, form, selection, changes=False)
        return _export(moment, moment.revision(), out_dir, form, selection, suffix="")


def export_changes(
    store: KpiStore, out_dir: Path, form: Format, selection: Selection = EVERYTHING
) -> Exported | None:
    """Write what changed since the last call with the same folder; None when nothing did.

    The watermark is moved only after every file is in place: after a crash the same changes are written
    again, never skipped. Load them by (call_id, scorecard_id), later files over earlier ones. Raises
    StoreError when the folder belongs to another store.
    """
    make_folder(out_dir)
    path = out_dir / WATERMARK
    covered = _read_watermark(path)
    with store.snapshot() as moment:
        revision = moment.revision()
        if covered > revision:
            raise StoreError(f"{path} is at revision {covered}, the store at {revision}: not the same store")
        if covered == revision:
            return None
        changed = replace(selection, after_revision=covered)
        _log(store, out_dir, form, selection, changes=True)
        exported = _export(moment, revision, out_dir, form, changed, suffix=f"-{revision:012d}")
    with replacing(path) as stream:
        stream.write(json.dumps({"revision": revision}) + "\n")
    return exported


def _log(store: KpiStore, out_dir: Path, form: Format, selection: Selection, *, changes: bool) -> None:
    """Write down who exports what; first of all, so that nothing leaves the store unseen."""
    details: dict[str, Detail] = {"format": form.value, "changes": changes, **chosen(selection)}
    store.record(audit_entry(Action.EXPORT, str(out_dir.resolve()), details))


def _export(
    moment: Snapshot, revision: int, out_dir: Path, form: Format, selection: Selection, *, suffix: str
) -> Exported:
    files: list[Path] = []
    rows: dict[str, int] = {}
    if form is Format.JSONL:
        files.append(out_dir / f"evaluations{suffix}.jsonl")
        rows["evaluations"] = _write_jsonl(moment.evaluations(selection), files[-1])
        files.append(out_dir / SCHEMA)
        with replacing(files[-1]) as stream:
            stream.write(json.dumps(document_schema(), ensure_ascii=False, indent=2) + "\n")
    else:
        write = _write_csv if form is Format.CSV else _parquet_writer()
        for name, fields in TABLES.items():
            files.append(out_dir / f"{name}{suffix}.{form.value}")
            batches = moment.table(name, [field.name for field in fields], selection)
            rows[name] = write(files[-1], fields, batches)
    files.append(out_dir / DICTIONARY)
    _write_dictionary(files[-1])
    return Exported(tuple(files), rows, revision)


def _read_watermark(path: Path) -> int:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return 0
    except ValueError as error:
        raise StoreError(f"{path}: no watermark: {error}") from error
    revision = content.get("revision") if isinstance(content, dict) else None
    if not isinstance(revision, int) or revision < 0:
        raise StoreError(f"{path}: no watermark: expected {{'revision': number}}")
    return revision


def _write_jsonl(evaluations: Iterable[StoredEvaluation], path: Path) -> int:
    count = 0
    with replacing(path) as stream:
        for stored in evaluations:
            stream.write(json.dumps(document(stored), ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


Batches = Iterator[Sequence[tuple[Any, ...]]]
Writer = Callable[[Path, Sequence[Field], Batches], int]


def _write_csv(path: Path, fields: Sequence[Field], batches: Batches) -> int:
    count = 0
    text = [index for index, field in enumerate(fields) if field.kind is Kind.TEXT]
    dated = [index for index, field in enumerate(fields) if field.kind in (Kind.MOMENT, Kind.DAY)]
    with replacing(path, encoding="utf-8-sig") as stream:
        writer = csv.writer(stream)
        writer.writerow([field.name for field in fields])
        for rows in batches:
            count += len(rows)
            for row in rows:
                cells = list(row)
                for index in text:
                    cells[index] = neutral(cells[index])
                for index in dated:
                    cells[index] = plain(cells[index])
                writer.writerow(cells)
    return count


def _parquet_writer() -> Writer:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingDependencyError("a Parquet export", "parquet") from error
    types = {
        Kind.TEXT: pa.string(),
        Kind.INTEGER: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.BOOLEAN: pa.bool_(),
        Kind.MOMENT: pa.timestamp("us", tz="UTC"),
        Kind.DAY: pa.date32(),
    }

    def write(path: Path, fields: Sequence[Field], batches: Batches) -> int:
        columns = pa.schema(
            [pa.field(field.name, types[field.kind], nullable=not field.required) for field in fields]
        )
        count = 0
        with draft(path) as beside, pq.ParquetWriter(beside, columns) as writer:
            for rows in batches:
                count += len(rows)
                cells = [
                    pa.array(column, type=kind.type)
                    for column, kind in zip(zip(*rows, strict=True), columns, strict=True)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(cells, schema=columns))
        return count

    return write


def _write_dictionary(path: Path) -> None:
    with replacing(path, encoding="utf-8-sig") as stream:
        writer = csv.writer(stream)
        writer.writerow(["table", "column", "type", "unit", "never_missing", "meaning", "meaning_zh"])
        for table, fields in TABLES.items():
            for field in fields:
                never_missing = "yes" if field.required else "no"
                described = (field.kind.value, field.unit, never_missing, field.meaning, field.meaning_zh)
                writer.writerow([table, field.name, *described])
