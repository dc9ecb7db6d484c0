"""Terms that customers use more this week than last: what a complaint lexicon may not know yet.

Keyness is Dunning's log-likelihood G2 over customer turns that hold the term (once a turn), the usual measure
for two texts of unequal size; 6.63 is its 1 % point with one degree of freedom.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from qa_analyzer.analysis.complaint_words import Tokens
from qa_analyzer.analysis.lexicon import ComplaintLexicon
from qa_analyzer.analysis.mandarin import han_count, spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Transcript

SIGNIFICANT_KEYNESS = 6.63
MIN_TURNS = 3
MAX_TERM_WORDS = 2


@dataclass(frozen=True, slots=True)
class RisingTerm:
    """A word, or two in a row, and how many customer turns hold it. ``known``: the lexicon has it."""

    term: str
    turns_now: int
    turns_before: int
    keyness: float
    known: bool


def rising_terms(
    now: Iterable[Transcript],
    before: Iterable[Transcript],
    lexicon: ComplaintLexicon,
    *,
    min_turns: int = MIN_TURNS,
    min_keyness: float = SIGNIFICANT_KEYNESS,
) -> tuple[RisingTerm, ...]:
    """Return the terms whose share of customer turns rose, highest keyness first; ties by term."""
    known = frozenset(lexicon.terms())
    tokens = Tokens(known)
    counts_now, turns_now = _turns_with_term(now, tokens)
    counts_before, turns_before = _turns_with_term(before, tokens)
    rising = [
        RisingTerm(term, count, counts_before[term], round(keyness, 2), term in known)
        for term, count in counts_now.items()
        if count >= min_turns
        and count * max(turns_before, 1) > counts_before[term] * turns_now
        and (keyness := log_likelihood(count, turns_now, counts_before[term], turns_before)) >= min_keyness
    ]
    return tuple(sorted(rising, key=lambda term: (-term.keyness, term.term)))


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


def _turns_with_term(transcripts: Iterable[Transcript], tokens: Tokens) -> tuple[Counter[str], int]:
    counts: Counter[str] = Counter()
    turns = 0
    for transcript in transcripts:
        for turn in transcript.turns:
            if turn.role is Role.CUSTOMER:
                turns += 1
                counts.update(_terms(tokens.words(spoken(turn.text).chars)))
    return counts, turns


def _terms(words: tuple[str, ...]) -> set[str]:
    """Return the words of two characters and more, and pairs of words that hold one."""
    terms = {word for word in words if han_count(word) > 1}
    for size in range(2, MAX_TERM_WORDS + 1):
        for start in range(len(words) - size + 1):
            run = words[start : start + size]
            if any(han_count(word) > 1 for word in run):
                terms.add("".join(run))
    return terms
