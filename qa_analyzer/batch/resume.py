"""Which calls of an earlier, interrupted run need not be done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from qa_analyzer.batch.file_state import file_state
from qa_analyzer.batch.journal import JournalEntry
from qa_analyzer.batch.work import CallResult, StoredTranscript, WorkItem
from qa_analyzer.errors import TranscriptError
from qa_analyzer.scoring.evaluation_json import evaluation_from_json
from qa_analyzer.speech.transcript_json import read_transcript, transcript_fingerprint


def work_key(work_item: WorkItem, judges: Mapping[str, str | None]) -> str:
    """Return what the result of a call rests on: its input (a file by size and time) and the fingerprints."""
    if isinstance(work_item, StoredTranscript):
        source = [file_state(work_item.path)]
    else:
        source = [asdict(work_item)]
        if work_item.audio_path is not None:
            source.append(file_state(work_item.audio_path))
    canonical = json.dumps([source, dict(judges)], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def taken_over(work_item: WorkItem, entry: JournalEntry, transcripts_dir: Path) -> CallResult | None:
    """Return the result that a journal entry stands for; None when its transcript is gone or was changed."""
    if entry.failure is not None:
        return CallResult(entry.call_id, None, None, entry.failure, None, entry.stage_seconds, resumed=True)
    path = (
        work_item.path
        if isinstance(work_item, StoredTranscript)
        else transcripts_dir / f"{entry.call_id}.json"
    )
    try:
        transcript = read_transcript(path)
        if not isinstance(entry.evaluation, dict):  # what is read is no text
            evaluation = None
        elif entry.evaluation["fingerprints"]["transcript"] != transcript_fingerprint(transcript):
            return None
        else:
            evaluation = evaluation_from_json(entry.evaluation, transcript)
    except (TranscriptError, KeyError, ValueError, TypeError):
        return None
    return CallResult(
        entry.call_id, transcript, evaluation, None, entry.audio_s, entry.stage_seconds, resumed=True
    )
