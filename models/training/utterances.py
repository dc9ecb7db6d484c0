"""Reads the labelled utterances and says which label is a yes, a no, or not known for each line."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from qa_analyzer.analysis.act_model import plain
from qa_analyzer.analysis.acts import FEELS_NEGATIVE, FEELS_POSITIVE

SIDES = ("agent", "customer")
NOTHING = {"none", "other"}
#: A label with fewer utterances cannot be learned.
MIN_UTTERANCES = 25
#: The third column of customers' lines, as labels.
FEELINGS = {"neg": FEELS_NEGATIVE, "pos": FEELS_POSITIVE, "neu": None}
_OPENINGS = {"greet", "introduce", "offer", "offer_rude", "convenience"}
# Lines of the one may well perform the other too, although they do not carry its label.
_MAY_ALSO_BE = {
    "put_down": {"abuse"},
    "attitude": {"offended"},
    "explain_or_solve": {
        "commit_time", "push_away", "referral_ok", "cold_ok", "vague_time", "transfer", "credential",
        "done", "pending",
    },
    "data_question": {"readback_other", "credential_ok", "empathy", "restate", "hold_announce"},
    "closing": {"further_help", "further_help_closed"},
    "hold_return": {"apology_other", "done"},
    "hold_announce": {"transfer", "transfer_bare"},
    "restate": {"cold_ok"},
    "cold_ok": {"push_away", "done"},
    "greeting_offer": _OPENINGS,
    **{opening: {"greeting_offer"} for opening in _OPENINGS},
    "referral_ok": {"takes_over"},
    "takes_over": {"commit_time", "transfer", "empathy", "pending"},
    "commit_time": {"takes_over"},
    "transfer": {"takes_over"},
    "pending": {"commit_time", "vague_time", "push_away", "transfer", "referral_ok"},
    "vague_time": {"pending"},
    "done": {"explain_or_solve", "cold_ok", "referral_ok", "credential", "hold_return", "done_unasked"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line; ``author`` is the number in the file's name."""

    side: str
    author: str
    labels: frozenset[str]
    text: str

    @property
    def held_out(self) -> bool:
        """One line in eight is kept from training, by the digest of its text."""
        return hashlib.sha256(self.text.encode()).digest()[0] < 32


def read_utterances(folder: Path) -> list[Utterance]:
    """Read every ``agent_*.tsv`` and ``customer_*.tsv``; ValueError names a line that cannot be read."""
    utterances = []
    for path in sorted(folder.glob("*.tsv")):
        side, _, author = path.stem.partition("_")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            cells = line.split("\t")
            if side not in SIDES or len(cells) < 2 or not plain(cells[1]):
                raise ValueError(f"{path.name}:{number}: not an utterance: {line!r}")
            labels = frozenset(cells[0].split(",")) - NOTHING
            if side == "customer":
                if len(cells) < 3 or cells[2] not in FEELINGS:
                    raise ValueError(f"{path.name}:{number}: no feeling of {sorted(FEELINGS)}: {line!r}")
                labels |= {feeling} if (feeling := FEELINGS[cells[2]]) else set()
            utterances.append(Utterance(side, author, labels, plain(cells[1])))
    return utterances


def labels_of(utterances: Iterable[Utterance]) -> dict[str, list[str]]:
    """Return the labels of each side that have enough utterances, sorted."""
    counts = Counter((one.side, label) for one in utterances for label in one.labels)
    return {
        side: sorted(label for (of, label), count in counts.items() if of == side and count >= MIN_UTTERANCES)
        for side in SIDES
    }


def targets(utterances: Sequence[Utterance], labels: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return the wanted answers, and a weight that is 0 where the answer is not known."""
    wanted = torch.zeros(len(utterances), len(labels))
    known = torch.ones(len(utterances), len(labels))
    for row, utterance in enumerate(utterances):
        for column, label in enumerate(labels):
            if label in utterance.labels:
                wanted[row, column] = 1
            elif _MAY_ALSO_BE.get(label, set()) & utterance.labels:
                known[row, column] = 0
    return wanted, known
