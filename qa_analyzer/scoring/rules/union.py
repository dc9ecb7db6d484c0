"""The one list of rule kinds. To add a kind: write its model with ``kind`` and ``judge``, name it here."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from qa_analyzer.scoring.rules import combine, order
from qa_analyzer.scoring.rules.acts import ActRule
from qa_analyzer.scoring.rules.combine import (
    AllRule,
    AnyRule,
    AssumeRule,
    AtLeastRule,
    ConstantRule,
    NotRule,
    UseRule,
)
from qa_analyzer.scoring.rules.facts import ComplaintRule, FieldRule, SentimentRule, ShapeRule
from qa_analyzer.scoring.rules.figures import InterruptionRule, MetricRule, SilenceRule
from qa_analyzer.scoring.rules.order import ConditionalRule, OrderRule
from qa_analyzer.scoring.rules.restates import RestatesRule
from qa_analyzer.scoring.rules.text import PhrasesRule, RegexRule, SemanticRule

Rule = Annotated[
    PhrasesRule
    | RegexRule
    | SemanticRule
    | ActRule
    | RestatesRule
    | OrderRule
    | ConditionalRule
    | MetricRule
    | SilenceRule
    | InterruptionRule
    | SentimentRule
    | ComplaintRule
    | FieldRule
    | ShapeRule
    | AllRule
    | AnyRule
    | NotRule
    | AtLeastRule
    | AssumeRule
    | UseRule
    | ConstantRule,
    Field(discriminator="kind"),
]

RULE_KINDS = get_args(get_args(Rule)[0])

# Rules contain rules: the modules that name ``Rule`` in annotations get it here, once it exists.
for _module in (combine, order):
    _module.Rule = Rule  # type: ignore[attr-defined]
for _model in (AllRule, AnyRule, NotRule, AtLeastRule, AssumeRule, OrderRule, ConditionalRule):
    _model.model_rebuild(_types_namespace={"Rule": Rule, "CallView": object})
