"""How long a recording is by its header, without decoding it: for forecasts and time limits, never for judging."""

from __future__ import annotations

from pathlib import Path

import av


def stated_duration_s(path: Path) -> float | None:
    """Return the seconds that the container states or suggests; None when it cannot be told."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            duration = container.duration
    except (av.FFmpegError, OSError, ValueError):
        return None
    return duration / av.time_base if duration is not None and duration > 0 else None
