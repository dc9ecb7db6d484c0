"""How a worker builds its CallProcessor: plain settings go to the worker, models are loaded there, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.analysis.analyze import Analyzer
from qa_analyzer.analysis.complaints import ComplaintTagger, load_lexicon
from qa_analyzer.analysis.sentiment import open_sentiment
from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.settings import Settings
from qa_analyzer.speech.models import find_model
from qa_analyzer.speech.transcribe import Transcriber, open_transcriber


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a worker needs to know. ``threads`` is for one worker; 0 leaves it to the libraries."""

    settings: Settings
    transcripts_dir: Path
    recordings: bool
    evaluate: bool
    threads: int

    def build(self) -> CallProcessor:
        """Load the models and rules; raises ConfigError when one of them is missing or wrong."""
        return CallProcessor(
            transcripts_dir=self.transcripts_dir,
            transcriber=self._transcriber() if self.recordings else None,
            analyzer=self._analyzer() if self.evaluate else None,
            scorer=Scorer(load_scorecard(self.settings.scorecard)) if self.evaluate else None,
        )

    def check(self) -> None:
        """Raise ConfigError for what can be seen to be missing or wrong without loading a model."""
        if self.recordings:
            find_model(self.settings.asr_model, self.settings.models_dir)
        if self.evaluate:
            load_scorecard(self.settings.scorecard)
            load_lexicon(self.settings.lexicon)

    def _transcriber(self) -> Transcriber:
        settings = self.settings
        return open_transcriber(
            settings.asr_model,
            models_dir=settings.models_dir,
            device=settings.device,
            threads=self.threads,
            hotwords=settings.hotwords,
        )

    def _analyzer(self) -> Analyzer:
        sentiment_model = open_sentiment(self.settings.sentiment_model, self.settings.models_dir)
        return Analyzer(sentiment_model, ComplaintTagger(load_lexicon(self.settings.lexicon)))
