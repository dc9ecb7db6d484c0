"""Recordings that lie elsewhere: a URL that the site allows becomes a private file for as long as it is read.

The only home of fsspec. Nothing is reached unless the settings allow its address: by default no URL is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from qa_analyzer.errors import FetchError, MissingDependencyError, SpoolError
from qa_analyzer.settings import MAX_REMOTE_BYTES

_BLOCK_BYTES = 1 << 20


def url_fault(url: str, allowed: Sequence[str]) -> str | None:
    """Return why a URL may not be read, for a message that names it; None where it may.

    ``allowed`` are beginnings such as ``s3://bucket/calls/``. Credentials have no place in a URL, which ends
    up in transcripts and logs: they belong into the environment, where the libraries look for them.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "is no URL"
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return "carries credentials or options; give those in the environment, and the plain address here"
    lowered = url.casefold()
    if "::" in url or "\\" in url or "%2e" in lowered or ".." in PurePosixPath(parts.path).parts:
        return "does not name one place plainly"
    if not any(_begins(url, prefix) for prefix in allowed):
        return (
            "is not among the allowed_urls of the settings"
            if allowed
            else ("is a URL, and none is allowed: copy the file here, or set allowed_urls in the settings")
        )
    return None


def below_allowed(url: str, allowed: Sequence[str]) -> PurePosixPath:
    """Return the path of an allowed URL below the longest beginning that allows it."""
    beginning = max((prefix.rstrip("/") for prefix in allowed if _begins(url, prefix)), key=len)
    return PurePosixPath(url[len(beginning) :].lstrip("/"))


def _begins(url: str, prefix: str) -> bool:
    """Compare whole steps: what is allowed in ``calls`` is not in ``calls-of-the-board``."""
    return "://" in prefix and url.startswith(f"{prefix.rstrip('/')}/")


def shown_url(url: str) -> str:
    """Return a URL as it may be logged: without what could be a secret, in one short line."""
    plain = url.split("?", 1)[0].split("#", 1)[0]
    scheme, separator, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"[:200]


@dataclass(frozen=True, slots=True)
class RemoteRecordings:
    """Fetches recordings from allowed places, none larger than ``max_bytes``."""

    allowed: tuple[str, ...] = ()
    max_bytes: int = MAX_REMOTE_BYTES

    def fetch(self, call_id: str, url: str, folder: Path) -> Path:
        """Copy a recording into ``folder`` and return the file; only its owner may read it.

        Raises FetchError for what is not allowed, not there or too large, SpoolError where there is no room,
        and MissingDependencyError without the extra.
        """
        if fault := url_fault(url, self.allowed):
            raise FetchError(call_id, f"{shown_url(url)} {fault}")
        try:
            import fsspec
        except ModuleNotFoundError as error:
            raise MissingDependencyError("a recording at a URL", "remote") from error
        try:
            system, place = fsspec.core.url_to_fs(url)
            size = system.info(place).get("size")
            if size is not None and size > self.max_bytes:
                raise self._too_large(call_id, url, size)
            with system.open(place, "rb") as stream:
                return self._copy(call_id, url, stream, folder)
        except (FetchError, SpoolError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - every storage has errors of its own
            # Their messages may quote signed addresses and keys; the kind must do.
            raise FetchError(
                call_id,
                f"{shown_url(url)} cannot be fetched: {type(error).__name__}; check that it exists "
                "and that this account may read it",
            ) from None

    def _copy(self, call_id: str, url: str, stream: Any, folder: Path) -> Path:
        copied = 0
        with self._room(call_id, url, folder):
            descriptor, name = tempfile.mkstemp(dir=folder, suffix=PurePosixPath(urlsplit(url).path).suffix)
        with os.fdopen(descriptor, "wb") as copy:
            while block := stream.read(_BLOCK_BYTES):
                copied += len(block)
                if copied > self.max_bytes:  # what a storage says of its files need not be so
                    raise self._too_large(call_id, url, copied)
                with self._room(call_id, url, folder):
                    copy.write(block)
                    copy.flush()
        return Path(name)

    @contextmanager
    def _room(self, call_id: str, url: str, folder: Path) -> Iterator[None]:
        """Tell a disk of ours that is full from a storage that fails."""
        try:
            yield
        except OSError as error:
            raise SpoolError(
                call_id,
                f"{shown_url(url)} cannot be copied to {folder}: {error.strerror}; "
                "free some space or set TMPDIR to a larger disk",
            ) from error

    def _too_large(self, call_id: str, url: str, size: int) -> FetchError:
        return FetchError(call_id, f"{shown_url(url)} has {size} bytes or more; {self.max_bytes} are allowed")
