"""A PostgreSQL of our own for one test session: a cluster in a temporary folder, on the loopback only."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_server_binaries() -> Path | None:
    """Return the folder of the newest installed server; None where there is none."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


def _account() -> pwd.struct_passwd | None:
    """Return the account to run the server under, which must not be root; None for our own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("the server refuses to run as root, and there is no other account")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def private_postgres(binaries: Path) -> Iterator[str]:
    """Start a cluster and yield the URL of its ``postgres`` database; stop and remove it after."""
    account = _account()
    identity = (
        {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    )
    password = secrets.token_hex(12)
    folder = Path(tempfile.mkdtemp(prefix="qa-postgres-"))
    cluster, log, secret = folder / "cluster", folder / "log", folder / "password"
    secret.write_text(password)
    if account is not None:
        for path in (folder, secret):
            os.chown(path, account.pw_uid, account.pw_gid)
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)}

    def run(*command: str) -> None:
        finished = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **identity,
        )
        if finished.returncode != 0:
            server_log = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{command[0]}: {finished.stdout}{finished.stderr}{server_log}")

    try:
        run(
            *(str(binaries / "initdb"), "-D", str(cluster), "-U", "qa", "-A", "scram-sha-256"),
            *(f"--pwfile={secret}", "-E", "UTF8", "--no-sync"),
        )
        port = _free_port()
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
        run(str(binaries / "pg_ctl"), "-D", str(cluster), "-l", str(log), "-w", "-o", options, "start")
        try:
            yield f"postgresql://qa:{password}@127.0.0.1:{port}/postgres"
        finally:
            run(str(binaries / "pg_ctl"), "-D", str(cluster), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
