"""Phrase families: many templates under one name, searched in one pass over what a role said.

A family is matched twice with the same grammar: over the characters, and over the sounds that accents and
recognisers merge. The text itself is never rewritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.analysis.sound import sound_classes
from qa_analyzer.scoring.templates import Node, parse_template, shortest, to_pattern

#: Two characters alone sound like too many other words (请/情, 再见/在建 are left to the recogniser).
MIN_SOUND_CHARS = 3

ContextFlag = Literal["negated", "quoted", "question", "hypothetical"]
_PRIVATE_USE = 0xE000
_NEVER = "(?!)"


class PhraseFamily(BaseModel):
    """Phrases of one kind as a scorecard writes them; ``say`` and ``unless`` are templates.

    ``unless`` lists phrases: a hit that begins inside one does not count. ``ignore`` names the contexts
    in which it does not count either.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="", description="what people call this kind")
    say: tuple[str, ...] = Field(min_length=1, description="templates, any of which is a hit")
    unless: tuple[str, ...] = Field(
        default=(), description="templates that cancel the hits that begin inside them"
    )
    sound: bool = Field(default=True, description="also match by sound")
    min_sound_chars: int = Field(default=MIN_SOUND_CHARS, ge=2, le=20)
    ignore: tuple[ContextFlag, ...] = ("negated", "quoted")
    bans_count: bool = Field(
        default=False, description="forbidding it (别, 少) denies nothing: 别胡闹 still says 胡闹"
    )


@dataclass(frozen=True, slots=True)
class CompiledFamily:
    """A family ready to search. ``literals`` are the characters its templates are made of."""

    key: str
    family: PhraseFamily
    exact: re.Pattern[str]
    sound: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    literals: frozenset[str]
    nodes: tuple[Node, ...]


def compile_family(key: str, family: PhraseFamily, slots: dict[str, str]) -> CompiledFamily:
    """Compile a family; raise TemplateError for the first template that is not well formed."""
    nodes = tuple(parse_template(template, slots) for template in family.say)
    sounding = [node for node in nodes if shortest(node) >= family.min_sound_chars] if family.sound else []
    return CompiledFamily(
        key,
        family,
        _compile([to_pattern(node, str) for node in nodes]),
        _compile([to_pattern(node, sounds_of) for node in sounding]) if sounding else None,
        _compile([to_pattern(parse_template(template, slots), str) for template in family.unless])
        if family.unless
        else None,
        frozenset(char for template in (*family.say, *slots.values()) for char in template),
        nodes,
    )


def _compile(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or _NEVER, re.MULTILINE)


@lru_cache(maxsize=65536)
def sounds_of(char: str) -> str:
    """Return one private character for each sound that ``char`` may have; the usual one first."""
    return "".join(chr(_PRIVATE_USE + sound % 6000) for sound in sound_classes(char))


@lru_cache(maxsize=65536)
def sound_of(char: str) -> str:
    """Return the private character of the usual sound."""
    return char if char == "\n" else sounds_of(char)[0]
