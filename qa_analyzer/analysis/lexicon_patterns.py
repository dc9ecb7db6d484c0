"""The small language of complaint patterns, and finding patterns among the term hits of a turn.

``{slot}`` is any term of a slot; ``断|掉线`` any of these; ``掉(线|网)`` writes both out. Elements follow
each other with at most ``DEFAULT_GAP`` characters between them, or ``~N``; ``!{slot}`` or ``!好|行`` bars
terms from that gap. A slot may hold whole patterns too: an entry with a space in it. A sentence end inside a
gap counts as ``SENTENCE_END_COST`` characters.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT_GAP = 6
SENTENCE_END_COST = 3
MAX_EXPANSION = 400

_SLOT = re.compile(r"^\{([a-z][a-z0-9_]*)\}$")
_GAP = re.compile(r"^~(\d{1,2})$")


class PatternSyntaxError(ValueError):
    """A pattern or term cannot be read."""


@dataclass(frozen=True, slots=True)
class Element:
    """One place in a pattern: any of ``terms`` or ``sequences``. ``sound`` false: only as written."""

    terms: frozenset[str]
    sound: bool
    sequences: tuple[ParsedPattern, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedPattern:
    """Elements as (largest gap before it, element, elements barred from that gap)."""

    steps: tuple[tuple[int, Element, tuple[Element, ...]], ...]

    def only(self) -> Element:
        """Return the single element; PatternSyntaxError when there are several."""
        if len(self.steps) != 1:
            raise PatternSyntaxError("one element expected: {slot} or 词|词, without spaces")
        return self.steps[0][1]


Slots = Mapping[str, Element]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; elements are indexes into the lexicon's elements.

    ``needs`` and ``unless`` pair an element with its scope: turn, near (the turn and three before it, any
    role) or call. ``keep`` lists the contexts in which a mention still counts.
    """

    steps: tuple[tuple[int, int, tuple[int, ...]], ...]
    needs: tuple[int, str] | None = None
    unless: tuple[tuple[int, str], ...] = ()
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term heard in a turn; ``start`` and ``end`` index its spoken characters."""

    term: str
    start: int
    end: int
    match_kind: str
    distance: float = 0.0


@dataclass(frozen=True, slots=True)
class PatternHit:
    """A whole pattern heard in a turn, element by element."""

    parts: tuple[TermHit, ...]

    @property
    def start(self) -> int:
        return self.parts[0].start

    @property
    def end(self) -> int:
        return self.parts[-1].end

    @property
    def match_kind(self) -> str:
        return "sound" if any(part.match_kind != "exact" for part in self.parts) else "exact"


def expand_term(written: str) -> tuple[str, ...]:
    """Write out the alternatives of a term: 掉(线|网) gives 掉线, 掉网. An alternative may be empty."""
    if odd := re.search(r"[*+?\[\]^$\\.,，。]", written):
        raise PatternSyntaxError(
            f"{odd[0]!r} means nothing in {written!r}: terms are plain text with (a|b) alternatives"
        )
    parts = re.split(r"(\([^()]*\))", written)
    if any(("(" in part or ")" in part) and not re.fullmatch(r"\([^()]*\)", part) for part in parts):
        raise PatternSyntaxError(f"unbalanced or nested brackets in {written!r}")
    choices = [part[1:-1].split("|") if part.startswith("(") else [part] for part in parts if part]
    size = 1
    for choice in choices:
        size *= len(choice)
    if size > MAX_EXPANSION:
        raise PatternSyntaxError(f"{written!r} stands for {size} terms; at most {MAX_EXPANSION} are allowed")
    terms = tuple(dict.fromkeys("".join(pick) for pick in itertools.product(*choices)))
    if not all(terms):
        raise PatternSyntaxError(f"{written!r} allows an empty term")
    return terms


def parse_pattern(written: str, slots: Slots, *, sound: bool) -> ParsedPattern:
    """Read a pattern; raises PatternSyntaxError."""
    steps: list[tuple[int, Element, tuple[Element, ...]]] = []
    gap: int | None = None
    barred: list[Element] = []
    for token in written.split():
        if match := _GAP.match(token):
            if gap is not None or not steps:
                raise PatternSyntaxError(f"~N must stand between two elements: {written!r}")
            gap = int(match[1])
        elif token.startswith("!"):
            if not steps:
                raise PatternSyntaxError(f"!… must stand between two elements: {written!r}")
            barred.append(_element(token[1:], slots, sound=False))
        else:
            steps.append(
                (DEFAULT_GAP if gap is None else gap, _element(token, slots, sound=sound), tuple(barred))
            )
            gap, barred = None, []
    if not steps:
        raise PatternSyntaxError("the pattern is empty")
    if gap is not None or barred:
        raise PatternSyntaxError(f"the pattern ends with a gap: {written!r}")
    return ParsedPattern(tuple(steps))


def parse_slot(written: Sequence[str], slots: Slots, *, sound: bool) -> Element:
    """Read the entries of a slot: terms, and patterns where one holds a space; raises PatternSyntaxError."""
    terms: list[str] = []
    sequences: list[ParsedPattern] = []
    for entry in written:
        if " " in entry:
            sequences.append(parse_pattern(entry, slots, sound=sound))
        else:
            terms.extend(expand_term(entry))
    return Element(frozenset(terms), sound, tuple(sequences))


def _element(written: str, slots: Slots, *, sound: bool) -> Element:
    terms: list[str] = []
    sequences: list[ParsedPattern] = []
    for alternative in re.split(r"\|(?![^(]*\))", written):
        if match := _SLOT.match(alternative):
            if match[1] not in slots:
                raise PatternSyntaxError(f"no slot {match[1]!r} before this place")
            slot = slots[match[1]]
            terms.extend(slot.terms)
            sequences.extend(slot.sequences)
            sound = sound and slot.sound
        elif not alternative or "{" in alternative or "}" in alternative:
            raise PatternSyntaxError(f"cannot read {written!r}")
        else:
            terms.extend(expand_term(alternative))
    return Element(frozenset(terms), sound, tuple(sequences))


def find_pattern(
    pattern: Pattern, hits: Mapping[int, Sequence[TermHit]], breaks: frozenset[int]
) -> tuple[PatternHit, ...]:
    """Find a pattern, tightest fit first from each place its first element stands.

    ``hits`` are those of each element in the turn, by start; ``breaks`` are sentence ends as in SpokenText.
    """
    if any(not hits.get(element) for _gap, element, _barred in pattern.steps):
        return ()
    found: list[PatternHit] = []
    for hit in hits[pattern.steps[0][1]]:
        chain = _continue(pattern, 1, (hit,), hits, breaks)
        if chain is not None:
            found.append(PatternHit(chain))
    return tuple(found)


def _continue(
    pattern: Pattern,
    step: int,
    chain: tuple[TermHit, ...],
    hits: Mapping[int, Sequence[TermHit]],
    breaks: frozenset[int],
) -> tuple[TermHit, ...] | None:
    if step == len(pattern.steps):
        return chain
    gap, element, barred = pattern.steps[step]
    end = chain[-1].end
    for hit in hits.get(element, ()):
        if hit.start < end or hit.start - end > gap:
            continue
        cost = sum(end <= place <= hit.start for place in breaks) * SENTENCE_END_COST
        if hit.start - end + cost > gap:
            continue
        between = (other for index in barred for other in hits.get(index, ()))
        if any(end <= other.start and other.end <= hit.start for other in between):
            continue
        longer = _continue(pattern, step + 1, (*chain, hit), hits, breaks)
        if longer is not None:
            return longer
    return None
