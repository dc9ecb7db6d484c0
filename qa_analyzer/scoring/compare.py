"""Two evaluations of one call, by two scorecards: which verdicts flip, and what that does to the score."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation, EvidenceKind, Grade, Verdict


@dataclass(frozen=True, slots=True)
class Flip:
    """One criterion whose verdict is not the same; None where a scorecard does not have it.

    ``quote`` is what decided the new verdict, else the old one; empty where nothing was said.
    """

    criterion_id: str
    old: Verdict | None
    new: Verdict | None
    quote: str
    turn_index: int | None
    explanation: str


@dataclass(frozen=True, slots=True)
class CallChange:
    """What another scorecard makes of one call. ``*_red_lines`` are the criteria that zero it."""

    call_id: str
    agent_id: str | None
    agent_name: str | None
    old_percent: float | None
    new_percent: float | None
    old_grade: Grade
    new_grade: Grade
    old_red_lines: tuple[str, ...]
    new_red_lines: tuple[str, ...]
    flips: tuple[Flip, ...]

    @property
    def shift(self) -> float | None:
        """Return the change of the score; None where one of them is not known."""
        if self.old_percent is None or self.new_percent is None:
            return None
        return self.new_percent - self.old_percent

    @property
    def changed(self) -> bool:
        """Say whether anything about the call is not the same."""
        return bool(self.flips) or self.old_percent != self.new_percent or self.old_grade != self.new_grade


@dataclass(slots=True)
class Movement:
    """Scores before and after, over the calls that both scorecards could judge."""

    n: int = 0
    old_sum: float = 0.0
    new_sum: float = 0.0

    def add(self, old: float, new: float) -> None:
        self.n += 1
        self.old_sum += old
        self.new_sum += new

    @property
    def old_mean(self) -> float | None:
        return self.old_sum / self.n if self.n else None

    @property
    def new_mean(self) -> float | None:
        return self.new_sum / self.n if self.n else None


@dataclass(slots=True)
class ScorecardDiff:
    """What changes over all calls; ``calls`` keeps only those that change."""

    compared: int = 0
    calls: list[CallChange] = field(default_factory=list)
    total: Movement = field(default_factory=Movement)
    agents: dict[str, Movement] = field(default_factory=dict)
    agent_names: dict[str, str] = field(default_factory=dict)
    flips: Counter[tuple[str, Verdict | None, Verdict | None]] = field(default_factory=Counter)
    old_grades: Counter[Grade] = field(default_factory=Counter)
    new_grades: Counter[Grade] = field(default_factory=Counter)
    red_lines_new: Counter[str] = field(default_factory=Counter)
    red_lines_gone: Counter[str] = field(default_factory=Counter)

    def add(self, change: CallChange) -> None:
        """Count one call."""
        self.compared += 1
        self.old_grades[change.old_grade] += 1
        self.new_grades[change.new_grade] += 1
        agent = change.agent_id or ""
        if change.agent_name:
            self.agent_names[agent] = change.agent_name
        if change.old_percent is not None and change.new_percent is not None:
            self.total.add(change.old_percent, change.new_percent)
            self.agents.setdefault(agent, Movement()).add(change.old_percent, change.new_percent)
        self.flips.update((flip.criterion_id, flip.old, flip.new) for flip in change.flips)
        self.red_lines_new.update(set(change.new_red_lines) - set(change.old_red_lines))
        self.red_lines_gone.update(set(change.old_red_lines) - set(change.new_red_lines))
        if change.changed:
            self.calls.append(change)


def compare(old: Evaluation, new: Evaluation) -> CallChange:
    """Return what is not the same about one call; criteria in the order of the new scorecard."""
    before = {result.criterion_id: result for result in old.criteria}
    after = {result.criterion_id: result for result in new.criteria}
    names = [*after, *(name for name in before if name not in after)]
    call = new.analysis.transcript.call
    flips = (_flip(name, before.get(name), after.get(name)) for name in names)
    return CallChange(
        call_id=new.call_id,
        agent_id=call.agent_id,
        agent_name=call.agent_name,
        old_percent=old.percent,
        new_percent=new.percent,
        old_grade=old.grade,
        new_grade=new.grade,
        old_red_lines=_red_lines(old),
        new_red_lines=_red_lines(new),
        flips=tuple(flip for flip in flips if flip is not None),
    )


def _red_lines(evaluation: Evaluation) -> tuple[str, ...]:
    return tuple(
        each.criterion_id for each in evaluation.criteria if each.auto_fail and each.verdict is Verdict.FAIL
    )


def _flip(name: str, old: CriterionResult | None, new: CriterionResult | None) -> Flip | None:
    if old is not None and new is not None and old.verdict is new.verdict:
        return None
    quote, turn_index = next(
        (found for result in (new, old) if result is not None and (found := _quote(result)) is not None),
        ("", None),
    )
    told = new or old
    return Flip(
        name,
        old.verdict if old else None,
        new.verdict if new else None,
        quote,
        turn_index,
        told.explanation if told else "",
    )


def _quote(result: CriterionResult) -> tuple[str, int | None] | None:
    """Return the words behind a verdict; what was merely searched or came close does not count."""
    wanted = (EvidenceKind.MATCH, EvidenceKind.MEASURE, EvidenceKind.CONDITION)
    return next(
        ((each.quote, each.turn_index) for each in result.evidence if each.kind in wanted and each.quote),
        None,
    )
