"""Recordings beside the pages, in a form that browsers play."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# What Chromium and Firefox both play. A recorder's other formats (AMR, GSM, G.729 …) are converted.
_PLAYABLE: Mapping[str, tuple[str, ...]] = {
    ".wav": ("pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"),
    ".mp3": ("mp3", "mp3float"),
    ".m4a": ("aac",),
    ".mp4": ("aac",),
    ".ogg": ("opus", "vorbis"),
    ".opus": ("opus",),
    ".flac": ("flac",),
}


def plays_in_browser(path: Path, codec: str | None) -> bool:
    """Tell whether a recording can be played as it is; without a known codec the suffix decides."""
    codecs = _PLAYABLE.get(path.suffix.lower())
    return codecs is not None and (codec is None or codec in codecs)
