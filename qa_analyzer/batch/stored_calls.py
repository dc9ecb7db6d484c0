"""Calls that need no recognition any more: stored transcripts of a run, or text calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from qa_analyzer.analysis.pii import mask_transcript
from qa_analyzer.batch.kept_analyses import ANALYSES, KeptAnalyses
from qa_analyzer.batch.night import STORE, TRANSCRIPTS, stored_transcripts
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.errors import ConfigError, TranscriptError
from qa_analyzer.kpi.store import open_store
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.settings import Settings
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.transcript_json import read_transcript


class StoredCalls:
    """The transcripts behind a run or a file of text calls, one at a time; memory stays flat.

    ``unreadable`` fills while they are read.
    """

    def __init__(self, source: str, settings: Settings) -> None:
        """Find the calls of ``source``: OUT of a run, its store (file or URL), or a file of text calls.

        Raises ConfigError when there are none.
        """
        self._settings = settings
        self.unreadable: list[TranscriptError] = []
        self.folder = _folder_of(source, settings)
        self._paths: dict[str, Path] = {}
        self._texts: dict[str, Transcript] = {}
        if self.folder is not None:
            self._paths = {each.call_id: each.path for each in stored_transcripts(self.folder)}
        else:
            self._texts = _text_calls(Path(source), settings)

    def __len__(self) -> int:
        return len(self._paths) + len(self._texts)

    @property
    def call_ids(self) -> tuple[str, ...]:
        return (*self._paths, *self._texts)

    def read(self, call_ids: Iterable[str]) -> Iterator[Transcript]:
        """Yield calls one after another; damaged transcripts go to ``unreadable``."""
        for call_id in call_ids:
            try:
                yield self.find(call_id)
            except TranscriptError as problem:
                self.unreadable.append(problem)

    def find(self, call_id: str) -> Transcript:
        """Return one call; raises ConfigError when there is none of that id, TranscriptError when damaged."""
        if call_id in self._texts:
            return self._texts[call_id]
        if call_id not in self._paths:
            known = ", ".join(self.call_ids[:5])
            raise ConfigError(f"no call {call_id!r} there; the first of {len(self)} are: {known}")
        return read_transcript(self._paths[call_id])

    def analyzer(self) -> KeptAnalyses:
        """Return what analyzes these calls; what is found in a run's calls is kept there and used again."""
        return self._recipe(self._settings).analyzer(self.folder / ANALYSES if self.folder else None)

    def scorer(self, scorecard: Path | None = None) -> Scorer:
        """Return what judges these calls, by the configured scorecard or another one."""
        settings = self._settings
        if scorecard is not None:
            settings = settings.model_copy(update={"scorecard": scorecard})
        return self._recipe(settings).scorer()

    @staticmethod
    def _recipe(settings: Settings) -> Recipe:
        return Recipe(settings, Path(), recordings=False, evaluate=True, threads=1)


def _folder_of(source: str, settings: Settings) -> Path | None:
    """Return the folder of a run, given as such or by its store; None for a file of text calls."""
    path = Path(source)
    if "://" in source:
        with open_store(source, zone=ZoneInfo(settings.timezone)) as store:
            runs = store.runs()
        folders = [Path(run.source) for run in reversed(runs) if run.source]
        held = next((folder for folder in folders if (folder / TRANSCRIPTS).is_dir()), None)
        if held is None:
            raise ConfigError(
                "the runs of this store left no transcripts where they ran: give their OUT folder"
            )
        return held
    if path.is_dir():
        return path
    if path.name == STORE or path.suffix in (".sqlite", ".db"):
        return path.parent
    return None


def _text_calls(path: Path, settings: Settings) -> dict[str, Transcript]:
    listed = read_calls(path, InputOptions(timezone=settings.timezone, allow_outside=settings.allow_outside))
    texts: dict[str, Transcript] = {}
    for call in listed.calls:
        if call.given_turns is not None:
            transcript = transcript_from_turns(call)
            texts[call.call_id] = transcript if settings.keep_pii else mask_transcript(transcript)
    if not texts:
        raise ConfigError(f"{path} holds no text calls; recordings must be transcribed by a run first")
    return texts
