from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa_analyzer.errors import ConfigError, OutputError
from qa_analyzer.report.report_files import ReportFiles


def test_pages_of_an_earlier_report_go_and_everything_else_stays(tmp_path: Path) -> None:
    first = ReportFiles(tmp_path)
    first.write_text("calls/old.html", "old")
    first.write_text("calls/both.html", "old")
    first.write_text("index.html", "old")
    first.finish()
    (tmp_path / "calls" / "mine.html").write_text("not ours")
    second = ReportFiles(tmp_path)
    second.write_text("calls/both.html", "new")
    second.write_text("index.html", "new")
    second.finish()
    assert sorted(path.name for path in (tmp_path / "calls").iterdir()) == ["both.html", "mine.html"]
    assert (tmp_path / "calls" / "both.html").read_text() == "new"


@pytest.mark.parametrize(
    "name", ["../victim", "calls/../../victim", "/victim", "calls/sub/victim", "calls/..", 7]
)
def test_a_forged_listing_removes_nothing_outside(tmp_path: Path, name: object) -> None:
    out_dir = tmp_path / "report"
    files = ReportFiles(out_dir)
    victim = tmp_path / "victim"
    victim.write_text("keep")
    (out_dir / "report-files.json").write_text(json.dumps([name]))
    files.finish()
    assert victim.read_text() == "keep"


@pytest.mark.parametrize("listing", ["not json", "{}", "null"])
def test_a_damaged_listing_is_no_obstacle(tmp_path: Path, listing: str) -> None:
    files = ReportFiles(tmp_path)
    (tmp_path / "report-files.json").write_text(listing)
    files.write_text("index.html", "page")
    files.finish()
    assert json.loads((tmp_path / "report-files.json").read_text()) == ["index.html"]


def test_a_failed_write_leaves_the_old_page_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ReportFiles(tmp_path)
    files.write_text("index.html", "old")

    def refuse(*_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="No space left"):
        files.write_text("index.html", "new")
    assert (tmp_path / "index.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["index.html"]


def test_half_a_surrogate_pair_does_not_stop_a_report(tmp_path: Path) -> None:
    ReportFiles(tmp_path).write_text("index.html", "a\ud83db")
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == "a?b"


def test_a_file_where_the_folder_should_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match="taken"):
        ReportFiles(tmp_path / "taken")
