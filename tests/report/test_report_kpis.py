from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from qa_analyzer.kpi.facts import facts_of
from qa_analyzer.kpi.outcomes import KPIS
from qa_analyzer.report.kpi_rows import fairness_note, kpi_rows
from qa_analyzer.report.wording import LANGUAGES, Wording
from qa_analyzer.scoring.evaluation import Verdict
from qa_analyzer.speech.transcript import Turn


def test_every_kpi_has_a_sentence_for_its_absence() -> None:
    for lang in LANGUAGES:
        assert set(Wording(lang).group("kpi_needs")) == {kpi.kpi_id for kpi in KPIS}


def test_what_the_input_lacks_is_said_and_is_no_zero(made_up: ModuleType) -> None:
    rows = {row.kpi_id: row for row in kpi_rows(facts_of(made_up.evaluations(30)), Wording("zh"))}
    answered = rows["answered_in_time"]
    assert (answered.value, answered.n, answered.interval, answered.met) == ("无法得知", 0, "—", None)
    assert "ring_seconds" in answered.note
    score = rows["qa_score"]
    assert score.n == 30
    assert score.target == "80.0"
    assert score.met is (float(score.value) >= 80)


def test_a_small_sample_is_said_so(made_up: ModuleType) -> None:
    rows = {row.kpi_id: row for row in kpi_rows(facts_of(made_up.evaluations(6)), Wording("en"))}
    assert rows["pass_rate"].note == "small sample, not to be compared"
    assert rows["pass_rate"].name == "Pass rate"


def _heard(turn: Turn, probability: float) -> Turn:
    return replace(turn, words=tuple(replace(word, probability=probability) for word in turn.words))


def test_the_reader_is_warned_where_recognition_moves_scores(made_up: ModuleType) -> None:
    calls = []
    for number in range(60):
        # The lines grow worse from agent to agent, and a bad line costs every agent the same points.
        badly = number // 6 < 2 * (number % 6)
        flips = {"greeting": Verdict.FAIL, "self_introduction": Verdict.FAIL} if badly else {}
        made = made_up.evaluation(call_id=f"C{number}", agent=made_up.AGENTS[number % 6], flips=flips)
        transcript = made.analysis.transcript
        turns = tuple(_heard(turn, 0.6 if badly else 0.9) for turn in transcript.turns)
        calls.append(
            replace(made, analysis=replace(made.analysis, transcript=replace(transcript, turns=turns)))
        )
    assert "识别质量" in fairness_note(facts_of(calls), Wording("zh"))
    assert fairness_note(facts_of(made_up.evaluations(6)), Wording("zh")) == ""
