"""Rules about what else is known of a call: sentiment, complaints, metadata, its shape."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.analysis.call_analysis import SentimentLabel
from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.heard import unheard_remarks
from qa_analyzer.scoring.rules.outcome import Hit, Outcome, State
from qa_analyzer.scoring.rules.scope import RoleName, Scope, role_of

if TYPE_CHECKING:
    from qa_analyzer.scoring.call_view import CallView


class _FactRule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SentimentRule(_FactRule):
    """Turns of a role with one of these labels; ``shift`` asks for the customer's change instead."""

    kind: Literal["sentiment"] = "sentiment"
    role: RoleName = "customer"
    labels: tuple[SentimentLabel, ...] = (SentimentLabel.NEGATIVE,)
    min_confidence: float = Field(default=0.0, ge=0, le=1)
    max_score: float = Field(default=1.0, ge=-1, le=1)
    min_turns: int = Field(default=1, ge=1)
    min_chars: int = Field(default=1, ge=1, description="shorter turns carry no feeling that can be read")
    shift: Literal["improved", "unchanged", "worsened"] | None = None
    scope: Scope = Scope()

    def judge(self, view: CallView) -> Outcome:
        sentiment = view.analysis.sentiment
        if self.shift is not None:
            if sentiment.shift is None:
                return Outcome(State.UNKNOWN, note="没有可判断情绪的客户话语")
            return Outcome(State.HIT if sentiment.shift == self.shift else State.MISS)
        regions = self.scope.regions(view, role_of(self.role))
        if regions is None:
            return Outcome(State.UNKNOWN, note="无法确定查找范围")
        hits = []
        for found in sentiment.turns:
            turn = view.turns[found.turn_index]
            counts = found.label in self.labels and found.confidence >= self.min_confidence
            counts = (
                counts and found.score <= self.max_score and len(spoken(turn.text).chars) >= self.min_chars
            )
            if counts and found.turn_index in regions:
                note = f"情绪{found.score:+.2f}"
                hits.append(
                    Hit(
                        turn.index,
                        turn.role,
                        turn.text,
                        MatchKind.MEASURE,
                        0,
                        len(turn.text),
                        turn.start_s,
                        turn.end_s,
                        label=found.label.value,
                        note=note,
                    )
                )
        return Outcome(State.HIT if len(hits) >= self.min_turns else State.MISS, tuple(hits))


class ComplaintRule(_FactRule):
    """A complaint or risk that was tagged, by code or class; none named means any complaint."""

    kind: Literal["complaint"] = "complaint"
    codes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()

    def judge(self, view: CallView) -> Outcome:
        complaints = view.analysis.complaints
        named = bool(self.codes or self.classes or self.risks)
        tags = [
            tag
            for tag in complaints
            if not named or tag.code in self.codes or tag.complaint_class in self.classes
        ] + [tag for tag in view.analysis.risks if tag.code in self.risks]
        hits = []
        for tag in sorted(tags, key=lambda tag: (tag.turn_index, tag.char_start, tag.code)):
            turn = view.turns[tag.turn_index]
            start_s, end_s = view.moment(turn, tag.char_start, tag.char_end)
            kind = MatchKind(tag.match_kind)
            quote = turn.text[tag.char_start : tag.char_end]
            hits.append(
                Hit(
                    turn.index,
                    turn.role,
                    quote,
                    kind,
                    tag.char_start,
                    tag.char_end,
                    start_s,
                    end_s,
                    label=tag.code,
                )
            )
        return Outcome(State.HIT if hits else State.MISS, tuple(hits))


