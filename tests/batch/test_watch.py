import os
from pathlib import Path

from qa_analyzer.batch.watch import DropFolder


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_file_is_taken_once_it_stopped_growing(tmp_path: Path) -> None:
    clock = Clock()
    drop = DropFolder(tmp_path, settle_s=10, now_s=clock)
    growing, other = tmp_path / "a.wav", tmp_path / "notes.txt"
    growing.write_bytes(b"x")
    other.write_bytes(b"x")
    assert drop.settled() == frozenset()
    clock.now_s = 9
    growing.write_bytes(b"xx")
    assert drop.settled() == frozenset()
    clock.now_s = 18
    assert drop.settled() == frozenset()
    clock.now_s = 19
    assert drop.settled() == {growing}
    clock.now_s = 40
    assert drop.settled() == frozenset(), "nothing new: nothing to do"


def test_new_and_replaced_files_bring_everything_again(tmp_path: Path) -> None:
    clock = Clock()
    drop = DropFolder(tmp_path, settle_s=1, now_s=clock)
    first, second = tmp_path / "a.wav", tmp_path / "sub" / "b.mp3"
    first.write_bytes(b"x")
    drop.settled()
    clock.now_s = 1
    assert drop.settled() == {first}
    second.parent.mkdir()
    second.write_bytes(b"y")
    drop.settled()
    clock.now_s = 2
    assert drop.settled() == {first, second}
    os.utime(first, ns=(1, 1))
    drop.settled()
    clock.now_s = 4
    assert drop.settled() == {first, second}


def test_empty_files_are_still_being_written(tmp_path: Path) -> None:
    clock = Clock()
    drop = DropFolder(tmp_path, settle_s=1, now_s=clock)
    (tmp_path / "a.wav").write_bytes(b"")
    drop.settled()
    clock.now_s = 60
    assert drop.settled() == frozenset()
