"""Train the weights `roles-zh`: which wording is an agent's and which a customer's.

    python models/train_roles.py --out models/roles-zh

Learns from the utterances in models/training/acts/, as written and once misheard, and measures on the lines
kept from training (one in eight). Everything is drawn from --seed, so a new run writes the same file.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parent))

from training.noise import RecognitionNoise
from training.utterances import Utterance, read_utterances

from qa_analyzer.speech.role_words import BIAS, runs_of

HERE = Path(__file__).parent
MIN_LINES = 8  # a run of characters in fewer lines is a matter of chance
MIN_WEIGHT = 0.1  # smaller weights change nothing and are not kept
DECIMALS = 3


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description="Train the wording of roles.")
    parser.add_argument("--texts", type=Path, default=HERE / "training" / "acts")
    parser.add_argument("--out", type=Path, help="write weights.tsv there; without it, only measure")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    utterances = read_utterances(options.texts)
    learned = [one for one in utterances if not one.held_out]
    kept = [one for one in utterances if one.held_out]
    weights, bias = train(learned, random.Random(options.seed))
    print(
        f"{len(learned)} lines learned from, {len(weights)} runs kept; right on {len(kept)} other lines: ",
        end="",
    )
    print(f"{np.mean([_is_agent(one, weights, bias) == (one.side == 'agent') for one in kept]):.3f}")
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        rows = [(BIAS, bias), *sorted(weights.items())]
        text = "".join(f"{run}\t{weight:.{DECIMALS}f}\n" for run, weight in rows)
        (options.out / "weights.tsv").write_text(text, encoding="utf-8")


def train(lines: list[Utterance], dice: random.Random) -> tuple[dict[str, float], float]:
    """Return the log odds of each run of characters that tells sides apart, and the bias."""
    noise = RecognitionNoise([one.text for one in lines])
    texts = [one.text for one in lines] + [noise(one.text, dice) for one in lines]
    sides = [one.side == "agent" for one in lines] * 2
    counter = CountVectorizer(analyzer=lambda text: sorted(runs_of(text)), min_df=MIN_LINES, binary=True)
    counts = counter.fit_transform(texts)
    model = LogisticRegression(C=0.2, max_iter=1000, class_weight="balanced").fit(counts, sides)
    known = zip(counter.get_feature_names_out(), model.coef_[0], strict=True)
    weights = {run: float(weight) for run, weight in known if abs(weight) >= MIN_WEIGHT}
    return weights, float(model.intercept_[0])


def _is_agent(one: Utterance, weights: dict[str, float], bias: float) -> bool:
    return bias + sum(weights.get(run, 0.0) for run in runs_of(one.text)) > 0


if __name__ == "__main__":
    main()
