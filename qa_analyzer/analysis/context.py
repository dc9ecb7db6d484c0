"""How a hit was meant: said outright, denied, quoted, asked or supposed.

General Mandarin grammar, by cue words and the clause they govern, so that it also works where a recogniser
leaves out the punctuation. Rules and complaint tags ask here instead of each author writing his own
exceptions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from qa_analyzer.analysis import context_cues as cues

#: How far back, in characters, a negation, a report and a supposition govern what follows.
_NEGATION_REACH = 14
_REPORT_REACH = 24
#: A report ends after this many more commas.
_REPORT_COMMAS = 1
_SUPPOSITION_REACH = 24


class CueKind(StrEnum):
    """What a cue does to the words it governs."""

    NEGATION = "negation"
    QUOTATION = "quotation"
    QUESTION = "question"
    HYPOTHESIS = "hypothesis"


@dataclass(frozen=True, slots=True)
class Cue:
    """The words that decide, with their offsets in the turn's text."""

    kind: CueKind
    text: str
    char_start: int
    char_end: int


@dataclass(frozen=True, slots=True)
class Context:
    """How the words of a hit were meant.

    ``negated``: denied, or forbidden. ``quoted``: another's words, or words talked about. ``question``: asked
    whether it is so (a question for cause or time takes it as given and is none; nor is a rhetorical one).
    ``hypothetical``: supposed, not its consequence.
    """

    negated: bool = False
    quoted: bool = False
    question: bool = False
    hypothetical: bool = False
    cues: tuple[Cue, ...] = ()

    @property
    def asserted(self) -> bool:
        """True where the words are the speaker's own and meant."""
        return not (self.negated or self.quoted or self.question or self.hypothetical)


def context_of(text: str, char_start: int, char_end: int) -> Context:
    """Tell how ``text[char_start:char_end]`` was meant in its turn."""
    hit = _Hit.at(text, char_start, char_end)
    negation, quotation = _negation(hit), _quotation(hit)
    question, hypothesis = _question(hit), _hypothesis(hit)
    return Context(
        negated=negation is not None,
        quoted=quotation is not None,
        question=question is not None,
        hypothetical=hypothesis is not None,
        cues=tuple(cue for cue in (negation, quotation, question, hypothesis) if cue is not None),
    )


@dataclass(frozen=True, slots=True)
class _Hit:
    """A hit in its clause and sentence; ``asked_end`` includes the question mark that ends the clause."""

    text: str
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    clause_start: int
    clause_end: int
    asked_end: int

    @classmethod
    def at(cls, text: str, start: int, end: int) -> _Hit:
        sentence_start = _last_end(cues.SENTENCE_END, text, start)
        sentence_end = _next_start(cues.SENTENCE_END, text, end)
        clause_start = max(sentence_start, _last_end(cues.CLAUSE_END, text, start))
        clause_end = min(sentence_end, _next_start(cues.CLAUSE_END, text, end))
        asks = text[clause_end : clause_end + 1] in ("?", "？")
        return cls(
            text, start, end, sentence_start, sentence_end, clause_start, clause_end, clause_end + int(asks)
        )


def _last_end(boundary: re.Pattern[str], text: str, before: int) -> int:
    # A boundary without width may lie right before the hit; the text after it must stay visible to
    # lookarounds.
    return max((end for _, end in _boundaries(boundary, text) if end <= before), default=0)


def _next_start(boundary: re.Pattern[str], text: str, after: int) -> int:
    return next((start for start, _ in _boundaries(boundary, text) if start >= after), len(text))


@lru_cache(maxsize=256)
def _boundaries(boundary: re.Pattern[str], text: str) -> tuple[tuple[int, int], ...]:
    """Return where sentences or clauses end; a turn is asked about again for each of its hits."""
    return tuple(found.span() for found in boundary.finditer(text))


def _cue(kind: CueKind, found: re.Match[str]) -> Cue:
    return Cue(kind, found.group(), found.start(), found.end())


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """Put a filler in place of every match, so that offsets stay."""
    return pattern.sub(lambda found: "＿" * len(found.group()), text)


