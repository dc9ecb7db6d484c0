"""A rule of a scorecard in one short line for people: its kind, what it looks for and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from qa_analyzer.report.formats import points
from qa_analyzer.report.wording import Wording

# What is said in other words, or told by the answer itself.
_LEFT_OUT = frozenset({"kind", "scope", "role", "min_heard", "families"})
MAX_DETAIL_CHARS = 60


def rule_words(rule: BaseModel, family_names: Mapping[str, str], wording: Wording) -> str:
    """Return the line; what a rule kind has no words for appears as the scorecard writes it."""
    kind = str(getattr(rule, "kind", ""))
    details = [*_families(rule, family_names), *_fields(rule), *_where(rule, wording)]
    name = wording.known(f"rule.{kind}", kind)
    if not details:
        return name
    return wording("story.rule", name=name, details=wording("list_separator").join(details))


def _families(rule: BaseModel, names: Mapping[str, str]) -> Iterator[str]:
    for key in getattr(rule, "families", ()):
        yield names.get(key) or key


def _fields(rule: BaseModel) -> Iterator[str]:
    """Yield the fields that are set, as the scorecard names them; rules inside have lines of their own."""
    written: dict[str, Any] = rule.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    for name, value in written.items():
        if name in _LEFT_OUT or _holds_rules(getattr(rule, name, None)):
            continue
        shown = "|".join(map(str, value)) if isinstance(value, list) else _plain(value)
        if len(shown) > MAX_DETAIL_CHARS:
            shown = shown[:MAX_DETAIL_CHARS] + "…"
        yield shown if name in ("rule", "say", "is") else f"{name}: {shown}"


def _holds_rules(value: object) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return any(isinstance(part, BaseModel) for part in parts)


def _plain(value: object) -> str:
    return points(value) if isinstance(value, float) else str(value)


def _where(rule: BaseModel, wording: Wording) -> Iterator[str]:
    role, scope = getattr(rule, "role", None), getattr(rule, "scope", None)
    if role is not None:
        yield wording("story.anyone") if role == "any" else wording(f"role.{role}")
    if scope is None:
        return
    for edge in ("first", "last"):
        stretches = [
            wording(f"story.{edge}_{unit}", value=_scope_value(unit, value))
            for unit in ("turns", "seconds", "share")
            if (value := getattr(scope, f"{edge}_{unit}", None)) is not None
        ]
        if stretches:
            yield wording("story.or").join(stretches)
    for side in ("after", "before", "around"):
        anchor = getattr(scope, side)
        if anchor is None:
            continue
        yield wording(f"story.{side}", rule=anchor.rule, hit=anchor.hit)
        if anchor.turns is not None:
            yield wording("story.within_turns", value=anchor.turns)
        if anchor.seconds is not None:
            yield wording("story.within_seconds", value=points(anchor.seconds))


def _scope_value(unit: str, value: float) -> str:
    return f"{value:.0%}" if unit == "share" else points(value)
