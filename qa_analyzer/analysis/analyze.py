"""Everything that is found in one transcript, in one call."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qa_analyzer.analysis.acts import ActTagger
from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.analysis.complaints import ComplaintTagger
from qa_analyzer.analysis.metrics import measure
from qa_analyzer.analysis.sentiment import SentimentModel, judge_call
from qa_analyzer.analysis.voice_cues import voice_cues
from qa_analyzer.speech.transcript import Transcript


@dataclass(frozen=True)
class Analyzer:
    """Finds conversation facts, sentiment, complaints, risks and acts; holds the loaded models.

    Without ``act_tagger`` nobody looks for acts.
    """

    sentiment_model: SentimentModel
    tagger: ComplaintTagger
    act_tagger: ActTagger | None = None

    def analyze(self, transcript: Transcript) -> CallAnalysis:
        """Return all that the rules may look at."""
        acts = felt = None
        if self.act_tagger is not None:
            acts = self.act_tagger.tag(transcript)
            felt = self.act_tagger.feelings(acts)
        sentiment = judge_call(transcript, self.sentiment_model, felt)
        complaints, risks = self.tagger.tag(transcript, sentiment.turns, acts or ())
        return CallAnalysis(
            transcript=transcript,
            metrics=measure(transcript),
            sentiment=sentiment,
            complaints=complaints,
            risks=risks,
            lexicon_fingerprint=self.tagger.lexicon.fingerprint,
            voice_cues=voice_cues(transcript),
            acts=acts,
            acts_fingerprint=self.act_tagger.fingerprint if self.act_tagger is not None else None,
        )


@cache
def analysis_code_fingerprint() -> str:
    """Return sha256 over the source of the room whose code finds all this."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return "sha256:" + digest.hexdigest()
