"""Evaluations in their published JSON form: the contract of evaluations.jsonl, with its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from qa_analyzer.analysis.call_analysis import (
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    ConversationMetrics,
    VoiceCue,
)
from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation, Fingerprints, Grade, ScoreRange
from qa_analyzer.speech.transcript import Transcript

SCHEMA_VERSION = 1
SCHEMA_PATH = Path(__file__).parent / "schemas" / "evaluation.schema.json"

# A tag's class is called "class" in the contract, which Python keeps for itself.
_TAG_CLASS = ("complaint_class", "class")
_MODEL = ("model_fingerprint", "model")


def evaluation_to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as plain JSON values; figures are rounded to three decimals."""
    analysis = evaluation.analysis
    call = analysis.transcript.call
    plain = {
        "schema_version": SCHEMA_VERSION,
        "call_id": call.call_id,
        "agent_id": call.agent_id,
        "scorecard": {"id": evaluation.scorecard_id, "version": evaluation.scorecard_version},
        "percent": evaluation.percent,
        "grade": evaluation.grade.value,
        "auto_failed": evaluation.auto_failed,
        "criteria": {result.criterion_id: _criterion_to_json(result) for result in evaluation.criteria},
        "complaints": [_tag_to_json(tag) for tag in analysis.complaints],
        "risks": [_tag_to_json(tag) for tag in analysis.risks],
        "sentiment": _renamed(_sentiments().dump_python(analysis.sentiment, mode="json"), *_MODEL),
        "voice_cues": _cues().dump_python(analysis.voice_cues, mode="json"),
        "metrics": _metrics().dump_python(analysis.metrics, mode="json"),
        "fingerprints": asdict(evaluation.fingerprints),
    }
    if evaluation.score_range is not None:
        plain["score_range"] = asdict(evaluation.score_range)
    rounded: dict[str, Any] = _rounded(plain)
    return rounded


def evaluation_from_json(plain: Mapping[str, Any], transcript: Transcript) -> Evaluation:
    """Build an evaluation from its JSON form; raises KeyError, TypeError or ValueError when it is none."""
    fingerprints = Fingerprints(**plain["fingerprints"])
    analysis = CallAnalysis(
        transcript=transcript,
        metrics=_metrics().validate_python(plain["metrics"]),
        sentiment=_sentiments().validate_python(_renamed(plain["sentiment"], *reversed(_MODEL))),
        complaints=tuple(_tag_from_json(tag) for tag in plain["complaints"]),
        risks=tuple(_tag_from_json(tag) for tag in plain["risks"]),
        lexicon_fingerprint=fingerprints.lexicon,
        acts_fingerprint=fingerprints.acts,
        voice_cues=_cues().validate_python(plain.get("voice_cues")),
    )
    return Evaluation(
        analysis=analysis,
        scorecard_id=plain["scorecard"]["id"],
        scorecard_version=plain["scorecard"]["version"],
        percent=plain["percent"],
        grade=Grade(plain["grade"]),
        auto_failed=plain["auto_failed"],
        criteria=tuple(
            _criteria().validate_python({"criterion_id": criterion_id, **result})
            for criterion_id, result in plain["criteria"].items()
        ),
        fingerprints=fingerprints,
        score_range=ScoreRange(**plain["score_range"]) if plain.get("score_range") else None,
    )


def _criterion_to_json(result: CriterionResult) -> dict[str, Any]:
    plain: dict[str, Any] = _criteria().dump_python(result, mode="json")
    del plain["criterion_id"]
    if not result.explanation_en:
        del plain["explanation_en"]
    if result.flip_chance is None:
        del plain["flip_chance"]
    return plain


def _tag_to_json(tag: ComplaintTag) -> dict[str, Any]:
    return _renamed(_tags().dump_python(tag, mode="json"), *_TAG_CLASS)


def _tag_from_json(plain: Mapping[str, Any]) -> ComplaintTag:
    return _tags().validate_python(_renamed(plain, *reversed(_TAG_CLASS)))


def _renamed(plain: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if key == old else key: value for key, value in plain.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return value


@cache
def _criteria() -> TypeAdapter[CriterionResult]:
    return TypeAdapter(CriterionResult)


@cache
def _tags() -> TypeAdapter[ComplaintTag]:
    return TypeAdapter(ComplaintTag)


@cache
def _metrics() -> TypeAdapter[ConversationMetrics]:
    return TypeAdapter(ConversationMetrics)


@cache
def _cues() -> TypeAdapter[tuple[VoiceCue, ...] | None]:
    return TypeAdapter(tuple[VoiceCue, ...] | None)


@cache
def _sentiments() -> TypeAdapter[CallSentiment]:
    return TypeAdapter(CallSentiment)
