"""What another scorecard changes, as lines for a terminal and as rows for a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from qa_analyzer.report import formats
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.compare import CallChange, Flip, Movement, ScorecardDiff
from qa_analyzer.scoring.evaluation import Grade, Verdict

MAX_QUOTE_CHARS = 40
COLUMNS = (
    "call_id", "agent_id", "old_percent", "new_percent", "old_grade", "new_grade",
    "criterion_id", "old_verdict", "new_verdict", "turn", "quote", "explanation",
)  # fmt: skip


def diff_lines(diff: ScorecardDiff, wording: Wording, *, shown_calls: int) -> Iterator[str]:
    """Yield the lines: totals, red lines, grades, criteria, agents, then the calls that change most."""
    yield wording("diff.calls", n=diff.compared, changed=len(diff.calls))
    yield wording("diff.mean", change=_movement(diff.total, wording))
    yield wording(
        "diff.red_lines",
        new=_counted(diff.red_lines_new, wording),
        gone=_counted(diff.red_lines_gone, wording),
    )
    for grade in Grade:
        old, new = diff.old_grades[grade], diff.new_grades[grade]
        if old or new:
            yield wording(
                "diff.grade", grade=wording(f"grade.{grade}"), old=old, new=new, change=f"{new - old:+d}"
            )
    yield from _criteria(diff, wording)
    yield from _agents(diff, wording)
    yield from _calls(diff, wording, shown_calls)


def diff_rows(diff: ScorecardDiff) -> Iterator[tuple[object, ...]]:
    """Yield one row a flip, and one for a call whose score moves without any."""
    for call in diff.calls:
        head = (
            call.call_id, call.agent_id, call.old_percent, call.new_percent, call.old_grade.value,
            call.new_grade.value,
        )  # fmt: skip
        for flip in call.flips:
            turn = None if flip.turn_index is None else flip.turn_index + 1
            verdicts = (flip.old and flip.old.value, flip.new and flip.new.value)
            yield (*head, flip.criterion_id, *verdicts, turn, flip.quote, flip.explanation)
        if not call.flips:
            yield (*head, None, None, None, None, None, None)


def _criteria(diff: ScorecardDiff, wording: Wording) -> Iterator[str]:
    if not diff.flips:
        yield wording("diff.no_flips")
        return
    yield wording("diff.criteria")
    by_criterion: dict[str, list[str]] = {}
    for (name, old, new), count in diff.flips.items():
        by_criterion.setdefault(name, []).append(f"{_flipped(old, new, wording)} {count}")
    for name, moves in by_criterion.items():
        yield f"  {name}{wording('colon')}{wording('list_separator').join(sorted(moves))}"


def _agents(diff: ScorecardDiff, wording: Wording) -> Iterator[str]:
    moved = [
        (agent, movement)
        for agent, movement in diff.agents.items()
        if round(movement.new_sum - movement.old_sum, 6) != 0
    ]
    if not moved:
        yield wording("diff.no_agents")
        return
    yield wording("diff.agents", n=len(moved), total=len(diff.agents))
    for agent, movement in sorted(moved, key=lambda each: (_shift(each[1]), each[0])):
        name = diff.agent_names.get(agent)
        label = f"{agent} {name}" if name else agent or wording("agent.unknown")
        yield f"  {formats.printable(label)}{wording('colon')}{_movement(movement, wording)}"


def _calls(diff: ScorecardDiff, wording: Wording, shown: int) -> Iterator[str]:
    if not diff.calls or not shown:
        return
    yield wording("diff.most", n=min(shown, len(diff.calls)), total=len(diff.calls))
    for call in sorted(diff.calls, key=_most)[:shown]:
        yield "  " + wording(
            "diff.call",
            call_id=call.call_id,
            old=formats.score(call.old_percent),
            new=formats.score(call.new_percent),
            old_grade=wording(f"grade.{call.old_grade}"),
            new_grade=wording(f"grade.{call.new_grade}"),
        )
        for flip in call.flips:
            yield "    " + _flip(flip, wording)


def _most(call: CallChange) -> tuple[bool, float, str]:
    red_lines_differ = call.old_red_lines != call.new_red_lines
    return (not red_lines_differ, -abs(call.shift or 0.0), call.call_id)


def _flip(flip: Flip, wording: Wording) -> str:
    line = f"{flip.criterion_id} {_flipped(flip.old, flip.new, wording)}"
    if not flip.quote:
        return f"{line}{wording('colon')}{formats.printable(flip.explanation)}"
    quote = formats.printable(flip.quote)
    if len(quote) > MAX_QUOTE_CHARS:
        quote = quote[:MAX_QUOTE_CHARS] + "…"
    if flip.turn_index is None:
        return f"{line}{wording('colon')}“{quote}”"
    return wording("diff.quote", line=line, quote=quote, number=flip.turn_index + 1)


def _flipped(old: Verdict | None, new: Verdict | None, wording: Wording) -> str:
    names = [wording("diff.absent") if each is None else wording(f"verdict.{each}") for each in (old, new)]
    return wording("diff.flip", old=names[0], new=names[1])


def _movement(movement: Movement, wording: Wording) -> str:
    if movement.old_mean is None or movement.new_mean is None:
        return wording("diff.unknown")
    return wording(
        "diff.movement",
        old=formats.decimal(movement.old_mean),
        new=formats.decimal(movement.new_mean),
        change=f"{movement.new_mean - movement.old_mean:+.1f}",
        n=movement.n,
    )


def _shift(movement: Movement) -> float:
    return (movement.new_sum - movement.old_sum) / movement.n


def _counted(counts: Counter[str], wording: Wording) -> str:
    if not counts:
        return "0"
    names = wording("list_separator").join(f"{name} {count}" for name, count in sorted(counts.items()))
    return f"{sum(counts.values())} ({names})"
