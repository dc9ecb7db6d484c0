"""Train the model of acts `acts-zh` on top of `sentiment-zh` and write its folder.

    python models/train_acts.py --out models/acts-zh [--test-author 2] [--epochs 8]

Learns from the utterances in models/training/acts/, misheard anew in every epoch. One line in eight is kept
from training and places the cuts. With --test-author the lines of that author are left out and only
measured on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.metrics import average_precision_score
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent))

from training import fit
from training.noise import RecognitionNoise
from training.utterances import SIDES, Utterance, labels_of, read_utterances, targets

from qa_analyzer.analysis.act_model import FORMAT, WEIGHTS, features_of
from qa_analyzer.analysis.bert import build_bert, pack_weights, read_weights

HERE = Path(__file__).parent
PADDING = 1
BATCH = 32


class ActReader(nn.Module):
    """The encoder with one head a side; what lies below ``first_layer`` stays as it is."""

    def __init__(self, base: Path, labels: dict[str, list[str]], first_layer: int) -> None:
        super().__init__()
        shape = json.loads((base / "config.json").read_text(encoding="utf-8"))["bert"]
        self.bert = build_bert({**shape, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1})
        weights = read_weights(base / WEIGHTS)
        self.bert.load_state_dict(
            {
                name.removeprefix("bert."): tensor
                for name, tensor in weights.items()
                if name.startswith("bert.")
            }
        )
        self.heads = nn.ModuleDict(
            {side: nn.Linear(2 * int(shape["hidden_size"]), len(names)) for side, names in labels.items()}
        )
        for head in self.heads.values():
            nn.init.constant_(head.bias, -3.0)  # most acts are not performed by most lines
        frozen = ("embeddings", *(f"encoder.layer.{layer}." for layer in range(first_layer)))
        for name, weight in self.bert.named_parameters():
            weight.requires_grad = not name.startswith(frozen)
        self.own = {name for name, weight in self.bert.named_parameters() if weight.requires_grad}

    def logits(self, ids: Tensor, side: str) -> Tensor:
        mask = ids.ne(PADDING)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            hidden = self.bert(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        features = functional.dropout(features_of(hidden.float(), mask), 0.1, self.training)
        answer: Tensor = self.heads[side](features)
        return answer


def main() -> None:
    """Train, measure on what was kept, write."""
    options = _options()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    dice = random.Random(options.seed)
    utterances = read_utterances(options.texts)
    labels = labels_of(utterances)
    if options.test_author is None:
        learned = [one for one in utterances if not one.held_out]
        kept = [one for one in utterances if one.held_out]
    else:
        learned = [one for one in utterances if one.author != options.test_author]
        kept = [one for one in utterances if one.author == options.test_author]
    base = options.models / "sentiment-zh"
    reader = ActReader(base, labels, options.first_layer)
    batcher = fit.Batcher(Tokenizer.from_file(str(base / "tokenizer.json")), 160)
    train(reader, labels, learned, batcher, dice, options)
    shifts = measure(reader, labels, kept, batcher)
    if options.out is not None:
        _save(options.out, base, reader, labels, shifts, options)


def train(
    reader: ActReader,
    labels: dict[str, list[str]],
    learned: list[Utterance],
    batcher: fit.Batcher,
    dice: random.Random,
    options: argparse.Namespace,
) -> None:
    """Fit both heads and the upper layers together, the sides' batches shuffled among each other."""
    noise = RecognitionNoise([one.text for one in learned])
    sides = {side: [one for one in learned if one.side == side] for side in SIDES}
    wanted = {side: targets(lines, labels[side]) for side, lines in sides.items()}
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [weight for weight in reader.bert.parameters() if weight.requires_grad],
                "lr": options.rate,
            },
            {"params": reader.heads.parameters(), "lr": options.rate * 5},
        ],
        weight_decay=0.01,
    )
    steps = sum(-(-len(lines) // BATCH) for lines in sides.values()) * options.epochs
    clock = fit.Schedule(optimizer, options.rate, steps, options.minutes)
    started = time.monotonic()
    reader.train()
    for epoch in range(options.epochs):
        planned = []
        for side, lines in sides.items():
            texts = [noise(one.text, dice) for one in lines]
            planned += [(side, texts, rows) for rows in fit.by_length(texts, BATCH, dice)]
        dice.shuffle(planned)
        losses = []
        for side, texts, rows in planned:
            answers, known = wanted[side]
            logits = reader.logits(batcher.ids([texts[row] for row in rows]), side)
            each = functional.binary_cross_entropy_with_logits(
                logits, answers[rows], weight=known[rows], reduction="sum"
            )
            clock.step(each / len(rows), reader)
            losses.append(each.item() / len(rows))
        print(
            f"{time.monotonic() - started:6.0f} s  epoch {epoch + 1}: loss {np.mean(losses):.3f}", flush=True
        )
        if clock.over:
            print("time is up")
            return


@torch.inference_mode()
def measure(
    reader: ActReader, labels: dict[str, list[str]], kept: list[Utterance], batcher: fit.Batcher
) -> dict[str, list[float]]:
    """Print how well acts are told on lines not learned from; return the logits to cut at, negated."""
    reader.eval()
    shifts: dict[str, list[float]] = {}
    print("\n| side | act | lines | average precision | F1 at the cut | cut |\n|---|---|---|---|---|---|")
    for side in SIDES:
        lines = [one for one in kept if one.side == side]
        scores = torch.zeros(len(lines), len(labels[side]))
        for rows in fit.by_length([one.text for one in lines], 64, random.Random(0)):
            scores[rows] = reader.logits(batcher.ids([lines[row].text for row in rows]), side)
        answers, known = targets(lines, labels[side])
        shifts[side], precisions = [], []
        for column, label in enumerate(labels[side]):
            rows = known[:, column] > 0
            found, wanted = scores[rows, column].numpy(), answers[rows, column].numpy()
            cut, f1 = _best_cut(found, wanted)
            precision = float(average_precision_score(wanted, found)) if wanted.any() else 0.0
            precisions.append(precision)
            shifts[side].append(round(-cut, 3))
            print(f"| {side} | {label} | {int(wanted.sum())} | {precision:.2f} | {f1:.2f} | {cut:.2f} |")
        print(f"| {side} | **mean** | {len(lines)} | {np.mean(precisions):.3f} | | |")
    return shifts


def _best_cut(found: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Return the logit with the best F1, drawn halfway to 0: few lines place it."""
    best, best_f1 = 0.0, -1.0
    for cut in np.arange(-3.0, 3.01, 0.1):
        hits = found > cut
        f1 = 2 * float((hits * wanted).sum()) / max(1.0, float(hits.sum() + wanted.sum()))
        if f1 > best_f1:
            best, best_f1 = float(cut), f1
    return best / 2, best_f1


def _save(
    out: Path,
    base: Path,
    reader: ActReader,
    labels: dict[str, list[str]],
    shifts: dict[str, list[float]],
    options: argparse.Namespace,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    weights = {
        f"bert.{name}": weight for name, weight in reader.bert.named_parameters() if name in reader.own
    }
    for side, head in reader.heads.items():
        weights |= {f"{side}.weight": head.weight, f"{side}.bias": head.bias}
    save_file(pack_weights(weights), out / WEIGHTS)
    config = {
        "format": FORMAT,
        "name": "acts-zh",
        "version": options.version,
        "base": base.name,
        "base_sha256": hashlib.sha256((base / WEIGHTS).read_bytes()).hexdigest(),
        "first_layer": options.first_layer,
        "labels": labels,
        "shifts": shifts,
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the model of acts.")
    parser.add_argument("--texts", type=Path, default=HERE / "training" / "acts")
    parser.add_argument("--models", type=Path, default=HERE, help="folder that holds sentiment-zh")
    parser.add_argument("--out", type=Path, help="write the model there; without it, only measure")
    parser.add_argument("--test-author", help="measure on this author's lines instead of one line in eight")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--first-layer", type=int, default=2, help="layers below stay those of sentiment-zh")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--version", default="1")
    return parser.parse_args()


if __name__ == "__main__":
    main()
