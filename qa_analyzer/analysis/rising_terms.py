"""Terms that customers use more this week than last: what a complaint lexicon may not know yet.

Keyness is Dunning's log-likelihood G2 over customer turns that hold the term (once a turn), the usual measure
for two texts of unequal size; 6.63 is its 1 % point with one degree of freedom.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from qa_analyzer.analysis.complaint_words import Tokens
from qa_analyzer.analysis.lexicon import ComplaintLexicon
from qa_analyzer.analysis.mandarin import han_count, spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Transcript

SIGNIFICANT_KEYNESS = 6.63
MIN_TURNS = 3
MIN_CALLS = 3  # one customer's favourite word is no trend
# Thousands of terms are tried at once: Benjamini and Hochberg (1995) hold the share of false ones to this.
FALSE_SHARE = 0.05
MAX_TERM_WORDS = 2
MAX_EXAMPLES = MIN_CALLS
QUOTE_MARGIN = 20  # characters before and after the term
SAME_TURNS_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class TermExample:
    """Where a term was said; ``quote`` is the turn's own text around it."""

    call_id: str
    turn_index: int
    quote: str


@dataclass(frozen=True, slots=True)
class RisingTerm:
    """A word, or two in a row, and how many customer turns hold it. ``known``: the lexicon has it.

    ``examples`` come from as many different calls as there are.
    """

    term: str
    turns_now: int
    turns_before: int
    keyness: float
    known: bool
    examples: tuple[TermExample, ...] = ()


def rising_terms(
    now: Iterable[Transcript],
    before: Iterable[Transcript],
    lexicon: ComplaintLexicon,
    *,
    min_turns: int = MIN_TURNS,
    min_keyness: float = SIGNIFICANT_KEYNESS,
) -> tuple[RisingTerm, ...]:
    """Return the terms whose share of customer turns rose, highest keyness first; ties by term.

    Of terms inside one another that are said in nearly the same turns, the longest stands for all.
    """
    known = frozenset(lexicon.terms())
    tokens = Tokens(known)
    said_now, said_before = _Said(tokens), _Said(tokens)
    for transcript in now:
        said_now.add(transcript)
    for transcript in before:
        said_before.add(transcript)
    rising, chances = [], []
    for term, turns in said_now.turns_with.items():
        places = said_now.places[term]
        if turns < min_turns or len(places) < MIN_CALLS:
            continue
        turns_before = said_before.turns_with[term]
        keyness = log_likelihood(turns, said_now.turns, turns_before, said_before.turns)
        chance = math.erfc(math.sqrt(max(0.0, keyness) / 2))
        chances.append(chance)
        rose = turns * max(said_before.turns, 1) > turns_before * said_now.turns
        if rose and keyness >= min_keyness:
            examples = tuple(_example(term, *place) for place in places)
            found = RisingTerm(term, turns, turns_before, round(keyness, 2), term in known, examples)
            rising.append((chance, found))
    limit = _largest_chance(chances)
    kept = [term for chance, term in rising if chance <= limit]
    return tuple(sorted(_longest(kept), key=lambda term: (-term.keyness, term.term)))


def _largest_chance(chances: Sequence[float]) -> float:
    """Return up to which chance a term may be kept so that few of all kept rose by chance alone."""
    limit = 0.0
    for rank, chance in enumerate(sorted(chances), start=1):
        if chance <= FALSE_SHARE * rank / len(chances):
            limit = chance
    return limit


def weeks_of(
    transcripts: Iterable[Transcript], *, days: int = 7, until: date | None = None
) -> tuple[tuple[Transcript, ...], tuple[Transcript, ...]]:
    """Return the calls of the last ``days`` days, and those of as many days before; the rest is left out.

    ``until`` is the last day that counts, by default the latest of any call. A call that does not say when it
    started is in neither.
    """
    dated = [(started.date(), each) for each in transcripts if (started := each.call.started_at) is not None]
    last = until or max((day for day, _ in dated), default=date.min)
    now = tuple(each for day, each in dated if 0 <= (last - day).days < days)
    before = tuple(each for day, each in dated if days <= (last - day).days < 2 * days)
    return now, before


def log_likelihood(count_now: int, size_now: int, count_before: int, size_before: int) -> float:
    """Return Dunning's G2 of a term's counts in two corpora of the given sizes; 0 where a corpus is empty."""
    if not size_now or not size_before:
        return 0.0
    total, size = count_now + count_before, size_now + size_before
    cells = (
        (count_now, size_now, total),
        (count_before, size_before, total),
        (size_now - count_now, size_now, size - total),
        (size_before - count_before, size_before, size - total),
    )
    return 2.0 * sum(seen * math.log(seen * size / (part * whole)) for seen, part, whole in cells if seen)


class _Said:
    """In how many customer turns each term was said, and the first turns of different calls that hold it."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.turns = 0
        self.turns_with: Counter[str] = Counter()
        self.places: dict[str, list[tuple[str, int, str]]] = {}

    def add(self, transcript: Transcript) -> None:
        for turn in transcript.turns:
            if turn.role is not Role.CUSTOMER:
                continue
            self.turns += 1
            terms = _terms(self._tokens.words(spoken(turn.text).chars))
            self.turns_with.update(terms)
            for term in terms:
                places = self.places.setdefault(term, [])
                if len(places) < MAX_EXAMPLES and all(place[0] != transcript.call_id for place in places):
                    places.append((transcript.call_id, turn.index, turn.text))


def _example(term: str, call_id: str, turn_index: int, text: str) -> TermExample:
    said = spoken(text)
    at = said.chars.find(term)
    first, last = said.original_span(at, at + len(term))
    start, end = max(0, first - QUOTE_MARGIN), min(len(text), last + QUOTE_MARGIN)
    quote = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    return TermExample(call_id, turn_index, quote)


def _longest(rising: Sequence[RisingTerm]) -> list[RisingTerm]:
    return [
        term
        for term in rising
        if not any(
            term.term != other.term
            and term.term in other.term
            and other.turns_now >= SAME_TURNS_SHARE * term.turns_now
            for other in rising
        )
    ]


def _terms(words: tuple[str, ...]) -> set[str]:
    """Return the words of two characters and more, and pairs of words that hold one."""
    terms = {word for word in words if han_count(word) > 1}
    for size in range(2, MAX_TERM_WORDS + 1):
        for start in range(len(words) - size + 1):
            run = words[start : start + size]
            if any(han_count(word) > 1 for word in run):
                terms.add("".join(run))
    return terms
