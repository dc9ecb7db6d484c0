"""How long a call may take before its worker is given up."""

from __future__ import annotations

from qa_analyzer.batch.work import StoredTranscript, WorkItem
from qa_analyzer.calls.recording_length import stated_duration_s

START_UP_S = 300.0  # loading models on a busy machine, before a call's own time counts
LOWEST_BYTES_PER_S = 500.0  # AMR at 4.75 kbit/s: no recording holds more seconds for its size


def time_limit_s(work_item: WorkItem, seconds_per_audio_second: float) -> float:
    """Return a limit in proportion to the length of the call."""
    return START_UP_S + seconds_per_audio_second * _longest_audio_s(work_item)


def _longest_audio_s(work_item: WorkItem) -> float:
    if isinstance(work_item, StoredTranscript) or work_item.audio_path is None:
        return 0.0
    stated_s = stated_duration_s(work_item.audio_path)
    if stated_s is not None:
        return stated_s
    try:
        return work_item.audio_path.stat().st_size / LOWEST_BYTES_PER_S
    except OSError:
        return 0.0
