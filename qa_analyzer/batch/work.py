"""The units of a night: what is to be done for a call, and what came of it. Values only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.calls.call import Call
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation
from qa_analyzer.scoring.evaluation_json import evaluation_from_json
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.transcript_json import packed, unpacked


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

    def __reduce__(self) -> tuple[Callable[..., CallResult], tuple[object, ...]]:
        """Go to another process as JSON: a transcript has thousands of parts, too many one by one."""
        transcript: Transcript | bytes | None = self.transcript
        evaluation = self.evaluation
        if self.transcript is not None and self.published is not None:
            text = packed(self.transcript)
            if text is not None:
                transcript, evaluation = text, None
        sent = (transcript, evaluation, self.failure, self.audio_s, dict(self.stage_seconds), self.resumed)
        return _arrived, (self.call_id, *sent, self.published)


def _arrived(
    call_id: str,
    transcript: Transcript | bytes | None,
    evaluation: Evaluation | None,
    failure: CallFailure | None,
    audio_s: float | None,
    stage_seconds: Mapping[str, float],
    resumed: bool,
    published: str | None,
) -> CallResult:
    if isinstance(transcript, bytes):
        transcript = unpacked(transcript)
        if transcript is None or published is None:
            raise ValueError(f"{call_id}: what another process sent cannot be read")
        evaluation = evaluation_from_json(json.loads(published), transcript)
    return CallResult(call_id, transcript, evaluation, failure, audio_s, stage_seconds, resumed, published)


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
