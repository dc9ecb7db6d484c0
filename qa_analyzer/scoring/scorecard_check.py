"""Faults that no single field shows: names that lead nowhere, circles, doubled ids, broken templates.

Works on the raw document, so that these faults are reported together with those of the fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qa_analyzer.human_yaml import Location
from qa_analyzer.scoring.templates import TemplateError, parse_template

Found = list[tuple[Location, str]]


def reference_faults(raw: Mapping[str, Any], base: Mapping[str, Any]) -> Found:
    """Return every fault with its place in the document; ``base`` is the document it extends."""
    slots = {**_mapping(base.get("slots")), **_mapping(raw.get("slots"))}
    families = {**_mapping(base.get("families")), **_mapping(raw.get("families"))}
    definitions = {**_mapping(base.get("definitions")), **_mapping(raw.get("definitions"))}
    text_slots = {name: template for name, template in slots.items() if isinstance(template, str)}
    return [
        *_template_faults(raw, text_slots),
        *_name_faults(raw, families, definitions),
        *_circle_faults(raw, definitions),
        *_doubled_ids(raw),
    ]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _template_faults(raw: Mapping[str, Any], slots: dict[str, str]) -> Found:
    found: Found = []
    for name, template in _mapping(raw.get("slots")).items():
        found += _template_fault(("slots", name), template, slots)
    for location, part in _walk(raw, ()):
        if not (isinstance(part, dict) and (part.get("kind") == "phrases" or location[:1] == ("families",))):
            continue
        for field in ("say", "unless"):
            templates = part.get(field)
            for number, template in enumerate(templates if isinstance(templates, list) else []):
                found += _template_fault((*location, field, number), template, slots)
    return found


def _template_fault(location: Location, template: Any, slots: dict[str, str]) -> Found:
    if not isinstance(template, str):
        return []
    try:
        parse_template(template, slots)
    except TemplateError as problem:
        return [(location, str(problem))]
    return []


def _name_faults(
    raw: Mapping[str, Any], families: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Found:
    found: Found = []
    for location, part in _walk(raw, ()):
        if not isinstance(part, dict):
            continue
        if part.get("kind") == "phrases" and isinstance(part.get("families"), list):
            found += [
                ((*location, "families", number), f"there is no family {key!r}")
                for number, key in enumerate(part["families"])
                if isinstance(key, str) and key not in families
            ]
        for field in _references(location, part):
            name = part[field]
            if name not in definitions:
                found.append(((*location, field), f"there is no definition {name!r}"))
    return found


def _references(location: Location, part: Mapping[str, Any]) -> tuple[str, ...]:
    anchor = bool(location) and location[-1] in ("after", "before", "around")
    named = isinstance(part.get("rule"), str) and (part.get("kind") == "use" or anchor)
    return ("rule",) if named else ()


def _circle_faults(raw: Mapping[str, Any], definitions: Mapping[str, Any]) -> Found:
    uses = {
        name: sorted(
            {part["rule"] for at, part in _walk(rule, ()) if isinstance(part, dict) and _references(at, part)}
        )
        for name, rule in definitions.items()
    }
    found: Found = []
    for name in _mapping(raw.get("definitions")):
        seen: set[str] = set()
        open_names = list(uses.get(name, ()))
        while open_names:
            reached = open_names.pop()
            if reached == name:
                found.append((("definitions", name), "refers to itself in a circle"))
                break
            if reached not in seen:
                seen.add(reached)
                open_names.extend(uses.get(reached, ()))
    return found


def _doubled_ids(raw: Mapping[str, Any]) -> Found:
    found: Found = []
    seen: set[str] = set()
    sections = raw.get("sections")
    for number, section in enumerate(sections if isinstance(sections, list) else []):
        criteria = _mapping(section).get("criteria")
        for place, criterion in enumerate(criteria if isinstance(criteria, list) else []):
            name = _mapping(criterion).get("id")
            if isinstance(name, str) and name in seen:
                found.append((("sections", number, "criteria", place, "id"), f"the id {name!r} stands twice"))
            seen.add(str(name))
    return found


def _walk(part: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    yield location, part
    if isinstance(part, dict):
        for key, inner in part.items():
            if isinstance(key, str):
                yield from _walk(inner, (*location, key))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from _walk(inner, (*location, number))
