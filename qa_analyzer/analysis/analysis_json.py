"""What was found in a call as JSON, to the last digit, so that it need not be found again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from qa_analyzer.analysis.call_analysis import (
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    ConversationMetrics,
)
from qa_analyzer.speech.transcript import Transcript


@dataclass(frozen=True, slots=True)
class KeptAnalysis:
    """An analysis without its transcript. ``key`` names everything that it rests on."""

    key: str
    metrics: ConversationMetrics
    sentiment: CallSentiment
    complaints: tuple[ComplaintTag, ...]
    risks: tuple[ComplaintTag, ...]
    lexicon_fingerprint: str


def analysis_to_json(analysis: CallAnalysis, key: str) -> bytes:
    """Return the analysis as JSON, without the transcript that it is about."""
    return _adapter().dump_json(
        KeptAnalysis(
            key,
            analysis.metrics,
            analysis.sentiment,
            analysis.complaints,
            analysis.risks,
            analysis.lexicon_fingerprint,
        )
    )


def analysis_from_json(text: bytes, transcript: Transcript, key: str) -> CallAnalysis | None:
    """Return the analysis again; None when it rests on something else than ``key`` says.

    Raises ValueError when the text is no analysis.
    """
    kept = _adapter().validate_json(text)
    if kept.key != key:
        return None
    return CallAnalysis(
        transcript, kept.metrics, kept.sentiment, kept.complaints, kept.risks, kept.lexicon_fingerprint
    )


@cache
def _adapter() -> TypeAdapter[KeptAnalysis]:
    return TypeAdapter(KeptAnalysis)
