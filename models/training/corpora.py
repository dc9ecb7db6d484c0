"""The public data the model learns from, and the split that keeps a part of it unseen.

The split is by a hash of the text or dialogue id, and so the same on every machine.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
import re
from dataclasses import dataclass
from math import exp
from pathlib import Path

from qa_analyzer.analysis.turn_sentiment import dialogue_text
from qa_analyzer.calls.call import Role
from training.grammar import Example

TEST_SHARE = 0.2  # of the dialogues
REVIEW_TEST_SHARE = 0.08
REVIEW_MAX_CHARS = 110
DISSATISFIED = -0.5  # mean vote at and below which a customer counts as dissatisfied

_MENTION = re.compile(r"@[\w\-·]+|O?网页链接|https?://\S+|t\.cn/\S+")
_FEELINGS = {  # names of chat emoticons; people write them, so the model should know them
    0: (
        "怒",
        "泪",
        "抓狂",
        "衰",
        "失望",
        "晕",
        "鄙视",
        "哼",
        "悲伤",
        "吐",
        "怒骂",
        "伤心",
        "委屈",
        "汗",
        "弱",
    ),
    2: (
        "哈哈",
        "嘻嘻",
        "鼓掌",
        "爱你",
        "心",
        "太开心",
        "赞",
        "good",
        "偷笑",
        "可爱",
        "给力",
        "威武",
        "耶",
        "亲亲",
    ),
}


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One rated helpdesk dialogue. ``votes`` counts the raters' -2, -1, 0, 1 and 2."""

    dialogue_id: str
    turns: tuple[tuple[str, str], ...]
    votes: tuple[int, int, int, int, int]
    mean: float
    telecom: bool
    held_out: bool

    @property
    def customer_turns(self) -> tuple[str, ...]:
        return tuple(text for role, text in self.turns if role == "customer" and text)


@dataclass(frozen=True, slots=True)
class Review:
    """One product review."""

    text: str
    positive: bool
    held_out: bool


def share_of(key: str) -> float:
    """Map a key to [0, 1), evenly and for ever the same."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64


def read_dialogues(path: Path) -> list[Dialogue]:
    """Read the rated dialogues."""
    dialogues = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        votes = row["satisfaction_votes"]
        dialogues.append(
            Dialogue(
                dialogue_id=row["id"],
                turns=tuple((turn["role"], plain(turn["text"])) for turn in row["turns"]),
                votes=tuple(votes.count(vote) for vote in (-2, -1, 0, 1, 2)),
                mean=row["satisfaction_mean"],
                telecom=row["telecom"],
                held_out=share_of(row["id"]) < TEST_SHARE,
            )
        )
    return dialogues


def read_reviews(path: Path) -> list[Review]:
    """Read the reviews; texts that stand twice count once."""
    reviews: dict[str, Review] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = (row["text"] or "").strip()
            if text:
                held_out = share_of(text) < REVIEW_TEST_SHARE
                reviews.setdefault(text, Review(text, row["label"] == "1", held_out))
    return list(reviews.values())


def plain(text: str) -> str:
    """Drop mentions and links: telephone customers say none."""
    return " ".join(_MENTION.sub(" ", text).split())


def last_customer_turn(dialogue: Dialogue) -> str:
    """Return the last thing the customer wrote; empty where nothing remains."""
    return dialogue.customer_turns[-1] if dialogue.customer_turns else ""


def text_of(turns: tuple[tuple[str, str], ...]) -> str:
    """Write a dialogue as one text, as the satisfaction head reads it."""
    return dialogue_text((Role(role), text) for role, text in turns)


def review_example(review: Review, dice: random.Random) -> Example:
    """Cut a review to the length of a turn; sometimes add the emoticon its writer might have used."""
    text = review.text
    if len(text) > REVIEW_MAX_CHARS:
        start = dice.choice((0, 0, dice.randrange(len(text) - REVIEW_MAX_CHARS)))
        text = text[start : start + REVIEW_MAX_CHARS]
    if dice.random() < 0.15:
        name = dice.choice(_FEELINGS[2 if review.positive else 0])
        text += f"[{name}]" * dice.choice((1, 1, 2, 3))
    return Example(text, (0.01, 0.05, 0.94) if review.positive else (0.94, 0.05, 0.01))


def dialogue_examples(dialogue: Dialogue) -> list[Example]:
    """Give turns the weak label of their dialogue's votes: the last customer turn most, agents none."""
    label = vote_label(dialogue.mean)
    customer = dialogue.customer_turns
    examples = [Example(customer[-1], label, 1.0)] if customer else []
    if len(customer) > 1 and len(customer[0]) > 8:
        mild = tuple(0.5 * one + 0.5 * other for one, other in zip(label, (0.5, 0.45, 0.05), strict=True))
        examples.append(Example(customer[0], mild, 0.3))
    agents = [text for role, text in dialogue.turns if role == "agent" and text]
    if agents and share_of(dialogue.dialogue_id + "agent") < 0.6:
        examples.append(Example(agents[0][:REVIEW_MAX_CHARS], (0.02, 0.96, 0.02), 0.5))
    return examples


def vote_label(mean: float) -> tuple[float, float, float]:
    """Turn a mean vote into shares: as many negative as not at the border of dissatisfaction."""
    negative = 1 / (1 + exp(5 * (mean - DISSATISFIED)))
    positive = (1 - negative) / (1 + exp(-5 * (mean + DISSATISFIED)))
    return negative, 1 - negative - positive, positive
