"""Find where phrases are said with other characters: seeds of coarse sounds, then a bounded alignment.

A phrase is cut into pairs of syllables. A place in the text where one pair sounds roughly alike is worth an
alignment; all alignments of a text run as one array computation, so that the cost hardly depends on the
number of phrases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.analysis.alignment import align
from qa_analyzer.analysis.sound import (
    NEGATION_COST,
    PAD,
    CharCosts,
    deletion_costs,
    insertion_cost,
    sound_classes,
)

#: How many syllables may be missing or too many around a seed.
_BAND = 3
_WIDTH = 2 * _BAND + 1
#: Rounding of float32 sums must not decide at a threshold.
_EPSILON = 1e-5
#: Beyond this mean distance, likeness is chance.
NEAREST_LIMIT = 0.6
#: One missing character in this many; a phrase half of which is missing was not said.
_CHARS_PER_DELETION = 4
#: A syllable this far from the one meant shares next to nothing with it.
_UNLIKE = 0.45
#: What such a syllable costs more at either end, where nothing holds its place.
_EDGE_COST = 0.3


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """A place that sounds like form number ``form``.

    ``changed`` are the text indexes that differ from it; ``deleted`` counts its characters that the text
    lacks.
    """

    form: int
    start: int
    end: int
    distance: float
    changed: tuple[int, ...]
    deleted: int


class Nearby(NamedTuple):
    """A place where form number ``form`` begins at about ``diagonal``, and the text index after its end."""

    mean: float
    form: int
    diagonal: int
    cost: float
    end: int


class _Alignments(NamedTuple):
    """Numbers of texts, forms, where each would begin, their least total cost, the index after their end."""

    texts: NDArray[np.int64]
    forms: NDArray[np.int64]
    diagonals: NDArray[np.int64]
    costs: NDArray[np.float32]
    ends: NDArray[np.int64]


# A candidate as one number, so that it can be sorted: its text, its form, where it would begin.
_TEXT = 1 << 44
_FORM = 1 << 22
_BEFORE_TEXT = 1 << 20  # forms may begin before their text does

#: To carry so many candidates along costs less than to leave out those that cannot win any more.
_FEW = 128


class SoundSearch:
    """Forms to listen for, with the largest mean distance a character each allows (below 0: not by sound)."""

    def __init__(self, forms: Sequence[str], limits: Sequence[float]) -> None:
        self._forms = tuple(forms)
        alphabet = "".join(sorted({char for form in self._forms for char in form}))
        self._costs = CharCosts(alphabet)
        rows = {char: row for row, char in enumerate(alphabet)}
        longest = max((len(form) for form in self._forms), default=0)
        self._rows = np.zeros((len(self._forms), longest), np.int32)
        self._deletions = np.zeros((len(self._forms), longest), np.float32)
        self._edges = np.zeros((len(self._forms), longest), np.float32)
        self._lengths = np.asarray([len(form) for form in self._forms], np.int32)
        self._limits = np.asarray(limits, np.float32)
        self._missing = tuple(map(deletion_costs, self._forms))
        seeds: dict[tuple[int, int], list[int]] = {}
        for number, form in enumerate(self._forms):
            self._rows[number, : len(form)] = [rows[char] for char in form]
            self._deletions[number, : len(form)] = self._missing[number]
            self._edges[number, [0, len(form) - 1]] = _EDGE_COST
            if self._limits[number] >= 0:
                for place in _seed_places(len(form)):
                    for pair in product(sound_classes(form[place]), sound_classes(form[place + 1])):
                        seeds.setdefault(pair, []).append(number * _FORM - place + _BEFORE_TEXT)
        self._seeds = {pair: np.asarray(entries, np.int64) for pair, entries in seeds.items()}

    def find(self, chars: str) -> Iterator[SoundMatch]:
        """Yield places within the limits that differ from the form in at least one character."""
        seen: set[tuple[int, int]] = set()
        found = self._align([chars], self._limits)
        for form, diagonal, end in zip(
            found.forms.tolist(), found.diagonals.tolist(), found.ends.tolist(), strict=True
        ):
            if (form, end) in seen:
                continue
            seen.add((form, end))
            match = self._trace(form, chars, diagonal, end)
            if match.distance > 0 and match.deleted <= max(1, len(self._forms[form]) // _CHARS_PER_DELETION):
                yield match

    def nearest(self, chars: str, limit: float = NEAREST_LIMIT) -> SoundMatch | None:
        """Return the place with the smallest mean distance; None where no place is within ``limit``."""
        (nearby,) = self.nearby([chars], limit)
        return self.closest(chars, nearby, limit)

    def nearby(self, texts: Sequence[str], limit: float = NEAREST_LIMIT) -> list[list[Nearby]]:
        """Return for each text the places within the limit, all of them aligned at once."""
        found = self._align(texts, np.full_like(self._limits, limit))
        means = found.costs / self._lengths[found.forms]
        places: list[list[Nearby]] = [[] for _ in texts]
        for text, *place in zip(
            found.texts.tolist(),
            means.tolist(),
            found.forms.tolist(),
            found.diagonals.tolist(),
            found.costs.tolist(),
            found.ends.tolist(),
            strict=True,
        ):
            places[text].append(Nearby(*place))
        return places

    def closest(self, chars: str, nearby: Sequence[Nearby], limit: float) -> SoundMatch | None:
        """Return the closest of the places nearby, of those within ``limit``."""
        exact_limit = float(np.float32(limit))
        within = [
            place for place in nearby if place.cost <= exact_limit * len(self._forms[place.form]) + _EPSILON
        ]
        if not within:
            return None
        best = min(within)
        return self._trace(best.form, chars, best.diagonal, best.end)

    def _candidates(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return texts, forms and the text index at which each would begin, from the seeds, as numbers."""
        found: list[NDArray[np.int64]] = []
        for number, chars in enumerate(texts):
            classes = [sound_classes(char) for char in chars]
            for place in range(len(chars) - 1):
                for pair in product(classes[place], classes[place + 1]):
                    entries = self._seeds.get(pair)
                    if entries is not None:
                        found.append(entries + (number * _TEXT + place))
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def _align(self, texts: Sequence[str], limits: NDArray[np.float32]) -> _Alignments:
        """Align candidates inside a band; those above their form's mean distance in ``limits`` drop out."""
        candidates = self._candidates(texts)
        numbers, places = np.divmod(candidates, _TEXT)
        forms, diagonals = np.divmod(places, _FORM)
        diagonals -= _BEFORE_TEXT
        costs = np.full(len(forms), np.inf, np.float32)
        ends = np.zeros(len(forms), np.int64)
        if not len(forms):
            return _Alignments(numbers, forms, diagonals, costs, ends)
        lengths = self._lengths[forms]
        allowed = limits[forms] * lengths + _EPSILON
        longest = int(lengths.max())
        columns, starts = self._laid_out(texts, longest + _BAND)
        # One row a text position, one column a candidate: whatever runs along the text then runs over whole
        # rows.
        window = columns[np.arange(longest + _WIDTH)[:, None] + (starts[numbers] + diagonals - _BAND)]
        too_many = np.cumsum(self._costs.insertions[window], axis=0)
        rows, missing, edges = self._rows[forms].T, self._deletions[forms].T, self._edges[forms].T
        totals = np.zeros((_WIDTH, len(forms)), np.float32)
        alive = np.arange(len(forms))
        of_length = _by_length(lengths)
        for step in range(longest):
            apart = self._costs.costs[rows[step], window[step : step + _WIDTH]]
            heard = totals + apart
            if step == 0 or step + 1 in of_length:
                heard += edges[step] * (apart > _UNLIKE)
            np.minimum(heard[:-1], totals[1:] + missing[step], out=heard[:-1])
            passed = too_many[step : step + _WIDTH]
            heard -= passed
            totals = np.minimum.accumulate(heard, axis=0)
            totals += passed
            done = of_length.get(step + 1)
            if done is not None:
                best = totals[:, done].argmin(axis=0)
                finished = alive[done]
                costs[finished] = totals[best, done]
                ends[finished] = diagonals[finished] - _BAND + step + 1 + best
            if len(alive) > _FEW:
                going_on = (lengths[alive] > step + 1) & (totals.min(axis=0) <= allowed[alive])
                alive, totals = alive[going_on], totals[:, going_on]
                window, too_many = window[:, going_on], too_many[:, going_on]
                rows, missing, edges = rows[:, going_on], missing[:, going_on], edges[:, going_on]
                of_length = _by_length(lengths[alive])
        kept = costs <= allowed
        return _Alignments(numbers[kept], forms[kept], diagonals[kept], costs[kept], ends[kept])

    def _laid_out(self, texts: Sequence[str], margin: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the columns of all texts, nothing around each of them, and where each begins."""
        lengths = np.asarray([len(chars) for chars in texts], np.int64)
        starts = margin * np.arange(1, len(texts) + 1) + np.cumsum(lengths) - lengths
        columns = np.full(int(starts[-1] + lengths[-1]) + margin + _BAND, PAD, np.int32)
        for start, chars in zip(starts.tolist(), texts, strict=True):
            columns[start : start + len(chars)] = self._costs.columns(chars)
        return columns, starts

    def _trace(self, number: int, chars: str, diagonal: int, end: int) -> SoundMatch:
        """Repeat one alignment to learn where it starts and which characters differ."""
        form = self._forms[number]
        first = max(0, diagonal - _BAND)
        window = chars[first:end]
        columns = self._costs.columns(window)
        table = self._costs.costs[self._rows[number, : len(form)][:, None], columns[None, :]]
        edges = np.where(table > _UNLIKE, self._edges[number, : len(form), None], np.float32(0))
        apart = (table.astype(np.float64) + edges).tolist()
        too_many = [insertion_cost(char) for char in window]
        found = align(apart, self._missing[number], too_many)
        start = first + found.start
        return SoundMatch(
            number,
            start,
            max(end, start + 1),
            min(found.cost, NEGATION_COST) / len(form),
            tuple(first + place for place in found.changed),
            found.deleted,
        )


def _by_length(lengths: NDArray[np.int32]) -> dict[int, NDArray[np.intp]]:
    """Return the candidates whose form ends after so many steps."""
    return {length: np.flatnonzero(lengths == length) for length in set(lengths.tolist())}


def _seed_places(length: int) -> tuple[int, ...]:
    """Return where the pairs begin: disjoint and one flush with the end; few errors cannot hit them all."""
    return tuple(sorted({*range(0, length - 1, 2), length - 2}))
