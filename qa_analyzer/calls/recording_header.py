"""What a recording's header says it holds, so that a truncated file is not taken for a short call."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

# A program that writes to a pipe cannot know the length and says 2 or 4 GB; an interrupted one leaves 0.
_WAV_STREAMED = 0x7FFF0000

_OGG_LAST_PAGES_BYTES = 256 * 1024  # a page has at most 65,307 bytes
_MP3_FIRST_FRAME_BYTES = 4096


@dataclass(frozen=True, slots=True)
class StatedLength:
    """The seconds that a header states (None: it does not), and whether the file was closed properly."""

    length_s: float | None
    closed: bool = True


def wav_length(stream: BinaryIO) -> StatedLength:
    """Read the length from a plain RIFF header; a larger variant (RF64) states none here."""
    stream.seek(0)
    if stream.read(4) != b"RIFF" or stream.read(8)[4:] != b"WAVE":
        return StatedLength(None)
    bytes_per_s = 0
    while len(head := stream.read(8)) == 8:
        tag, size = head[:4], struct.unpack("<I", head[4:])[0]
        left = size + size % 2
        if tag == b"fmt " and size >= 16:
            bytes_per_s = struct.unpack("<8xI4x", stream.read(16))[0]
            left -= 16
        elif tag == b"data":
            if size == 0:
                return StatedLength(None, closed=False)
            if size >= _WAV_STREAMED or bytes_per_s == 0:
                return StatedLength(None)
            beyond = _sound_beyond(stream, size)
            return StatedLength((size + beyond) / bytes_per_s)
        stream.seek(left, io.SEEK_CUR)
    return StatedLength(None)


def _sound_beyond(stream: BinaryIO, stated_bytes: int) -> int:
    """Return the bytes after the stated sound that are no chunk: a header not updated hides them."""
    start = stream.seek(stated_bytes + stated_bytes % 2, io.SEEK_CUR)
    head = stream.read(8)
    left = stream.seek(0, io.SEEK_END) - start
    if len(head) < 8:
        return 0
    tag, size = head[:4], struct.unpack("<I", head[4:])[0]
    is_chunk = tag.isascii() and tag.decode("ascii").isprintable() and size <= left
    return 0 if is_chunk or not any(head) else left


def mp3_length_is_stated(stream: BinaryIO) -> bool:
    """Tell whether an MP3 states its length (Xing, Info or VBRI frame); else any figure is an estimate."""
    stream.seek(0)
    head = stream.read(10)
    tag_bytes = 0
    if len(head) == 10 and head.startswith(b"ID3"):
        tag_bytes = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)
        )
    stream.seek(tag_bytes)
    first_frame = stream.read(_MP3_FIRST_FRAME_BYTES)
    return any(mark in first_frame for mark in (b"Xing", b"Info", b"VBRI"))


def ogg_is_closed(stream: BinaryIO) -> bool:
    """Tell whether the last OGG page is marked as the end; a file cut off has no such mark."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _OGG_LAST_PAGES_BYTES))
    tail = stream.read()
    last_page = tail.rfind(b"OggS\0")
    return last_page >= 0 and last_page + 5 < len(tail) and bool(tail[last_page + 5] & 0x04)


def not_a_recording(stream: BinaryIO) -> str:
    """Describe a file that no decoder knows, and what to do with it."""
    stream.seek(0)
    head = stream.read(512)
    if head.startswith((b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        return "is an archive, not a recording; unpack it first"
    if b"\0" not in head and not any(byte < 9 for byte in head):
        return "is text, not a recording; give the recording itself"
    if not any(head):
        return "holds zeros instead of a recording; copy it again from the recorder"
    return (
        "is in no known recording format, or its header is damaged; copy it again from the recorder, and "
        "give sound without a header (.pcm, .vox) as WAV"
    )
