"""How well what was really said is found in what was really recognised.

    python benchmarks/matching_recognised.py TRANSCRIPTS [--calls DIR] [--phrases N] [--seed N]

TRANSCRIPTS holds the JSON written by ``qa-analyzer transcribe DIR/audio``; DIR (default $QA_SHARED/calls)
the texts and true turn times of the same calls. Word sequences of 3 to 9 characters are drawn from the
texts and looked for in the recognised turns, by characters alone and with sound. A hit in a turn whose text
does not hold the sequence counts as false, although many of those are true variants.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
from collections import Counter
from pathlib import Path

import jieba

from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.analysis.matching import Phrase, PhraseMatcher
from qa_analyzer.speech.transcript_json import read_transcript

SHORTEST, LONGEST = 3, 9
#: Recognised words may stand this far outside the true turn.
SLACK_S = 0.2


def pairs_of(transcripts: Path, calls: Path) -> list[tuple[str, str]]:
    """Return (said, recognised) for every turn of every transcript."""
    texts = {
        call["call_id"]: call["turns"]
        for call in map(json.loads, (calls / "calls.jsonl").read_text("utf-8").splitlines())
    }
    pairs: list[tuple[str, str]] = []
    for path in sorted(transcripts.glob("*.json")):
        transcript = read_transcript(path)
        truth_path = calls / "audio" / f"{transcript.call_id}.truth.json"
        if transcript.call_id not in texts or not truth_path.is_file():
            continue
        truth = json.loads(truth_path.read_text("utf-8"))
        agent = truth["agent_channel"]
        for turn in truth["turns"]:
            channel = agent if turn["role"] == "agent" else 1 - agent
            heard = [
                word.text
                for found in transcript.turns
                if found.channel == channel
                for word in found.words
                if turn["start_s"] - SLACK_S <= (word.start_s + word.end_s) / 2 < turn["end_s"] + SLACK_S
            ]
            pairs.append((texts[transcript.call_id][turn["index"]]["text"], "".join(heard)))
    return pairs


def sequences_of(texts: list[str]) -> list[str]:
    """Return the word sequences inside clauses, sorted."""
    found: set[str] = set()
    for text in texts:
        for clause in re.split(r"[，。！？、…；：]", text):
            words = list(jieba.cut(spoken(clause).chars))
            for first in range(len(words)):
                for last in range(first + 1, len(words) + 1):
                    sequence = "".join(words[first:last])
                    if SHORTEST <= len(sequence) <= LONGEST:
                        found.add(sequence)
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default_shared = os.environ.get("QA_SHARED", str(Path(__file__).parents[1].parent / "shared"))
    parser.add_argument("transcripts", type=Path)
    parser.add_argument("--calls", type=Path, default=Path(default_shared) / "calls")
    parser.add_argument("--phrases", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    pairs = pairs_of(options.transcripts, options.calls)
    sequences = sequences_of([said for said, _ in pairs])
    random.Random(options.seed).shuffle(sequences)
    sequences = sequences[: options.phrases]
    matcher = PhraseMatcher([Phrase(sequence) for sequence in sequences])
    said_count: Counter[int] = Counter()
    exact: Counter[int] = Counter()
    both: Counter[int] = Counter()
    false: Counter[int] = Counter()
    for said, heard in pairs:
        truly = {hit.phrase.text for hit in matcher.find(spoken(said)) if hit.match_kind == "exact"}
        hits = matcher.find(spoken(heard))
        found = {hit.phrase.text for hit in hits}
        by_character = {hit.phrase.text for hit in hits if hit.match_kind == "exact"}
        said_count.update(map(len, truly))
        both.update(map(len, truly & found))
        exact.update(map(len, truly & by_character))
        false.update(map(len, found - truly))
    print(f"{len(pairs)} turns, {len(sequences)} word sequences\n")
    print("| characters | said | by characters | + sound | false |\n|---|---|---|---|---|")
    for length in sorted(said_count):
        count = said_count[length]
        shares = f"{exact[length] / count:.3f} | {both[length] / count:.3f}"
        print(f"| {length} | {count} | {shares} | {false[length]} |")
    count = max(1, said_count.total())
    print(f"| all | {count} | {exact.total() / count:.3f} | {both.total() / count:.3f} | {false.total()} |")


if __name__ == "__main__":
    main()
