"""Rules about words: phrase families, regular expressions, and likeness in meaning."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

import regex
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.heard import MIN_HEARD_SHARE
from qa_analyzer.scoring.phrase_family import PhraseFamily
from qa_analyzer.scoring.rules.outcome import Hit, Outcome, State
from qa_analyzer.scoring.rules.scope import Regions, RoleName, Scope, inside, role_of
from qa_analyzer.speech.transcript import Turn

if TYPE_CHECKING:
    from qa_analyzer.scoring.call_view import CallView

#: One search of one turn may take this long; a pattern that needs more is a mistake.
REGEX_TIMEOUT_S = 0.25


def _valid_regex(pattern: str) -> str:
    try:
        regex.compile(pattern)
    except regex.error as problem:
        raise ValueError(f"not a regular expression: {problem}") from problem
    return pattern


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return a pattern that was found to be valid, ready to search."""
    return regex.compile(pattern)


RegexText = Annotated[str, AfterValidator(_valid_regex)]


class TextRule(BaseModel):
    """What rules about words share. ``min_heard`` is the share of the searched stretch that must have been
    heard before "not found" is an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: RoleName = "agent"
    scope: Scope = Scope()
    min_hits: int = Field(default=1, ge=1)
    max_hits: int | None = Field(default=None, ge=0)
    min_heard: float = Field(default=MIN_HEARD_SHARE, ge=0, le=1)

    def judge(self, view: CallView) -> Outcome:
        role = role_of(self.role)
        regions = self.scope.regions(view, role)
        if regions is None:
            return Outcome(State.UNKNOWN, note="无法确定查找范围")
        return self.decide(view, role, regions)

    def decide(self, view: CallView, role: Role | None, regions: Regions) -> Outcome:
        raise NotImplementedError

    def answer(
        self, view: CallView, role: Role | None, regions: Regions, hits: tuple[Hit, ...], count: int
    ) -> Outcome:
        """Turn hits into an outcome: enough of them, too many, or not enough in what was heard."""
        if self.max_hits is not None and count > self.max_hits:
            return Outcome(State.MISS, hits)
        if count >= self.min_hits:
            return Outcome(State.HIT, hits)
        window = view.searched(role, regions)
        if window.heard_share < self.min_heard:
            return Outcome(
                State.UNKNOWN,
                hits,
                (window,),
                note=f"查找范围内只听清了{window.heard_share:.0%}，不足以断定没有说",
            )
        return Outcome(State.MISS, hits, (window,))


class Doubt(BaseModel):
    """Acts that speak against a phrase.

    A hit in a piece of speech that performs one of ``acts`` with at least ``min_probability``, and none of
    ``unless`` at all, does not count. Where ``unless`` is not near with at least ``sure_from``, a hit that
    counts is not certain: words alone are no proof for a red line. Without a model of acts every hit counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    acts: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    min_probability: float = Field(default=0.8, ge=0, le=1)
    sure_from: float = Field(default=0.0, ge=0, le=1)

    def weigh(self, hit: Hit, view: CallView) -> Hit | None:
        """Return the hit as far as the acts around bear it out; None where something else is done there."""
        if not view.layers.semantic or view.analysis.acts is None:
            return hit
        around = [
            tag
            for tag in view.analysis.acts
            if tag.turn_index == hit.turn_index
            and tag.char_start < (hit.char_end or 0)
            and (hit.char_start or 0) < tag.char_end
        ]
        borne_out = [tag.probability for tag in around if tag.act in self.unless]
        if borne_out:
            return hit if max(borne_out) >= self.sure_from else replace(hit, certain=False)
        if any(tag.act in self.acts and tag.probability >= self.min_probability for tag in around):
            return None
        return replace(hit, certain=False) if self.unless else hit


