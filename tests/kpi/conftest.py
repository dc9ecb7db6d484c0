from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

sys.path.insert(0, str(Path(__file__).parent))

from private_postgres import find_server_binaries, private_postgres

from qa_analyzer.kpi.store import KpiStore, open_store

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a private server; without one the suite is skipped, but fails where ``CI`` is set."""
    binaries = find_server_binaries()
    reason = None
    if binaries is None:
        reason = "no PostgreSQL server here: apt-get install postgresql"
    elif importlib.util.find_spec("psycopg") is None:
        reason = "no PostgreSQL driver here: pip install 'qa_analyzer[postgres]'"
    if binaries is None or reason is not None:
        pytest.fail(str(reason)) if os.environ.get("CI") else pytest.skip(str(reason))
    with private_postgres(binaries) as url:
        yield url


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table, once in each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return emptied(request.getfixturevalue("postgres_server"))


@pytest.fixture(params=KINDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path, built_store: Path) -> str:
    """The address of a store without any row, once in each kind."""
    if request.param == "sqlite":
        shutil.copy(built_store, tmp_path / "store.db")
        return f"sqlite:///{tmp_path / 'store.db'}"
    return emptied(request.getfixturevalue("postgres_server"))


@pytest.fixture(scope="session")
def built_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store without rows, to copy: building one takes longer than most tests."""
    path = tmp_path_factory.mktemp("built") / "store.db"
    open_store(f"sqlite:///{path}").close()
    return path


def emptied(server: str) -> str:
    admin = create_engine(make_url(server).set(drivername="postgresql+psycopg"))
    try:
        with admin.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    finally:
        admin.dispose()
    return server


@pytest.fixture
def store(store_url: str) -> Iterator[KpiStore]:
    with open_store(store_url) as opened:
        yield opened


@pytest.fixture
def reopen(store_url: str) -> Iterator[Callable[[], KpiStore]]:
    """Open further connections to the same database, as another process would."""
    opened: list[KpiStore] = []

    def open_another() -> KpiStore:
        opened.append(open_store(store_url))
        return opened[-1]

    yield open_another
    for each in opened:
        each.close()
