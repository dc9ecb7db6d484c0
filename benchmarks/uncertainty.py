"""How often verdicts flip under recognition errors, and whether the score ranges made from that hold.

    python benchmarks/uncertainty.py fit CALLS.jsonl... [--repeat 2]     writes scoring/flip_chances.json
    python benchmarks/uncertainty.py check CALLS.jsonl... [--repeat 1]   prints the coverage of the ranges
    python benchmarks/uncertainty.py recordings CALLS.jsonl OUT          the same for recordings run into OUT

Text calls are misheard at character error rates of 5-30 % (homophones, near sounds, other characters,
deletions, insertions: those of benchmarks/matching.py) and judged; each verdict is compared with that on
the correct words. Give ``fit`` and ``check`` different calls. ``recordings`` compares what a run made of
real recordings with the verdicts on their texts: there turns, roles and times are recognised too. Only totals
are printed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matching import Errors

from qa_analyzer.analysis.analyze import Analyzer
from qa_analyzer.analysis.complaints import ComplaintTagger, load_lexicon
from qa_analyzer.analysis.sentiment import open_sentiment
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.scoring.evaluation import Evaluation, Verdict
from qa_analyzer.scoring.score import Scorer, percent_of
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.scoring.uncertainty import FLIP_CHANCES, error_rate_of, kind_of
from qa_analyzer.settings import load_settings
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript, Turn, Word
from qa_analyzer.speech.transcript_json import read_transcript

ERROR_RATES = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
#: A kind of verdict with fewer cases than this is pooled with its like.
FEWEST = 30
#: What the recogniser thinks of its mistakes, on average; right words get the rest of the doubt.
WRONG_PROBABILITY = 0.5
_HAN = re.compile(r"[\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Judge:
    """Analyzes and scores."""

    analyzer: Analyzer
    scorer: Scorer

    def evaluate(self, transcript: Transcript) -> Evaluation:
        return self.scorer.score(self.analyzer.analyze(transcript))


@dataclass(frozen=True)
class Case:
    """One misheard call: what was made of it, and of the correct words."""

    rate: float
    seen: Evaluation
    truth: Evaluation


def open_judge() -> Judge:
    """Open the configured scorecard and models."""
    settings = load_settings()
    sentiment = open_sentiment(settings.sentiment_model, settings.models_dir, threads=1)
    tagger = ComplaintTagger(load_lexicon(settings.lexicon, settings.lexicon_overrides))
    return Judge(Analyzer(sentiment, tagger), Scorer(load_scorecard(settings.scorecard)))


def text_calls(paths: Sequence[Path]) -> list[Transcript]:
    """Read text calls."""
    options = InputOptions(timezone="Asia/Shanghai", allow_outside=True)
    return [transcript_from_turns(call) for path in paths for call in read_calls(path, options).calls]


def misheard(transcript: Transcript, rate: float, errors: Errors, chance: random.Random) -> Transcript:
    """Return the call as such a recogniser would write it, with what it thinks of each word."""
    turns = tuple(_misheard_turn(turn, rate, errors, chance) for turn in transcript.turns)
    return replace(transcript, turns=turns)


def _misheard_turn(turn: Turn, rate: float, errors: Errors, chance: random.Random) -> Turn:
    text: list[str] = []
    words: list[Word] = []
    doubt = (1 - WRONG_PROBABILITY) * rate / (1 - rate) if rate else 0.0
    position = 0
    for match in _HAN.finditer(turn.text):
        text.append(turn.text[position : match.start()])
        heard, origins = errors.corrupt(match.group(), rate)
        text.append(heard)
        for char, origin in zip(heard, origins, strict=True):
            right = match.group()[origin] == char
            mean_doubt = doubt if right else 1 - WRONG_PROBABILITY
            probability = 1 - min(1.0, chance.uniform(0.5, 1.5) * mean_doubt)
            words.append(Word(char, len(words) * 0.2, len(words) * 0.2 + 0.2, probability))
        position = match.end()
    text.append(turn.text[position:])
    return replace(turn, text="".join(text), words=tuple(words))


def cases(judge: Judge, calls: Sequence[Transcript], repeat: int, seed: int) -> Iterator[Case]:
    """Yield every call at every error rate."""
    errors, chance = Errors(seed), random.Random(seed)
    for call in calls:
        truth = judge.evaluate(call)
        for rate in ERROR_RATES:
            for _ in range(repeat):
                yield Case(rate, judge.evaluate(misheard(call, rate, errors, chance)), truth)


def fit(found: Sequence[Case], path: Path) -> None:
    """Count flips by kind of verdict and error rate, and write them down."""
    counts: dict[str, dict[float, Counter[Verdict]]] = {}
    for case in found:
        truth = {result.criterion_id: result.verdict for result in case.truth.criteria}
        for result in case.seen.criteria:
            kind = kind_of(result)
            pooled = " ".join(kind.split(" ")[:2])
            for name in (kind, pooled):
                at_rate = counts.setdefault(name, {}).setdefault(case.rate, Counter())
                at_rate[truth[result.criterion_id]] += 1
    kinds = {
        kind: [_shares(rows.get(rate, Counter()), kind.split(" ")[1]) for rate in ERROR_RATES]
        for kind, rows in sorted(counts.items())
        if min(sum(rows.get(rate, Counter()).values()) for rate in ERROR_RATES) >= FEWEST
        or " " not in kind[7:]
    }
    written = {
        "made_by": "benchmarks/uncertainty.py fit",
        "cases": len(found),
        "error_rates": list(ERROR_RATES),
        "kinds": kinds,
    }
    path.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found)} misheard calls, {len(kinds)} kinds of verdicts, written to {path.name}\n")
    print("| kind | " + " | ".join(f"flips at {rate:.0%}" for rate in ERROR_RATES) + " | cases |")
    print("|---" * (len(ERROR_RATES) + 2) + "|")
    for kind, rows in kinds.items():
        seen = kind.split(" ")[1]
        cells = " | ".join(f"{1 - row.get(seen, 0.0):.3f}" if row else "-" for row in rows)
        print(f"| {kind} | {cells} | {sum(sum(each.values()) for each in counts[kind].values())} |")


def _cases(rows: dict[float, Counter[Verdict]], rate: float) -> int:
    return sum(rows.get(rate, Counter()).values())


def _shares(count: Counter[Verdict], seen: str) -> dict[str, float]:
    total = sum(count.values())
    if not total:
        return {seen: 1.0}
    return {verdict.value: round(count[verdict] / total, 4) for verdict in Verdict if count[verdict]}


def coverage(name: str, rows: Sequence[tuple[Evaluation, float | None, str]]) -> str:
    """Return a table row: how often the true score and grade are where the range says."""
    judged = [
        (seen, seen.score_range, true, grade)
        for seen, true, grade in rows
        if seen.score_range is not None and true is not None
    ]
    inside = statistics.fmean(told.low - 0.01 <= true <= told.high + 0.01 for _, told, true, _ in judged)
    exact = statistics.fmean(seen.percent == true for seen, _, true, _ in judged)
    width = statistics.median(told.width for _, told, _, _ in judged)
    promised = statistics.fmean(told.grade_chance for _, told, _, _ in judged)
    kept = statistics.fmean(seen.grade.value == grade for seen, _, _, grade in judged)
    return (
        f"| {name} | {len(judged)} | {inside:.3f} | {exact:.3f} | {width:.1f} | {promised:.3f} | {kept:.3f} |"
    )


HEAD = """\
| calls | n | true score inside | score unchanged | median width | grade kept: promised | observed |
|---|---|---|---|---|---|---|"""


def check(found: Sequence[Case]) -> None:
    """Print the coverage at each error rate."""
    print(HEAD)
    for rate in (*ERROR_RATES, None):
        rows = [
            (case.seen, case.truth.percent, case.truth.grade.value)
            for case in found
            if rate is None or case.rate == rate
        ]
        print(coverage("all" if rate is None else f"CER {rate:.0%}", rows))


def recordings(judge: Judge, calls: Sequence[Transcript], out: Path) -> None:
    """Compare evaluations of recordings, judged anew, with those of their texts."""
    rows: list[tuple[Evaluation, float | None, str]] = []
    rates: list[float] = []
    stated: list[float] = []
    known = {call.call_id: call for call in calls}
    for path in sorted((out / "transcripts").glob("*.json")):
        if path.stem not in known:
            continue
        seen = judge.evaluate(read_transcript(path))
        truth = judge.evaluate(known[path.stem])
        by_id = {result.criterion_id: result for result in truth.criteria}
        # What text cannot tell (speech rate, in some calls overlap) is taken as it was measured.
        joined = tuple(
            by_id[each.criterion_id] if each.criterion_id != "speech_rate" else each for each in seen.criteria
        )
        percent, _ = percent_of(joined)
        rows.append((seen, percent, judge.scorer.grade_of(percent).value))
        stated += [seen.score_range.error_rate] if seen.score_range else []
        rates += [
            rate for each in seen.criteria if (rate := error_rate_of(each, read_transcript(path))) is not None
        ]
    print(
        f"estimated error rate: {statistics.fmean(stated):.3f}; at verdicts {statistics.fmean(rates):.3f}\n"
    )
    print(HEAD)
    print(coverage("recordings", rows))


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["fit", "check", "recordings"])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    judge = open_judge()
    if options.what == "recordings":
        recordings(judge, text_calls(options.paths[:-1]), options.paths[-1])
        return
    found = list(cases(judge, text_calls(options.paths), options.repeat, options.seed))
    if options.what == "fit":
        fit(found, FLIP_CHANCES)
    else:
        check(found)


if __name__ == "__main__":
    main()
