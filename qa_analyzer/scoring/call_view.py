"""One call as rules see it: turns as spoken text, families searched once, outcomes remembered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.analysis.mandarin import SpokenText, spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.heard import window_of
from qa_analyzer.scoring.nearest_miss import NearestMisses
from qa_analyzer.scoring.phrase_family import CompiledFamily
from qa_analyzer.scoring.phrase_search import PhraseSearch, SearchedTurns
from qa_analyzer.scoring.rules.outcome import Hit, Outcome, Window
from qa_analyzer.speech.transcript import Turn, Word

if TYPE_CHECKING:
    from qa_analyzer.scoring.rules.scope import Regions
    from qa_analyzer.scoring.rules.text import SemanticRule
    from qa_analyzer.scoring.rules.union import Rule

#: Recognised words must be this likely on average before a red line rests on them: a recogniser that is less
#: sure writes other words. Chosen on the development recordings.
SURE_PROBABILITY = 0.7
#: Sound matches of at least this many characters, all of them homophones, are as good as written ones.
CERTAIN_SOUND_CHARS = 5
CERTAIN_SOUND_DISTANCE = 0.06

_SENTENCE = re.compile(r"[^。！？!?；;…\n]+")


class Similarity(Protocol):
    """Sentence meaning as unit vectors; the one seam to an encoder."""

    fingerprint: str

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row for each text."""
        ...


@dataclass(frozen=True, slots=True)
class Layers:
    """Which ways of matching are switched on."""

    sound: bool = True
    semantic: bool = True


@dataclass(frozen=True, slots=True)
class _RoleTurns:
    """What a role said, laid out for the search, and which turns of the call that is."""

    turn_indexes: tuple[int, ...]
    searched: SearchedTurns


