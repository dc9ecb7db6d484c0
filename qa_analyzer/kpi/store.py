"""The KPI store: SQLite by default, PostgreSQL by URL, one code path for both.

One writer at a time; readers work meanwhile and each sees one consistent moment.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from qa_analyzer.errors import MissingDependencyError, StoreError
from qa_analyzer.kpi import migrations, schema
from qa_analyzer.kpi.evaluation_upserts import upsert_evaluations
from qa_analyzer.kpi.facts import Facts
from qa_analyzer.kpi.reading import Snapshot
from qa_analyzer.kpi.records import EVERYTHING, Override, Run, Selection, StoredEvaluation
from qa_analyzer.kpi.rows import CHINA_TIME
from qa_analyzer.kpi.upserts import upsert_failure, upsert_override, upsert_run
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation
from qa_analyzer.whole_files import make_empty

# Evaluations written in one transaction: large enough to be quick, small enough that nobody waits for it.
BATCH = 500

# How long a writer waits for another one before it gives up.
LOCK_WAIT_S = 60

# Any number will do, as long as every release uses the same one.
_MIGRATION_LOCK = 7_164_019


class KpiStore:
    """Everything that was judged. Made by ``open_store``; use it in a ``with`` or call ``close``.

    Every method raises StoreError when the database cannot be read or written.
    """

    def __init__(self, engine: Engine, shown_url: str, zone: tzinfo) -> None:
        self._engine = engine
        self._shown_url = shown_url
        self._zone = zone

    def __enter__(self) -> KpiStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"KpiStore({self._shown_url!r})"

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def save_run(self, run: Run) -> None:
        """Write a run, or bring it up to date; save it before results that name it."""
        with self._writing() as connection:
            upsert_run(connection, run)

    def save_result(self, evaluation: Evaluation, *, run_id: str | None = None) -> bool:
        """Write one evaluation; return False when the store already had exactly this one."""
        return self.save_results([evaluation], run_id=run_id) == 1

    def save_results(self, evaluations: Iterable[Evaluation], *, run_id: str | None = None) -> int:
        """Write many evaluations, batch by batch; return how many were new or different."""
        remaining = iter(evaluations)
        written = 0
        while batch := list(islice(remaining, BATCH)):
            with self._writing() as connection:
                written += upsert_evaluations(connection, batch, run_id, self._zone)
        return written

    def save_failure(self, failure: CallFailure, *, run_id: str | None = None) -> None:
        """Write a call that could not be judged; judging it later marks the failure as resolved."""
        with self._writing() as connection:
            upsert_failure(connection, failure, run_id)

    def save_override(self, override: Override) -> None:
        """Put a person's verdict beside the machine's."""
        with self._writing() as connection:
            upsert_override(connection, override)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open one moment of the store: everything read inside the ``with`` fits together."""
        with self._reading() as connection:
            yield Snapshot(connection)

    def facts(self, selection: Selection = EVERYTHING) -> Facts:
        """Read the tables that KPIs are counted from."""
        with self.snapshot() as moment:
            return moment.facts(selection)

    def evaluations(self, selection: Selection = EVERYTHING) -> Iterator[StoredEvaluation]:
        """Yield whole evaluations in the order in which they were first saved; memory stays flat."""
        with self.snapshot() as moment:
            yield from moment.evaluations(selection)

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, oldest first."""
        table = schema.runs
        with self._reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.started_at, table.c.run_id)).mappings()
            return tuple(Run(**row) for row in rows)

    def failures(self, *, resolved: bool = False) -> tuple[CallFailure, ...]:
        """Return the calls that still could not be judged, or with ``resolved`` also those judged since."""
        table = schema.failures
        names = ("call_id", "source", "stage", "error", "message")
        query = select(*(table.c[name] for name in names)).order_by(table.c.call_id, table.c.source)
        if not resolved:
            query = query.where(table.c.resolved_at.is_(None))
        with self._reading() as connection:
            return tuple(CallFailure(**row) for row in connection.execute(query).mappings())

    def revision(self) -> int:
        """Return the watermark: ``Selection.after_revision`` of it yields what changes from now on."""
        with self.snapshot() as moment:
            return moment.revision()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            _store_errors(self._shown_url),
            self._engine.execution_options(writes=True).begin() as connection,
        ):
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        engine = self._engine
        if engine.dialect.name == "postgresql":  # SQLite readers keep their moment anyway
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with _store_errors(self._shown_url), engine.begin() as connection:
            yield connection


def open_store(url: str, *, zone: tzinfo = CHINA_TIME) -> KpiStore:
    """Open a store and bring its tables up to date, creating them in an empty database.

    ``url`` is ``sqlite:///path/to/file.db`` or ``postgresql://user:password@host/name``. ``zone`` is the call
    centre's clock: it gives calls their day. Raises StoreError; a password never appears in it.
    """
    parsed, shown_url = _parse(url)
    try:
        engine = create_engine(parsed, hide_parameters=True, **_options(parsed))
    except ModuleNotFoundError as error:
        raise MissingDependencyError("a PostgreSQL store", "postgres") from error
    except (SQLAlchemyError, TypeError) as error:
        raise StoreError(f"{shown_url}: {type(error).__name__}: this address cannot be used") from None
    if engine.dialect.name == "sqlite":
        _make_private(parsed, shown_url)
        _set_up_sqlite(engine)
    store = KpiStore(engine, shown_url, zone)
    try:
        with _store_errors(shown_url):
            migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return store


def sqlite_url(path: Path) -> str:
    """Return the address of a SQLite file, whatever signs are in its name."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def migrate(engine: Engine, target: str = "head") -> None:
    """Bring the tables to a version; raises StoreError when they are newer than this program."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    known = {step.revision for step in script.walk_revisions()}
    wanted = script.get_current_head() if target == "head" else target

    def version(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    with engine.connect() as connection:
        present = version(connection)
    if present is not None and present not in known:
        raise StoreError(f"the store was written by a newer release (table version {present})")
    if present == wanted:
        return
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def _parse(url: str) -> tuple[URL, str]:
    """Return the address and how it may be shown: without password and options."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the store's address is no database URL (sqlite:///file.db, postgresql://…)"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql", "postgres"):
        raise StoreError(f"{backend}: the store is kept in SQLite or PostgreSQL only")
    if backend == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    else:
        parsed = parsed.set(drivername="postgresql+psycopg")
    shown = parsed.set(drivername=backend, query={}).render_as_string(hide_password=True)
    return parsed, shown


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": LOCK_WAIT_S}}
    return {"pool_pre_ping": True, "connect_args": {"options": f"-c lock_timeout={LOCK_WAIT_S}s"}}


def _make_private(url: URL, shown_url: str) -> None:
    """Make the file ourselves: SQLite would let everybody read it. Its side files get the same rights."""
    if url.database in (None, "", ":memory:"):
        return
    path = Path(url.database)
    try:
        if path.parent.is_dir():  # else the database says so, in its own words
            make_empty(path)
    except OSError as error:
        raise StoreError(f"{shown_url}: {error.strerror}") from error


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions would end before table changes
        connection.execute("PRAGMA foreign_keys=ON")
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that turned writer half-way would be refused; writers queue up from the start.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and one writer work side by side.

    Two programs that open a new file at once would collide here: SQLite does not wait for this by itself.
    """
    give_up_s = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= give_up_s:
                raise
            time.sleep(0.02)


@contextmanager
def _store_errors(shown_url: str) -> Iterator[None]:
    """Turn a database's errors into StoreError: one line, no values, no password."""
    try:
        yield
    except StoreError as error:
        raise StoreError(f"{shown_url}: {error}") from error
    except DBAPIError as error:
        lines = str(error.orig).strip().splitlines()
        raise StoreError(f"{shown_url}: {lines[0] if lines else type(error.orig).__name__}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"{shown_url}: {type(error).__name__}: {error}") from error
