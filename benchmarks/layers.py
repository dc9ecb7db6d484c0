"""What each way of matching adds: characters, then sound, then meaning. Prints Markdown.

    python benchmarks/layers.py CALLS.jsonl ... [--audio DIR] [--scorecard FILE]

Each set of labelled calls is transcribed and analyzed once and scored three times. Without meaning, neither
acts nor complaints that only the model of acts found are seen. Macro F1 is the mean over criteria with at
least one labelled fail; a red line is right when the call is zeroed as labelled.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from accuracy import Comparison, Counts, compare, judge, read_labelled

from qa_analyzer.analysis.call_analysis import CallAnalysis
from qa_analyzer.analysis.complaint_acts import MATCH_KIND
from qa_analyzer.batch.kept_analyses import ANALYSES
from qa_analyzer.batch.night import TRANSCRIPTS
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.scoring.call_view import Layers
from qa_analyzer.scoring.evaluation_json import evaluation_to_json
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.settings import load_settings
from qa_analyzer.speech.transcript_json import read_transcript

LAYERS = (
    ("characters", Layers(sound=False, semantic=False)),
    ("+ sound", Layers(sound=True, semantic=False)),
    ("+ meaning", Layers(sound=True, semantic=True)),
)


def analyses_of(calls: Path, audio: Path | None, out_dir: Path) -> Iterator[CallAnalysis]:
    """Run the whole job on the calls once and yield what was found in each."""
    judge(calls, audio, out_dir)
    settings = load_settings(None)
    recipe = Recipe(settings, out_dir / TRANSCRIPTS, recordings=False, evaluate=True, threads=1)
    analyzer = recipe.analyzer(out_dir / ANALYSES)
    for path in sorted((out_dir / TRANSCRIPTS).glob("*.json")):
        yield analyzer.analyze(read_transcript(path))


def without_meaning(analysis: CallAnalysis) -> CallAnalysis:
    """Return what words alone would have found."""
    return replace(
        analysis,
        acts=None,
        complaints=tuple(tag for tag in analysis.complaints if tag.match_kind != MATCH_KIND),
        risks=tuple(tag for tag in analysis.risks if tag.match_kind != MATCH_KIND),
    )


def row(name: str, layer: str, total: Comparison) -> str:
    """Return one line of the table."""
    fails = [agreement.fails for agreement in total.criteria.values()]
    whole = Counts.total(fails)
    labelled = [each.f1 or 0.0 for each in fails if each.true_positive + each.false_negative]
    judged = sum(each.judged for each in total.criteria.values())
    same = sum(each.same for each in total.criteria.values())
    abstained = sum(each.abstained for each in total.criteria.values())
    return (
        f"| {name} | {layer} | {whole.f1 or 0:.2f} | {sum(labelled) / max(1, len(labelled)):.2f} "
        f"| {same / max(1, judged):.2f} | {abstained / max(1, judged):.2f} "
        f"| {total.false_red_lines} / {total.missed_red_lines} |"
    )


def main() -> None:
    """Print one table over all sets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("calls", type=Path, nargs="+")
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--scorecard", type=Path, default=load_settings(None).scorecard)
    options = parser.parse_args()
    scorecard = load_scorecard(options.scorecard)
    print("| calls | layers | F1 of fail | macro F1 | agreement | abstained | zeroed wrongly / missed |")
    print("|---|---|---|---|---|---|---|")
    for calls in options.calls:
        labelled: list[dict[str, Any]] = read_labelled(calls)
        with tempfile.TemporaryDirectory() as scratch:
            found = list(analyses_of(calls, options.audio, Path(scratch)))
        judged = {analysis.transcript.call_id for analysis in found}
        labelled = [call for call in labelled if call["call_id"] in judged]
        for layer, layers in LAYERS:
            scorer = Scorer(scorecard, layers=layers)
            evaluations = {
                analysis.transcript.call_id: evaluation_to_json(
                    scorer.score(analysis if layers.semantic else without_meaning(analysis))
                )
                for analysis in found
            }
            print(row(calls.stem, layer, compare(labelled, evaluations)), flush=True)


if __name__ == "__main__":
    main()
