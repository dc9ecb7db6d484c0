"""A check sum inside a JSON file, so that what a failing disk or memory changed is not taken for a result."""

from __future__ import annotations

import hashlib
import re

SEAL = "content_sha256"

_SEAL = re.compile(rb',\s*"content_sha256":\s*"([0-9a-f]{64})"\s*\}\s*\Z')
_LONGEST_SEAL = 200


class BrokenSealError(ValueError):
    """The content is not the one that was written."""


def sealed(text: bytes) -> bytes:
    """Return the text of a JSON object with the sha256 of its content as the last member."""
    content = text.rstrip().removesuffix(b"}").rstrip()
    return content + f',\n "{SEAL}": "{hashlib.sha256(content).hexdigest()}"\n}}\n'.encode()


def check_seal(text: bytes) -> None:
    """Raise BrokenSealError when the content does not fit its seal; a file without one passes."""
    found = _SEAL.search(text, max(0, len(text) - _LONGEST_SEAL))
    if found is None:
        return
    if hashlib.sha256(text[: found.start()]).hexdigest().encode() != found.group(1):
        raise BrokenSealError(
            "was changed after it was written: the disk is failing, or somebody edited it (then remove "
            f"{SEAL})"
        )
