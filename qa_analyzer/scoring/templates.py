"""A small template grammar for phrase families: one line of YAML stands for thousands of ways to say it.

=============  =====================================================================
``(a|b)``      either
``(a)?`` ``字?``  may be left out
``[您你]``      one of these characters
``{name}``     a slot: the alternatives that the scorecard lists under that name
``…``          a gap of up to six characters inside one turn (``……`` up to twelve)
``^`` ``$``    start and end of a turn
``<num>``      a spoken or written number
=============  =====================================================================

A template holds no unbounded repetition, so matching it cannot run away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

GAP_CHARS = 6
MAX_GAP_CHARS = 30
MAX_NUMBER_CHARS = 6
NUMBER_CHARS = "0123456789一二两三四五六七八九十百千零半几幺俩"
MAX_DEPTH = 20

Encode = Callable[[str], str]


class TemplateError(ValueError):
    """A template is not well formed; the text says where."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of a set."""

    options: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to ``most`` characters of anything, inside one turn."""

    most: int


@dataclass(frozen=True, slots=True)
class Number:
    """One to six digits or Chinese numerals."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The start or the end of a turn."""

    start: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts in order."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several nodes."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """A node that may be left out."""

    node: Node


Node = Chars | Gap | Number | Edge | Sequence | Choice | Optional


def parse_template(text: str, slots: Mapping[str, str] | None = None) -> Node:
    """Parse a template; raise TemplateError with the position of the first fault.

    ``slots`` maps a slot's name to a template of its own.
    """
    if not text.strip():
        raise TemplateError("empty template")
    return _parsed(text, tuple((slots or {}).items()), 0)


@lru_cache(maxsize=4096)
def _parsed(text: str, slots: tuple[tuple[str, str], ...], depth: int) -> Node:
    """Parse a template or a slot; slots stand in many templates, and templates are parsed to check them."""
    if depth > MAX_DEPTH:
        raise TemplateError("slots refer to each other in a circle")
    return _Parser(text, slots, depth).parse()


class _Parser:
    def __init__(self, text: str, slots: tuple[tuple[str, str], ...], depth: int) -> None:
        self._text, self._slots, self._depth = text, slots, depth
        self._at = 0

    def parse(self) -> Node:
        node = self._choice()
        if self._at < len(self._text):
            raise TemplateError(f"{self._text!r}: unexpected {self._text[self._at]!r} at {self._at + 1}")
        return node

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() and self._peek() not in "|)":
            part = self._atom()
            if part is None:
                continue
            if self._peek() == "?":
                self._at += 1
                part = Optional(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _atom(self) -> Node | None:
        symbol = self._peek()
        if symbol == "(":
            return self._group()
        if symbol == "[":
            return Chars(_plain(self._until("]"), self._text))
        if symbol == "{":
            return self._slot(self._until("}"))
        if symbol == "<":
            name = self._until(">")
            if name != "num":
                raise TemplateError(f"{self._text!r}: <{name}> is unknown, only <num> exists")
            return Number()
        self._at += 1
        if symbol == "…":
            most = GAP_CHARS
            while self._peek() == "…":
                self._at += 1
                most += GAP_CHARS
            return Gap(min(most, MAX_GAP_CHARS))
        if symbol in "^$":
            return Edge(start=symbol == "^")
        if symbol in "?*+]}>\\.":
            raise TemplateError(f"{self._text!r}: {symbol!r} has no meaning at {self._at}")
        kept = _keep(symbol)
        return Chars(kept) if kept else None

    def _group(self) -> Node:
        start = self._at
        self._at += 1
        node = self._choice()
        if self._peek() != ")":
            raise TemplateError(f"{self._text!r}: the bracket at {start + 1} is never closed")
        self._at += 1
        return node

    def _until(self, closing: str) -> str:
        end = self._text.find(closing, self._at)
        if end < 0:
            raise TemplateError(f"{self._text!r}: no {closing!r} after {self._at + 1}")
        inner = self._text[self._at + 1 : end]
        self._at = end + 1
        return inner

    def _slot(self, name: str) -> Node:
        template = next((template for known, template in self._slots if known == name), None)
        if template is None:
            raise TemplateError(f"{self._text!r}: there is no slot {name!r}")
        return _parsed(template, self._slots, self._depth + 1)


def _keep(symbol: str) -> str:
    """Drop what spoken text does not carry either: spaces and punctuation."""
    return symbol.lower() if symbol.isalnum() else ""


def _plain(inner: str, text: str) -> str:
    kept = "".join(sorted({symbol.lower() for symbol in inner if symbol.isalnum()}))
    if not kept:
        raise TemplateError(f"{text!r}: an empty set []")
    return kept


def to_pattern(node: Node, encode: Encode) -> str:
    """Write the node as a regular expression over text that ``encode`` maps character by character."""
    match node:
        case Chars(options):
            return _one_of("".join(encode(option) for option in options))
        case Gap(most):
            return rf"[^\n]{{0,{most}}}?"
        case Number():
            number = _one_of("".join(encode(option) for option in NUMBER_CHARS))
            return f"{number}{{1,{MAX_NUMBER_CHARS}}}"
        case Edge(start):
            return "^" if start else "$"
        case Sequence(parts):
            return "".join(to_pattern(part, encode) for part in parts)
        case Choice(options):
            return f"(?:{'|'.join(to_pattern(option, encode) for option in options)})"
        case Optional(inner):
            return f"(?:{to_pattern(inner, encode)})?"


def _one_of(encoded: str) -> str:
    options = "".join(sorted(set(encoded)))
    return re.escape(options) if len(options) == 1 else f"[{re.escape(options)}]"


def expand(node: Node, limit: int) -> tuple[str, ...]:
    """Return up to ``limit`` plain phrases that the template stands for; gaps become empty."""
    found: dict[str, None] = {}
    for phrase in _expansions(node):
        found[phrase] = None
        if len(found) >= limit:
            break
    return tuple(found)


def _expansions(node: Node) -> Iterator[str]:
    match node:
        case Chars(options):
            yield from options
        case Number():
            yield from ("二十四", "24")
        case Gap() | Edge():
            yield ""
        case Choice(options):
            for option in options:
                yield from _expansions(option)
        case Optional(inner):
            yield from _expansions(inner)
            yield ""
        case Sequence(parts):
            if not parts:
                yield ""
                return
            for head in _expansions(parts[0]):
                for tail in _expansions(Sequence(parts[1:])):
                    yield head + tail


def shortest(node: Node) -> int:
    """Return how many characters the shortest match must carry, gaps not counted."""
    match node:
        case Chars() | Number():
            return 1
        case Gap() | Edge() | Optional():
            return 0
        case Choice(options):
            return min(shortest(option) for option in options)
        case Sequence(parts):
            return sum(shortest(part) for part in parts)
