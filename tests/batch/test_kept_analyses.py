from dataclasses import fields, replace
from pathlib import Path

import pytest

from qa_analyzer.analysis.analyze import Analyzer
from qa_analyzer.analysis.call_analysis import (
    ActTag,
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    Rise,
    VoiceCue,
    VoiceCueKind,
)
from qa_analyzer.analysis.metrics import measure
from qa_analyzer.batch.kept_analyses import KeptAnalyses
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript


class CountingAnalyzer:
    """Finds something with many digits, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def analyze(self, transcript: Transcript) -> CallAnalysis:
        self.asked.append(transcript.call_id)
        sentiment = CallSentiment(None, None, -1 / 3, 1, None, (), "words", agent_tone=0.1 + 0.2)
        tag = ComplaintTag("outage", "network", 1, None, "断网", 2, 4, "exact", 3)
        cue = VoiceCue(1, 2.5, {VoiceCueKind.PITCH: Rise(1 / 7, 2.0)}, (VoiceCueKind.PITCH,))
        found = CallAnalysis(
            transcript,
            measure(transcript),
            sentiment,
            (tag,),
            (),
            "lexicon-1",
            acts=(ActTag("apology", 0, 0, 2, 2 / 3),),
            acts_fingerprint="acts-1",
            voice_cues=(cue,),
        )
        assert all(getattr(found, each.name) is not None for each in fields(found))
        return found


def call(text: str = "我家断网了") -> Transcript:
    turns = (GivenTurn(Role.AGENT, "您好"), GivenTurn(Role.CUSTOMER, text, pause_before_s=0.1))
    return transcript_from_turns(Call("c1", given_turns=turns))


def kept(folder: Path, analyzer: CountingAnalyzer, *judged_by: str) -> KeptAnalyses:
    def opened() -> Analyzer:
        return analyzer  # type: ignore[return-value]

    return KeptAnalyses(folder, opened, judged_by or ("words", "lexicon-1"))


def test_an_analysis_is_kept_to_the_last_digit_and_not_made_twice(tmp_path: Path) -> None:
    analyzer = CountingAnalyzer()
    first = kept(tmp_path / "analyses", analyzer).analyze(call())
    second = kept(tmp_path / "analyses", analyzer).analyze(call())
    assert second == first
    assert analyzer.asked == ["c1"]


@pytest.mark.parametrize(
    ("text", "judged_by"),
    [
        ("我家断网两天了", ("words", "lexicon-1")),
        ("我家断网了", ("other words", "lexicon-1")),
        ("我家断网了", ("words", "lexicon-2")),
    ],
)
def test_whatever_an_analysis_rests_on_makes_it_anew(
    tmp_path: Path, text: str, judged_by: tuple[str, str]
) -> None:
    analyzer = CountingAnalyzer()
    kept(tmp_path, analyzer).analyze(call())
    kept(tmp_path, analyzer, *judged_by).analyze(call(text))
    assert analyzer.asked == ["c1", "c1"]


def test_other_code_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer = CountingAnalyzer()
    kept(tmp_path, analyzer).analyze(call())
    monkeypatch.setattr("qa_analyzer.batch.kept_analyses.analysis_code_fingerprint", lambda: "other")
    kept(tmp_path, analyzer).analyze(call())
    assert len(analyzer.asked) == 2


def test_new_metadata_is_taken_from_the_transcript_at_hand(tmp_path: Path) -> None:
    analyzer = CountingAnalyzer()
    kept(tmp_path, analyzer).analyze(call())
    renamed = replace(call(), call=replace(call().call, agent_id="A9"))
    assert kept(tmp_path, analyzer).analyze(renamed).transcript.call.agent_id == "A9"
    assert analyzer.asked == ["c1"]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    analyzer = CountingAnalyzer()
    kept(tmp_path, analyzer).analyze(call())
    (tmp_path / "c1.json").write_text('{"key": 1', encoding="utf-8")
    assert kept(tmp_path, analyzer).analyze(call()).complaints[0].term == "断网"
    assert len(analyzer.asked) == 2


def test_a_folder_that_cannot_be_written_to_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "analyses").write_text("a file in the way", encoding="utf-8")
    analyzer = CountingAnalyzer()
    assert kept(tmp_path / "analyses", analyzer).analyze(call()).complaints
