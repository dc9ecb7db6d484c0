"""Complaint and risk tags against labels. Prints Markdown; no model is needed.

    python benchmarks/complaints.py [CALLS.jsonl ...] [--cases FILE.tsv ...] [--noise SEED] [--codes]

CALLS.jsonl holds calls with ``gold.complaints`` and ``gold.risks``; a case file holds customer turns as
``code,code<TAB>text`` (no code: nothing to find). --noise spoils every 5th to 10th character as a recogniser
would, half of them by another of the same sound. --codes adds a line for each code. Without files: all those
beside this one.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jieba

from qa_analyzer.analysis.complaints import ComplaintTagger, load_lexicon
from qa_analyzer.analysis.mandarin import pinyin_of
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn

HERE = Path(__file__).parent
LEXICON = HERE.parent / "scorecards" / "complaint_lexicon.yaml"
COMMON_CHARACTER_FREQUENCY = 300

Labelled = tuple[Transcript, dict[str, set[str]]]


class Noise:
    """Spoils text as a telephone recogniser would, the same way for the same seed."""

    def __init__(self, seed: int) -> None:
        jieba.initialize()
        self.random = random.Random(seed)
        self.common = sorted(
            word
            for word, frequency in jieba.dt.FREQ.items()
            if len(word) == 1 and "\u4e00" <= word <= "\u9fff" and frequency > COMMON_CHARACTER_FREQUENCY
        )
        self.by_sound: dict[str, list[str]] = {}
        for char in self.common:
            self.by_sound.setdefault(pinyin_of(char)[0], []).append(char)

    def spoil(self, text: str) -> str:
        chars = list(text)
        place = self.random.randint(4, 9)
        while place < len(chars):
            if "\u4e00" <= chars[place] <= "\u9fff":
                alike = [
                    char for char in self.by_sound.get(pinyin_of(chars[place])[0], []) if char != chars[place]
                ]
                pool = alike if alike and self.random.random() < 0.5 else self.common
                chars[place] = self.random.choice(pool)
            place += self.random.randint(5, 10)
        return "".join(chars)


def _transcript(call_id: str, turns: list[tuple[Role, str]]) -> Transcript:
    return Transcript(
        call=Call(call_id, given_turns=tuple(GivenTurn(role, text) for role, text in turns)),
        turns=tuple(Turn(i, role, text) for i, (role, text) in enumerate(turns)),
        roles=RoleAssignment(RoleMethod.GIVEN, 1.0, None, diarized=False),
        overlap_known=False,
    )


def _calls(path: Path, noise: Noise | None) -> Iterator[Labelled]:
    for line in path.read_text(encoding="utf-8").splitlines():
        call = json.loads(line)
        turns = [
            (Role(turn["role"]), noise.spoil(turn["text"]) if noise else turn["text"])
            for turn in call["turns"]
        ]
        gold = {kind: set(call["gold"][kind]) for kind in ("complaints", "risks")}
        yield _transcript(call["call_id"], turns), gold


def _cases(path: Path, noise: Noise | None, risk_codes: set[str]) -> Iterator[Labelled]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        codes_text, text = line.split("\t")
        codes = {code for code in codes_text.split(",") if code}
        gold = {"complaints": codes - risk_codes, "risks": codes & risk_codes}
        yield _transcript(str(number), [(Role.CUSTOMER, noise.spoil(text) if noise else text)]), gold


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("calls", nargs="*", type=Path)
    parser.add_argument("--cases", nargs="*", type=Path, default=[])
    parser.add_argument("--noise", type=int, metavar="SEED")
    parser.add_argument("--codes", action="store_true")
    options = parser.parse_args()
    if not options.calls and not options.cases:
        options.calls = sorted((HERE / "calls").glob("*.jsonl"))
        options.cases = sorted((HERE / "cases").glob("complaints*.tsv"))
    lexicon = load_lexicon(LEXICON)
    tagger = ComplaintTagger(lexicon)
    noise = Noise(options.noise) if options.noise is not None else None
    risk_codes = {code.code for code in lexicon.codes if code.complaint_class == "risk"}
    print("| file | kind | labels | precision | recall | F1 |\n|---|---|---|---|---|---|")
    by_code: Counter[tuple[str, str]] = Counter()
    turns, seconds = 0, 0.0
    for path in (*options.calls, *options.cases):
        labelled = _calls(path, noise) if path.suffix == ".jsonl" else _cases(path, noise, risk_codes)
        counts: Counter[tuple[str, str]] = Counter()
        for transcript, gold in labelled:
            started = time.perf_counter()
            tags = dict(zip(("complaints", "risks"), tagger.tag(transcript), strict=True))
            seconds += time.perf_counter() - started
            turns += sum(turn.role is Role.CUSTOMER for turn in transcript.turns)
            for kind, expected in gold.items():
                found = {tag.code for tag in tags[kind]}
                for outcome, codes in (
                    ("hit", found & expected),
                    ("wrong", found - expected),
                    ("lost", expected - found),
                ):
                    counts[kind, outcome] += len(codes)
                    by_code.update((code, outcome) for code in codes)
        for kind in ("complaints", "risks"):
            hit, wrong, lost = (counts[kind, outcome] for outcome in ("hit", "wrong", "lost"))
            figures = (
                _share(hit, hit + wrong),
                _share(hit, hit + lost),
                _share(2 * hit, 2 * hit + wrong + lost),
            )
            print(f"| {path.stem} | {kind} | {hit + lost} | {' | '.join(figures)} |")
    if options.codes:
        print("\n| code | hit | wrong | lost |\n|---|---|---|---|")
        for code in lexicon.codes:
            figures = tuple(str(by_code[code.code, outcome]) for outcome in ("hit", "wrong", "lost"))
            print(f"| {code.code} | {' | '.join(figures)} |")
    print(f"\n{turns} customer turns, {turns / seconds:.0f} a second, lexicon {lexicon.fingerprint[:12]}")


if __name__ == "__main__":
    main()
