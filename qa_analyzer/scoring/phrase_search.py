"""Finds phrase families in the turns of a role.

One pass over each turn tells which templates of all families can match in it at all, by what every match of
them holds; only those are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick

from qa_analyzer.analysis.sound import char_cost
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.factors import needs_of
from qa_analyzer.scoring.phrase_family import CompiledFamily, Wordings, sound_of

#: A sound match may cost this much a character on average (0.05 is a pure homophone, see analysis.sound).
MAX_SOUND_DISTANCE = 0.16
#: So many needs of a template are looked at; more leave out few templates that these do not.
_NEEDS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a family was found: the number of the turn among those searched, and the characters in it."""

    turn: int
    start: int
    end: int
    kind: MatchKind
    distance: float


@dataclass(frozen=True, slots=True)
class SearchedTurns:
    """What a role said, turn by turn, and which templates can match where, as the bits of a screen."""

    exact: tuple[str, ...]
    sound: tuple[str, ...]
    exact_bits: tuple[int, ...]
    sound_bits: tuple[int, ...]
    exact_anywhere: int
    sound_anywhere: int


class _Screen:
    """Tells in one pass which of many templates can match in a text; each template is a bit.

    While a text is read, a template has as many bits as it may have needs, one for each that is met.
    """

    def __init__(self, wordings: Mapping[str, Wordings]) -> None:
        self._first_bits: dict[str, int] = {}
        self._masks: dict[str, int] = {}
        self._count = sum(len(templates.nodes) for templates in wordings.values())
        self._met = 0  # needs that there are not
        bits_of: dict[str, int] = {}
        bit = 0
        for key, templates in wordings.items():
            self._first_bits[key] = bit
            for node in templates.nodes:
                needs = () if templates.inseparable else needs_of(node, templates.encode)[:_NEEDS]
                for number in range(_NEEDS):
                    place = 1 << bit + number * self._count
                    if number >= len(needs):
                        self._met |= place
                        continue
                    for string in needs[number]:
                        bits_of[string] = bits_of.get(string, 0) | place
                bit += 1
            self._masks[key] = (1 << bit) - (1 << self._first_bits[key])
        self._automaton = ahocorasick.Automaton()
        for string, bits in bits_of.items():
            self._automaton.add_word(string, bits)
        if bits_of:
            self._automaton.make_automaton()

    def bits(self, text: str) -> int:
        """Return the templates that can match."""
        met = self._met
        if len(self._automaton):
            for _, bits in self._automaton.iter(text):
                met |= bits
        for _ in range(_NEEDS - 1):
            met &= met >> self._count
        return met

    def mask(self, key: str) -> int:
        """Return the bits of a family; none where it is not looked for."""
        return self._masks.get(key, 0)

    def chosen(self, key: str, bits: int) -> tuple[int, ...]:
        """Return the numbers of a family's templates among the bits, in their order."""
        left = (bits & self._masks[key]) >> self._first_bits[key]
        numbers = []
        while left:
            lowest = left & -left
            numbers.append(lowest.bit_length() - 1)
            left ^= lowest
        return tuple(numbers)


class PhraseSearch:
    """Searches turns for the families of a scorecard, prepared once for all calls."""

    def __init__(self, families: Mapping[str, CompiledFamily]) -> None:
        self._exact = _Screen({key: family.exact for key, family in families.items()})
        self._sound = _Screen(
            {key: family.sound for key, family in families.items() if family.sound is not None}
        )

    def open(self, texts: Iterable[str]) -> SearchedTurns:
        """Look over turns; their text is spoken text."""
        exact = tuple(texts)
        sound = tuple("".join(map(sound_of, text)) for text in exact)
        exact_bits, sound_bits = tuple(map(self._exact.bits, exact)), tuple(map(self._sound.bits, sound))
        return SearchedTurns(exact, sound, exact_bits, sound_bits, _either(exact_bits), _either(sound_bits))

    def find(self, family: CompiledFamily, turns: SearchedTurns, *, by_sound: bool = True) -> Iterator[Place]:
        """Yield every place of a family that nothing cancels, in order."""
        exact = turns.exact_anywhere & self._exact.mask(family.key)
        sound = turns.sound_anywhere & self._sound.mask(family.key) if by_sound else 0
        if not exact and not sound:
            return
        for number, text in enumerate(turns.exact):
            places = self._written(family, number, text, turns.exact_bits[number] & exact)
            if turns.sound_bits[number] & sound:
                places += self._sounding(family, number, turns, places)
            if not places:
                continue
            cancelled = tuple(family.unless.spans(text)) if family.unless is not None else ()
            for place in sorted(places, key=lambda each: (each.start, each.end, each.kind, each.distance)):
                if not any(left <= place.start < right for left, right in cancelled):
                    yield place

    def _written(self, family: CompiledFamily, number: int, text: str, bits: int) -> list[Place]:
        if not bits:
            return []
        spans = family.exact.spans(text, self._exact.chosen(family.key, bits))
        return [Place(number, start, end, MatchKind.EXACT, 0.0) for start, end in spans]

    def _sounding(
        self, family: CompiledFamily, number: int, turns: SearchedTurns, written: Sequence[Place]
    ) -> list[Place]:
        """Return the places that only sound like the family."""
        if family.sound is None:
            return []
        found = []
        chosen = self._sound.chosen(family.key, turns.sound_bits[number])
        for start, end in family.sound.spans(turns.sound[number], chosen):
            if any(place.start < end and start < place.end for place in written):
                continue
            distance = _sound_distance(turns.exact[number][start:end], family.literals)
            if distance <= MAX_SOUND_DISTANCE:
                found.append(Place(number, start, end, MatchKind.SOUND, distance))
        return found


def _either(all_bits: Iterable[int]) -> int:
    together = 0
    for bits in all_bits:
        together |= bits
    return together


def _sound_distance(heard: str, literals: frozenset[str]) -> float:
    """Return the mean cost of the characters that no template writes this way; gaps hold some of them too."""
    other = [char for char in heard if char not in literals]
    if not other:
        return 0.0
    return sum(_cost_of(char, literals) for char in other) / len(heard)


@lru_cache(maxsize=65536)
def _cost_of(char: str, literals: frozenset[str]) -> float:
    """Return what it costs at least to hear a character for one of the same sound; 0 where there is none."""
    return min(
        (char_cost(known, char) for known in literals if sound_of(known) == sound_of(char)), default=0.0
    )
