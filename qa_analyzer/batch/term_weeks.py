"""Rising terms of stored runs: the transcripts of several nights, this week's against last week's."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from qa_analyzer.analysis.lexicon import ComplaintLexicon
from qa_analyzer.analysis.rising_terms import MAX_EXAMPLES, RisingTerm, rising_terms, weeks_of
from qa_analyzer.batch.night import stored_transcripts
from qa_analyzer.calls.call import Role
from qa_analyzer.errors import TranscriptError
from qa_analyzer.kpi.agents import neutral
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.transcript_json import read_transcript
from qa_analyzer.whole_files import replacing


@dataclass(frozen=True, slots=True)
class TermWeeks:
    """The terms that rose, and what they rest on. ``last_day`` is None where no call says its day.

    ``undated`` calls do not say when they started; ``unreadable`` are damaged transcripts. Neither counts.
    """

    terms: tuple[RisingTerm, ...]
    days: int
    last_day: date | None
    calls_now: int
    calls_before: int
    undated: int
    unreadable: tuple[TranscriptError, ...]

    @property
    def enough(self) -> bool:
        """Say whether there are calls on both sides."""
        return self.calls_now > 0 and self.calls_before > 0

    def first_day(self) -> date | None:
        """Return the first day of the later stretch."""
        return None if self.last_day is None else self.last_day - timedelta(days=self.days - 1)


def read_term_weeks(
    folders: Sequence[Path], lexicon: ComplaintLexicon, *, days: int = 7, until: date | None = None
) -> TermWeeks:
    """Compare the last ``days`` days of the runs in ``folders`` with as many days before.

    A call that several runs hold counts once. Raises ConfigError for a folder without transcripts.
    """
    found: dict[str, Transcript] = {}
    unreadable = []
    for folder in folders:
        for stored in stored_transcripts(folder):
            try:
                found[stored.call_id] = _customer_words(read_transcript(stored.path))
            except TranscriptError as problem:
                unreadable.append(problem)
    started = [each.call.started_at.date() for each in found.values() if each.call.started_at is not None]
    now, before = weeks_of(found.values(), days=days, until=until)
    return TermWeeks(
        terms=rising_terms(now, before, lexicon),
        days=days,
        last_day=until or max(started, default=None),
        calls_now=len(now),
        calls_before=len(before),
        undated=len(found) - len(started),
        unreadable=tuple(unreadable),
    )


def _customer_words(transcript: Transcript) -> Transcript:
    """Keep what the comparison needs; the words of thousands of calls would fill the memory."""
    turns = tuple(replace(turn, words=()) for turn in transcript.turns if turn.role is Role.CUSTOMER)
    return replace(transcript, turns=turns, channels=(), audit=())


def write_terms_csv(terms: Iterable[RisingTerm], path: Path) -> None:
    """Write the terms as a table that spreadsheets open; no cell is ever a formula."""
    examples = [f"{name}_{at}" for at in range(1, MAX_EXAMPLES + 1) for name in ("call_id", "quote")]
    with replacing(path, encoding="utf-8-sig") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(["term", "turns_now", "turns_before", "keyness", "in_lexicon", *examples])
        for term in terms:
            cells = [term.term, term.turns_now, term.turns_before, term.keyness, term.known]
            for example in term.examples:
                cells += [example.call_id, example.quote]
            writer.writerow([neutral(cell) for cell in cells])
