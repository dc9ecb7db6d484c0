"""The rule for saying back: one side puts to the other what that other said, and asks whether it is so."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.rules.outcome import Hit, Outcome
from qa_analyzer.scoring.rules.scope import Regions, inside
from qa_analyzer.scoring.rules.text import RegexText, TextRule, compiled
from qa_analyzer.speech.transcript import Turn

if TYPE_CHECKING:
    from qa_analyzer.scoring.call_view import CallView

#: Characters of grammar and small talk; shared, they show nothing about the matter.
_EMPTY = frozenset(
    "的了吗呢吧啊呀嘛哦嗯呃额哎唉诶喂是我你您他她它们这那个就都也不没有在和跟与把被给到去来说讲要会能可以还又再很太什么怎哪谁对好"
    "行请问一下里上中下边些点儿想让为从得着过知道谢先生女士零一二两三四五六七八九十百千万0123456789"
)


class RestatesRule(TextRule):
    """Words of ``role`` around a cue, shared with what the other side said earlier.

    The cue asks for a yes, and the words stand before it; with ``side: after`` it opens the sentence instead.

    ``min_shared`` counts different pairs of neighboring characters that carry content; numbers do not, so
    reading back a number alone is no restatement.
    """

    kind: Literal["restates"] = "restates"
    tag: RegexText = Field(
        default=r"(?:[对队][吗嘛马麻吧不]|是[吗嘛么吧]|是不是|没错[吧吗]|[对队]不[对队]|是这样|没问题吧)",
        description="regular expression of the words that ask for a yes",
    )
    min_shared: int = Field(default=2, ge=1)
    reach_chars: int = Field(default=45, ge=5, description="how far from the tag to look")
    side: Literal["before", "after"] = "before"
    unless: RegexText | None = Field(
        default=None, description="words that must not stand there, such as those of a question"
    )

    def decide(self, view: CallView, role: Role | None, regions: Regions) -> Outcome:
        hits = [
            hit for index in regions for hit in self._in_turn(view, view.turns[index]) if inside(hit, regions)
        ]
        return self.answer(view, role, regions, tuple(hits), len(hits))

    def _in_turn(self, view: CallView, turn: Turn) -> list[Hit]:
        said = view.spoken_of(turn.index)
        earlier: frozenset[str] | None = None
        for match in compiled(self.tag).finditer(said.chars):
            earlier = _said_by_others(view, turn) if earlier is None else earlier
            start, end = max(0, match.start() - self.reach_chars), match.start()
            if self.side == "after":
                start, end = match.end(), match.end() + self.reach_chars
            words = said.chars[start:end]
            if self.unless is not None and compiled(self.unless).search(words):
                continue
            if len(_pairs(words) & earlier) >= self.min_shared:
                first, last = min(start, match.start()), max(match.end(), min(end, len(said.chars)))
                begin, stop = said.original_span(first, last)
                return [view.hit_at(turn, begin, stop, MatchKind.PATTERN, label="restates")]
        return []


def _said_by_others(view: CallView, turn: Turn) -> frozenset[str]:
    others = (other for other in view.turns[: turn.index] if other.role is not turn.role)
    return _pairs("\n".join(view.spoken_of(other.index).chars for other in others))


def _pairs(chars: str) -> frozenset[str]:
    """Return the pairs of neighboring content characters."""
    return frozenset(
        one + two for one, two in pairwise(chars) if not {one, two} & _EMPTY and one != "\n" and two != "\n"
    )
