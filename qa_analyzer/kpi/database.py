"""Opening the database behind the store: SQLite or PostgreSQL, by its address.

No password appears in a message: addresses are shown without it, errors without values.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from qa_analyzer.errors import MissingDependencyError, StoreAddressError, StoreError
from qa_analyzer.whole_files import make_empty

# How long a writer waits for another one before it gives up.
LOCK_WAIT_S = 60

DAMAGED = (
    "; move it away, or put a copy from before in its place, and run the same command again: the results of "
    "the run are written anew, decisions of reviewers are only in the old file"
)


def open_engine(url: str) -> tuple[Engine, str]:
    """Return the engine of an address, and how that may be shown.

    Raises StoreAddressError for one of no use. Nothing is connected yet: see ``check_reachable``.
    """
    parsed, shown_url = _parse(url)
    try:
        engine = create_engine(parsed, hide_parameters=True, **_options(parsed))
    except ModuleNotFoundError as error:
        raise MissingDependencyError("a PostgreSQL store", "postgres") from error
    except (SQLAlchemyError, TypeError) as error:
        raise StoreAddressError(f"{shown_url}: {type(error).__name__}: this address cannot be used") from None
    if engine.dialect.name == "sqlite":
        _make_private(parsed, shown_url)
        _set_up_sqlite(engine)
    return engine, shown_url


def _parse(url: str) -> tuple[URL, str]:
    """Return the address and how it may be shown: without password and options."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreAddressError(
            "the store's address is no database URL (sqlite:///file.db, postgresql://…)"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql", "postgres"):
        raise StoreAddressError(f"{backend}: the store is kept in SQLite or PostgreSQL only")
    if "@" in (parsed.host or ""):  # the rest of a password, which must not be shown as a host
        raise StoreAddressError(f"{backend}: write @ in the password of the store's address as %40")
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
        raise StoreAddressError(f"{shown_url}: {error.strerror}") from error


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions would end before table changes
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what is purged is overwritten, not only let go
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


def check_reachable(engine: Engine, shown_url: str) -> None:
    """Raise StoreAddressError when nobody answers at the address, or does not let us in.

    A SQLite file that opens but cannot be used is another matter: see ``check_whole``.
    """
    try:
        engine.connect().close()
    except DBAPIError as error:
        reason = _reason(error)
        if engine.dialect.name != "sqlite" or "unable to open" in reason or "readonly" in reason:
            raise StoreAddressError(f"{shown_url}: {reason}") from error


def check_whole(engine: Engine) -> None:
    """Raise StoreError when a SQLite file is damaged: pages that nobody reads today would be missed."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if answer != "ok":
        raise StoreError(f"the file is damaged ({' '.join(str(answer).split())}){DAMAGED}")


def _is_damage(reason: str) -> bool:
    return "malformed" in reason or "not a database" in reason


def _reason(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


@contextmanager
def store_errors(shown_url: str) -> Iterator[None]:
    """Turn a database's errors into StoreError: one line, no values, no password."""
    try:
        yield
    except StoreError as error:
        raise StoreError(f"{shown_url}: {error}") from error
    except DBAPIError as error:
        reason = _reason(error)
        advice = DAMAGED if isinstance(error.orig, sqlite3.DatabaseError) and _is_damage(reason) else ""
        raise StoreError(f"{shown_url}: {reason}{advice}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"{shown_url}: {type(error).__name__}: {error}") from error
