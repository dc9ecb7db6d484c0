"""Complaints and risks in what the customer said, found by the lexicon's patterns.

A keyword is no complaint: a tag needs a whole pattern in a customer turn, standing as words of its own, and
neither denied nor merely asked, supposed or already settled.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from qa_analyzer.analysis.call_analysis import ActTag, ComplaintTag, SentimentLabel, TurnSentiment
from qa_analyzer.analysis.complaint_acts import refuted, tags_by_act
from qa_analyzer.analysis.complaint_context import dismissal
from qa_analyzer.analysis.complaint_words import Tokens
from qa_analyzer.analysis.lexicon import RISK_CLASS, Code, ComplaintLexicon, load_lexicon
from qa_analyzer.analysis.lexicon_patterns import Pattern, PatternHit, TermHit, find_pattern
from qa_analyzer.analysis.mandarin import SpokenText, spoken
from qa_analyzer.analysis.matching import Phrase, PhraseMatcher
from qa_analyzer.speech.transcript import Transcript, Turn

__all__ = ["ComplaintTagger", "load_lexicon"]

# A topic named this many turns ago, by either side, is still what "it" means.
NEAR_TURNS = 3
# What stands this close to a mention belongs to it; callers ramble, and recognisers leave the full stops out.
CLOSE_CHARS = 14
# What carries on from the turn before must say this much itself: 就 or 还有 alone goes with anything.
MIN_CARRIED_CHARS = 3
# A term of fewer characters has too many homophones, the more so when nothing else is asked for.
MIN_SOUND_CHARS = 2
MIN_SOUND_CHARS_ALONE = 4
# Mean cost a character up to which a term counts by sound: one homophone in two, an accent in longer terms.
SOUND_LIMITS = {2: 0.06, 3: 0.08, 4: 0.15}
LONG_SOUND_LIMIT = 0.2

ElementHits = Mapping[int, Sequence[TermHit]]
_Finder = Callable[[SpokenText], ElementHits]


class ComplaintTagger:
    """Finds the codes of one lexicon in transcripts; safe to share between calls."""

    def __init__(self, lexicon: ComplaintLexicon) -> None:
        self.lexicon = lexicon
        self._tokens = Tokens(lexicon.terms())
        by_term: dict[str, list[int]] = {}
        sounding: set[str] = set()
        alone = {
            pattern.steps[0][1]
            for code in lexicon.codes
            for pattern in code.patterns
            if len(pattern.steps) == 1
        }
        for index, element in enumerate(lexicon.elements):
            for term in element.terms:
                by_term.setdefault(term, []).append(index)
                if element.sound and len(term) >= _least_sound_chars(index in alone):
                    sounding.add(term)
        self._elements_of = {term: tuple(indexes) for term, indexes in by_term.items()}
        self._least_sound_chars = {
            index: _least_sound_chars(index in alone) if element.sound else None
            for index, element in enumerate(lexicon.elements)
        }
        self._matcher = PhraseMatcher(
            [
                Phrase(term, term, term in sounding, SOUND_LIMITS.get(len(term), LONG_SOUND_LIMIT))
                for term in sorted(by_term)
            ]
        )

    def tag(
        self,
        transcript: Transcript,
        sentiments: Sequence[TurnSentiment] | None = None,
        acts: Sequence[ActTag] = (),
    ) -> tuple[tuple[ComplaintTag, ...], tuple[ComplaintTag, ...]]:
        """Return the complaints and the risks of a call, by turn and place; a code at most once a turn.

        ``sentiments`` raise the severity of what is said in a negative turn. ``acts`` add what is complained
        of in other words than the lexicon's.
        """
        negative = {s.turn_index for s in sentiments or () if s.label is SentimentLabel.NEGATIVE}
        call = _Call(transcript.turns, self._hits)
        tags: list[ComplaintTag] = []
        for position, turn in enumerate(transcript.turns):
            for code in self.lexicon.codes:
                if turn.role.value in code.speakers:
                    tag = self._tag(code, call, position, upset=turn.index in negative)
                    if tag is not None:
                        tags.append(tag)
        doubtful = set(refuted(tags, acts, self.lexicon.codes))
        tags = [tag for tag in tags if tag not in doubtful]
        tags.extend(tags_by_act(transcript, acts, self.lexicon.codes, tags, negative))
        found = {tag.code for tag in tags}
        yielding = {code.code for code in self.lexicon.codes if found.intersection(code.yields_to)}
        kept = sorted(
            (tag for tag in tags if tag.code not in yielding),
            key=lambda tag: (tag.turn_index, tag.char_start, tag.char_end, tag.code),
        )
        complaints = tuple(tag for tag in kept if tag.complaint_class != RISK_CLASS)
        risks = tuple(tag for tag in kept if tag.complaint_class == RISK_CLASS)
        return complaints, risks

    def _tag(self, code: Code, call: _Call, position: int, *, upset: bool) -> ComplaintTag | None:
        turn = call.turns[position]
        text = spoken(turn.text)
        best = min(self._mentions(code, call, position, text), key=_preference, default=None)
        if best is None:
            best = min(self._carried_on(code, call, position, text), key=_preference, default=None)
        if best is None:
            return None
        start, end = text.original_span(best.start, best.end)
        return ComplaintTag(
            code=code.code,
            complaint_class=code.complaint_class,
            turn_index=turn.index,
            start_s=turn.start_s,
            term=turn.text[start:end],
            char_start=start,
            char_end=end,
            match_kind=best.match_kind,
            severity=code.severity_of(upset=upset),
        )

    @staticmethod
    def _mentions(code: Code, call: _Call, position: int, text: SpokenText) -> Iterator[PatternHit]:
        hits = call.hits(position)
        for pattern in code.patterns:
            for hit in find_pattern(pattern, hits, text.breaks):
                if _in_place(pattern, call, position, hit) and dismissal(text, hit, pattern.keep) is None:
                    yield hit

    @staticmethod
    def _carried_on(code: Code, call: _Call, position: int, text: SpokenText) -> Iterator[PatternHit]:
        """Yield the latter parts of patterns begun in the same speaker's last turn: an agent's 嗯 cuts in."""
        before = call.turn_before(position)
        if before is None:
            return
        opening = spoken(call.turns[before].text)
        shift = len(opening.chars)
        joined = SpokenText(
            opening.original + text.original,
            opening.chars + text.chars,
            opening.offsets + tuple(len(opening.original) + offset for offset in text.offsets),
            opening.breaks | {shift} | {shift + place for place in text.breaks},
        )
        hits = call.joined_hits(before, position, shift)
        for pattern in code.patterns:
            if len(pattern.steps) < 2:
                continue
            for hit in find_pattern(pattern, hits, joined.breaks):
                here = tuple(
                    TermHit(part.term, part.start - shift, part.end - shift, part.match_kind, part.distance)
                    for part in hit.parts
                    if part.start >= shift
                )
                if hit.start >= shift or sum(part.end - part.start for part in here) < MIN_CARRIED_CHARS:
                    continue
                if dismissal(joined, hit, pattern.keep) is None and _in_place(
                    pattern, call, position, PatternHit(here)
                ):
                    yield PatternHit(here)

    def _hits(self, text: SpokenText) -> ElementHits:
        """Return the term hits of a text by element, each by start and then longest first."""
        by_element: dict[int, list[TermHit]] = {}
        for hit in self._matcher.find(text):
            start = bisect_left(text.offsets, hit.char_start)
            end = bisect_left(text.offsets, hit.char_end)
            term = hit.phrase.key
            if hit.match_kind == "exact":
                if not self._tokens.stands_alone(text.chars, start, end):
                    continue
            elif not self._tokens.misheard(text.chars, start, end, term):
                continue
            found = TermHit(term, start, end, hit.match_kind, hit.distance)
            for index in self._elements_of[term]:
                least = self._least_sound_chars[index]
                if hit.match_kind == "exact" or (least is not None and len(term) >= least):
                    by_element.setdefault(index, []).append(found)
        for found_hits in by_element.values():
            found_hits.sort(key=_reading_order)
        for index, patterns in enumerate(self.lexicon.sequences):
            longer = [hit for pattern in patterns for hit in find_pattern(pattern, by_element, text.breaks)]
            if longer:
                joined = [TermHit("", hit.start, hit.end, hit.match_kind) for hit in longer]
                by_element[index] = sorted(by_element.get(index, []) + joined, key=_reading_order)
        return by_element


class _Call:
    """The turns of a call with their term hits, looked up once."""

    def __init__(self, turns: Sequence[Turn], find: _Finder) -> None:
        self.turns = turns
        self._find = find
        self._hits: dict[int, ElementHits] = {}
        self._joined: dict[tuple[int, int], ElementHits] = {}

    def hits(self, position: int) -> ElementHits:
        if position not in self._hits:
            self._hits[position] = self._find(spoken(self.turns[position].text))
        return self._hits[position]

    def turn_before(self, position: int) -> int | None:
        """Return the same speaker's turn before, with at most one turn of the other side between."""
        for place in range(position - 1, max(position - 3, -1), -1):
            if self.turns[place].role is self.turns[position].role:
                return place
        return None

    def joined_hits(self, before: int, position: int, shift: int) -> ElementHits:
        if (before, position) not in self._joined:
            joined = {element: list(hits) for element, hits in self.hits(before).items()}
            for element, hits in self.hits(position).items():
                joined.setdefault(element, []).extend(
                    TermHit(hit.term, hit.start + shift, hit.end + shift, hit.match_kind, hit.distance)
                    for hit in hits
                )
            self._joined[before, position] = joined
        return self._joined[before, position]

    def mentions(self, element: int, scope: str, position: int, hit: PatternHit) -> bool:
        """Say whether a term of the element is spoken within the scope of a hit."""
        if scope == "close":
            return any(
                hit.start - CLOSE_CHARS <= other.start and other.end <= hit.end + CLOSE_CHARS
                for other in self.hits(position).get(element, ())
            )
        return any(self.hits(place).get(element) for place in self._places(scope, position))

    def _places(self, scope: str, position: int) -> Iterable[int]:
        if scope == "turn":
            return (position,)
        if scope == "near":
            return range(max(0, position - NEAR_TURNS), position + 1)
        return range(len(self.turns))


def _in_place(pattern: Pattern, call: _Call, position: int, hit: PatternHit) -> bool:
    if pattern.needs is not None and not call.mentions(*pattern.needs, position, hit):
        return False
    return not any(call.mentions(element, scope, position, hit) for element, scope in pattern.unless)


def _least_sound_chars(alone: bool) -> int:
    return MIN_SOUND_CHARS_ALONE if alone else MIN_SOUND_CHARS


def _reading_order(hit: TermHit) -> tuple[int, bool, int, str]:
    return hit.start, hit.match_kind != "exact", -hit.end, hit.term


def _preference(hit: PatternHit) -> tuple[bool, int, int, int]:
    # Written evidence before heard; more parts say more; then the first place.
    return hit.match_kind != "exact", -len(hit.parts), hit.start, hit.end
