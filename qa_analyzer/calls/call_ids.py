"""What a call id may look like, and how one is made from a file's place. The only home of that rule.

``transcripts/<call_id>.json`` is written for every call, so an id must be safe as a file name on every system
that the results may be copied to. A given id that is not is rejected, never changed: it must still join
with the site's own systems. An id made from a file name is changed where it must be.
"""

from __future__ import annotations

import unicodedata
from pathlib import PurePath

MAX_CALL_ID_BYTES = 180
"""In UTF-8; file systems allow 255, less what writers put around the id."""

_UNSAFE = frozenset('/\\:*?"<>|')
ALLOWED = (
    f'1 to {MAX_CALL_ID_BYTES} bytes in UTF-8, without / \\ : * ? " < > | and control characters, '
    "not beginning or ending with a dot or a space"
)


def call_id_fault(call_id: str) -> str | None:
    """Return what is wrong with a given id, or None when it may be used."""
    if not call_id:
        return "is empty"
    if any(character in _UNSAFE or not _printable(character) for character in call_id):
        return f"cannot be a file name; allowed: {ALLOWED}"
    if call_id[0] in ". " or call_id[-1] in ". ":
        return f"begins or ends with a dot or a space; allowed: {ALLOWED}"
    if len(call_id.encode()) > MAX_CALL_ID_BYTES:
        return f"is too long; allowed: {ALLOWED}"
    return None


def call_id_from_path(relative_path: PurePath) -> str:
    """Make an id from a path inside the source: folders joined by two underscores, the suffix left out.

    It depends on the path alone, so a file keeps its id whatever else is in the folder. Unsafe characters
    become underscores; where that makes two ids equal, the second call is rejected as a duplicate. The result
    may still be too long: check it with ``call_id_fault``.
    """
    parts = (*relative_path.parent.parts, relative_path.stem)
    joined = "__".join(part for part in parts if part not in ("", ".", "..", "/"))
    safe = "".join("_" if char in _UNSAFE or not _printable(char) else char for char in joined)
    return safe.strip(". ") or "_"


def _printable(character: str) -> bool:
    # Control, format (bidirectional overrides), surrogates (undecodable bytes), line and paragraph ends.
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
