"""Compare evaluations with labelled calls: verdicts, complaints, risks, sentiment shift. Prints Markdown.

    python benchmarks/accuracy.py CALLS.jsonl [--scorecard FILE] [--audio DIR] [--out DIR] [--failures]

CALLS.jsonl holds calls with ``gold`` labels; what they do not label is not compared. With --audio, the
recordings DIR/<call_id>.wav are judged instead of the text, with only call_id and direction given.
--failures lists every disagreement.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa_analyzer.batch.night import NightOptions, run_night
from qa_analyzer.cli.progress import configure_logs, reporting
from qa_analyzer.settings import load_settings


@dataclass
class Counts:
    """Hits of one class against the labels."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    def add(self, *, expected: bool, found: bool) -> None:
        self.true_positive += expected and found
        self.false_positive += found and not expected
        self.false_negative += expected and not found

    @classmethod
    def total(cls, counts: Iterable[Counts]) -> Counts:
        """Return the sum of counts."""
        several = tuple(counts)
        return cls(
            sum(each.true_positive for each in several),
            sum(each.false_positive for each in several),
            sum(each.false_negative for each in several),
        )

    @property
    def precision(self) -> float | None:
        found = self.true_positive + self.false_positive
        return self.true_positive / found if found else None

    @property
    def recall(self) -> float | None:
        expected = self.true_positive + self.false_negative
        return self.true_positive / expected if expected else None

    @property
    def f1(self) -> float | None:
        weight = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / weight if weight else None


@dataclass
class Agreement:
    """How one criterion's verdicts compare with the labels."""

    fails: Counts = field(default_factory=Counts)
    judged: int = 0
    same: int = 0
    abstained: int = 0  # unscorable where the label is not
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, expected: str, found: str) -> None:
        self.judged += 1
        self.same += expected == found
        self.abstained += found == "unscorable" and expected != "unscorable"
        self.fails.add(expected=expected == "fail", found=found == "fail")
        self.confusion[expected, found] += 1


@dataclass
class Comparison:
    """Everything that is compared over a set of calls."""

    criteria: dict[str, Agreement] = field(default_factory=dict)
    complaints: dict[str, Counts] = field(default_factory=dict)
    risks: dict[str, Counts] = field(default_factory=dict)
    shifts: list[bool] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)
    false_red_lines: int = 0
    missed_red_lines: int = 0
    calls: int = 0
    disagreements: list[str] = field(default_factory=list)


def compare(labelled: list[dict[str, Any]], evaluations: dict[str, dict[str, Any]]) -> Comparison:
    """Compare evaluations, in their published JSON form, with the labels of the calls that have one."""
    total = Comparison()
    for call in labelled:
        evaluation = evaluations.get(call["call_id"])
        if evaluation is None:
            total.disagreements.append(f"{call['call_id']}: no evaluation")
            continue
        gold = call["gold"]
        total.calls += 1
        for criterion_id, expected in gold["criteria"].items():
            criterion = evaluation["criteria"].get(criterion_id)
            found = criterion["verdict"] if criterion else "missing"
            total.criteria.setdefault(criterion_id, Agreement()).add(expected, found)
            if found != expected:
                why = criterion["explanation"] if criterion else ""
                total.disagreements.append(f"{call['call_id']} {criterion_id}: {expected} -> {found}: {why}")
        if "complaints" in gold:
            _compare_codes(total.complaints, gold["complaints"], evaluation["complaints"], call, total)
            _compare_codes(total.risks, gold["risks"], evaluation["risks"], call, total)
        if "shift" in gold:
            _compare_sentiment(call, evaluation["sentiment"], total)
        total.false_red_lines += evaluation["auto_failed"] and not gold["auto_fail"]
        total.missed_red_lines += gold["auto_fail"] and not evaluation["auto_failed"]
    return total


def _compare_sentiment(call: dict[str, Any], found: dict[str, Any], total: Comparison) -> None:
    gold = call["gold"]
    total.shifts.append(gold["shift"] == found["shift"])
    total.ends.append(gold["customer_end"] == found["customer_end"])
    if not total.shifts[-1]:
        total.disagreements.append(
            f"{call['call_id']} shift: {gold['customer_start']}>{gold['customer_end']} -> "
            f"{found['customer_start']}>{found['customer_end']}"
        )


