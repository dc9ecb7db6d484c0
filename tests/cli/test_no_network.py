"""Customers' calls stay on the machine: the whole job runs with sockets blocked."""

import json
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli


def test_a_run_opens_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    source = tmp_path / "calls.jsonl"
    call = {"call_id": "N1", "turns": [{"role": "agent", "text": "您好，请讲"}]}
    source.write_text(json.dumps(call, ensure_ascii=False), encoding="utf-8")
    options = ["--out", str(tmp_path / "out"), "--sentiment", "lexicon", "--workers", "1", "-q"]
    assert run_cli(["run", str(source), *options]) == ExitCode.OK
    assert (tmp_path / "out" / "report" / "index.html").is_file()
