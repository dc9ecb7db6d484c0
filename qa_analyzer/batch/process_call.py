"""Calls from end to end; whatever goes wrong with one becomes its recorded failure."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from qa_analyzer.analysis.analyze import Analyzer
from qa_analyzer.analysis.pii import mask_transcript
from qa_analyzer.batch.file_state import file_sha256
from qa_analyzer.batch.kept_analyses import KeptAnalyses
from qa_analyzer.batch.local_copies import as_listed, local_copies, of_the_original
from qa_analyzer.batch.work import CallResult, StoredTranscript, WorkItem, source_of
from qa_analyzer.calls.call import Call
from qa_analyzer.calls.remote import RemoteRecordings
from qa_analyzer.errors import CallError, InputError, OutputError, TranscriptError
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation
from qa_analyzer.scoring.evaluation_json import evaluation_from_json, evaluation_to_json
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcribe import Transcriber
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.transcript_json import read_transcript, write_transcript


@dataclass(frozen=True, slots=True)
class _Heard:
    """What came of a recording that was transcribed together with others, and its share of the time."""

    outcome: Transcript | CallError
    wall_s: float


@dataclass
class _StageClock:
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, already_s: float = 0.0) -> Iterator[None]:
        started = time.perf_counter() - already_s
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


@dataclass(frozen=True)
class CallProcessor:
    """Transcribes, analyzes and scores calls; holds every loaded model.

    ``transcriber`` is None when no recording is to be expected; ``analyzer`` and ``scorer`` are None when
    calls are only transcribed.
    """

    transcripts_dir: Path
    transcriber: Transcriber | None
    analyzer: Analyzer | KeptAnalyses | None
    scorer: Scorer | None
    keep_pii: bool = False
    recordings: RemoteRecordings = field(default_factory=RemoteRecordings)

    def process_together(self, group: Sequence[WorkItem]) -> tuple[CallResult, ...]:
        """Return the results of a few calls, in order: the same as one by one, but sooner."""
        with local_copies(group, self.recordings) as local:
            heard = {
                **self._heard_together([each for each in local.work if each.call_id not in local.missing]),
                **{call_id: _Heard(problem, 0.0) for call_id, problem in local.missing.items()},
            }
            return tuple(self._process(each, heard.get(each.call_id)) for each in local.work)

    def _heard_together(self, group: Sequence[WorkItem]) -> Mapping[str, _Heard]:
        """Transcribe the recordings that have no transcript yet; nothing where that goes wrong as a whole."""
        if self.transcriber is None or len(group) < 2:
            return {}
        started = time.perf_counter()
        try:
            calls = [
                one
                for one in group
                if isinstance(one, Call) and one.given_turns is None and self._cached(one) is None
            ]
            outcomes = self.transcriber.transcribe_together(calls)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - which call it was shows when they are done one by one
            return {}
        lengths_s = [_audio_s(outcome) for outcome in outcomes]
        wall_s, total_s = time.perf_counter() - started, sum(lengths_s) or 1.0
        return {
            call.call_id: _Heard(outcome, wall_s * length_s / total_s)
            for call, outcome, length_s in zip(calls, outcomes, lengths_s, strict=True)
        }

    def process(self, work_item: WorkItem) -> CallResult:
        """Return the result of one call; never raises for a fault of the call."""
        (result,) = self.process_together([work_item])
        return result

    def _process(self, work_item: WorkItem, heard: _Heard | None) -> CallResult:
        clock = _StageClock()
        transcript: Transcript | None = None
        try:
            with clock.stage("transcribe", already_s=heard.wall_s if heard is not None else 0.0):
                transcript = self._transcript(work_item, heard)
            evaluation, published = self._evaluate(transcript, clock)
            return CallResult(
                call_id=work_item.call_id,
                transcript=transcript,
                evaluation=evaluation,
                failure=None,
                audio_s=transcript.audio.duration_s if transcript.audio is not None else None,
                stage_seconds=clock.seconds,
                published=published,
            )
        except CallError as problem:
            failure = CallFailure(
                work_item.call_id, source_of(work_item), problem.stage, type(problem).__name__, problem.reason
            )
        except MemoryError:
            raise  # the worker is no longer to be trusted; the runner replaces it
        except OutputError:
            raise  # no other call would fare better: the night stops and says why
        except Exception as problem:  # noqa: BLE001 - one call must not end the night
            failure = CallFailure(
                work_item.call_id,
                source_of(work_item),
                "bug",
                type(problem).__name__,
                f"unexpected error, please report it: {problem}\n{traceback.format_exc(limit=-6)}",
            )
        return CallResult(work_item.call_id, transcript, None, failure, None, clock.seconds)

    def _transcript(self, work_item: WorkItem, heard: _Heard | None) -> Transcript:
        if isinstance(work_item, StoredTranscript):
            return read_transcript(work_item.path)
        transcript = self._cached(work_item) if heard is None else None
        if transcript is None:
            transcript = of_the_original(self._make(work_item) if heard is None else _given(heard.outcome))
            if not self.keep_pii:
                # Before anything is stored or judged, so that scoring again later sees the same text.
                transcript = mask_transcript(transcript)
            self._write(transcript, self._path(work_item))
        return transcript

    def _write(self, transcript: Transcript, path: Path) -> None:
        try:
            write_transcript(transcript, path)
        except OSError as problem:
            raise OutputError(path, problem.strerror or str(problem)) from problem

    def _make(self, call: Call) -> Transcript:
        if call.given_turns is not None:
            return transcript_from_turns(call)
        if self.transcriber is None:
            raise InputError(call.call_id, "is a recording, but no recogniser was loaded for this run")
        return self.transcriber.transcribe(call)

    def _path(self, call: Call) -> Path:
        return self.transcripts_dir / f"{call.call_id}.json"

    def _cached(self, call: Call) -> Transcript | None:
        """Return the stored transcript of the same audio by the same recogniser, with today's metadata."""
        path = self._path(call)
        if call.audio_path is None or self.transcriber is None or not path.is_file():
            return None
        try:
            stored = read_transcript(path)
        except TranscriptError:
            return None  # damaged or of another version: made anew
        same_audio = stored.audio is not None and stored.audio.sha256 == file_sha256(call.audio_path)
        if not same_audio or stored.asr_fingerprint != self.transcriber.fingerprint:
            return None
        if _roles_rest_on(stored.call) != _roles_rest_on(call) or stored.pii_masked == self.keep_pii:
            return None  # what was masked cannot be had back
        if stored.call == as_listed(call):
            return stored
        renewed = replace(stored, call=as_listed(call))
        self._write(renewed, path)
        return renewed

    def _evaluate(self, transcript: Transcript, clock: _StageClock) -> tuple[Evaluation | None, str | None]:
        if self.analyzer is None or self.scorer is None:
            return None, None
        with clock.stage("analyze"):
            analysis = self.analyzer.analyze(transcript)
        with clock.stage("score"):
            plain = evaluation_to_json(self.scorer.score(analysis))
            # What is published is what goes on: a resumed call is then the same to the last digit.
            return evaluation_from_json(plain, transcript), json.dumps(plain, ensure_ascii=False)


def _roles_rest_on(call: Call) -> tuple[object, ...]:
    """Return what the input says of a call that decides its transcript."""
    return call.agent_channel, call.direction


def _given(outcome: Transcript | CallError) -> Transcript:
    if isinstance(outcome, CallError):
        raise outcome
    return outcome


def _audio_s(outcome: Transcript | CallError) -> float:
    return outcome.duration_s or 0.0 if isinstance(outcome, Transcript) else 0.0
