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

from qa_analyzer.batch.kept_analyses import KeptAnalyses
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.scoring.evaluation import Evaluation, ScoreRange, Verdict
from qa_analyzer.scoring.score import Scorer, percent_of
from qa_analyzer.scoring.uncertainty import FLIP_CHANCES, TAILS, kind_of, with_range
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

    analyzer: KeptAnalyses
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
    """Open the configured scorecard and models, as a run does."""
    recipe = Recipe(load_settings(), Path(), recordings=False, evaluate=True, threads=1)
    return Judge(recipe.analyzer(None), recipe.scorer())


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


@dataclass(frozen=True)
class Told:
    """One evaluation with what the correct words come to, and its range."""

    seen: Evaluation
    truth: Evaluation
    told: ScoreRange

    @property
    def crosses(self) -> bool:
        """Say whether the correct words cross a red line that was not seen: no range speaks of those."""
        return self.truth.auto_failed and not self.seen.auto_failed

    @property
    def inside(self) -> bool:
        true = self.truth.percent
        return true is not None and self.told.low - 0.01 <= true <= self.told.high + 0.01


def coverage(name: str, rows: Sequence[Told]) -> str:
    """Return a table row: how often the true score and grade are where the range says."""
    spoken_of = [row for row in rows if not row.crosses]
    cells = [
        statistics.fmean(row.inside for row in spoken_of),
        statistics.fmean(row.seen.percent == row.truth.percent for row in rows),
        statistics.median(row.told.width for row in spoken_of),
        statistics.fmean(row.told.grade_chance for row in rows),
        statistics.fmean(row.seen.grade is row.truth.grade for row in rows),
        statistics.fmean(row.told.red_line_chance for row in rows),
        statistics.fmean(row.truth.auto_failed for row in rows),
    ]
    return f"| {name} | {len(rows)} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |"


HEAD = """\
| | n | inside | unchanged | width | same grade: promised | observed | red line: promised | observed |
|---|---|---|---|---|---|---|---|---|"""


def check(judge: Judge, found: Sequence[Case]) -> None:
    """Print the coverage of the ranges, and what other shares left out at the ends would give."""
    print(HEAD)
    for rate in (*ERROR_RATES, None):
        rows = _told(judge, [case for case in found if rate is None or case.rate == rate], TAILS)
        print(coverage("all" if rate is None else f"CER {rate:.0%}", rows))
    for tails in (0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01):
        print(coverage(f"all, {tails:.0%} left out", _told(judge, found, tails)))


def _told(judge: Judge, found: Sequence[Case], tails: float) -> list[Told]:
    card = judge.scorer.scorecard
    rows: list[Told] = []
    for case in found:
        seen = case.seen
        _, told = with_range(
            seen.criteria, card.criteria, seen.analysis.transcript, seen.percent, card.grades, tails=tails
        )
        if told is not None:
            rows.append(Told(seen, case.truth, told))
    return rows


def recordings(judge: Judge, calls: Sequence[Transcript], out: Path) -> None:
    """Compare evaluations of recordings, judged anew, with those of their texts."""
    found: list[Case] = []
    known = {call.call_id: call for call in calls}
    for path in sorted((out / "transcripts").glob("*.json")):
        if path.stem in known:
            seen, truth = judge.evaluate(read_transcript(path)), judge.evaluate(known[path.stem])
            found.append(Case(0.0, seen, _as_heard(truth, seen, judge)))
    stated = [case.seen.score_range.error_rate for case in found if case.seen.score_range is not None]
    print(f"{len(found)} recordings, estimated error rate {statistics.fmean(stated):.3f}\n")
    print(HEAD)
    for tails in (TAILS, 0.2, 0.1, 0.05, 0.02):
        print(coverage(f"recordings, {tails:.0%} left out", _told(judge, found, tails)))


def _as_heard(truth: Evaluation, seen: Evaluation, judge: Judge) -> Evaluation:
    """Give the evaluation of a text the one verdict that only a recording can have: speech rate."""
    heard = {each.criterion_id: each for each in seen.criteria}
    joined = tuple(
        heard[each.criterion_id] if each.criterion_id == "speech_rate" else each for each in truth.criteria
    )
    percent, auto_failed = percent_of(joined)
    grade = judge.scorer.grade_of(percent)
    return replace(truth, criteria=joined, percent=percent, grade=grade, auto_failed=auto_failed)


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
        check(judge, found)


if __name__ == "__main__":
    main()
