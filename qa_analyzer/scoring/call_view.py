"""One call as rules see it: turns as spoken text, families searched once, outcomes remembered."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.analysis.context import context_of
from qa_analyzer.analysis.context_cues import BANS
from qa_analyzer.analysis.mandarin import SpokenText, spoken
from qa_analyzer.analysis.sound import char_cost
from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.nearest_miss import NearestMisses
from qa_analyzer.scoring.phrase_family import CompiledFamily, sound_of
from qa_analyzer.scoring.rules.outcome import Hit, Outcome
from qa_analyzer.speech.transcript import Turn, Word

if TYPE_CHECKING:
    from qa_analyzer.scoring.rules.scope import Regions
    from qa_analyzer.scoring.rules.text import SemanticRule
    from qa_analyzer.scoring.rules.union import Rule

#: A sound match may cost this much a character on average (0.05 is a pure homophone, see analysis.sound).
MAX_SOUND_DISTANCE = 0.16
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
class _RoleText:
    """All a role said, joined by line ends, with the way back to turns."""

    turn_indexes: tuple[int, ...]
    starts: tuple[int, ...]
    exact: str
    sound: str


@dataclass(slots=True)
class CallView:
    """Answers every question rules have about one call. Not shared between calls."""

    analysis: CallAnalysis
    families: Mapping[str, CompiledFamily]
    definitions: Mapping[str, Rule]
    layers: Layers = Layers()
    similarity: Similarity | None = None
    bands: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    nearest_misses: NearestMisses | None = None
    _texts: dict[Role, _RoleText] = field(default_factory=dict)
    _hits: dict[tuple[str, Role], tuple[Hit, ...]] = field(default_factory=dict)
    _named: dict[str, Outcome] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.analysis.transcript.turns

    def turns_of(self, role: Role | None) -> tuple[Turn, ...]:
        """Return the turns of a role with speech in them, or of everyone for None."""
        return tuple(turn for turn in self.turns if role is None or turn.role is role)

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

    def _role_text(self, role: Role) -> _RoleText:
        if role not in self._texts:
            turns = self.turns_of(role)
            chars = [self.spoken_of(turn.index).chars for turn in turns]
            starts, position = [], 0
            for said in chars:
                starts.append(position)
                position += len(said) + 1
            joined = "\n".join(chars)
            self._texts[role] = _RoleText(
                tuple(turn.index for turn in turns), tuple(starts), joined, "".join(map(sound_of, joined))
            )
        return self._texts[role]

    def _search(self, family: CompiledFamily, role: Role) -> Iterable[Hit]:
        text = self._role_text(role)
        cancelled = [match.span() for match in family.unless.finditer(text.exact)] if family.unless else []
        taken: list[tuple[int, int]] = []
        found: list[tuple[int, int, MatchKind, float]] = []
        for start, end in (match.span() for match in family.exact.finditer(text.exact)):
            if start < end:
                taken.append((start, end))
                found.append((start, end, MatchKind.EXACT, 0.0))
        if self.layers.sound and family.sound is not None:
            for start, end in (match.span() for match in family.sound.finditer(text.sound)):
                if start < end and not _overlaps(start, end, taken):
                    distance = _sound_distance(text.exact[start:end], family.literals)
                    if distance <= MAX_SOUND_DISTANCE:
                        found.append((start, end, MatchKind.SOUND, distance))
        for start, end, kind, distance in sorted(found):
            if any(left <= start < right for left, right in cancelled):
                continue
            hit = self._hit_in_role_text(text, start, end, kind, distance, family)
            if hit is not None:
                yield hit

    def _hit_in_role_text(
        self, text: _RoleText, start: int, end: int, kind: MatchKind, distance: float, family: CompiledFamily
    ) -> Hit | None:
        place = bisect_right(text.starts, start) - 1
        turn = self.turns[text.turn_indexes[place]]
        said = self.spoken_of(turn.index)
        begin, stop = said.original_span(start - text.starts[place], end - text.starts[place])
        if family.family.ignore:
            context = context_of(turn.text, begin, stop)
            ignored = [flag for flag in family.family.ignore if getattr(context, flag)]
            if family.family.bans_count and any(cue.text in BANS for cue in context.cues):
                ignored = [flag for flag in ignored if flag != "negated"]
            if ignored:
                return None
        return self.hit_at(turn, begin, stop, kind, label=family.key, distance=distance)


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


def _overlaps(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return any(left < end and start < right for left, right in taken)


def _sound_distance(heard: str, literals: frozenset[str]) -> float:
    """Return the mean cost of the characters that no template writes this way; gaps hold some of them too."""
    other = [char for char in heard if char not in literals]
    if not other:
        return 0.0
    costs = [
        min((char_cost(known, char) for known in literals if sound_of(known) == sound_of(char)), default=0.0)
        for char in other
    ]
    return sum(costs) / len(heard)
