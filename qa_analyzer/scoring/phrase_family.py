"""Phrase families: many templates under one name, searched in one pass over what a role said.

A family is matched twice with the same grammar: over the characters, and over the sounds that accents and
recognisers merge. The text itself is never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.analysis.context import context_of
from qa_analyzer.analysis.context_cues import BANS
from qa_analyzer.analysis.sound import sound_classes
from qa_analyzer.scoring.templates import Encode, Node, parse_template, shortest, to_pattern

#: Two characters alone sound like too many other words (请/情, 再见/在建 are left to the recogniser).
MIN_SOUND_CHARS = 3

ContextFlag = Literal["negated", "quoted", "question", "hypothetical"]
_PRIVATE_USE = 0xE000


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


class Wordings:
    """Templates of a family over one kind of text, as regular expressions compiled when they are needed.

    Together they match as alternatives do: of those that match first, the first that is written.
    """

    def __init__(self, nodes: Sequence[Node], encode: Encode) -> None:
        self.nodes = tuple(nodes)
        self.encode = encode
        #: What may match nothing at all cannot be told apart by what it holds.
        self.inseparable = any(shortest(node) == 0 for node in self.nodes)
        self._patterns: dict[int | None, re.Pattern[str]] = {}

    def spans(self, text: str, chosen: Sequence[int] | None = None) -> Iterator[tuple[int, int]]:
        """Yield where the chosen templates match in one turn, from left to right and never in each other.

        All of them are tried for None, and where they are ``inseparable``.
        """
        if chosen is None or self.inseparable:
            yield from (match.span() for match in self._pattern(None).finditer(text) if match.group())
        elif len(chosen) == 1:
            yield from (match.span() for match in self._pattern(chosen[0]).finditer(text))
        else:
            yield from self._first_of(text, chosen)

    def _first_of(self, text: str, chosen: Sequence[int]) -> Iterator[tuple[int, int]]:
        ahead: list[tuple[int, int, int]] = []  # where each matches next, its number, the end
        at = 0
        behind = list(chosen)
        while True:
            for number in behind:
                match = self._pattern(number).search(text, at)
                if match is not None:
                    ahead.append((match.start(), number, match.end()))
            if not ahead:
                return
            start, _, at = min(ahead)
            yield start, at
            behind = [number for begins, number, _ in ahead if begins < at]
            ahead = [each for each in ahead if each[0] >= at]

    def _pattern(self, number: int | None) -> re.Pattern[str]:
        """Return the expression of one template, or of all of them."""
        if number not in self._patterns:
            nodes = self.nodes if number is None else (self.nodes[number],)
            pattern = "|".join(f"(?:{to_pattern(node, self.encode)})" for node in nodes)
            self._patterns[number] = re.compile(pattern, re.MULTILINE)
        return self._patterns[number]


@dataclass(frozen=True, slots=True)
class CompiledFamily:
    """A family ready to search. ``literals`` are the characters its templates are made of."""

    key: str
    family: PhraseFamily
    exact: Wordings
    sound: Wordings | None
    unless: Wordings | None
    literals: frozenset[str]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.exact.nodes

    def ignores(self, text: str, start: int, end: int) -> bool:
        """Say whether ``text[start:end]`` of a turn stands in a context in which a hit does not count."""
        if not self.family.ignore:
            return False
        context = context_of(text, start, end)
        ignored = [flag for flag in self.family.ignore if getattr(context, flag)]
        if self.family.bans_count and any(cue.text in BANS for cue in context.cues):
            ignored = [flag for flag in ignored if flag != "negated"]
        return bool(ignored)


def compile_family(key: str, family: PhraseFamily, slots: dict[str, str]) -> CompiledFamily:
    """Compile a family; raise TemplateError for the first template that is not well formed."""
    nodes = tuple(parse_template(template, slots) for template in family.say)
    sounding = [node for node in nodes if shortest(node) >= family.min_sound_chars] if family.sound else []
    unless = [parse_template(template, slots) for template in family.unless]
    return CompiledFamily(
        key,
        family,
        Wordings(nodes, str),
        Wordings(sounding, sounds_of) if sounding else None,
        Wordings(unless, str) if unless else None,
        frozenset(char for template in (*family.say, *slots.values()) for char in template),
    )


@lru_cache(maxsize=65536)
def sounds_of(char: str) -> str:
    """Return one private character for each sound that ``char`` may have; the usual one first."""
    return "".join(chr(_PRIVATE_USE + sound % 6000) for sound in sound_classes(char))


@lru_cache(maxsize=65536)
def sound_of(char: str) -> str:
    """Return the private character of the usual sound."""
    return char if char == "\n" else sounds_of(char)[0]
