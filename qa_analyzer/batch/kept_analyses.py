"""Analyses kept beside the transcripts: scoring again with another scorecard then needs no model.

An analysis is used again only while its transcript, the sentiment model, the lexicon and our own code are the
ones it was made with; otherwise it is made anew. The folder may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qa_analyzer.analysis.analysis_json import analysis_from_json, analysis_to_json
from qa_analyzer.analysis.analyze import Analyzer, analysis_code_fingerprint
from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.seals import check_seal, sealed
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.transcript_json import transcript_fingerprint
from qa_analyzer.whole_files import draft, make_folder

ANALYSES = "analyses"


class KeptAnalyses:
    """Analyzes calls like ``Analyzer``, but only those that were not analyzed before.

    ``open_analyzer`` loads the models when the first call needs them. ``judged_by`` are the fingerprints of
    models and lexicon. Nothing is kept without a folder, or where it cannot be written to.
    """

    def __init__(
        self, folder: Path | None, open_analyzer: Callable[[], Analyzer], judged_by: tuple[str, ...]
    ) -> None:
        self._folder = folder
        self._open_analyzer = open_analyzer
        self._judged_by = "|".join((*judged_by, analysis_code_fingerprint()))
        self._analyzer: Analyzer | None = None

    def analyze(self, transcript: Transcript) -> CallAnalysis:
        """Return all that the rules may look at."""
        key = f"{transcript_fingerprint(transcript)}|{self._judged_by}"
        path = self._folder / f"{transcript.call_id}.json" if self._folder is not None else None
        kept = _read(path, transcript, key) if path is not None else None
        if kept is not None:
            return kept
        if self._analyzer is None:
            self._analyzer = self._open_analyzer()
        analysis = self._analyzer.analyze(transcript)
        if path is not None:
            _write(path, sealed(analysis_to_json(analysis, key)))
        return analysis


def _read(path: Path, transcript: Transcript, key: str) -> CallAnalysis | None:
    try:
        text = path.read_bytes()
        check_seal(text)
        return analysis_from_json(text, transcript, key)
    except (OSError, ValueError):
        return None  # missing, damaged or of another release: made anew


def _write(path: Path, text: bytes) -> None:
    """Write whole or not at all. Not flushed to disk: what a power cut takes is made anew."""
    try:
        make_folder(path.parent)
        with draft(path, durable=False) as beside:
            beside.write_bytes(text)
    except OSError:
        return
