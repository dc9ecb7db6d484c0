"""Find many phrases in spoken text at once: by character, then by sound with a bounded distance.

One pass serves all phrases of all criteria. Nothing is ever rewritten: every hit points into the original
text and says how far it lies from the phrase, so that each rule can decide how much to trust it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick
import jieba

from qa_analyzer.analysis.mandarin import SpokenText, sequence_probability, spoken
from qa_analyzer.analysis.phrase_forms import folded, number_forms
from qa_analyzer.analysis.sound_search import NEAREST_LIMIT, Nearby, SoundMatch, SoundSearch

jieba.setLogLevel(logging.WARNING)

EXACT = "exact"
SOUND = "sound"

#: Phrases up to this length may not run over the end of a sentence: 不好。意思是 is no 不好意思.
_SHORT_PHRASE = 4
#: Words at least this frequent in jieba's dictionary are taken at their word: a short phrase is not heard in
#: them.
_COMMON_WORD = 100
#: What each character adds to the distance of a long phrase when it belongs to such a word.
_OTHER_WORD_COST = 0.3
#: Single characters at least this frequent (是, 在, 将) turn up beside anything.
_EVERYWHERE = 100_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase to look for. ``key`` is the caller's own name for it.

    ``sound`` allows matches by sound. ``max_distance`` is the mean cost a character at which a match by sound
    still counts; None leaves it to the length of the phrase.
    """

    text: str
    key: str = ""
    sound: bool = True
    max_distance: float | None = None


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """One place where a phrase was said.

    ``char_start`` and ``char_end`` are offsets in the original text. ``distance`` is 0 for an exact match,
    else the mean cost a character of the phrase. ``probability`` is the recogniser's mean over the
    characters; None if unknown.
    """

    phrase: Phrase
    char_start: int
    char_end: int
    quote: str
    match_kind: str
    distance: float
    probability: float | None


