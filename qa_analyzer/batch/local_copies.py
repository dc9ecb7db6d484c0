"""Recordings that lie elsewhere are here while their calls are in hand, and gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from qa_analyzer.batch.work import WorkItem
from qa_analyzer.calls.call import Call
from qa_analyzer.calls.remote import RemoteRecordings
from qa_analyzer.errors import CallError
from qa_analyzer.speech.transcript import Transcript

PREFIX = "qa-recordings-"
LEFT_OVER_AFTER_S = 2 * 24 * 3600.0  # no group of calls is in hand for so long


@dataclass(frozen=True, slots=True)
class LocalWork:
    """What can be worked on, in the order asked for, and by call_id what could not be fetched."""

    work: tuple[WorkItem, ...]
    missing: dict[str, CallError]


@contextmanager
def local_copies(group: Sequence[WorkItem], recordings: RemoteRecordings) -> Iterator[LocalWork]:
    """Fetch what lies elsewhere into a private folder, removed at the end of the block."""
    if not any(isinstance(each, Call) and each.audio_url is not None for each in group):
        yield LocalWork(tuple(group), {})
        return
    _clear_left_over()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        here: list[WorkItem] = []
        missing: dict[str, CallError] = {}
        for each in group:
            if isinstance(each, Call) and each.audio_url is not None:
                try:
                    path = recordings.fetch(each.call_id, each.audio_url, Path(name))
                    here.append(replace(each, audio_path=path))
                    continue
                except CallError as problem:
                    missing[each.call_id] = problem
            here.append(each)
        yield LocalWork(tuple(here), missing)


def _clear_left_over() -> None:
    """Remove the folders of our own account that programs which were killed left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            state = folder.lstat()
            if state.st_uid == os.getuid() and state.st_mtime < time.time() - LEFT_OVER_AFTER_S:
                shutil.rmtree(folder)


def as_listed(call: Call) -> Call:
    """Return a call as its list names it: not by where its copy was."""
    return replace(call, audio_path=None) if call.audio_url is not None else call


def of_the_original(transcript: Transcript) -> Transcript:
    """Return a transcript that names the recording where it lies, not the copy that was heard."""
    call = transcript.call
    if call.audio_url is None or transcript.audio is None:
        return transcript
    return replace(transcript, call=as_listed(call), audio=replace(transcript.audio, path=call.audio_url))