class PhrasesRule(TextRule):
    """Phrases of named families, or written here; counted by hits or by distinct families."""

    kind: Literal["phrases"] = "phrases"
    families: tuple[str, ...] = ()
    say: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    sound: bool = True
    min_families: int | None = Field(
        default=None, ge=1, description="how many different families must be heard"
    )
    doubt: Doubt | None = None

    @model_validator(mode="after")
    def _names_something(self) -> PhrasesRule:
        if bool(self.families) == bool(self.say):
            raise ValueError("give either families or say")
        if self.unless and not self.say:
            raise ValueError("unless belongs to say; a family has its own")
        if self.min_families is not None and self.min_families > len(self.families):
            raise ValueError("min_families asks for more families than are named")
        return self

    @property
    def inline_key(self) -> str:
        """Name the family that is written in the rule itself."""
        return "=" + "|".join((*self.say, "/", *self.unless, str(self.sound)))

    @property
    def family_keys(self) -> tuple[str, ...]:
        return self.families or (self.inline_key,)

    def inline_family(self) -> PhraseFamily | None:
        return PhraseFamily(say=self.say, unless=self.unless, sound=self.sound) if self.say else None

    def decide(self, view: CallView, role: Role | None, regions: Regions) -> Outcome:
        found = (
            hit
            for key in self.family_keys
            for hit in view.find(view.families[key], role)
            if inside(hit, regions)
        )
        weighed = (self.doubt.weigh(hit, view) if self.doubt is not None else hit for hit in found)
        hits = tuple(
            sorted((hit for hit in weighed if hit is not None), key=lambda hit: (hit.position, hit.label))
        )
        if self.min_families is None:
            return self._named(self.answer(view, role, regions, hits, len(hits)))
        firsts = {hit.label: hit for hit in reversed(hits)}
        distinct = tuple(sorted(firsts.values(), key=lambda hit: hit.position))
        if len(distinct) >= self.min_families:
            return Outcome(State.HIT, distinct)
        return self._named(self.answer(view, role, regions, distinct, 0))

    def _named(self, outcome: Outcome) -> Outcome:
        """Let windows say which families were looked for in them."""
        if not outcome.windows:
            return outcome
        windows = tuple(replace(window, family_keys=self.family_keys) for window in outcome.windows)
        return Outcome(outcome.state, outcome.hits, windows, outcome.note)


class RegexRule(TextRule):
    """A regular expression over one turn: ``spoken`` text has no punctuation, ``text`` is as transcribed."""

    kind: Literal["regex"] = "regex"
    pattern: RegexText
    unless: RegexText | None = None
    over: Literal["spoken", "text"] = "spoken"

    def decide(self, view: CallView, role: Role | None, regions: Regions) -> Outcome:
        hits: list[Hit] = []
        for index in regions:
            try:
                hits.extend(hit for hit in self._in_turn(view, view.turns[index]) if inside(hit, regions))
            except TimeoutError:
                return Outcome(State.UNKNOWN, note=f"正则表达式超时：{self.pattern}")
        return self.answer(view, role, regions, tuple(hits), len(hits))

    def _in_turn(self, view: CallView, turn: Turn) -> list[Hit]:
        said = view.spoken_of(turn.index)
        text = said.chars if self.over == "spoken" else turn.text
        barred = [
            match.span() for match in compiled(self.unless).finditer(text, timeout=REGEX_TIMEOUT_S)
        ] if self.unless else []  # fmt: skip
        hits = []
        for match in compiled(self.pattern).finditer(text, timeout=REGEX_TIMEOUT_S):
            start, end = match.span()
            if start == end or any(left <= start and end <= right for left, right in barred):
                continue
            if self.over == "spoken":
                start, end = said.original_span(start, end)
            hits.append(view.hit_at(turn, start, end, MatchKind.PATTERN, label="regex"))
        return hits


class SemanticRule(TextRule):
    """Sentences that mean the same as one of the examples. Without an encoder it never hits.

    ``threshold`` is the cosine that must be reached, and it must beat the nearest of ``unlike`` too.
    """

    kind: Literal["semantic"] = "semantic"
    like: tuple[str, ...] = Field(min_length=1)
    unlike: tuple[str, ...] = ()
    threshold: float = Field(default=0.9, ge=0, le=1)
    min_chars: int = Field(default=4, ge=1)

    def decide(self, view: CallView, role: Role | None, regions: Regions) -> Outcome:
        if view.similarity is None or not view.layers.semantic:
            return Outcome(State.MISS, windows=(view.searched(role, regions),))
        hits = view.alike(self, regions)
        return self.answer(view, role, regions, hits, len(hits))