class PhraseMatcher:
    """All phrases to look for, prepared once; one matcher serves one thread at a time."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(dict.fromkeys(phrases))
        owners: dict[str, list[int]] = {}
        lengths: dict[str, int] = {}
        for number, phrase in enumerate(self._phrases):
            chars = spoken(phrase.text).chars
            for form in number_forms(chars):
                owners.setdefault(form, []).append(number)
                lengths[form] = len(form)
        self._forms = tuple(sorted(form for form in owners if form))
        self._owners = tuple(tuple(owners[form]) for form in self._forms)
        self._automaton = ahocorasick.Automaton()
        for index, form in enumerate(self._forms):
            self._automaton.add_word(form, index)
        if self._forms:
            self._automaton.make_automaton()
        self._search = SoundSearch(
            self._forms, tuple(self._form_limit(index) for index in range(len(self._forms)))
        )

    def _form_limit(self, index: int) -> float:
        """Return the largest distance any owner of a form allows; below 0 where none matches by sound."""
        return max(self._limit(self._phrases[owner], self._forms[index]) for owner in self._owners[index])

    @staticmethod
    def _limit(phrase: Phrase, form: str) -> float:
        if not phrase.sound or len(form) < 2:
            return -1.0
        return default_max_distance(len(form)) if phrase.max_distance is None else phrase.max_distance

    def find(self, text: SpokenText, probabilities: Sequence[float] | None = None) -> tuple[PhraseHit, ...]:
        """Return every place where a phrase was said, in order of place, then of phrase.

        ``probabilities`` are those of the recogniser, one for each of ``text.chars``. Of overlapping hits of
        the same phrase the closest is kept.
        """
        if probabilities is not None and len(probabilities) != len(text.chars):
            raise ValueError(f"{len(probabilities)} probabilities for {len(text.chars)} characters")
        if not self._forms or not text.chars:
            return ()
        chars = folded(text.chars)
        found: list[tuple[float, int, int, int]] = []  # distance, start, end, phrase
        for last, form in self._automaton.iter(chars):
            start = last - len(self._forms[form]) + 1
            if self._runs_on(text, start, last + 1):
                found += [(0.0, start, last + 1, owner) for owner in self._owners[form]]
        for match in self._search.find(chars):
            if self._plausible(text, chars, match):
                form = self._forms[match.form]
                found += [
                    (match.distance, match.start, match.end, owner)
                    for owner in self._owners[match.form]
                    if match.distance <= self._limit(self._phrases[owner], form)
                ]
        return tuple(self._hit(text, probabilities, *place) for place in _closest(found))

    def nearest(self, text: SpokenText, limit: float = NEAREST_LIMIT) -> PhraseHit | None:
        """Return what comes closest to any phrase, counting or not; None where none is within ``limit``."""
        (nearby,) = self.nearby([text], limit)
        return self.closest(text, nearby, limit)

    def nearby(self, texts: Sequence[SpokenText], limit: float = NEAREST_LIMIT) -> list[list[Nearby]]:
        """Return for each text the places within ``limit``: for many texts at once sooner than one by one."""
        if not self._forms or not texts:
            return [[] for _ in texts]
        return self._search.nearby([folded(text.chars) for text in texts], limit)

    def closest(
        self, text: SpokenText, nearby: Sequence[Nearby], limit: float = NEAREST_LIMIT
    ) -> PhraseHit | None:
        """Return the closest of the places nearby; None where none is within ``limit``."""
        match = self._search.closest(folded(text.chars), nearby, limit)
        if match is None:
            return None
        return self._hit(text, None, match.distance, match.start, match.end, self._owners[match.form][0])

    def _hit(
        self,
        text: SpokenText,
        probabilities: Sequence[float] | None,
        distance: float,
        start: int,
        end: int,
        owner: int,
    ) -> PhraseHit:
        char_start, char_end = text.original_span(start, end)
        return PhraseHit(
            phrase=self._phrases[owner],
            char_start=char_start,
            char_end=char_end,
            quote=text.original[char_start:char_end],
            match_kind=EXACT if distance == 0 else SOUND,
            distance=round(float(distance), 4),
            probability=sequence_probability(probabilities, start, end),
        )

    def _runs_on(self, text: SpokenText, start: int, end: int) -> bool:
        return end - start > _SHORT_PHRASE or not any(start < place < end for place in text.breaks)

    def _plausible(self, text: SpokenText, chars: str, match: SoundMatch) -> bool:
        """Tell whether the text can be the phrase misheard, rather than other words that sound like it."""
        if not self._runs_on(text, match.start, match.end):
            return False
        form = self._forms[match.form]
        if len(form) == 2 and any(_frequency(chars[place]) >= _EVERYWHERE for place in match.changed):
            return False
        taken = {
            place
            for word, start, end in _common_words(chars)
            if start < match.end and end > match.start and word not in form
            for place in match.changed
            if start <= place < end
        }
        if len(form) <= _SHORT_PHRASE:
            return not taken
        return match.distance + _OTHER_WORD_COST * len(taken) / len(form) <= default_max_distance(len(form))


def default_max_distance(length: int) -> float:
    """Return the mean cost a character up to which a phrase of this length is recognised by sound."""
    return {2: 0.09, 3: 0.12, 4: 0.19, 5: 0.19, 6: 0.19, 7: 0.20}.get(length, 0.21)


def _frequency(word: str) -> int:
    jieba.dt.check_initialized()
    return int(jieba.dt.FREQ.get(word) or 0)


@lru_cache(maxsize=512)
def _common_words(chars: str) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        (word, start, end)
        for word, start, end in jieba.tokenize(chars)
        if end - start > 1 and _frequency(word) >= _COMMON_WORD
    )


def _closest(found: Iterable[tuple[float, int, int, int]]) -> list[tuple[float, int, int, int]]:
    """Keep the closest of overlapping hits of one phrase; order by place, then phrase."""
    kept: dict[int, list[tuple[float, int, int, int]]] = {}
    for place in sorted(found, key=lambda place: (place[0], place[1] - place[2], place[1], place[3])):
        _, start, end, owner = place
        if all(end <= other[1] or start >= other[2] for other in kept.setdefault(owner, [])):
            kept[owner].append(place)
    places = [place for owned in kept.values() for place in owned]
    return sorted(places, key=lambda place: (place[1], place[2], place[3]))