def _negation(hit: _Hit) -> Cue | None:
    text = hit.text
    before = _blank(cues.A_NOT_A, _blank(cues.NO_NEGATION, text[: hit.start]))
    denial: re.Match[str] | None = None
    count = 0
    reached = hit.start
    from_here = max(hit.clause_start, hit.start - _NEGATION_REACH)
    for found in reversed(list(cues.NEGATOR.finditer(before, from_here))):
        if not cues.TRANSPARENT.fullmatch(before, found.end(), reached):
            break
        if found.group() in cues.BANS and cues.AGAIN.match(text, found.end()):
            break
        if found.group().endswith("不是") and cues.RHETORICAL_END.search(text, hit.end, hit.asked_end):
            break
        denial, count, reached = denial or found, count + 1, found.start()
    if denial is not None:
        # Two negations make an assertion.
        return _cue(CueKind.NEGATION, denial) if count % 2 else None
    after = cues.DENIED_AFTER.match(text, hit.end, hit.clause_end)
    return None if after is None else _cue(CueKind.NEGATION, after)


def _quotation(hit: _Hit) -> Cue | None:
    return _quote_mark(hit) or _words_talked_about(hit) or _report(hit)


def _quote_mark(hit: _Hit) -> Cue | None:
    text = hit.text
    for opening, closing in cues.QUOTE_MARKS:
        place = text.rfind(opening, 0, hit.start)
        if place < 0 or closing not in text[hit.end :]:
            continue
        closed = (
            text.count(opening, 0, hit.start) % 2 == 0
            if opening == closing
            else closing in text[place : hit.start]
        )
        if not closed:
            return Cue(CueKind.QUOTATION, opening, place, place + 1)
    return None


def _words_talked_about(hit: _Hit) -> Cue | None:
    found = cues.THESE_WORDS.match(hit.text, hit.end, hit.sentence_end)
    if found is None:
        found = cues.WORDS_ABOUT.search(hit.text, max(hit.sentence_start, hit.start - 8), hit.start)
    return None if found is None else _cue(CueKind.QUOTATION, found)


def _report(hit: _Hit) -> Cue | None:
    from_here = max(hit.sentence_start, hit.start - _REPORT_REACH)
    for report in reversed(list(cues.REPORT.finditer(hit.text, from_here, hit.start))):
        if report.end() < hit.start and cues.NO_REPORT_AFTER.match(hit.text, report.end()):
            continue
        if cues.NO_REPORT_BEFORE.search(hit.text[: report.start()]):
            continue
        if len(re.findall("[，,]", hit.text[report.end() + 1 : hit.start])) > _REPORT_COMMAS:
            continue
        # 你说你烦不烦 scolds; 您说您要退订对吗 repeats the other's words.
        scolds = cues.SCOLDING.search(hit.text[: report.end() + 1]) is not None
        if scolds and not cues.CONFIRMED.search(hit.text, hit.end, hit.sentence_end):
            continue
        return _cue(CueKind.QUOTATION, report)
    return None


def _question(hit: _Hit) -> Cue | None:
    before = list(cues.ASKED_BEFORE.finditer(hit.text, hit.clause_start, hit.start))
    if before:
        return _cue(CueKind.QUESTION, before[-1])
    if cues.TAKEN_AS_GIVEN.search(hit.text, hit.clause_start, hit.asked_end):
        return None
    after = cues.ASKED_AFTER.search(hit.text[: hit.asked_end], hit.end)
    if after is None or cues.NOT_PARTICLE.search(hit.text[: hit.asked_end]):
        return None
    if after.group() in ("?", "？") and cues.OPEN_QUESTION.search(hit.text, hit.clause_start, hit.asked_end):
        return None
    return _cue(CueKind.QUESTION, after)


def _hypothesis(hit: _Hit) -> Cue | None:
    from_here = max(hit.sentence_start, hit.start - _SUPPOSITION_REACH)
    for found in reversed(list(cues.SUPPOSED.finditer(hit.text, from_here, hit.start))):
        if cues.NOT_SUPPOSED.search(hit.text[: found.start()]):
            continue
        if not cues.CONSEQUENCE.search(hit.text, found.end(), hit.start):
            return _cue(CueKind.HYPOTHESIS, found)
    to_here = min(hit.clause_end, hit.end + _SUPPOSITION_REACH)
    after = cues.SUPPOSED_AFTER.search(hit.text, hit.end, to_here)
    return None if after is None else _cue(CueKind.HYPOTHESIS, after)
