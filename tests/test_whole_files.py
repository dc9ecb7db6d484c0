import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa_analyzer.errors import OutputError
from qa_analyzer.whole_files import (
    FileMode,
    clear_drafts,
    draft,
    make_empty,
    make_folder,
    open_to_append,
    replacing,
    share,
    write_lines,
)


@pytest.fixture(autouse=True)
def _private_again() -> Iterator[None]:
    before = os.umask(0)  # the widest umask: what keeps others out must be our own doing
    yield
    os.umask(before)
    share(FileMode.PRIVATE)


def bits(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "evaluations.jsonl"
    write_lines(path, ["old"])

    def write_half() -> None:
        with replacing(path) as stream:
            stream.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text(encoding="utf-8") == "old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_lines(path, ["old"])
    with draft(path) as beside:
        beside.write_text("new", encoding="utf-8")
        assert beside.suffix == ".txt"
        assert path.read_text(encoding="utf-8") == "old\n"
    assert path.read_text(encoding="utf-8") == "new"


def test_lines_and_encoding_are_written_as_given(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.csv", encoding="utf-8-sig") as stream:
        stream.write("列\r\n值\n")
    assert (tmp_path / "a.csv").read_bytes() == "\ufeff列\r\n值\n".encode()


def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_lines(tmp_path / "new" / "deep" / "a", ["x"])
    os.close(open_to_append(tmp_path / "new" / "j"))
    make_empty(tmp_path / "new" / "db")
    assert {bits(each) for each in (tmp_path / "new").rglob("*") if each.is_file()} == {0o600}
    assert (bits(tmp_path / "new"), bits(tmp_path / "new" / "deep")) == (0o700, 0o700)


def test_a_site_may_share_with_the_group_but_not_with_everybody(tmp_path: Path) -> None:
    share(FileMode.GROUP)
    write_lines(tmp_path / "new" / "a", ["x"])
    os.close(open_to_append(tmp_path / "new" / "j"))
    assert {bits(each) for each in (tmp_path / "new").iterdir()} == {0o640}
    assert bits(tmp_path / "new") == 0o750


def test_folders_that_exist_keep_their_permissions(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir(mode=0o755)
    make_folder(tmp_path / "site" / "out")
    assert (bits(tmp_path / "site"), bits(tmp_path / "site" / "out")) == (0o755, 0o700)


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    write_lines(tmp_path / "a", ["x"])
    with pytest.raises(OSError, match="a"):
        make_folder(tmp_path / "a")


def test_content_and_name_are_flushed_before_and_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    path = tmp_path / "a"

    def note(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        order.append(f"{'folder' if folder else 'file'} {'after' if path.exists() else 'before'}")

    monkeypatch.setattr(os, "fsync", note)
    write_lines(path, ["x"])
    assert order == ["file before", "folder after"]
    with draft(tmp_path / "page", durable=False) as beside:
        beside.write_text("y", encoding="utf-8")
    assert len(order) == 2


def test_a_disk_that_cannot_flush_folders_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    write_lines(tmp_path / "a", ["x"])
    assert (tmp_path / "a").read_text(encoding="utf-8") == "x\n"


def test_a_full_disk_is_reported_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"No space left .* same command"):
        write_lines(tmp_path / "a", ["x"])
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_seen_through_the_errors_of_libraries(tmp_path: Path) -> None:
    def write(_beside: Path) -> None:
        try:
            raise OSError(122, "Disk quota exceeded")
        except OSError as problem:
            raise ValueError("the library could not write") from problem

    with pytest.raises(OutputError, match="quota"), draft(tmp_path / "a") as beside:
        write(beside)
    with pytest.raises(ValueError, match="another"), draft(tmp_path / "a"):
        raise ValueError("another fault")
    assert list(tmp_path.iterdir()) == []


def test_drafts_of_killed_programs_are_cleared(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    for name in (".draft.abc.json", "calls/.draft.x.html", "calls/whole.html", ".lock"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    clear_drafts(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".lock", "calls", "whole.html"]


def test_what_grows_is_appended_to(tmp_path: Path) -> None:
    for line in (b"1", b"2"):
        descriptor = open_to_append(tmp_path / "log")
        os.write(descriptor, line)
        os.close(descriptor)
    make_empty(tmp_path / "log")
    assert (tmp_path / "log").read_bytes() == b"12"
