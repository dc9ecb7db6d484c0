"""Calls that a worker does together: a recogniser decodes many short windows at once faster than each alone,
and what needs no recogniser is done sooner than it is handed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from qa_analyzer.batch.time_limits import longest_audio_s
from qa_analyzer.batch.work import StoredTranscript, WorkItem

MOST_CALLS = 8
"""Eight calls of a minute or two fill a batch of the recogniser; more would only be lost together."""

MOST_AUDIO_S = 1200.0
"""Longer calls fill a batch by themselves. Bounds what is decoded to disk and what a crash costs."""


def groups_of(work: Sequence[WorkItem], workers: int) -> Iterator[tuple[WorkItem, ...]]:
    """Yield neighbouring calls in groups, in order, recordings apart from calls that need no recogniser.

    Towards the end the groups get smaller, so that the workers finish together.
    """
    left = Counter(_is_recording(work_item) for work_item in work)
    group: list[WorkItem] = []
    group_s = most = 0.0
    recordings = False
    for work_item in work:
        recording = _is_recording(work_item)
        audio_s = longest_audio_s(work_item) if recording else 0.0
        full = len(group) >= most or group_s + audio_s > MOST_AUDIO_S
        if group and (recording != recordings or full):
            yield tuple(group)
            group = []
        if not group:
            recordings = recording
            most, group_s = min(MOST_CALLS, -(-left[recording] // workers)), 0.0
        group.append(work_item)
        group_s += audio_s
        left[recording] -= 1
    if group:
        yield tuple(group)


def _is_recording(work_item: WorkItem) -> bool:
    return not isinstance(work_item, StoredTranscript) and work_item.is_recording
