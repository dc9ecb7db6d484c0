from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from qa_analyzer.report.timeline import build_timeline, mood_points
from qa_analyzer.report.wording import Wording
from qa_analyzer.speech.transcript import AuditKind, AuditSpan


def test_a_call_is_laid_out_in_percent_of_its_length(made_up: ModuleType) -> None:
    evaluation = made_up.evaluation(made_up.REPAIR)
    transcript = evaluation.analysis.transcript
    timeline = build_timeline(evaluation, ("M0 0Z", "M1 1Z"), Wording("zh"), {})
    assert timeline is not None
    assert timeline.length_s == transcript.duration_s
    agent, customer = timeline.lanes
    assert (agent.label, agent.wave, customer.label, customer.wave) == ("坐席", "M0 0Z", "客户", "M1 1Z")
    assert [block.turn_index for block in agent.turns] == [0, 2, 4, 6, 8, 10]
    for block in agent.turns:
        turn = transcript.turns[block.turn_index or 0]
        assert block.left == pytest.approx(100 * turn.start_s / timeline.length_s, abs=0.01)
        assert block.left + block.width == pytest.approx(100 * turn.end_s / timeline.length_s, abs=0.02)
    (silence,) = timeline.silences
    assert (silence.style, silence.title) == ("announced", "静默 14 秒，应由坐席说话")
    assert timeline.interruptions == ()
    assert [tick.text for tick in timeline.ticks][:3] == ["0:00", "0:10", "0:20"]


def test_interruptions_evidence_and_damage_are_marked(made_up: ModuleType) -> None:
    evaluation = made_up.evaluation(made_up.BILLING)
    transcript = evaluation.analysis.transcript
    damage = AuditSpan(AuditKind.LOST_SPEECH, 0, 10.0, 12.0, "2 秒")
    damaged = replace(transcript, audit=(damage,))
    evaluation = replace(evaluation, analysis=replace(evaluation.analysis, transcript=damaged))
    timeline = build_timeline(evaluation, (), Wording("zh"), {"ownership": "首问负责"})
    assert timeline is not None
    (cut,) = timeline.interruptions
    assert (cut.turn_index, cut.title) == (2, "坐席抢话，重叠 1.2 秒")
    titles = [mark.title for mark in timeline.marks]
    assert "不合格：首问负责" in titles
    assert "风险：到工信部去反映" in titles
    assert [mark.start_s for mark in timeline.marks] == sorted(mark.start_s for mark in timeline.marks)
    assert timeline.damaged[0].title == "有人声但未识别出文字 2 秒"


def test_a_mono_call_has_one_wave_and_a_lane_a_speaker(made_up: ModuleType) -> None:
    timeline = build_timeline(made_up.evaluation(mono=True), ("M0 0Z",), Wording("zh"), {})
    assert timeline is not None
    assert [(lane.label, lane.wave, bool(lane.turns)) for lane in timeline.lanes] == [
        ("混音", "M0 0Z", False),
        ("坐席", "", True),
        ("客户", "", True),
    ]


def test_nothing_lies_outside_the_picture(made_up: ModuleType) -> None:
    evaluation = made_up.evaluation(made_up.REPAIR)
    transcript = replace(evaluation.analysis.transcript, duration_s=5.0)
    evaluation = replace(evaluation, analysis=replace(evaluation.analysis, transcript=transcript))
    timeline = build_timeline(evaluation, (), Wording("zh"), {})
    assert timeline is not None
    blocks = [block for lane in timeline.lanes for block in (*lane.turns, *lane.voiced)]
    assert all(
        block.left >= 0 and block.left + block.width <= 100.01 for block in (*blocks, *timeline.silences)
    )


def test_without_times_there_is_no_timeline_but_a_mood_by_turn(made_up: ModuleType) -> None:
    evaluation = made_up.evaluation(timed=False)
    assert build_timeline(evaluation, (), Wording("zh"), {}) is None
    spots = mood_points(evaluation, None, Wording("zh"))
    assert [spot.turn_index for spot in spots] == [1, 3, 5, 7, 9]
    assert [spot.left for spot in spots] == sorted(spot.left for spot in spots)
    # The lowest mood is the lowest on the page.
    assert max(spots, key=lambda spot: spot.top).turn_index == 1
