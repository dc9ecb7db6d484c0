"""The KPI store: SQLite by default, PostgreSQL by URL, one code path for both.

One writer at a time; readers work meanwhile and each sees one consistent moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from types import TracebackType

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, func, select

from qa_analyzer.errors import StoreError
from qa_analyzer.kpi import migrations, schema
from qa_analyzer.kpi.audit_log import AuditEntry, add_entry, override_entry, read_entries
from qa_analyzer.kpi.database import check_reachable, check_whole, open_engine, store_errors
from qa_analyzer.kpi.evaluation_upserts import upsert_evaluations
from qa_analyzer.kpi.facts import Facts
from qa_analyzer.kpi.purging import CALLS_AT_A_TIME, CallAge, compact, count_rows, purge_calls, read_call_ages
from qa_analyzer.kpi.reading import Snapshot, read_overrides
from qa_analyzer.kpi.records import EVERYTHING, Override, Run, Selection, StoredEvaluation
from qa_analyzer.kpi.rows import CHINA_TIME
from qa_analyzer.kpi.upserts import upsert_failure, upsert_override, upsert_run
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation

# Evaluations written in one transaction: large enough to be quick, small enough that nobody waits for it.
BATCH = 500

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
        """Put a person's verdict beside the machine's, and a line into the audit log."""
        with self._writing() as connection:
            if upsert_override(connection, override):
                add_entry(connection, override_entry(override))

    def record(self, entry: AuditEntry) -> None:
        """Add a line to the audit log."""
        with self._writing() as connection:
            add_entry(connection, entry)

    def audit_log(self) -> tuple[AuditEntry, ...]:
        """Return every line of the audit log, oldest first."""
        with self._reading() as connection:
            return read_entries(connection)

    def call_ages(self) -> Mapping[str, CallAge]:
        """Return when each call was and was last judged, by call_id; failed calls included."""
        with self._reading() as connection:
            return read_call_ages(connection)

    def rows_of(self, call_ids: Sequence[str]) -> Mapping[str, int]:
        """Return how many rows of each table hang on these calls."""
        with self._reading() as connection:
            return count_rows(connection, call_ids)

    def purge(self, call_ids: Sequence[str]) -> Mapping[str, int]:
        """Remove calls with everything that hangs on them; return the rows removed by table.

        Done in batches: an interrupted purge is continued by the same call.
        """
        removed: Counter[str] = Counter()
        for first in range(0, len(call_ids), CALLS_AT_A_TIME):
            with self._writing() as connection:
                removed.update(purge_calls(connection, call_ids[first : first + CALLS_AT_A_TIME]))
        return removed

    def compact(self) -> str | None:
        """Wipe what was removed from the disk; return why that must wait, None when it is done."""
        return compact(self._engine)

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

    def overrides(self) -> tuple[Override, ...]:
        """Return what people decided, by call, oldest first."""
        with self._reading() as connection:
            return read_overrides(connection)

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
            store_errors(self._shown_url),
            self._engine.execution_options(writes=True).begin() as connection,
        ):
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        engine = self._engine
        if engine.dialect.name == "postgresql":  # SQLite readers keep their moment anyway
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with store_errors(self._shown_url), engine.begin() as connection:
            yield connection


def open_store(url: str, *, zone: tzinfo = CHINA_TIME) -> KpiStore:
    """Open a store and bring its tables up to date, creating them in an empty database.

    ``url`` is ``sqlite:///path/to/file.db`` or ``postgresql://user:password@host/name``. ``zone`` is the call
    centre's clock: it gives calls their day. Raises StoreAddressError when the address is to blame, else
    StoreError; a password never appears in them.
    """
    engine, shown_url = open_engine(url)
    store = KpiStore(engine, shown_url, zone)
    try:
        check_reachable(engine, shown_url)
        with store_errors(shown_url):
            check_whole(engine)
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
