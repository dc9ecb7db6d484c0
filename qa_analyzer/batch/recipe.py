"""How a worker builds its CallProcessor: plain settings go to the worker, models are loaded there, once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from qa_analyzer.analysis.acts import acts_fingerprint, open_acts
from qa_analyzer.analysis.analyze import Analyzer
from qa_analyzer.analysis.complaints import ComplaintTagger, load_lexicon
from qa_analyzer.analysis.lexicon import ComplaintLexicon
from qa_analyzer.analysis.sentiment import DEFAULT_MODEL, MODELS, open_sentiment, sentiment_fingerprint
from qa_analyzer.analysis.similarity import open_similarity
from qa_analyzer.batch.file_state import state_fingerprint
from qa_analyzer.batch.kept_analyses import ANALYSES, KeptAnalyses
from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.calls.remote import RemoteRecordings
from qa_analyzer.scoring.score import Scorer, code_fingerprint
from qa_analyzer.scoring.scorecard import Scorecard, load_scorecard
from qa_analyzer.settings import Settings
from qa_analyzer.speech.hot_words import load_hot_words
from qa_analyzer.speech.models import find_model
from qa_analyzer.speech.transcribe import Transcriber, open_transcriber, shipped_room_fingerprint
from qa_analyzer.whole_files import share


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a worker needs to know. ``threads`` is for one worker; 0 leaves it to the libraries.

    ``analyses_dir`` is None for the folder ``analyses`` beside the transcripts.
    """

    settings: Settings
    transcripts_dir: Path
    recordings: bool
    evaluate: bool
    threads: int
    analyses_dir: Path | None = None

    def build(self) -> CallProcessor:
        """Load the models and rules; raises ConfigError when one of them is missing or wrong."""
        share(self.settings.file_mode)  # a worker is a process of its own
        return CallProcessor(
            transcripts_dir=self.transcripts_dir,
            transcriber=self._transcriber() if self.recordings else None,
            analyzer=self.analyzer(self.analyses_dir or self.transcripts_dir.parent / ANALYSES)
            if self.evaluate
            else None,
            keep_pii=self.settings.keep_pii,
            recordings=RemoteRecordings(self.settings.allowed_urls, self.settings.max_remote_bytes),
            scorer=self.scorer() if self.evaluate else None,
        )

    def check(self) -> None:
        """Raise ConfigError for what can be seen to be missing or wrong without loading a model."""
        if self.recordings:
            find_model(self.settings.asr_model, self.settings.models_dir)
        if self.evaluate:
            self._scorecard()
            self._lexicon()
            self._check_sentiment()
            acts_fingerprint(self.settings.act_model, self.settings.models_dir)
        if self.settings.hotwords is not None:
            load_hot_words(self.settings.hotwords)

    def _check_sentiment(self) -> None:
        """Raise ModelError for a model that is not there, before a worker finds out."""
        settings = self.settings
        if settings.sentiment_model not in {choice.name for choice in MODELS} or not self._sentiment_ready():
            open_sentiment(settings.sentiment_model, settings.models_dir)

    def _sentiment_ready(self) -> bool:
        settings = self.settings
        folder = settings.models_dir / settings.sentiment_model
        return settings.sentiment_model != DEFAULT_MODEL or (folder / "config.json").is_file()

    def judges(self) -> dict[str, str | None]:
        """Return fingerprints of everything that decides a result; None for what this run does not use.

        Models count by the state of their files: nothing has to be loaded to see that nothing changed.
        """
        settings = self.settings
        asr = find_model(settings.asr_model, settings.models_dir) if self.recordings else None
        sentiment = settings.models_dir / settings.sentiment_model
        return {
            "code": code_fingerprint(),
            "asr": state_fingerprint(asr) if asr is not None else None,
            "speech": shipped_room_fingerprint() if self.recordings else None,
            "hotwords": state_fingerprint(settings.hotwords) if settings.hotwords is not None else None,
            "pii": "kept" if settings.keep_pii else "masked",
            "device": settings.device if self.recordings else None,
            "scorecard": self._scorecard().fingerprint if self.evaluate else None,
            **({"bands": json.dumps(settings.bands, sort_keys=True)} if settings.bands else {}),
            "lexicon": self._lexicon().fingerprint if self.evaluate else None,
            "sentiment": f"{settings.sentiment_model} {state_fingerprint(sentiment)}"
            if self.evaluate
            else None,
            "acts": acts_fingerprint(settings.act_model, settings.models_dir) if self.evaluate else None,
        }

    def _transcriber(self) -> Transcriber:
        settings = self.settings
        return open_transcriber(
            settings.asr_model,
            settings.models_dir,
            device=settings.device,
            threads=self.threads,
            hot_words=settings.hotwords,
        )

    def scorer(self) -> Scorer:
        """Return what judges calls by the configured scorecard; raises ScorecardError."""
        scorecard = self._scorecard()
        similarity = open_similarity(self.settings.models_dir) if scorecard.compares_meaning else None
        return Scorer(scorecard, similarity=similarity, bands=self.settings.bands)

    def analyzer(self, kept_in: Path | None) -> KeptAnalyses:
        """Return what analyzes calls; models are loaded when the first call was not analyzed before."""
        settings = self.settings
        return KeptAnalyses(
            kept_in,
            self._analyzer,
            (
                sentiment_fingerprint(settings.sentiment_model, settings.models_dir),
                self._lexicon().fingerprint,
                acts_fingerprint(settings.act_model, settings.models_dir) or "",
            ),
        )

    def _analyzer(self) -> Analyzer:
        # One thread: turns are short, and more threads only get into the way of the other workers.
        sentiment_model = open_sentiment(self.settings.sentiment_model, self.settings.models_dir, threads=1)
        act_tagger = open_acts(self.settings.act_model, self.settings.models_dir, threads=1)
        return Analyzer(sentiment_model, _tagger(self._lexicon()), act_tagger)

    def _lexicon(self) -> ComplaintLexicon:
        lexicon, overrides = self.settings.lexicon, self.settings.lexicon_overrides
        state = state_fingerprint(lexicon) + (state_fingerprint(overrides) if overrides is not None else "")
        return _read_lexicon(lexicon, overrides, state)

    def _scorecard(self) -> Scorecard:
        return read_scorecard(self.settings.scorecard)


def read_scorecard(path: Path) -> Scorecard:
    """Load a scorecard, compiled once in a process while its files stay the same; raises ScorecardError."""
    # A scorecard may extend a file beside it.
    files = sorted({path, *path.parent.glob("*.y*ml")})
    return _read_scorecard(path, "".join(state_fingerprint(file) for file in files))


# A run asks for both at its check, for its keys, its processor and its report, and compiling takes long. The
# state of the files is part of what is remembered, so a changed file is read again.
@lru_cache(maxsize=4)
def _read_scorecard(path: Path, _state: str) -> Scorecard:
    return load_scorecard(path)


@lru_cache(maxsize=4)
def _read_lexicon(path: Path, overrides: Path | None, _state: str) -> ComplaintLexicon:
    return load_lexicon(path, overrides)


@lru_cache(maxsize=2)
def _tagger(lexicon: ComplaintLexicon) -> ComplaintTagger:
    return ComplaintTagger(lexicon)
