"""What was found in a call as JSON, to the last digit, so that it need not be found again."""

from __future__ import annotations

import json
from functools import cache

from pydantic import TypeAdapter
from pydantic_core import from_json

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.speech.transcript import Transcript


def analysis_to_json(analysis: CallAnalysis, key: str) -> bytes:
    """Return the analysis as JSON, without its transcript. ``key`` names everything that it rests on."""
    found = _adapter().dump_json(analysis, exclude={"transcript"})
    return b'{"key": %s, "analysis": %s}' % (json.dumps(key).encode("ascii"), found)


def analysis_from_json(text: bytes, transcript: Transcript, key: str) -> CallAnalysis | None:
    """Return the analysis again; None when it rests on something else than ``key`` says.

    Raises ValueError when the text is no analysis.
    """
    kept = from_json(text)
    if not isinstance(kept, dict) or not isinstance(kept.get("analysis"), dict):
        raise ValueError("not an analysis")
    if kept.get("key") != key:
        return None
    # Whatever fields an analysis has, now and later, they are kept with it.
    return _adapter().validate_python({**kept["analysis"], "transcript": transcript})


@cache
def _adapter() -> TypeAdapter[CallAnalysis]:
    return TypeAdapter(CallAnalysis)
