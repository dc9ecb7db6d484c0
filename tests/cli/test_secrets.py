"""Passwords in store addresses appear nowhere: not on the screen, not in any file of a run."""

from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

CALLS = Path(__file__).parents[2] / "samples" / "text_calls.jsonl"
SECRET = "hunter2"
UNREACHABLE = f"postgresql://qa:{SECRET}@127.0.0.1:1/calls?sslpassword={SECRET}&connect_timeout=2"


@pytest.mark.parametrize(
    "command",
    [
        ["run", str(CALLS), "--out", "OUT", "--store", UNREACHABLE, "--sentiment", "lexicon", "--json-logs"],
        ["kpi", UNREACHABLE],
        ["export", UNREACHABLE, "--out", "OUT"],
        ["audit", UNREACHABLE],
        ["override", UNREACHABLE, "S1", "greeting", "pass", "--reviewer", "a", "--reason", "b"],
        ["purge", "OUT", "--older-than", "1d", "--store", UNREACHABLE],
    ],
    ids=lambda command: str(command[0]),
)
def test_a_store_s_password_is_never_shown(
    command: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("psycopg")
    out = tmp_path / "out"
    out.mkdir()
    code = run_cli([str(out) if each == "OUT" else each for each in command])
    shown = "".join(capfd.readouterr())
    assert code != ExitCode.OK
    assert "127.0.0.1" in shown  # it does say which store
    assert SECRET not in shown
    written = b"".join(path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file())
    assert SECRET.encode() not in written


def test_a_password_in_the_settings_is_not_kept_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_STORE", f"sqlite:///{tmp_path}/{SECRET}.db")  # an address that works
    out = tmp_path / "out"
    assert run_cli(["run", str(CALLS), "--out", str(out), "--sentiment", "lexicon", "-q"]) == ExitCode.OK
    assert (tmp_path / f"{SECRET}.db").is_file()
    written = b"".join(path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file())
    assert SECRET.encode() not in written
