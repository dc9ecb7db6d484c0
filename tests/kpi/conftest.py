from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

sys.path.insert(0, str(Path(__file__).parent))

from private_postgres import find_server_binaries, private_postgres

from qa_analyzer.kpi.store import KpiStore, open_store


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    binaries = find_server_binaries()
    if binaries is None:
        reason = "no PostgreSQL server here: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with private_postgres(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once in each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server = make_url(request.getfixturevalue("postgres_server"))
    admin = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS store WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE store"))
    finally:
        admin.dispose()
    yield server.set(database="store").render_as_string(hide_password=False)


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