class FieldRule(_FactRule):
    """A field of the manifest. UNKNOWN where the manifest does not say, unless ``exists`` asks just that."""

    kind: Literal["field"] = "field"
    name: str = Field(min_length=1, description="a field of the call, or another column of the manifest")
    one_of: tuple[str, ...] = ()
    exists: bool | None = None
    hour_from: int | None = Field(
        default=None, ge=0, le=24, description="for started_at: not before this hour"
    )
    hour_until: int | None = Field(default=None, ge=0, le=24, description="for started_at: before this hour")

    def judge(self, view: CallView) -> Outcome:
        call = view.analysis.transcript.call
        value = getattr(call, self.name, None) if self.name != "extra" else None
        if value is None:
            value = dict(call.extra).get(self.name)
        if self.exists is not None:
            return Outcome(State.HIT if (value is not None) == self.exists else State.MISS)
        if value is None:
            return Outcome(State.UNKNOWN, note=f"清单里没有{self.name}")
        hour = getattr(value, "hour", None)
        if (self.hour_from is not None or self.hour_until is not None) and hour is not None:
            good = (self.hour_from is None or hour >= self.hour_from) and (
                self.hour_until is None or hour < self.hour_until
            )
        else:
            good = str(value) in self.one_of
        note = f"{self.name}：{value}"
        hit = Hit(None, Role.UNKNOWN, "", MatchKind.MEASURE, label=self.name, note=note)
        return Outcome(State.HIT if good else State.MISS, (hit,), note=note)


class ShapeRule(_FactRule):
    """The shape of the call: who speaks first or last, how long turns are, what the input can tell."""

    kind: Literal["shape"] = "shape"
    is_: Literal[
        "text_only", "mono", "has_overlap", "ends_with_customer",
        "ends_with_agent", "starts_with_customer", "starts_with_agent", "second_agent", "unheard_end",
        "unheard_agent",
    ] = Field(alias="is")  # fmt: skip

    def judge(self, view: CallView) -> Outcome:
        return _SHAPES[self.is_](view)


def _truth(value: bool | None, hit: Hit | None = None) -> Outcome:
    if value is None:
        return Outcome(State.UNKNOWN)
    return Outcome(State.HIT if value else State.MISS, (hit,) if hit is not None and value else ())


def _edge(view: CallView, role: Role, *, last: bool) -> Outcome:
    """Say who has the first or last turn."""
    turns = [turn for turn in view.turns if spoken(turn.text).chars or unheard_remarks(turn.text)]
    if not turns:
        return Outcome(State.UNKNOWN, note="没有可用的话语")
    turn = turns[-1 if last else 0]
    return _truth(turn.role is role, view.hit_at(turn, 0, len(turn.text), MatchKind.MEASURE, label="edge"))


def _second_agent(view: CallView) -> bool:
    turns = [turn for turn in view.turns if turn.text.strip()]
    return any(
        one.role is Role.AGENT and two.role is Role.AGENT and "工号" in two.text
        for one, two in pairwise(turns)
    )


def _unheard_end(view: CallView) -> bool:
    return any(unheard_remarks(turn.text) for turn in view.turns[-2:])


def _unheard_agent(view: CallView) -> bool:
    return any(unheard_remarks(turn.text) for turn in view.turns_of(Role.AGENT))


_SHAPES = {
    "text_only": lambda view: _truth(view.analysis.transcript.audio is None),
    "mono": lambda view: _truth(
        view.analysis.transcript.audio is not None and view.analysis.transcript.audio.channels == 1
    ),
    "has_overlap": lambda view: _truth(view.analysis.transcript.overlap_known),
    "ends_with_customer": lambda view: _edge(view, Role.CUSTOMER, last=True),
    "ends_with_agent": lambda view: _edge(view, Role.AGENT, last=True),
    "starts_with_customer": lambda view: _edge(view, Role.CUSTOMER, last=False),
    "starts_with_agent": lambda view: _edge(view, Role.AGENT, last=False),
    "second_agent": lambda view: _truth(_second_agent(view)),
    "unheard_end": lambda view: _truth(_unheard_end(view)),
    "unheard_agent": lambda view: _truth(_unheard_agent(view)),
}
