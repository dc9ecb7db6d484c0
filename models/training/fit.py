"""Fits the small encoder: first to the pretrained one's hidden states, then to feelings and meanings."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from qa_analyzer.analysis.bert import build_bert
from training.e5_package import Pretrained
from training.grammar import Example

__all__ = ["Batcher", "ServiceEncoder", "Task", "fit", "imitate", "meanings", "replace", "shallow", "task_of"]

PADDING = 1
CONTRAST_TEMPERATURE = 0.1
Report = Callable[[str], None]


class ServiceEncoder(nn.Module):
    """The encoder with its two heads. Meaning is the mean hidden state; the heads read the first."""

    def __init__(self, shape: dict[str, int | float | str]) -> None:
        super().__init__()
        self.bert = build_bert({**shape, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1})
        self.sentiment = nn.Linear(int(shape["hidden_size"]), 3)
        self.satisfaction = nn.Linear(int(shape["hidden_size"]), 5)

    def hidden(self, ids: Tensor) -> Tensor:
        return self.bert(input_ids=ids, attention_mask=ids.ne(PADDING).long()).last_hidden_state


def mean_of(hidden: Tensor, ids: Tensor) -> Tensor:
    """Return the unit mean of the hidden states of real tokens."""
    mask = ids.ne(PADDING).unsqueeze(-1).to(hidden.dtype)
    return functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)


def shallow(teacher: Pretrained, layers: Sequence[int]) -> ServiceEncoder:
    """Return an encoder of some of the teacher's layers, with new heads."""
    student = ServiceEncoder({**teacher.shape, "num_hidden_layers": len(layers)})
    weights = {name: tensor for name, tensor in teacher.weights.items() if ".layer." not in name}
    for place, layer in enumerate(layers):
        prefix = f"encoder.layer.{layer}."
        weights |= {
            f"encoder.layer.{place}.{name.removeprefix(prefix)}": tensor.clone()
            for name, tensor in teacher.weights.items()
            if name.startswith(prefix)
        }
    student.bert.load_state_dict(weights)
    return student


class Batcher:
    """Turns texts into padded token numbers."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens

    def ids(self, texts: Sequence[str]) -> Tensor:
        """Encode and pad; a text that is too long loses its front."""
        rows = []
        for encoding in self._tokenizer.encode_batch(list(texts)):
            row = encoding.ids
            rows.append(row if len(row) <= self._max_tokens else [row[0], *row[-(self._max_tokens - 1) :]])
        padded = torch.full((len(rows), max(map(len, rows))), PADDING)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = torch.tensor(row)
        return padded


def by_length(texts: Sequence[str], size: int, dice: random.Random) -> list[list[int]]:
    """Return shuffled batches of row numbers whose texts are of like length."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]) + dice.random() * 6)
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    dice.shuffle(cut)
    return cut


def imitate(
    student: ServiceEncoder,
    teacher: nn.Module,
    texts: Sequence[str],
    batcher: Batcher,
    dice: random.Random,
    *,
    rate: float,
    minutes: float,
    report: Report,
) -> None:
    """Teach the student the teacher's hidden states, token by token, for at most ``minutes``."""
    groups = by_length(texts, 48, dice)
    optimizer = torch.optim.AdamW(student.bert.parameters(), lr=rate, weight_decay=0.01)
    clock = Schedule(optimizer, rate, len(groups), minutes)
    student.train()
    for step, rows in enumerate(groups):
        ids = batcher.ids([texts[row] for row in rows])
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                known = ids.ne(PADDING).long()
                wanted = teacher(input_ids=ids, attention_mask=known).last_hidden_state.float()
            given = student.hidden(ids).float()
        mask = ids.ne(PADDING).unsqueeze(-1).float()
        apart = ((given - wanted).pow(2) * mask).sum() / (wanted.pow(2) * mask).sum()
        loss = apart + (1 - (mean_of(given, ids) * mean_of(wanted, ids)).sum(1)).mean() * 5
        clock.step(loss, student.bert)
        if step % 50 == 0:
            report(f"imitate {step}/{len(groups)} loss {loss.item():.4f}")
        if clock.over:
            report(f"imitate: time is up after {step + 1} of {len(groups)} batches")
            break


@torch.no_grad()
def meanings(teacher: nn.Module, texts: Sequence[str], batcher: Batcher) -> Tensor:
    """Return the teacher's unit vectors around their common mean.

    All vectors of the pretrained encoder lie close together; taking the mean off spreads them.
    """
    vectors = torch.zeros(len(texts), 384)
    for rows in by_length(texts, 96, random.Random(0)):
        ids = batcher.ids([texts[row] for row in rows])
        with torch.autocast("cpu", torch.bfloat16):
            hidden = teacher(input_ids=ids, attention_mask=ids.ne(PADDING).long()).last_hidden_state
        vectors[rows] = mean_of(hidden.float(), ids)
    return functional.normalize(vectors - vectors.mean(0, keepdim=True), dim=1)


@dataclass(frozen=True, slots=True)
class Task:
    """Texts of one kind. ``meanings`` are wanted vectors, ``votes`` wanted vote shares of dialogues."""

    name: str
    texts: Callable[[], Sequence[str]]
    size: int
    labels: Tensor | None = None
    weights: Tensor | None = None
    votes: Tensor | None = None
    meanings: Tensor | None = None
    intents: Tensor | None = None
    scale: float = 1.0


