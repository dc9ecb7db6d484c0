"""Sentences from the slot grammar, each with the feeling its readers would see in it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

_SLOT = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_NEUTRAL_LEADS = ("assent", "give_data", "question", "charge_question", "self_blame")


@dataclass(frozen=True, slots=True)
class Example:
    """One training text. ``label`` holds the shares of negative, neutral and positive readers."""

    text: str
    label: tuple[float, float, float]
    weight: float = 1.0
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences of one intent and one feeling."""

    intent: str
    label: tuple[float, float, float]
    patterns: tuple[str, ...]

    @property
    def by_agent(self) -> bool:
        return self.intent.startswith("a_")


class Grammar:
    """The slot grammar of ``service_grammar.yaml``."""

    def __init__(self, path: Path) -> None:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._slots: Mapping[str, Sequence[str]] = document["slots"]
        self.groups = tuple(
            Group(group["intent"], tuple(group["label"]), tuple(group["patterns"]))
            for group in document["groups"]
        )

    def sentence(self, pattern: str, dice: random.Random) -> str:
        """Fill every slot of a pattern."""
        while match := _SLOT.search(pattern):
            pattern = pattern[: match.start()] + dice.choice(self._slots[match[1]]) + pattern[match.end() :]
        while match := _CHOICE.search(pattern):
            pattern = pattern[: match.start()] + dice.choice(match[1].split("|")) + pattern[match.end() :]
        return pattern.strip("，")

    def examples(self, count: int, dice: random.Random) -> list[Example]:
        """Draw ``count`` different sentences, about a third of them joined from two."""
        weights = [len(group.patterns) ** 0.7 for group in self.groups]
        found: dict[str, Example] = {}
        for _ in range(count * 20):
            if len(found) >= count:
                break
            group = dice.choices(self.groups, weights)[0]
            example = self._draw(group, dice)
            if dice.random() < 0.33:
                example = self._joined(group, example, dice)
            found.setdefault(example.text, example)
        return list(found.values())

    def _draw(self, group: Group, dice: random.Random) -> Example:
        text = self.sentence(dice.choice(group.patterns), dice)
        if dice.random() < 0.3:
            text += dice.choice("。。？！" if group.label[0] > 0.5 else "。。。？")
        return Example(text, group.label, 1.0, group.intent)

    def _joined(self, group: Group, example: Example, dice: random.Random) -> Example:
        """Put a second sentence before: of the same feeling, or one without any."""
        alike = [
            other
            for other in self.groups
            if other.by_agent == group.by_agent
            and (max(range(3), key=other.label.__getitem__) == max(range(3), key=group.label.__getitem__))
        ]
        if not group.by_agent and dice.random() < 0.4:
            alike = [other for other in self.groups if other.intent in _NEUTRAL_LEADS]
        other = dice.choice(alike)
        lead = self._draw(other, dice)
        mark = "" if lead.text[-1:] in "。？！" else dice.choice("，，。")
        stronger = max(group.label, other.label, key=lambda label: 1 - label[1])
        intent = example.intent if other.intent == group.intent else None
        return Example(lead.text + mark + example.text, stronger, 1.0, intent)
