"""What a run left behind, so that two runs can be compared, and whether any of it is half-written."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
import zipfile
from pathlib import Path

import av
import openpyxl

STORE = "qa.sqlite"
JOURNAL = "journal.jsonl"
DRAFT_PREFIX = ".draft."

# What says when and how a run went, not what came of it.
_ABOUT_THE_RUN = {"run.json", "metrics.prom", "runs.jsonl", JOURNAL, STORE, f"{STORE}-wal", f"{STORE}-shm"}
_RUN_COLUMNS = {"run_id", "created_at", "updated_at", "failed_at", "revision", "evaluation_id"}
_RUN_TABLES = {"runs", "counters", "alembic_version", "audit_log", "sqlite_sequence"}
# How fast a run went: one that was resumed took less, and has no pace when it heard nothing any more.
_PACE = re.compile(r"<div><dt>[^<]*</dt><dd>[\d.]+ 倍实时</dd></div>")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d\d:\d\d|Z)?")


def differences(one: Path, other: Path) -> list[str]:
    """Name what two output folders hold differently, run times aside."""
    found = []
    files_one, files_other = _files(one), _files(other)
    found += [f"{name} is missing" for name in sorted(files_one - files_other)]
    found += [f"{name} is too much" for name in sorted(files_other - files_one)]
    for name in sorted(files_one & files_other):
        content, other_content = _content(one / name, one), _content(other / name, other)
        if content != other_content:
            found.append(f"{name} differs{_where(content, other_content)}")
    rows_one, rows_other = store_rows(one / STORE), store_rows(other / STORE)
    found += [
        f"store table {table} differs"
        for table in sorted(rows_one.keys() | rows_other.keys())
        if rows_one.get(table) != rows_other.get(table)
    ]
    return found


def store_rows(path: Path) -> dict[str, list[str]]:
    """Return every row of every table in an order of its own, without what names the run or the moment."""
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied_store(path, Path(folder))
        connection = sqlite3.connect(copy)
        try:
            connection.row_factory = sqlite3.Row
            owners = {
                row["evaluation_id"]: f"{row['call_id']} {row['scorecard_id']}"
                for row in connection.execute("SELECT evaluation_id, call_id, scorecard_id FROM evaluations")
            }
            tables = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            return {
                table: sorted(_row(row, owners) for row in connection.execute(f"SELECT * FROM {table}"))
                for table in sorted(set(tables) - _RUN_TABLES)
            }
        finally:
            connection.close()


def half_written(out: Path) -> list[str]:
    """Name every file under its final name that is not whole. The journal's last line may be torn."""
    if not out.is_dir():
        return []
    return [
        f"{path.relative_to(out)}: {fault}"
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and (fault := _fault(path))
    ]


def drafts(out: Path) -> list[str]:
    """Name what was left over from writing."""
    return [str(path.relative_to(out)) for path in sorted(out.rglob(f"{DRAFT_PREFIX}*"))]


def phase(out: Path, calls: int) -> str:
    """Say how far a run had come."""
    journal = out / JOURNAL
    lines = journal.read_bytes().count(b"\n") if journal.is_file() else 0
    if lines == 0:
        return "before the first call"
    if lines < calls:
        return "between calls"
    return "after the last call"


def _files(out: Path) -> set[str]:
    return {
        str(path.relative_to(out))
        for path in out.rglob("*")
        if path.is_file() and path.name not in _ABOUT_THE_RUN and not path.name.startswith(".")
    }


def _content(path: Path, out: Path) -> object:
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, read_only=True)
        return [
            (sheet.title, list(sheet.iter_rows(values_only=True))) for sheet in list(book)[1:]
        ]  # the first sheet tells of the run
    content = path.read_bytes().decode("utf-8", "surrogateescape").replace(str(out), "OUT")
    if path.suffix == ".html":
        return _PACE.sub("", _MOMENT.sub("MOMENT", content))
    return content


def _where(one: object, other: object) -> str:
    if not isinstance(one, str) or not isinstance(other, str):
        return ""
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    first = next(((a.strip()[:120], b.strip()[:120]) for a, b in pairs if a != b), None)
    return f": {first[0]!r} and {first[1]!r}" if first is not None else ": in length"


def _row(row: sqlite3.Row, owners: dict[int, str]) -> str:
    cells = dict(row)
    if "evaluation_id" in cells:
        cells["owner"] = owners[cells["evaluation_id"]]
    kept = {name: cell for name, cell in cells.items() if name not in _RUN_COLUMNS}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, default=str)


def _copied_store(path: Path, folder: Path) -> Path:
    for part in (path, path.with_name(f"{path.name}-wal")):
        if part.is_file():
            shutil.copy(part, folder / part.name)
    return folder / path.name


def _fault(path: Path) -> str | None:
    try:
        return _WHOLE.get(path.suffix, lambda _path: None)(path)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the file is not whole
        return f"{type(problem).__name__}: {problem}"


def _json_fault(path: Path) -> str | None:
    json.loads(path.read_bytes())
    return None


def _lines_fault(path: Path) -> str | None:
    content = path.read_bytes()
    if path.name == JOURNAL:
        content = content[: content.rfind(b"\n") + 1]
    if content and not content.endswith(b"\n"):
        return "no end of line"
    for line in content.split(b"\n")[:-1]:
        json.loads(line)
    return None


def _html_fault(path: Path) -> str | None:
    return None if path.read_text(encoding="utf-8").rstrip().endswith("</html>") else "no end"


def _text_fault(path: Path) -> str | None:
    return None if path.read_bytes().endswith(b"\n") else "no end of line"


def _zip_fault(path: Path) -> str | None:
    with zipfile.ZipFile(path) as book:
        return book.testzip()


def _store_fault(path: Path) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(_copied_store(path, Path(folder)))
        try:
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            connection.close()
    return None if answer == "ok" else str(answer)


def _sound_fault(path: Path) -> str | None:
    with av.open(str(path)) as container:
        return None if container.streams.audio else "no sound"


_WHOLE = {
    ".json": _json_fault,
    ".jsonl": _lines_fault,
    ".html": _html_fault,
    ".csv": _text_fault,
    ".prom": _text_fault,
    ".xlsx": _zip_fault,
    ".sqlite": _store_fault,
    ".wav": _sound_fault,
    ".mp3": _sound_fault,
}
