"""Scorecards: read, checked as a whole, compiled, and named by a fingerprint of everything that decides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from qa_analyzer.errors import Fault, ScorecardError
from qa_analyzer.human_yaml import Location, line_at, load_model, read_text, read_yaml
from qa_analyzer.scoring.phrase_family import CompiledFamily, PhraseFamily, compile_family
from qa_analyzer.scoring.rules.text import PhrasesRule, SemanticRule
from qa_analyzer.scoring.rules.union import Rule
from qa_analyzer.scoring.scorecard_check import reference_faults
from qa_analyzer.scoring.scorecard_model import Criterion, GradeLimits, ScorecardFile, Section


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A scorecard ready to judge. ``families`` holds named and inline families by key."""

    id: str
    version: str
    name: str
    path: Path
    grades: GradeLimits
    sections: tuple[Section, ...]
    families: Mapping[str, CompiledFamily]
    definitions: Mapping[str, Rule]
    fingerprint: str

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        return tuple(criterion for section in self.sections for criterion in section.criteria)

    @property
    def compares_meaning(self) -> bool:
        """Say whether a rule compares sentences with examples, for which the scorer needs an encoder."""
        rules = (*rules_in(self.sections), *rules_in(dict(self.definitions)))
        return any(isinstance(rule, SemanticRule) for rule in rules)


def load_scorecard(path: Path) -> Scorecard:
    """Read a scorecard file; raise ScorecardError with every fault and its line."""
    base_path, base = _base(path)
    faults: list[Fault] = []
    file: ScorecardFile | None = None
    try:
        file = load_model(path, ScorecardFile, error=ScorecardError)
    except ScorecardError as problem:
        faults.extend(problem.faults)
    faults.extend(_reference_faults(path, base))
    if faults or file is None:
        raise ScorecardError(
            tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.line or 0, fault.where)))
        )
    if base_path is not None:
        parent = load_model(base_path, ScorecardFile, error=ScorecardError)
        file = file.model_copy(
            update={
                "slots": {**parent.slots, **file.slots},
                "families": {**parent.families, **file.families},
                "definitions": {**parent.definitions, **file.definitions},
            }
        )
    return build_scorecard(file, path)


def build_scorecard(file: ScorecardFile, path: Path) -> Scorecard:
    """Compile a checked file."""
    compiled = {key: compile_family(key, family, file.slots) for key, family in file.families.items()}
    for rule in rules_in(file):
        if isinstance(rule, PhrasesRule) and rule.inline_key not in compiled:
            family = rule.inline_family()
            if family is not None:
                compiled[rule.inline_key] = compile_family(rule.inline_key, family, file.slots)
    return Scorecard(
        file.id,
        file.version,
        file.name,
        path,
        file.grades,
        file.sections,
        compiled,
        file.definitions,
        fingerprint_of(file),
    )


def fingerprint_of(file: ScorecardFile) -> str:
    """Return sha256 over everything that decides; examples and words for people do not."""
    decides = file.model_dump(mode="json", by_alias=True)
    decides.pop("description")
    for section in decides["sections"]:
        for criterion in section["criteria"]:
            for words in ("examples", "explain", "guidance"):
                criterion.pop(words)
    canonical = json.dumps(decides, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def rules_in(part: object) -> Iterator[BaseModel]:
    """Yield every pydantic part below ``part``, itself included, in the order of the file."""
    if isinstance(part, PhraseFamily):
        return
    if isinstance(part, BaseModel):
        yield part
        for name in type(part).model_fields:
            yield from rules_in(getattr(part, name))
    elif isinstance(part, dict):
        for inner in part.values():
            yield from rules_in(inner)
    elif isinstance(part, tuple):
        for inner in part:
            yield from rules_in(inner)


def _base(path: Path) -> tuple[Path | None, dict[str, Any]]:
    """Return the file that this one extends, and its raw parts; faults of the base are its own."""
    raw = _raw(path)
    named = raw.get("extends")
    if not isinstance(named, str):
        return None, {}
    base_path = path.parent / named
    return base_path, _raw(base_path)


def _raw(path: Path) -> dict[str, Any]:
    try:
        _, value = read_yaml(read_text(path, error=ScorecardError))
    except yaml.YAMLError:
        return {}  # load_model reports it with its line
    return value if isinstance(value, dict) else {}


def _reference_faults(path: Path, base: dict[str, Any]) -> list[Fault]:
    text = read_text(path, error=ScorecardError)
    try:
        root, raw = read_yaml(text)
    except yaml.YAMLError:
        return []
    if not isinstance(raw, dict):
        return []
    found: list[tuple[Location, str]] = reference_faults(raw, base)
    return [
        Fault(path, line_at(root, location), ".".join(str(step) for step in location), message)
        for location, message in found
    ]
