"""What stands in a scorecard file: sections, criteria, rules, phrase families and examples."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qa_analyzer.scoring.evaluation import Verdict
from qa_analyzer.scoring.phrase_family import PhraseFamily
from qa_analyzer.scoring.rules.union import Rule

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$")]


class _FilePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExampleTurn(_FilePart):
    """One turn of an example, with what a recording would tell about it."""

    role: Literal["agent", "customer"]
    text: str
    pause_before_s: float | None = None
    overlap_s: float | None = None
    negative: bool = Field(default=False, description="the customer is upset here")
    complaint: str | None = Field(default=None, description="complaint code to assume here")
    act: str | None = Field(default=None, description="act that the model is assumed to read here")
    probability: float = Field(default=1.0, ge=0, le=1, description="how probable that act is")


class Example(_FilePart):
    """A short conversation and the verdict that the criterion must give on it."""

    verdict: Verdict
    turns: tuple[ExampleTurn | str, ...] = Field(description="role and text, or 坐席：… / 客户：…")
    direction: Literal["inbound", "outbound"] | None = None
    hour: int | None = Field(default=None, ge=0, le=23, description="local hour of the call")
    speech_rate_cpm: float | None = None
    roles_known: bool = True
    note: str = ""


class EnglishExplanations(_FilePart):
    """The same sentences for readers of English; ``{quote}`` is what was said, in its own language."""

    pass_: str = Field(alias="pass", default="Meets the standard.")
    fail: str = Field(default="Does not meet the standard.")
    na: str = Field(default="Does not apply to this call.")
    unscorable: str = Field(default="Cannot be judged; a person should listen.")


class Explanations(_FilePart):
    """One sentence for each verdict; ``{quote}`` is what was said, ``{reason}`` what a rule noted."""

    pass_: str = Field(alias="pass", default="符合要求。")
    fail: str = Field(default="不符合要求。")
    na: str = Field(default="本通电话不适用。")
    unscorable: str = Field(default="听不清或信息不足，请人工复核。")
    en: EnglishExplanations | None = Field(
        default=None, description="sentences for English reports; without them these stay as written above"
    )


class Criterion(_FilePart):
    """One thing that is judged.

    Asked in this order: ``unscorable_when``, ``na_when`` and ``applies_when``, ``fail_when``, ``pass_when``.
    Without ``pass_when`` a call passes unless ``fail_when`` hits. ``auto_fail`` makes the whole call 0, and
    asks for evidence that does not rest on sound alone.
    """

    id: Identifier
    name: str
    weight: float = Field(default=0, ge=0, le=100)
    auto_fail: bool = False
    roles_matter: bool = Field(default=True, description="unscorable while it is not known who is the agent")
    guidance: str = Field(default="", description="how a human should read this criterion")
    unscorable_when: Rule | None = None
    na_when: Rule | None = None
    applies_when: Rule | None = None
    fail_when: Rule | None = None
    pass_when: Rule | None = None
    min_heard: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of the agent's speech that must be heard to pass for lack of a fault",
    )
    explain: Explanations = Explanations()
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _decides(self) -> Criterion:
        if self.fail_when is None and self.pass_when is None:
            raise ValueError("needs pass_when, fail_when or both")
        if self.auto_fail and self.fail_when is None:
            raise ValueError("an auto_fail criterion needs fail_when")
        if not self.auto_fail and self.weight == 0:
            raise ValueError("needs a weight above 0, or auto_fail: true")
        return self


class Section(_FilePart):
    """Criteria that belong together."""

    id: Identifier
    name: str
    criteria: tuple[Criterion, ...] = Field(min_length=1)


class GradeLimits(_FilePart):
    """Percent from which each grade is given."""

    excellent: float = 90
    pass_: float = Field(alias="pass", default=80)
    to_improve: float = 60

    @model_validator(mode="after")
    def _falling(self) -> GradeLimits:
        if not 100 >= self.excellent >= self.pass_ >= self.to_improve >= 0:
            raise ValueError("grades must fall: excellent >= pass >= to_improve")
        return self


class ScorecardFile(_FilePart):
    """A scorecard as its file writes it."""

    id: Identifier
    version: str
    name: str
    description: str = ""
    extends: str | None = Field(
        default=None, description="file beside this one whose slots, families and definitions it may use"
    )
    grades: GradeLimits = GradeLimits()
    slots: dict[str, str] = Field(
        default_factory=dict, description="templates that other templates name as {slot}"
    )
    families: dict[Identifier, PhraseFamily] = Field(default_factory=dict)
    definitions: dict[Identifier, Rule] = Field(
        default_factory=dict, description="rules that others use or hang on"
    )
    sections: tuple[Section, ...] = Field(min_length=1)
