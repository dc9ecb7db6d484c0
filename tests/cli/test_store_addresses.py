"""A wrong store address ends with code 2 before any call is opened; a store that goes away later with 4."""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.errors import StoreAddressError
from qa_analyzer.kpi.store import open_store, sqlite_url

CALLS = Path(__file__).parents[2] / "samples" / "text_calls.jsonl"
SECRET = "hunter2"


def run(out: Path, store: str) -> int:
    options = ["--out", str(out), "--sentiment", "lexicon", "--workers", "1", "--json-logs"]
    return run_cli(["run", str(CALLS), *options, "--store", store])


@pytest.mark.parametrize(
    "address",
    [
        f"mysql://qa:{SECRET}@127.0.0.1/calls",
        f"postgresql://qa:a@{SECRET}@127.0.0.1/calls",
        f"postgresql://qa:{SECRET}@127.0.0.1:no-port/calls",
        f"postgresql://qa:{SECRET}@127.0.0.1:1/calls",
        f"postgresql://qa:{SECRET}@nowhere.invalid/calls?connect_timeout=2",
        f"postgresql://qa:{SECRET}@127.0.0.1/calls?no_such_option=1&password={SECRET}",
        f"sqlite://qa:{SECRET}@127.0.0.1/calls.db",
        "sqlite:////no/such/folder/calls.db",
        "sqlite:////proc/calls.db",
        "calls.db",
    ],
)
def test_a_wrong_address_is_a_configuration_error_and_nothing_is_started(
    address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("psycopg")
    assert run(tmp_path / "out", address) == ExitCode.CONFIG
    shown = "".join(capfd.readouterr())
    assert "configuration" in shown
    assert SECRET not in shown
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """The address of a server that takes connections and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                return

        threading.Thread(target=hang_up, daemon=True).start()
        yield f"postgresql://qa:{SECRET}@127.0.0.1:{server.getsockname()[1]}/calls"


def test_something_else_listens_there(
    deaf_server: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("psycopg")
    assert run(tmp_path / "out", deaf_server) == ExitCode.CONFIG
    assert SECRET not in "".join(capfd.readouterr())


def test_a_store_that_goes_away_before_the_report_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> None:
        raise StoreAddressError("postgresql://qa:***@127.0.0.1/calls: connection refused")

    monkeypatch.setattr("qa_analyzer.batch.publish.people_s_verdicts", gone)
    out = tmp_path / "out"
    assert run(out, f"sqlite:///{tmp_path}/qa.db") == ExitCode.STOPPED
    assert "connection refused" in capfd.readouterr().err
    assert (out / "evaluations.jsonl").is_file()


def test_a_store_that_others_keep_locked_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("qa_analyzer.kpi.database.LOCK_WAIT_S", 0.2)
    path = tmp_path / "qa.db"
    open_store(sqlite_url(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert run(tmp_path / "out", sqlite_url(path)) == ExitCode.STOPPED
    assert "locked" in capfd.readouterr().err
    assert run(tmp_path / "out", sqlite_url(path)) == ExitCode.OK
