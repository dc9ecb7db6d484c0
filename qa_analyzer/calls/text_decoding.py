"""Text files as people hand them in: UTF-8 with or without BOM, UTF-16 with BOM, GB18030."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

MAX_TEXT_BYTES = 512 * 1024 * 1024
"""No manifest or transcript is larger; a file that is would only exhaust memory."""

_UTF8_HAN = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_NON_ASCII = re.compile(rb"[\x80-\xff]")


class UndecodableTextError(ValueError):
    """The bytes are text in none of the encodings we read; the message says what to do."""


def read_text(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return the file's text without its BOM.

    Raises UndecodableTextError, also for a file over ``max_bytes``; OSError as it comes.
    """
    with path.open("rb") as stream:
        raw = stream.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise UndecodableTextError(f"is larger than {max_bytes:,} bytes, so it cannot be a list of calls")
    return decode_text(raw)


def decode_text(raw: bytes) -> str:
    """Decode as ``read_text`` does."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise UndecodableTextError("begins like UTF-16 but is damaged; save it as UTF-8") from error
    if b"\0" in raw:
        raise UndecodableTextError("is not a text file (it holds zero bytes)")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault_line = raw.count(b"\n", 0, error.start) + 1
    # A UTF-8 file with one bad byte would come out of GB18030 as wrong Chinese, without an error.
    # UTF-8 Chinese is all three-byte sequences, which are rare by chance in GB18030 text.
    if 2 * 3 * len(_UTF8_HAN.findall(raw)) >= len(_NON_ASCII.findall(raw)):
        raise UndecodableTextError(f"is damaged UTF-8 (first at line {fault_line}); export it again")
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError as error:
        raise UndecodableTextError(
            f"is neither UTF-8 (line {fault_line}) nor GB18030 "
            f"(line {raw.count(bytes([10]), 0, error.start) + 1}); save it as UTF-8"
        ) from error