@dataclass(slots=True)
class CallView:
    """Answers every question rules have about one call. Not shared between calls."""

    analysis: CallAnalysis
    families: Mapping[str, CompiledFamily]
    phrases: PhraseSearch
    definitions: Mapping[str, Rule]
    layers: Layers = Layers()
    similarity: Similarity | None = None
    bands: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    nearest_misses: NearestMisses | None = None
    _with_text: dict[Role | None, tuple[Turn, ...]] = field(default_factory=dict)
    _everything: dict[Role | None, Regions] = field(default_factory=dict)
    _windows: dict[tuple[Role | None, tuple[int, ...]], Window] = field(default_factory=dict)
    _role_turns: dict[Role, _RoleTurns] = field(default_factory=dict)
    _hits: dict[tuple[str, Role], tuple[Hit, ...]] = field(default_factory=dict)
    _named: dict[str, Outcome] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.analysis.transcript.turns

    def turns_of(self, role: Role | None) -> tuple[Turn, ...]:
        """Return the turns of a role with speech in them, or of everyone for None."""
        return tuple(turn for turn in self.turns if role is None or turn.role is role)

    def turns_with_text(self, role: Role | None) -> tuple[Turn, ...]:
        """Return the turns of a role, or of everyone for None, in which something is written."""
        if role not in self._with_text:
            self._with_text[role] = tuple(turn for turn in self.turns_of(role) if turn.text.strip())
        return self._with_text[role]

    def everything(self, role: Role | None) -> Regions:
        """Return all that a role said, or everyone for None, as regions."""
        if role not in self._everything:
            self._everything[role] = {turn.index: (0, len(turn.text)) for turn in self.turns_with_text(role)}
        return self._everything[role]

    def searched(self, role: Role | None, turn_indexes: Iterable[int]) -> Window:
        """Describe some turns as a window that was searched."""
        key = role, tuple(sorted(turn_indexes))
        if key not in self._windows:
            turns = [self.turns[index] for index in key[1]]
            self._windows[key] = window_of(self.analysis.transcript, turns, role or Role.UNKNOWN)
        return self._windows[key]

    def spoken_of(self, turn_index: int) -> SpokenText:
        return spoken(self.turns[turn_index].text)

    def outcome_of(self, name: str) -> Outcome:
        """Judge a named rule once; its answer is kept for every other rule that refers to it."""
        if name not in self._named:
            if name in self._open:
                raise RecursionError(
                    f"rules refer to each other in a circle: {' > '.join([*self._open, name])}"
                )
            self._open.append(name)
            try:
                self._named[name] = self.definitions[name].judge(self)
            finally:
                self._open.pop()
        return self._named[name]

    def find(self, family: CompiledFamily, role: Role | None) -> tuple[Hit, ...]:
        """Return every hit of a family in what a role said, in order, ignored contexts left out."""
        if role is None:
            hits = (hit for each in Role for hit in self.find(family, each))
            return tuple(sorted(hits, key=lambda hit: hit.position))
        key = (family.key, role)
        if key not in self._hits:
            self._hits[key] = tuple(self._search(family, role))
        return self._hits[key]

    def alike(self, rule: SemanticRule, regions: Regions) -> tuple[Hit, ...]:
        """Return the sentences that mean the same as one of the rule's examples, and less like the others."""
        if self.similarity is None:
            return ()
        places = [
            (self.turns[index], match.start(), match.end())
            for index in sorted(regions)
            for match in _SENTENCE.finditer(self.turns[index].text)
            if regions[index][0] <= match.start() < regions[index][1]
            and len(spoken(match.group()).chars) >= rule.min_chars
        ]
        if not places:
            return ()
        said = self.similarity.embed([turn.text[start:end] for turn, start, end in places])
        good = (said @ self.similarity.embed(rule.like).T).max(axis=1)
        bad = (
            (said @ self.similarity.embed(rule.unlike).T).max(axis=1)
            if rule.unlike
            else np.full(len(places), -1.0)
        )
        return tuple(
            self.hit_at(
                turn, start, end, MatchKind.SEMANTIC, label="semantic", distance=round(float(1 - near), 4)
            )
            for (turn, start, end), near, far in zip(places, good, bad, strict=True)
            if near >= rule.threshold and near > far
        )

    def hit_at(
        self,
        turn: Turn,
        start: int,
        end: int,
        kind: MatchKind,
        *,
        label: str,
        distance: float = 0.0,
        sure: bool = False,
    ) -> Hit:
        """Make a hit from offsets in the turn's own text, with its moment in the call.

        ``sure`` says that a hit by meaning is beyond doubt.
        """
        start_s, end_s = self.moment(turn, start, end)
        words = words_in(turn, start, end)
        certain = kind is not MatchKind.SOUND or (
            distance <= CERTAIN_SOUND_DISTANCE and end - start >= CERTAIN_SOUND_CHARS
        )
        if (kind is MatchKind.SEMANTIC and not sure) or not _surely_heard(words):
            certain = False
        return Hit(
            turn.index,
            turn.role,
            turn.text[start:end],
            kind,
            start,
            end,
            start_s,
            end_s,
            distance,
            certain,
            label,
        )

    def moment(self, turn: Turn, start: int, end: int) -> tuple[float | None, float | None]:
        """Return when ``text[start:end]`` of a turn was said: from its words, else by proportion."""
        words = words_in(turn, start, end)
        if words:
            return words[0].start_s, words[-1].end_s
        if turn.start_s is None or turn.end_s is None or not turn.text:
            return turn.start_s, turn.end_s
        per_char_s = (turn.end_s - turn.start_s) / len(turn.text)
        return turn.start_s + start * per_char_s, turn.start_s + end * per_char_s

    def _turns_to_search(self, role: Role) -> _RoleTurns:
        if role not in self._role_turns:
            indexes = tuple(turn.index for turn in self.turns_of(role))
            searched = self.phrases.open(self.spoken_of(index).chars for index in indexes)
            self._role_turns[role] = _RoleTurns(indexes, searched)
        return self._role_turns[role]

    def _search(self, family: CompiledFamily, role: Role) -> Iterable[Hit]:
        said = self._turns_to_search(role)
        for place in self.phrases.find(family, said.searched, by_sound=self.layers.sound):
            turn = self.turns[said.turn_indexes[place.turn]]
            start, end = self.spoken_of(turn.index).original_span(place.start, place.end)
            if not family.ignores(turn.text, start, end):
                yield self.hit_at(turn, start, end, place.kind, label=family.key, distance=place.distance)


def words_in(turn: Turn, start: int, end: int) -> tuple[Word, ...]:
    """Return the recognised words that ``text[start:end]`` of a turn is made of; empty for text calls."""
    position, found = 0, []
    for word in turn.words:
        at = turn.text.find(word.text.strip(), position)
        if at < 0:
            continue
        position = at + len(word.text.strip())
        if at < end and position > start:
            found.append(word)
    return tuple(found)


def _surely_heard(words: Sequence[Word]) -> bool:
    """Say whether the recogniser was sure of these words; text that nobody recognised is."""
    return not words or sum(word.probability for word in words) / len(words) >= SURE_PROBABILITY
