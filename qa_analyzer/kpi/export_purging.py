"""Taking purged calls out of files that were exported earlier, where these still lie."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from qa_analyzer.kpi.dictionary import TABLES
from qa_analyzer.kpi.export import Format
from qa_analyzer.whole_files import draft, replacing

Gone = Callable[[str], bool]


def purge_export(folder: Path, gone: Gone, *, dry_run: bool = False) -> int:
    """Remove the rows of calls from the tables and documents of an export; return how many.

    Each file is replaced as a whole, and only if it names such a call. Raises ModuleNotFoundError for Parquet
    without its library.
    """
    return sum(_REWRITERS[path.suffix](path, gone, dry_run) for path in _exported(folder))


def purge_contact_export(folder: Path, gone: Gone, *, dry_run: bool = False) -> int:
    """Remove the files of calls from a folder of contact documents; return how many."""
    files = [path for path in sorted(folder.glob("*.json")) if gone(path.stem)]
    for path in files if not dry_run else ():
        path.unlink(missing_ok=True)
    return len(files)


def drop_lines(path: Path, gone: Gone, dry_run: bool) -> int:
    """Remove the JSON lines whose ``call_id`` is gone, and lines that are no JSON; return how many."""
    if not path.is_file():
        return 0

    def goes(line: bytes) -> bool:
        try:
            return gone(json.loads(line)["call_id"])
        except (ValueError, TypeError, KeyError):
            return True  # cut off by a power cut: nobody reads it, and nobody knows whom it tells of

    with path.open("rb") as stream:
        count = sum(map(goes, stream))
    if count and not dry_run:
        with path.open("rb") as stream, draft(path) as beside, beside.open("wb") as kept:
            kept.writelines(line for line in stream if not goes(line))
    return count


def _exported(folder: Path) -> Iterator[Path]:
    """Yield the files that an export writes for itself, those of changes included; nobody else's."""
    kinds = [(name, form) for name in TABLES for form in (Format.CSV, Format.PARQUET)]
    for name, form in (*kinds, ("evaluations", Format.JSONL)):
        yield from sorted({*folder.glob(f"{name}.{form}"), *folder.glob(f"{name}-*.{form}")})


def _drop_rows(path: Path, gone: Gone, dry_run: bool) -> int:
    def goes(call_id: str) -> bool:
        return gone(call_id) or (call_id.startswith("'") and gone(call_id[1:]))  # a defused formula

    with _open(path) as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        if "call_id" not in header:
            return 0
        column = header.index("call_id")
        count = sum(goes(row[column]) for row in reader)
    if count and not dry_run:
        with _open(path) as stream, replacing(path, encoding="utf-8-sig") as kept:
            reader, writer = csv.reader(stream), csv.writer(kept)
            writer.writerow(next(reader))
            writer.writerows(row for row in reader if not goes(row[column]))
    return count


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _drop_parquet_rows(path: Path, gone: Gone, dry_run: bool) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kept(batch: Any) -> Any:
        return batch.filter(pa.array([not gone(call_id) for call_id in batch.column("call_id").to_pylist()]))

    with pq.ParquetFile(path) as table:
        if "call_id" not in table.schema_arrow.names:
            return 0
        count: int = sum(batch.num_rows - kept(batch).num_rows for batch in table.iter_batches())
        if count and not dry_run:
            with draft(path) as beside, pq.ParquetWriter(beside, table.schema_arrow) as writer:
                for batch in table.iter_batches():
                    writer.write_batch(kept(batch))
    return count


_REWRITERS = {
    f".{Format.JSONL}": drop_lines,
    f".{Format.CSV}": _drop_rows,
    f".{Format.PARQUET}": _drop_parquet_rows,
}
