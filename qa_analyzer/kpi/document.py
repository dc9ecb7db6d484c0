"""One stored evaluation as one JSON document, and the JSON Schema that every such document keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TypeAlias

from qa_analyzer.analysis.call_analysis import ComplaintTag, SentimentLabel
from qa_analyzer.calls.call import Role
from qa_analyzer.kpi.dictionary import COMPLAINTS, EVALUATIONS, EVIDENCE, OVERRIDES, Field, Kind
from qa_analyzer.kpi.records import Override, StoredEvaluation
from qa_analyzer.kpi.rows import RISK_CLASS, evidence_cells
from qa_analyzer.scoring.evaluation import CriterionResult, EvidenceKind, Grade, MatchKind, Verdict

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None

SCHEMA_VERSION = 1

METRICS = (
    *("duration_s", "agent_talk_s", "customer_talk_s", "talk_ratio", "overlap_s", "non_talk_share"),
    *("longest_silence_s", "agent_interruptions", "customer_interruptions", "agent_speech_rate_cpm"),
    "first_agent_s",
)
RECOGNITION = (
    *(
        "asr_model",
        "mean_word_probability",
        "audited_share",
        "role_method",
        "role_confidence",
        "audio_sha256",
    ),
)
FINGERPRINTS = ("scorecard", "transcript", "asr", "code", "lexicon", "acts")
SENTIMENT = ("customer_start", "customer_end", "shift", "lowest")
_NESTED = {*METRICS, *RECOGNITION, *SENTIMENT, *(f"{name}_fingerprint" for name in FINGERPRINTS)}
HEAD = tuple(field for field in EVALUATIONS if field.name not in _NESTED)
_QUOTE = tuple(
    field for field in EVIDENCE if field.name not in ("evaluation_id", "call_id", "criterion_id", "position")
)
_DECISION = tuple(
    field for field in OVERRIDES if field.name not in ("evaluation_id", "call_id", "criterion_id")
)


def plain(cell: object) -> Json:
    """Return a cell as JSON holds it: moments in UTC, days as ISO dates."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    if cell is None or isinstance(cell, str | int | float | bool):
        return cell
    raise TypeError(f"no cell: {type(cell).__name__}")


def document(stored: StoredEvaluation) -> dict[str, Json]:
    """Lay out a stored evaluation; what is not known is null."""
    row: dict[str, object] = {**stored.heard, **stored.head, **stored.call}
    row |= {name: getattr(stored.sentiment, name) for name in SENTIMENT}
    row |= {"revision": stored.revision, "is_current": stored.is_current}
    cells = {field.name: plain(row[field.name]) for field in EVALUATIONS}
    overrides: dict[str, list[Json]] = {}
    for override in stored.overrides:
        overrides.setdefault(override.criterion_id, []).append(_override(override))
    sentiment: dict[str, Json] = {name: cells[name] for name in SENTIMENT}
    sentiment["turns"] = [
        {"turn_index": turn.turn_index, "label": turn.label.value, "score": turn.score}
        for turn in stored.sentiment.turns
    ]
    return {
        "schema_version": SCHEMA_VERSION,
        **{field.name: cells[field.name] for field in HEAD},
        "criteria": {
            criterion.criterion_id: _criterion(criterion, overrides.get(criterion.criterion_id, []))
            for criterion in stored.criteria
        },
        "complaints": [_tag(tag) for tag in stored.complaints],
        "risks": [_tag(tag) for tag in stored.risks],
        "sentiment": sentiment,
        "metrics": {name: cells[name] for name in METRICS},
        "recognition": {name: cells[name] for name in RECOGNITION},
        "fingerprints": {name: cells[f"{name}_fingerprint"] for name in FINGERPRINTS},
    }


def _criterion(criterion: CriterionResult, overrides: list[Json]) -> dict[str, Json]:
    return {
        "verdict": criterion.verdict.value,
        "points_earned": criterion.points_earned,
        "points_possible": criterion.points_possible,
        "auto_fail": criterion.auto_fail,
        "explanation": criterion.explanation,
        "evidence": [
            {name: plain(cell) for name, cell in evidence_cells(evidence).items() if name in _QUOTE_NAMES}
            for evidence in criterion.evidence
        ],
        "overrides": overrides,
    }


