"""What another scorecard would make of calls that were judged already, without recognition.

Each call is analyzed once (or not at all, where the analysis was kept) and judged by both scorecards. Nothing
of the run is changed: its evaluations keep their scorecard's version and fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from qa_analyzer.batch.stored_calls import StoredCalls
from qa_analyzer.errors import ConfigError
from qa_analyzer.scoring.compare import CallChange, ScorecardDiff, compare
from qa_analyzer.scoring.evaluation import Evaluation
from qa_analyzer.scoring.evaluation_json import evaluation_from_json
from qa_analyzer.settings import Settings
from qa_analyzer.speech.transcript import Transcript

EVALUATIONS = "evaluations.jsonl"
SMALL = 200  # fewer calls are compared sooner than workers are started
CHUNK = 50


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two scorecards, as it names itself."""

    scorecard_id: str
    version: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The comparison. ``unreadable`` are damaged transcripts; ``unknown`` calls that OLD did not judge."""

    old: Side
    new: Side
    diff: ScorecardDiff
    unreadable: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """What a worker needs to know."""

    source: str
    settings: Settings
    old: Path
    new: Path


class GivenVerdicts:
    """The evaluations of an earlier run as they were given, one at a time."""

    def __init__(self, path: Path) -> None:
        """Index a file; raises ConfigError when it holds no evaluations."""
        self._path = path
        self._offsets: dict[str, int] = {}
        first: dict[str, dict[str, str]] | None = None
        try:
            with path.open("rb") as stream:
                offset = 0
                for line in stream:
                    plain = json.loads(line)
                    first = first or plain
                    self._offsets[plain["call_id"]] = offset
                    offset += len(line)
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise ConfigError(f"{path} does not hold evaluations: {problem}") from problem
        if first is None:
            raise ConfigError(f"{path} holds no evaluations")
        self.side = Side(
            first["scorecard"]["id"], first["scorecard"]["version"], first["fingerprints"]["scorecard"]
        )

    def of(self, transcript: Transcript) -> Evaluation | None:
        """Return what was said of a call; None when it was not judged."""
        offset = self._offsets.get(transcript.call_id)
        if offset is None:
            return None
        with self._path.open("rb") as stream:
            stream.seek(offset)
            return evaluation_from_json(json.loads(stream.readline()), transcript)


class _Comparison:
    """Judges calls by both sides."""

    def __init__(self, job: _Job) -> None:
        self.calls = StoredCalls(job.source, job.settings)
        self._analyzer = self.calls.analyzer()
        self._new = self.calls.scorer(job.new)
        given = _given(job.old)
        self._given = GivenVerdicts(given) if given is not None else None
        self._old = self.calls.scorer(job.old) if given is None else None

    @property
    def sides(self) -> tuple[Side, Side]:
        cards = [scorer.scorecard for scorer in (self._old, self._new) if scorer is not None]
        sides = [Side(card.id, card.version, card.fingerprint) for card in cards]
        return (self._given.side if self._given is not None else sides[0]), sides[-1]

    def compare(self, call_ids: Sequence[str]) -> tuple[list[CallChange], list[str], list[str]]:
        """Return the changes, the damaged transcripts and the calls that OLD did not judge."""
        changes: list[CallChange] = []
        unknown: list[str] = []
        self.calls.unreadable.clear()
        for transcript in self.calls.read(call_ids):
            old = self._given.of(transcript) if self._given is not None else None
            if self._given is not None and old is None:
                unknown.append(transcript.call_id)
                continue
            analysis = self._analyzer.analyze(transcript)
            if old is None and self._old is not None:
                old = self._old.score(analysis)
            if old is not None:
                changes.append(compare(old, self._new.score(analysis)))
        return changes, [str(problem) for problem in self.calls.unreadable], unknown


def what_if(source: str, old: Path, new: Path, settings: Settings, *, workers: int = 1) -> WhatIf:
    """Compare two scorecards on stored calls.

    ``old`` may also be the OUT of a run or its evaluations.jsonl: then the verdicts given there count.
    Raises ConfigError for a scorecard or a source that cannot be used.
    """
    job = _Job(source, settings, old, new)
    comparison = _Comparison(job)
    diff, unreadable, unknown = ScorecardDiff(), [], []
    for changes, damaged, unjudged in _parts(job, comparison, workers):
        for change in changes:
            diff.add(change)
        unreadable += damaged
        unknown += unjudged
    if diff.compared == 0 and unknown:
        raise ConfigError(f"{old} judged none of these {len(unknown)} calls")
    return WhatIf(*comparison.sides, diff, tuple(unreadable), tuple(unknown))


def _given(old: Path) -> Path | None:
    """Return the file of evaluations that OLD stands for; None when it is a scorecard."""
    if old.is_dir():
        return old / EVALUATIONS
    return old if old.suffix == ".jsonl" else None


def _parts(
    job: _Job, comparison: _Comparison, workers: int
) -> Iterator[tuple[list[CallChange], list[str], list[str]]]:
    call_ids = comparison.calls.call_ids
    chunks = [call_ids[start : start + CHUNK] for start in range(0, len(call_ids), CHUNK)]
    if workers == 1 or len(call_ids) < SMALL:
        yield from map(comparison.compare, chunks)
        return
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_load, initargs=(job,)
    ) as pool:
        yield from pool.map(_compare, chunks)


_comparison: _Comparison | None = None  # one for each worker process, set by _load


def _load(job: _Job) -> None:
    global _comparison
    _comparison = _Comparison(job)


def _compare(call_ids: Sequence[str]) -> tuple[list[CallChange], list[str], list[str]]:
    if _comparison is None:
        raise RuntimeError("the worker was not initialized")
    return _comparison.compare(call_ids)
