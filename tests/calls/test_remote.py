from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from qa_analyzer.calls.inputs import CallList, InputOptions, read_calls
from qa_analyzer.calls.remote import RemoteRecordings, shown_url, url_fault
from qa_analyzer.errors import FetchError, MissingDependencyError, SpoolError

ALLOWED = ("memory://calls/", "s3://bucket/night")


@pytest.fixture
def storage() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.pipe("/calls/2026/a.wav", b"RIFF" + bytes(5000))
    system.pipe("/secret/b.wav", b"nobody's business")
    yield system
    system.store.clear()


def fetched(url: str, folder: Path, **limits: int) -> Path:
    return RemoteRecordings(ALLOWED, **limits).fetch("c1", url, folder)


def test_a_recording_becomes_a_private_file(storage: Any, tmp_path: Path) -> None:
    path = fetched("memory://calls/2026/a.wav", tmp_path)
    assert path.read_bytes() == storage.cat("/calls/2026/a.wav")
    assert (path.parent, path.suffix) == (tmp_path, ".wav")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_local_files_too_only_where_allowed(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a b#1.wav").write_bytes(b"x")
    (tmp_path / "private.wav").write_bytes(b"y")
    recordings = RemoteRecordings((f"file://{tmp_path}/calls",))
    with pytest.raises(FetchError, match="credentials or options"):
        recordings.fetch("c1", f"file://{tmp_path}/calls/a b#1.wav", tmp_path)
    (tmp_path / "calls" / "a b.wav").write_bytes(b"x")
    assert recordings.fetch("c1", f"file://{tmp_path}/calls/a b.wav", tmp_path).read_bytes() == b"x"
    for beside in ("private.wav", "calls/../private.wav", "calls/%2e%2e/private.wav"):
        with pytest.raises(FetchError):
            recordings.fetch("c1", f"file://{tmp_path}/{beside}", tmp_path)


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize(
    "url",
    [
        "memory://secret/b.wav",
        "memory://calls/../secret/b.wav",
        "memory://calls/%2E%2e/secret/b.wav",
        "memory://calls-of-the-board/b.wav",
        "s3://bucket/nightmare/a.wav",
        "s3://bucket/a.wav",
        "S3://BUCKET/NIGHT/a.wav",
        "https://example.com/a.wav",
        "http://169.254.169.254/latest/meta-data/a.wav",
        "file:///etc/passwd",
        "simplecache::memory://calls/a.wav",
        "zip://a.wav::memory://calls/a.zip",
        "s3://key:secret@bucket/night/a.wav",
        "s3://bucket/night/a.wav?X-Amz-Signature=abc",
        "s3://bucket/night/a.wav#x",
        "memory://calls\\..\\secret",
        "http://[broken",
    ],
)
def test_nothing_else_is_reached(tmp_path: Path, url: str) -> None:
    assert url_fault(url, ALLOWED) is not None
    with pytest.raises(FetchError):
        fetched(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("prefix", ["", "/", "memory:", "calls/"])
def test_a_beginning_without_a_storage_allows_nothing(prefix: str) -> None:
    assert url_fault("memory://calls/2026/a.wav", (prefix,)) is not None


def test_size_is_bounded_by_what_is_said_and_by_what_comes(
    storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchError, match="5004 bytes or more; 5000 are allowed"):
        fetched("memory://calls/2026/a.wav", tmp_path, max_bytes=5000)
    assert fetched("memory://calls/2026/a.wav", tmp_path, max_bytes=5004).stat().st_size == 5004
    monkeypatch.setattr(type(storage), "info", lambda *_given, **_more: {"size": 1, "type": "file"})
    with pytest.raises(FetchError, match="5000 are allowed"):
        fetched("memory://calls/2026/a.wav", tmp_path, max_bytes=5000)


def test_what_a_storage_says_of_its_errors_is_not_passed_on(
    storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchError, match="FileNotFoundError"):
        fetched("memory://calls/2026/none.wav", tmp_path)

    def leak(*_given: object, **_more: object) -> None:
        raise PermissionError("key AKIA123 secret hunter2 refused for https://signed?token=t0k3n")

    monkeypatch.setattr(type(storage), "info", leak)
    with pytest.raises(FetchError) as caught:
        fetched("memory://calls/2026/a.wav", tmp_path)
    assert "PermissionError" in str(caught.value)
    for secret in ("AKIA123", "hunter2", "t0k3n"):
        assert secret not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("storage")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told_from_a_bad_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_a_full_disk(**_where: object) -> tuple[int, str]:
        return os.open("/dev/full", os.O_WRONLY), "/dev/full"

    monkeypatch.setattr(tempfile, "mkstemp", on_a_full_disk)
    with pytest.raises(SpoolError, match="No space left"):
        fetched("memory://calls/2026/a.wav", tmp_path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://key:secret@bucket/a.wav?token=t", "s3://bucket/a.wav"),
        ("https://user@host/a#b", "https://host/a"),
        ("s3://bucket/a@b.wav", "s3://bucket/a@b.wav"),
        ("x" * 500, "x" * 200),
    ],
)
def test_what_is_shown_holds_no_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def listed(
    tmp_path: Path, *urls: str, allowed: tuple[str, ...] = ALLOWED, pattern: str | None = None
) -> CallList:
    path = tmp_path / "list.csv"
    path.write_text("path\n" + "".join(f"{url}\n" for url in urls), encoding="utf-8")
    return read_calls(path, InputOptions(allowed_urls=allowed, filename_pattern=pattern))


def test_a_list_may_name_allowed_urls(tmp_path: Path) -> None:
    calls = listed(tmp_path, "s3://bucket/night/2026/a.wav", "memory://calls/b.mp3")
    assert calls.rejected == ()
    assert [(call.call_id, call.audio_url, call.audio_path) for call in calls.calls] == [
        ("2026__a", "s3://bucket/night/2026/a.wav", None),
        ("b", "memory://calls/b.mp3", None),
    ]
    assert all(call.is_recording for call in calls.calls)


def test_by_default_no_url_is_read(tmp_path: Path) -> None:
    (problem,) = listed(tmp_path, "https://u:p4ss@host/a.wav?sig=s1g", allowed=()).rejected
    assert "host/a.wav" in problem.reason
    assert "p4ss" not in problem.reason
    assert "s1g" not in problem.reason
    (plain,) = listed(tmp_path, "s3://bucket/night/a.wav", allowed=()).rejected
    assert "none is allowed" in plain.reason


def test_names_of_urls_carry_metadata_too(tmp_path: Path) -> None:
    pattern = r"(?P<agent_id>\d+)_(?P<direction>in|out)"
    (call,) = listed(tmp_path, "s3://bucket/night/718_in.wav", pattern=pattern).calls
    assert (call.agent_id, call.direction) == ("718", "inbound")


def test_text_calls_must_lie_here(tmp_path: Path) -> None:
    (problem,) = listed(tmp_path, "s3://bucket/night/a.txt").rejected
    assert "text calls must lie here" in problem.reason


def test_without_the_extra_the_run_says_which_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa_analyzer.calls.inputs.find_spec", lambda _name: None)
    with pytest.raises(MissingDependencyError, match=r"qa_analyzer\[remote\]"):
        listed(tmp_path, "s3://bucket/night/a.wav")
