import os
import time
from pathlib import Path
from typing import Any

import pytest

from qa_analyzer.batch.night import NightOptions
from qa_analyzer.batch.watch import DropFolder
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli


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


def test_files_that_are_taken_away_meanwhile_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    drop = DropFolder(tmp_path, settle_s=10, now_s=clock)
    for name in ("gone.wav", "stays.wav"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.wav").mkdir()
    look = Path.stat

    def vanish(path: Path, **how: Any) -> os.stat_result:
        if path.name == "gone.wav":
            raise FileNotFoundError(path)
        return look(path, **how)

    monkeypatch.setattr(Path, "stat", vanish)
    drop.settled()
    clock.now_s = 20
    assert drop.settled() == {tmp_path / "stays.wav"}


def test_the_command_runs_a_night_for_what_has_settled_and_ends_with_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "drop", tmp_path / "out"
    nights: list[NightOptions] = []
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"x")

    sleep = time.sleep

    def wait(_seconds: float) -> None:
        if nights:
            raise KeyboardInterrupt
        sleep(0.1)

    monkeypatch.setattr("qa_analyzer.cli.run_commands.time.sleep", wait)
    monkeypatch.setattr(
        "qa_analyzer.cli.run_commands.run_night",
        lambda _settings, options, _reporting: nights.append(options),
    )
    assert run_cli(["watch", str(folder), "--out", str(out), "--settle", "1"]) == ExitCode.OK
    (options,) = nights
    assert (options.source, options.out_dir, options.only) == (folder, out, frozenset({folder / "a.wav"}))