def _compare_codes(
    counts: dict[str, Counts],
    expected: list[str],
    found: list[dict[str, Any]],
    call: dict[str, Any],
    total: Comparison,
) -> None:
    codes = {tag["code"] for tag in found}
    for code in sorted(codes | set(expected)):
        counts.setdefault(code, Counts()).add(expected=code in expected, found=code in codes)
        if (code in expected) != (code in codes):
            terms = [f"{tag['turn_index']}:{tag['term']}" for tag in found if tag["code"] == code]
            total.disagreements.append(f"{call['call_id']} {code}: {'missed' if code in expected else terms}")


def as_markdown(total: Comparison) -> str:
    """Return the tables."""
    lines = [
        f"{total.calls} calls",
        "",
        "| criterion | fails labelled | precision | recall | F1 of fail | agreement | abstained |",
        "|---|---|---|---|---|---|---|",
    ]
    overall = Counts.total(agreement.fails for agreement in total.criteria.values())
    judged = same = abstained = 0
    for criterion_id, agreement in total.criteria.items():
        fails = agreement.fails
        lines.append(
            f"| `{criterion_id}` | {fails.true_positive + fails.false_negative} | {_share(fails.precision)} "
            f"| {_share(fails.recall)} | {_share(fails.f1)} | {_share(agreement.same / agreement.judged)} "
            f"| {_share(agreement.abstained / agreement.judged)} |"
        )
        judged += agreement.judged
        same += agreement.same
        abstained += agreement.abstained
    lines.append(
        f"| **all** | {overall.true_positive + overall.false_negative} | {_share(overall.precision)} "
        f"| {_share(overall.recall)} | {_share(overall.f1)} | {_share(same / judged if judged else None)} "
        f"| {_share(abstained / judged if judged else None)} |"
    )
    lines += [
        "",
        "| also | figure |",
        "|---|---|",
        f"| complaint codes, micro F1 / macro F1 | {_micro(total.complaints)} / {_macro(total.complaints)} |",
        f"| risk tags, micro F1 / macro F1 | {_micro(total.risks)} / {_macro(total.risks)} |",
        f"| sentiment shift, accuracy | {_share(_mean(total.shifts))} |",
        f"| customer end, accuracy | {_share(_mean(total.ends))} |",
        f"| calls zeroed wrongly / not zeroed wrongly | {total.false_red_lines} / {total.missed_red_lines} |",
    ]
    return "\n".join(lines)


def _mean(claims: list[bool]) -> float | None:
    return sum(claims) / len(claims) if claims else None


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _micro(counts: dict[str, Counts]) -> str:
    return _share(Counts.total(counts.values()).f1)


def _macro(counts: dict[str, Counts]) -> str:
    scores = [each.f1 or 0.0 for each in counts.values()]
    return _share(sum(scores) / len(scores) if scores else None)


def judge(
    calls_path: Path, audio_dir: Path | None, out_dir: Path, scorecard: Path | None = None
) -> tuple[dict[str, dict[str, Any]], float]:
    """Run the whole job on the calls; return evaluations by call_id and the wall seconds."""
    source = calls_path
    if audio_dir is not None:
        source = out_dir / "manifest.jsonl"
        source.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {
                "path": str((audio_dir / f"{call['call_id']}.wav").resolve()),
                "call_id": call["call_id"],
                "direction": call["direction"],
            }
            for call in read_labelled(calls_path)
            if (audio_dir / f"{call['call_id']}.wav").is_file()
        ]
        source.write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
        )
    configure_logs(json_logs=False, quiet=True)
    started = time.perf_counter()
    run_night(
        load_settings(None, allow_outside=True, workers=1, scorecard=scorecard),
        NightOptions(source=source, out_dir=out_dir, retry_failed=True),
        lambda total: reporting(total, quiet=True, json_logs=False),
    )
    lines = (out_dir / "evaluations.jsonl").read_text(encoding="utf-8").splitlines()
    evaluations = [json.loads(line) for line in lines]
    return {each["call_id"]: each for each in evaluations}, time.perf_counter() - started


def read_labelled(path: Path) -> list[dict[str, Any]]:
    """Return the labelled calls of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("calls", type=Path)
    parser.add_argument("--scorecard", type=Path)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--failures", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        evaluations, wall_s = judge(
            options.calls, options.audio, options.out or Path(scratch), options.scorecard
        )
    labelled = read_labelled(options.calls)
    if options.audio is not None:
        labelled = [call for call in labelled if (options.audio / f"{call['call_id']}.wav").is_file()]
    total = compare(labelled, evaluations)
    print(f"\n## {options.calls.name}, {'audio' if options.audio else 'text'}, {wall_s:.0f} s\n")
    print(as_markdown(total))
    if options.failures:
        print("\n" + "\n".join(total.disagreements))


if __name__ == "__main__":
    main()
