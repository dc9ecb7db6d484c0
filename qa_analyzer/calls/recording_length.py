"""How long a recording is by its header, without decoding it: for forecasts and time limits only."""

from __future__ import annotations

from pathlib import Path

import av
import av.error

from qa_analyzer.calls.decoding import open_container, open_regular


def stated_duration_s(path: Path) -> float | None:
    """Return the seconds that the container states or suggests; None when it cannot be told."""
    try:
        with open_regular(path) as stream, open_container(stream) as container:
            duration = container.duration
    except (av.error.FFmpegError, OSError, ValueError):
        return None
    return duration / av.time_base if duration is not None and duration > 0 else None