def task_of(name: str, examples: Sequence[Example], noise: Callable[[str], str], size: int) -> Task:
    """Make a sentiment task whose texts are misheard anew each time they are drawn."""
    intents = sorted({example.intent for example in examples if example.intent})
    numbers = [intents.index(example.intent) if example.intent else -1 for example in examples]
    return Task(
        name,
        lambda: [noise(example.text) for example in examples],
        size,
        labels=torch.tensor([example.label for example in examples]),
        weights=torch.tensor([example.weight for example in examples]),
        intents=torch.tensor(numbers) if intents else None,
    )


def fit(
    student: ServiceEncoder,
    tasks: Sequence[Task],
    batcher: Batcher,
    dice: random.Random,
    *,
    epochs: int,
    rate: float,
    minutes: float,
    report: Report,
) -> None:
    """Fit all tasks together, their batches shuffled among each other, for at most ``minutes``."""
    heads = [*student.sentiment.parameters(), *student.satisfaction.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": student.bert.parameters(), "lr": rate}, {"params": heads, "lr": rate * 10}],
        weight_decay=0.01,
    )
    steps = sum(-(-len(task.texts()) // task.size) for task in tasks) * epochs
    clock = Schedule(optimizer, rate, steps, minutes)
    student.train()
    for epoch in range(epochs):
        losses: dict[str, list[float]] = {task.name: [] for task in tasks}
        for task, texts, rows in _mixed(tasks, dice):
            loss = _loss(student, task, batcher.ids(texts), torch.tensor(rows))
            clock.step(loss, student)
            losses[task.name].append(loss.item())
            if clock.done % 100 == 0:
                recent = {
                    name: round(sum(seen[-50:]) / len(seen[-50:]), 3) for name, seen in losses.items() if seen
                }
                report(f"fit epoch {epoch + 1} step {clock.done}/{steps} {recent}")
            if clock.over:
                report(f"fit: time is up after {clock.done} of {steps} batches")
                return


def _mixed(tasks: Sequence[Task], dice: random.Random) -> Iterator[tuple[Task, list[str], list[int]]]:
    planned = []
    for task in tasks:
        texts = task.texts()
        planned += [(task, [texts[row] for row in rows], rows) for rows in by_length(texts, task.size, dice)]
    dice.shuffle(planned)
    yield from planned


def _loss(student: ServiceEncoder, task: Task, ids: Tensor, rows: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        hidden = student.hidden(ids)
    hidden = hidden.float()
    loss = torch.zeros(())
    if task.labels is not None and task.weights is not None:
        weights = task.weights[rows]
        each = functional.cross_entropy(student.sentiment(hidden[:, 0]), task.labels[rows], reduction="none")
        loss = loss + (each * weights).sum() / weights.sum()
    if task.votes is not None:
        loss = loss + functional.cross_entropy(student.satisfaction(hidden[:, 0]), task.votes[rows])
    if task.meanings is not None or task.intents is not None:
        vectors = mean_of(hidden, ids)
        if task.meanings is not None:
            held = rows < len(task.meanings)  # only the first texts have a wanted vector
            if bool(held.any()):
                loss = loss + (1 - (vectors[held] * task.meanings[rows[held]]).sum(1)).mean()
        if task.intents is not None:
            loss = loss + 0.15 * _contrast(vectors, task.intents[rows])
    return loss * task.scale


def _contrast(vectors: Tensor, intents: Tensor) -> Tensor:
    """Supervised contrast: sentences of one intent together, others apart; -1 is left out."""
    clear = intents >= 0
    vectors, intents = vectors[clear], intents[clear]
    alike = intents[:, None].eq(intents[None, :]).float()
    alike.fill_diagonal_(0)
    found = alike.sum(1)
    if not bool(found.any()):
        return torch.zeros(())
    scores = (vectors @ vectors.T) / CONTRAST_TEMPERATURE
    scores = scores.masked_fill(torch.eye(len(vectors), dtype=torch.bool), -1e4)
    logs = scores.log_softmax(dim=1)
    return -((logs * alike).sum(1)[found > 0] / found[found > 0]).mean()


class Schedule:
    """Optimiser steps with warm-up and linear decay, whichever of steps and minutes runs out first."""

    def __init__(self, optimizer: torch.optim.Optimizer, rate: float, steps: int, minutes: float) -> None:
        self._optimizer = optimizer
        self._scales = [float(group["lr"]) / rate for group in optimizer.param_groups]
        self._rate, self._steps, self._seconds = rate, steps, minutes * 60
        self._start = time.monotonic()
        self.done = 0

    @property
    def over(self) -> bool:
        return time.monotonic() - self._start > self._seconds

    def step(self, loss: Tensor, model: nn.Module) -> None:
        gone = max(self.done / self._steps, (time.monotonic() - self._start) / self._seconds)
        rate = self._rate * min(1.0, (self.done + 1) / (0.06 * self._steps)) * max(0.02, 1 - gone)
        for group, scale in zip(self._optimizer.param_groups, self._scales, strict=True):
            group["lr"] = rate * scale
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        self._optimizer.step()
        self.done += 1
