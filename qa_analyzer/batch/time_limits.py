"""How long calls may take before its worker is given up."""

from __future__ import annotations

from collections.abc import Sequence

from qa_analyzer.batch.work import StoredTranscript, WorkItem
from qa_analyzer.calls.recording_length import stated_duration_s

START_UP_S = 300.0  # loading models on a busy machine, before the calls' own time counts
ELSEWHERE_S = 3600.0  # a recording that is not here yet; fetching it takes time too
LOWEST_BYTES_PER_S = 500.0  # AMR at 4.75 kbit/s: no recording holds more seconds for its size


def time_limit_s(group: Sequence[WorkItem], seconds_per_audio_second: float) -> float:
    """Return a limit in proportion to the length of the calls."""
    return START_UP_S + seconds_per_audio_second * sum(map(longest_audio_s, group))


def longest_audio_s(work_item: WorkItem) -> float:
    """Return how long a call is by its header, else at most; 0 for text and for what cannot be read."""
    if isinstance(work_item, StoredTranscript) or not work_item.is_recording:
        return 0.0
    if work_item.audio_path is None:
        return ELSEWHERE_S
    stated_s = stated_duration_s(work_item.audio_path)
    if stated_s is not None:
        return stated_s
    try:
        return work_item.audio_path.stat().st_size / LOWEST_BYTES_PER_S
    except OSError:
        return 0.0
