"""What every match of a template holds, so that most templates need not be tried where they cannot match.

A template [您你]…(稍等|等一下) needs one of 您 and 你, and one of 稍等 and 等一下: these are its needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from itertools import product

from qa_analyzer.scoring.templates import (
    NUMBER_CHARS,
    Chars,
    Choice,
    Edge,
    Encode,
    Gap,
    Node,
    Number,
    Optional,
    Sequence,
)

#: More strings than this select no better, and take longer to look for.
MOST_FACTORS = 256
#: How many different characters text is made of, roughly: how much a further character of a string selects.
_ALPHABET = 300.0

Strings = frozenset[str]
_NOTHING: Strings = frozenset({""})


def needs_of(node: Node, encode: Encode) -> tuple[Strings, ...]:
    """Return what every match holds: one string of each set, the most telling sets first.

    Empty where a match need hold nothing. ``encode`` maps a character to the characters it may be in the text
    that is searched.
    """
    if isinstance(node, Sequence):
        return tuple(sorted(_stretches(node.parts, encode), key=_share_of_texts))
    strings = _factors_of(node, encode)
    return () if strings is None else (strings,)


def _factors_of(node: Node, encode: Encode) -> Strings | None:
    match node:
        case Number():
            return _spelled(NUMBER_CHARS, encode)
        case Choice(options):
            return _of_either([_factors_of(option, encode) for option in options])
        case Sequence(parts):
            return min(_stretches(parts, encode), key=_share_of_texts, default=None)
        case Chars(options):
            return _spelled(options, encode)
        case Gap() | Edge() | Optional():
            return None


def _of_either(found: Iterable[Strings | None]) -> Strings | None:
    together: set[str] = set()
    for strings in found:
        if strings is None:
            return None
        together |= strings
    return _shortest(together)


def _stretches(parts: tuple[Node, ...], encode: Encode) -> list[Strings]:
    """Spell out stretches of parts, as long as can be, between those that cannot be spelled out."""
    stretches: list[Strings] = []
    stretch = _NOTHING
    for part in parts:
        spelled = _everything(part, encode)
        if spelled is not None and len(stretch) * len(spelled) <= MOST_FACTORS:
            stretch = frozenset(map("".join, product(stretch, spelled)))
            continue
        stretches.append(stretch)
        stretch = spelled if spelled is not None else _NOTHING
        inner = _factors_of(part, encode) if spelled is None else None
        if inner is not None:
            stretches.append(inner)
    stretches.append(stretch)
    return [_shortest(strings) for strings in stretches if "" not in strings]


def _everything(node: Node, encode: Encode) -> Strings | None:
    """Return all that a node matches; None where that is too much to spell out."""
    match node:
        case Chars(options):
            return _spelled(options, encode)
        case Gap() | Number():
            return None
        case Edge():
            return _NOTHING
        case Optional(inner):
            spelled = _everything(inner, encode)
            return None if spelled is None else spelled | _NOTHING
        case Choice(options):
            together: set[str] = set()
            for option in options:
                spelled = _everything(option, encode)
                if spelled is None or len(together) + len(spelled) > MOST_FACTORS:
                    return None
                together |= spelled
            return frozenset(together)
        case Sequence(parts):
            stretch = _NOTHING
            for part in parts:
                spelled = _everything(part, encode)
                if spelled is None or len(stretch) * len(spelled) > MOST_FACTORS:
                    return None
                stretch = frozenset(map("".join, product(stretch, spelled)))
            return stretch


def _spelled(chars: str, encode: Encode) -> Strings:
    return frozenset(encoded for char in chars for encoded in encode(char))


def _shortest(strings: Set[str]) -> Strings:
    """Leave out what holds another one: where it stands, so does the other."""
    if len(set(map(len, strings))) == 1:
        return frozenset(strings)
    kept: set[str] = set()
    for string in sorted(strings, key=len):
        pieces = (
            string[start:end] for start in range(len(string)) for end in range(start + 1, len(string) + 1)
        )
        if not any(piece in kept for piece in pieces):
            kept.add(string)
    return frozenset(kept)


def _share_of_texts(strings: Strings) -> float:
    return sum(_ALPHABET ** -len(string) for string in strings)
