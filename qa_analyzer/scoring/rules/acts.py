"""The rule about what somebody does with words, as the model of acts reads it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qa_analyzer.analysis.call_analysis import ActTag
from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.call_view import CallView
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.rules.outcome import Hit, Outcome, State
from qa_analyzer.scoring.rules.scope import Regions, inside
from qa_analyzer.scoring.rules.text import TextRule


class ActRule(TextRule):
    """Sentences that perform one of these acts. Where no model looked for acts it never hits.

    A sentence that performs an act of ``rather`` more probably does not count. From ``sure_from`` on a hit
    may stand alone for a red line.
    """

    kind: Literal["act"] = "act"
    acts: tuple[str, ...] = Field(min_length=1)
    rather: tuple[str, ...] = ()
    min_probability: float = Field(default=0.5, ge=0, le=1)
    sure_from: float = Field(default=1.0, ge=0, le=1)

    def decide(self, view: CallView, role: Role | None, regions: Regions) -> Outcome:
        found = view.analysis.acts
        if found is None or not view.layers.semantic:
            return Outcome(State.MISS, windows=(view.searched(role, regions),))
        better = {_place(tag): tag.probability for tag in found if tag.act in self.rather}
        hits = (
            self._hit(view, tag)
            for tag in found
            if tag.act in self.acts
            and tag.probability >= self.min_probability
            and tag.probability >= better.get(_place(tag), 0.0)
            and (role is None or view.turns[tag.turn_index].role is role)
        )
        kept = tuple(hit for hit in hits if inside(hit, regions))
        return self.answer(view, role, regions, kept, len(kept))

    def _hit(self, view: CallView, tag: ActTag) -> Hit:
        return view.hit_at(
            view.turns[tag.turn_index],
            tag.char_start,
            tag.char_end,
            MatchKind.SEMANTIC,
            label=tag.act,
            distance=round(1 - tag.probability, 4),
            sure=tag.probability >= self.sure_from,
        )


def _place(tag: ActTag) -> tuple[int, int, int]:
    return tag.turn_index, tag.char_start, tag.char_end
