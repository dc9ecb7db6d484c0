"""What a transcript rests on besides the recording: a stored one is used again only where all of it is the
same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

VERSION = 3
"""Raise it with every change of this room, or of decoding and channel checks, that changes a transcript.
Every call is then transcribed anew, which costs a site hours; a change that only makes it faster leaves it.
"""

WRITING = ("opencc-python-reimplemented",)
"""Packages that decide how words are written."""


def package_versions(*names: str) -> dict[str, str]:
    """Return the versions of installed packages; ``absent`` for those that are not."""
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def fingerprint_of(facts: Mapping[str, object]) -> str:
    """Return sha256 over facts that JSON can hold."""
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def room_fingerprint(*, voice: str, diarizer: str, role_phrases: str) -> str:
    """Return one hash over the fingerprints of all that decides a transcript but the recogniser and its
    options.
    """
    return fingerprint_of(
        {
            "version": VERSION,
            "voice": voice,
            "diarizer": diarizer,
            "role phrases": role_phrases,
            "writing": package_versions(*WRITING),
        }
    )
