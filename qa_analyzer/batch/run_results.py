"""The results of a run on the disk: read again one at a time, so that memory does not grow with the calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.batch.journal import Journal, Place
from qa_analyzer.batch.resume import taken_over
from qa_analyzer.batch.work import CallResult, WorkItem


@dataclass(frozen=True, slots=True)
class RunResults:
    """The results in the order of the input: those of ``work`` stand in the journal, then come ``rejected``.

    Iterating reads journal and transcripts; raises ValueError when they were changed meanwhile.
    """

    journal: Journal
    work: Sequence[tuple[WorkItem, Place]]
    rejected: tuple[CallResult, ...]
    transcripts_dir: Path

    def __len__(self) -> int:
        return len(self.work) + len(self.rejected)

    def __iter__(self) -> Iterator[CallResult]:
        entries = self.journal.read(place for _, place in self.work)
        for (work_item, _), entry in zip(self.work, entries, strict=True):
            result = taken_over(work_item, entry, self.transcripts_dir)
            if result is None:
                raise ValueError(f"the transcript of {entry.call_id} was changed while it was read")
            yield result
        yield from self.rejected

    def evaluation_lines(self) -> Iterator[str]:
        """Yield the published evaluations as they were written."""
        return self.journal.evaluations(place for _, place in self.work)
