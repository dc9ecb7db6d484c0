"""Who may read what a run leaves behind, under the widest umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.whole_files import FileMode, share

CALLS = Path(__file__).parents[2] / "samples" / "text_calls.jsonl"


@pytest.fixture(autouse=True)
def _wide_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)
    share(FileMode.PRIVATE)


def permissions(folder: Path) -> dict[str, set[str]]:
    """Return the permissions of everything below a folder, by kind, with one example each."""
    found: dict[str, set[str]] = {"files": set(), "folders": set()}
    for path in (folder, *folder.rglob("*")):
        kind = "folders" if path.is_dir() else "files"
        found[kind].add(f"{stat.S_IMODE(path.stat().st_mode):o}")
    return found


def night(out: Path, *options: str) -> None:
    common = ["--out", str(out), "--sentiment", "lexicon", "-q"]
    assert run_cli(["run", str(CALLS), *common, *options]) == ExitCode.OK
    for command in (["export"], ["export", "--format", "jsonl"], ["export-contacts"]):
        assert run_cli([command[0], str(out), "--out", str(out / "handed out"), *command[1:]]) == ExitCode.OK


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    night(tmp_path / "new" / "out", "--workers", "1")
    assert permissions(tmp_path / "new") == {"files": {"600"}, "folders": {"700"}}


def test_a_site_can_share_with_a_group_also_from_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_FILE_MODE", "group")
    night(tmp_path / "out", "--workers", "2", "--runner", "pool")
    modes = permissions(tmp_path / "out")
    assert modes["folders"] == {"750"}
    # The lock holds nothing, and nobody else needs it.
    assert modes["files"] == {"640", "600"}
    assert stat.S_IMODE((tmp_path / "out" / ".lock").stat().st_mode) == 0o600
    (tmp_path / "out" / ".lock").unlink()
    assert permissions(tmp_path / "out")["files"] == {"640"}


def test_an_unknown_mode_is_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_FILE_MODE", "everybody")
    assert run_cli(["run", str(CALLS), "--out", str(tmp_path / "out")]) == ExitCode.CONFIG
