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


class _Path(NamedTuple):
    """One way of aligning: its cost, its start, how many phrase characters it skips, what it changes."""

    cost: float
    start: int
    deleted: int
    changed: tuple[int, ...]

    def hear(self, apart: float, place: int) -> _Path:
        changed = self.changed if apart == 0 else (*self.changed, place)
        return _Path(self.cost + apart, self.start, self.deleted, changed)

    def delete(self, missing: float) -> _Path:
        return _Path(self.cost + missing, self.start, self.deleted + 1, self.changed)

    def insert(self, cost: float, place: int) -> _Path:
        return _Path(self.cost + cost, self.start, self.deleted, (*self.changed, place))


class _Alignments(NamedTuple):
    """Forms, where each would begin, their least total cost, the text index after their last character."""

    forms: NDArray[np.int32]
    diagonals: NDArray[np.int32]
    costs: NDArray[np.float32]
    ends: NDArray[np.int32]


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
        seeds: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for number, form in enumerate(self._forms):
            self._rows[number, : len(form)] = [rows[char] for char in form]
            self._deletions[number, : len(form)] = deletion_costs(form)
            self._edges[number, [0, len(form) - 1]] = _EDGE_COST
            if self._limits[number] >= 0:
                for place in _seed_places(len(form)):
                    for pair in product(sound_classes(form[place]), sound_classes(form[place + 1])):
                        seeds.setdefault(pair, []).append((number, place))
        self._seeds = {pair: np.asarray(entries, np.int32) for pair, entries in seeds.items()}

    def find(self, chars: str) -> Iterator[SoundMatch]:
        """Yield places within the limits that differ from the form in at least one character."""
        seen: set[tuple[int, int]] = set()
        found = self._align(chars, self._limits)
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
        found = self._align(chars, np.full_like(self._limits, limit))
        if not len(found.forms):
            return None
        means = found.costs / self._lengths[found.forms]
        best = int(np.lexsort((found.diagonals, found.forms, means))[0])
        return self._trace(int(found.forms[best]), chars, int(found.diagonals[best]), int(found.ends[best]))

    def _candidates(self, chars: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return forms and the text index at which each would begin, from the seeds."""
        classes = [sound_classes(char) for char in chars]
        found: list[NDArray[np.int32]] = []
        for place in range(len(chars) - 1):
            for pair in product(classes[place], classes[place + 1]):
                entries = self._seeds.get(pair)
                if entries is not None:
                    found.append(np.stack([entries[:, 0], place - entries[:, 1]], axis=1))
        if not found:
            none = np.zeros(0, np.int32)
            return none, none
        places = np.unique(np.concatenate(found), axis=0)
        return places[:, 0], places[:, 1]

    def _align(self, chars: str, limits: NDArray[np.float32]) -> _Alignments:
        """Align candidates inside a band; those above their form's mean distance in ``limits`` drop out."""
        forms, diagonals = self._candidates(chars)
        if not len(forms):
            return _Alignments(forms, diagonals, np.zeros(0, np.float32), forms)
        lengths = self._lengths[forms]
        allowed = limits[forms] * lengths + _EPSILON
        longest = int(lengths.max())
        margin = longest + _BAND
        columns = np.full(len(chars) + 2 * margin + _BAND, PAD, np.int32)
        columns[margin : margin + len(chars)] = self._costs.columns(chars)
        # One row a text position, one column a candidate: whatever runs along the text then runs over whole
        # rows.
        window = columns[np.arange(longest + _WIDTH)[:, None] + (diagonals + margin - _BAND)]
        too_many = np.cumsum(self._costs.insertions[window], axis=0)
        totals = np.zeros((_WIDTH, len(forms)), np.float32)
        costs = np.full(len(forms), np.inf, np.float32)
        ends = np.zeros(len(forms), np.int32)
        alive = np.arange(len(forms))
        for step in range(longest):
            now = forms[alive]
            apart = self._costs.costs[self._rows[now, step], window[step : step + _WIDTH, alive]]
            heard = totals + apart + self._edges[now, step] * (apart > _UNLIKE)
            np.minimum(heard[:-1], totals[1:] + self._deletions[now, step], out=heard[:-1])
            passed = too_many[step : step + _WIDTH, alive]
            totals = np.minimum.accumulate(heard - passed, axis=0) + passed
            done = lengths[alive] == step + 1
            if done.any():
                best = totals[:, done].argmin(axis=0)
                finished = alive[done]
                costs[finished] = totals[best, np.flatnonzero(done)]
                ends[finished] = diagonals[finished] - _BAND + step + 1 + best
            going_on = ~done & (totals.min(axis=0) <= allowed[alive])
            alive, totals = alive[going_on], totals[:, going_on]
            if not len(alive):
                break
        kept = costs <= allowed
        return _Alignments(forms[kept], diagonals[kept], costs[kept], ends[kept])

    def _trace(self, number: int, chars: str, diagonal: int, end: int) -> SoundMatch:
        """Repeat one alignment to learn where it starts and which characters differ."""
        form = self._forms[number]
        first = max(0, diagonal - _BAND)
        window = chars[first:end]
        columns = self._costs.columns(window)
        table = self._costs.costs[self._rows[number, : len(form)][:, None], columns[None, :]]
        edges = self._edges[number]
        row = [_Path(0.0, place, 0, ()) for place in range(len(window) + 1)]
        for step, missing in enumerate(deletion_costs(form)):
            after = [row[0].delete(missing)]
            for place in range(1, len(window) + 1):
                apart = float(table[step, place - 1])
                extra = float(edges[step]) if apart > _UNLIKE else 0.0
                options = (
                    row[place - 1].hear(apart + extra, place - 1),
                    row[place].delete(missing),
                    after[-1].insert(insertion_cost(window[place - 1]), place - 1),
                )
                after.append(min(options, key=lambda path: path.cost))
            row = after
        path = row[len(window)]
        start = first + path.start
        changed = tuple(first + place for place in path.changed)
        distance = min(path.cost, NEGATION_COST) / len(form)
        return SoundMatch(number, start, max(end, start + 1), distance, changed, path.deleted)


def _seed_places(length: int) -> tuple[int, ...]:
    """Return where the pairs begin: disjoint and one flush with the end; few errors cannot hit them all."""
    return tuple(sorted({*range(0, length - 1, 2), length - 2}))
