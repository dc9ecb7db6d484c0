"""Recordings in S3: s3fs against a server of this machine that speaks the same protocol."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.remote import RemoteRecordings
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.errors import FetchError
from qa_analyzer.speech.transcript_json import read_transcript

pytest.importorskip("s3fs", reason="pip install 'qa_analyzer[dev]'")

RECORDING = Path(__file__).parents[2] / "samples" / "recordings" / "D004.wav"
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "s3cret-s3cret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """A bucket with two recordings, reached through the environment as a site would."""
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
            environment.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        system = s3fs.S3FileSystem()
        system.mkdir("calls")
        system.put(str(RECORDING), "calls/night/a.wav")
        system.pipe("calls/night/large.wav", os.urandom(6_000_000))
        system.pipe("calls/board/b.wav", b"nobody's business")
        yield system
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def fetched(url: str, folder: Path, max_bytes: int = 100_000_000) -> Path:
    return RemoteRecordings(("s3://calls/night",), max_bytes).fetch("c1", url, folder)


@pytest.mark.usefixtures("bucket")
def test_a_recording_comes_over_whole_and_can_be_decoded(tmp_path: Path) -> None:
    path = fetched("s3://calls/night/a.wav", tmp_path)
    assert path.read_bytes() == RECORDING.read_bytes()
    with open_audio(path, call_id="c1") as audio, open_audio(RECORDING, call_id="c1") as original:
        assert (audio.sha256, audio.duration_s) == (original.sha256, original.duration_s)


def test_a_large_one_comes_in_pieces(bucket: Any, tmp_path: Path) -> None:
    assert fetched("s3://calls/night/large.wav", tmp_path).read_bytes() == bucket.cat("calls/night/large.wav")
    with pytest.raises(FetchError, match="5999999 are allowed"):
        fetched("s3://calls/night/large.wav", tmp_path, max_bytes=5_999_999)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    "url", ["s3://calls/board/b.wav", "s3://calls/night/../board/b.wav", "s3://other/night/a.wav"]
)
def test_nothing_beside_what_is_allowed_is_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        fetched(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("bucket")
def test_what_is_missing_or_refused_names_the_kind_of_fault_and_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    with pytest.raises(FetchError, match="FileNotFoundError"):
        fetched("s3://calls/night/none.wav", tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        with pytest.raises(FetchError) as caught:
            fetched("s3://calls/night/a.wav", tmp_path)
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
    assert "s3://calls/night/a.wav cannot be fetched" in str(caught.value)
    assert all(value not in str(caught.value) for value in KEYS.values())


@pytest.mark.model
@pytest.mark.usefixtures("bucket")
def test_a_list_of_urls_gives_the_transcripts_of_the_recordings(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,call_id\ns3://calls/night/a.wav,a\n", encoding="utf-8")
    (tmp_path / "here.csv").write_text(f"path,call_id\n{RECORDING},a\n", encoding="utf-8")
    (tmp_path / "settings.yaml").write_text(
        "allowed_urls: ['s3://calls/night/']\nallow_outside: true\n", encoding="utf-8"
    )
    turns = {}
    for name in ("list", "here"):
        options = ["--config", str(tmp_path / "settings.yaml"), "--workers", "1", "-q"]
        command = ["transcribe", str(tmp_path / f"{name}.csv"), "--out", str(tmp_path / name), *options]
        assert run_cli(command) == ExitCode.OK
        turns[name] = read_transcript(tmp_path / name / "transcripts" / "a.json")
    assert turns["list"].turns == turns["here"].turns
    assert turns["list"].audio is not None
    assert turns["list"].audio.path == "s3://calls/night/a.wav"
