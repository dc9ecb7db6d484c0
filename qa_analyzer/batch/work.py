"""The units of a night: what is to be done for a call, and what came of it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.calls.call import Call
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation
from qa_analyzer.speech.transcript import Transcript


@dataclass(frozen=True, slots=True)
class StoredTranscript:
    """A call that was transcribed before; scoring starts from its transcript."""

    call_id: str
    path: Path


WorkItem = Call | StoredTranscript

WORKER_DIED = "WorkerDied"
LOSSES = 2  # a call is given up when it has lost so many workers while it was alone
CALL_TIMEOUT = ("CallTimeout", "took longer than the time limit for its length and was given up")


@dataclass(frozen=True, slots=True)
class CallResult:
    """What came of one call: a transcript, an evaluation (unless only transcribing), or a failure.

    ``audio_s`` is None for text; ``stage_seconds`` is the time spent by stage.
    ``resumed`` says that it was taken over from an earlier, interrupted run. ``published`` is the evaluation
    as the JSON text of its line in ``evaluations.jsonl``, where it was just made.
    """

    call_id: str
    transcript: Transcript | None
    evaluation: Evaluation | None
    failure: CallFailure | None
    audio_s: float | None
    stage_seconds: Mapping[str, float]
    resumed: bool = False
    published: str | None = None


def source_of(item: WorkItem) -> str:
    """Return where a call came from, for messages: its file or URL, or "text" for turns inside a list."""
    if isinstance(item, StoredTranscript):
        return str(item.path)
    if item.audio_url is not None:
        return item.audio_url
    return str(item.audio_path) if item.audio_path is not None else "text"


def failed(work_item: WorkItem, error: str, message: str) -> CallResult:
    """Return the result of a call whose worker did not come back with one."""
    failure = CallFailure(work_item.call_id, source_of(work_item), "worker", error, message)
    return CallResult(work_item.call_id, None, None, failure, None, {})
