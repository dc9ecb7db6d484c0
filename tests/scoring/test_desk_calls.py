"""The scorecards of the desks on short labelled calls that are not their examples."""

import json
from collections import Counter
from pathlib import Path

import pytest

from qa_analyzer.analysis.analyze import Analyzer
from qa_analyzer.analysis.complaints import ComplaintTagger, load_lexicon
from qa_analyzer.analysis.sentiment import open_sentiment
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.scoring.evaluation import Verdict
from qa_analyzer.scoring.score import Scorer
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.settings import shipped
from qa_analyzer.speech.given_text import transcript_from_turns

CALLS = Path(__file__).parents[2] / "benchmarks" / "calls"
DESKS = ("broadband_fault", "complaint_handling", "outbound_marketing")


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    lexicon = load_lexicon(shipped("scorecards", "complaint_lexicon.yaml"))
    return Analyzer(open_sentiment("lexicon", shipped("models")), ComplaintTagger(lexicon))


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_judges_its_labelled_calls(desk: str, analyzer: Analyzer) -> None:
    scorer = Scorer(load_scorecard(shipped("scorecards", f"{desk}.yaml")))
    labels = {
        call["call_id"]: call["gold"]
        for call in map(json.loads, (CALLS / f"{desk}.jsonl").read_text(encoding="utf-8").splitlines())
    }
    listed = read_calls(CALLS / f"{desk}.jsonl", InputOptions())
    assert listed.rejected == ()
    assert len(listed.calls) == len(labels) >= 10
    outcomes: Counter[bool] = Counter()
    zeroed: Counter[bool] = Counter()
    for call in listed.calls:
        evaluation = scorer.score(analyzer.analyze(transcript_from_turns(call)))
        expected = labels[call.call_id]
        assert [result.criterion_id for result in evaluation.criteria] == list(expected["criteria"])
        zeroed[evaluation.auto_failed == expected["auto_fail"]] += 1
        outcomes.update(
            result.verdict is Verdict(expected["criteria"][result.criterion_id])
            for result in evaluation.criteria
        )
    assert outcomes[True] / outcomes.total() >= 0.9, outcomes
    # Without a model of acts: it doubts words that only sound rude, and reads rudeness in other words.
    assert zeroed[False] <= 1, zeroed


@pytest.mark.parametrize("desk", DESKS)
def test_labelled_calls_show_failures_of_most_criteria(desk: str) -> None:
    lines = (CALLS / f"{desk}.jsonl").read_text(encoding="utf-8").splitlines()
    labels = [json.loads(line)["gold"]["criteria"] for line in lines]
    failed = {criterion_id for each in labels for criterion_id, verdict in each.items() if verdict == "fail"}
    assert len(failed) >= 11