_QUOTE_NAMES = frozenset(field.name for field in _QUOTE)


def _override(override: Override) -> dict[str, Json]:
    return {field.name: plain(getattr(override, field.name)) for field in _DECISION}


def _tag(tag: ComplaintTag) -> dict[str, Json]:
    return {
        "code": tag.code,
        "class": tag.complaint_class,
        "turn_index": tag.turn_index,
        "start_s": tag.start_s,
        "term": tag.term,
        "match_kind": tag.match_kind,
        "char_start": tag.char_start,
        "char_end": tag.char_end,
        "severity": tag.severity,
    }


_TYPES: Mapping[Kind, dict[str, Json]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.DAY: {"type": "string", "format": "date"},
}
_CHOICES: Mapping[str, list[str]] = {
    "verdict": [each.value for each in Verdict],
    "grade": [each.value for each in Grade],
    "kind": [each.value for each in EvidenceKind],
    "match_kind": [each.value for each in MatchKind],
    "role": [each.value for each in Role],
    "customer_start": [each.value for each in SentimentLabel],
    "customer_end": [each.value for each in SentimentLabel],
    "shift": ["improved", "unchanged", "worsened"],
}


def document_schema() -> dict[str, Json]:
    """Return the JSON Schema of ``document``; later versions may add properties."""
    by_name = {field.name: field for field in EVALUATIONS}
    verdict: dict[str, Json] = {"enum": [*_CHOICES["verdict"]]}
    criterion = _object(
        {
            "verdict": verdict,
            "points_earned": {"type": "number"},
            "points_possible": {"type": "number"},
            "auto_fail": {"type": "boolean"},
            "explanation": {"type": "string"},
            "evidence": _list(_object(_properties(_QUOTE))),
            "overrides": _list(_object(_properties(_DECISION))),
        }
    )
    renamed = {"complaint_class": "class"}
    tag = _properties(
        field for field in COMPLAINTS if field.name not in ("evaluation_id", "call_id", "position")
    )
    tag = {renamed.get(name, name): shape for name, shape in tag.items()}
    tag["match_kind"] = {"type": "string"}
    turn = _object(
        {
            "turn_index": {"type": "integer"},
            "label": {"enum": [*_CHOICES["customer_start"]]},
            "score": {"type": "number", "minimum": -1, "maximum": 1},
        }
    )
    whole = _object(
        {
            "schema_version": {"const": SCHEMA_VERSION},
            **_properties(HEAD),
            "criteria": {"type": "object", "additionalProperties": criterion},
            "complaints": _list(_object(tag)),
            "risks": _list(_object({**tag, "class": {"const": RISK_CLASS}})),
            "sentiment": _object({**_properties(by_name[name] for name in SENTIMENT), "turns": _list(turn)}),
            "metrics": _object(_properties(by_name[name] for name in METRICS)),
            "recognition": _object(_properties(by_name[name] for name in RECOGNITION)),
            "fingerprints": _object(
                {name: _property(by_name[f"{name}_fingerprint"]) for name in FINGERPRINTS}
            ),
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "qa_analyzer evaluation, exported",
        **whole,
    }


def _properties(fields: Iterable[Field]) -> dict[str, Json]:
    return {field.name: _property(field) for field in fields}


def _property(field: Field) -> dict[str, Json]:
    described: dict[str, Json] = {"description": f"{field.meaning}{f' [{field.unit}]' if field.unit else ''}"}
    choices = _CHOICES.get(field.name)
    if choices is not None:
        optional: list[Json] = [] if field.required else [None]
        return described | {"enum": [*choices, *optional]}
    shape = _TYPES[field.kind]
    return described | shape | ({} if field.required else {"type": [shape["type"], "null"]})


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    return {"type": "object", "required": [*properties], "properties": properties}


def _list(of: dict[str, Json]) -> dict[str, Json]:
    return {"type": "array", "items": of}
