import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.batch.journal import Journal, JournalEntry
from qa_analyzer.errors import OutputError
from qa_analyzer.scoring.evaluation import CallFailure


def entry(call_id: str, key: str = "k", failure: CallFailure | None = None) -> JournalEntry:
    return JournalEntry(
        call_id, key, None if failure else {"percent": 90.5}, failure, False, 12.5, {"score": 0.1}
    )


def test_what_was_written_is_read_back_in_order(tmp_path: Path) -> None:
    failed = entry("b", failure=CallFailure("b", "b.wav", "decode", "DecodeError", "截断 🙂"))
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append(entry("a"))
        journal.append(failed)
    assert list(Journal(tmp_path / "j.jsonl").entries()) == [entry("a"), failed]


def test_the_last_entry_of_a_key_counts(tmp_path: Path) -> None:
    failed = entry("a", failure=CallFailure("a", "", "", "", ""))
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append(failed)
        journal.append(entry("a"))
        journal.append(entry("a", key="other card"))
    latest = Journal(tmp_path / "j.jsonl").latest()
    assert latest["a", "k"] == entry("a")
    assert set(latest) == {("a", "k"), ("a", "other card")}


@given(cut=st.integers(1, 400))
def test_a_torn_end_loses_at_most_the_torn_call(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    with Journal(path) as journal:
        for name in "abcdef":
            journal.append(entry(name))
    whole = path.read_bytes()
    kept = whole[: max(0, len(whole) - cut)]
    path.write_bytes(kept)
    complete = kept.count(b"\n")
    names = [each.call_id for each in Journal(path).entries()]
    assert names[:complete] == list("abcdef")[:complete]
    with Journal(path) as journal:
        journal.append(entry("z"))
    assert [each.call_id for each in Journal(path).entries()] == [*names, "z"]


def test_damaged_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append(entry("a"))
    path.write_bytes(b'\xff\xfe\n[1]\n{"call_id": 3}\n' + path.read_bytes() + b"null\n")
    assert [each.call_id for each in Journal(path).entries()] == ["a"]


def test_the_journal_is_private(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(entry("a"))
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_never_passes_for_a_result(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    with Journal(path) as journal:
        for name in "abc":
            journal.append(entry(name))
    damaged = bytearray(path.read_bytes())
    damaged[place % len(damaged)] ^= 1 << bit
    path.write_bytes(bytes(damaged))
    kept = list(Journal(path).entries())
    assert len(kept) in (1, 2), "a lost end of line costs two"
    assert all(each == entry(each.call_id) for each in kept)


def test_a_write_that_the_disk_takes_in_parts_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, bytes(content)[:7]))
    with Journal(tmp_path / "j") as journal:
        journal.append(entry("a"))
    assert list(Journal(tmp_path / "j").entries()) == [entry("a")]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with Journal(tmp_path / "j") as journal:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OutputError, match=r"j cannot be written: No space left"):
            journal.append(entry("a"))
