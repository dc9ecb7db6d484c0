from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_builders import evaluate
from nights import a_night

from qa_analyzer.kpi.facts import facts_of
from qa_analyzer.kpi.fairness import comparison_warnings, recognition_fairness
from qa_analyzer.kpi.kpis import Dimension, kpi_table, ranking
from qa_analyzer.kpi.outcomes import KPIS, outcomes
from qa_analyzer.kpi.uncertainty import LARGEST_RESAMPLED, bootstrap_means, wilson
from qa_analyzer.scoring.evaluation import Evaluation

DAY = "2026-03-01T09:00:00"


def test_wilson_matches_published_figures() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_wilson_of_nothing_is_unknown() -> None:
    low, high = wilson([0], [0])
    assert np.isnan(low).all()
    assert np.isnan(high).all()


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_and_stays_in_bounds(counts: tuple[int, int]) -> None:
    hits, n = counts
    low, high = wilson([hits], [n])
    assert 0 <= low[0] <= hits / n <= high[0] <= 1
    assert low[0] < high[0]


def test_bootstrap_is_close_to_theory_and_the_same_every_time() -> None:
    values = np.random.default_rng(1).normal(80, 10, 200)
    low, high = bootstrap_means([values])
    half = 1.96 * values.std(ddof=1) / np.sqrt(200)
    assert low[0] == pytest.approx(values.mean() - half, abs=0.25)
    assert high[0] == pytest.approx(values.mean() + half, abs=0.25)
    again = bootstrap_means([[1.0, 2.0], values[::-1], [5.0]])
    assert (again[0][1], again[1][1]) == (low[0], high[0])
    assert np.isnan(again[0][2])


def test_large_groups_use_the_normal_interval() -> None:
    values = np.random.default_rng(1).normal(80, 10, LARGEST_RESAMPLED + 1)
    (low,), (high,) = bootstrap_means([values])
    assert high - low == pytest.approx(2 * 1.96 * values.std(ddof=1) / np.sqrt(len(values)), rel=1e-3)


def figure(evaluations: Sequence[Evaluation], kpi: str) -> pd.Series:
    table = kpi_table(facts_of(evaluations), minimum_n=2)
    chosen = table[table["kpi"] == kpi]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.mark.parametrize("kpi", [kpi.kpi_id for kpi in KPIS])
def test_every_kpi_without_its_metadata_is_not_available_and_never_zero(kpi: str) -> None:
    bare = figure([evaluate(percent=None, verdicts={"greeting": "na"})], kpi)
    assert (bare["status"], bare["n"]) == ("not_available", 0)
    assert pd.isna(bare["value"])
    assert pd.isna(bare["low"])
    assert bare["note"].startswith("not available: needs ")


def test_answered_in_time_is_three_rings_or_fifteen_seconds() -> None:
    calls = [
        evaluate("c1", ring_count=3),
        evaluate("c2", ring_count=4),
        evaluate("c3", ring_seconds=15.0),
        evaluate("c4", ring_seconds=15.1),
        evaluate("c5", ring_seconds=20.0, ring_count=2),
        evaluate("c6"),
    ]
    found = figure(calls, "answered_in_time")
    assert (found["value"], found["n"]) == (0.6, 5)


def test_rates_are_over_the_calls_that_can_tell() -> None:
    calls = [
        evaluate("c1", percent=95, csat=4, resolved=True, tags=("signal",)),
        evaluate("c2", percent=0, auto_failed=True, csat=3, resolved=False, tags=("escalation",)),
        evaluate("c3", percent=79.9, csat=5, verdicts={"empathy_before_solution": "fail"}),
        evaluate("c4", percent=80, verdicts={"empathy_before_solution": "pass"}),
        evaluate(
            "c5", percent=None, verdicts={"empathy_before_solution": "na"}, tags=("escalation", "signal")
        ),
    ]
    expected = {
        "qa_score": ((95 + 0 + 79.9 + 80) / 4, 4),
        "pass_rate": (0.5, 4),
        "red_line_rate": (0.25, 4),
        "complaint_rate": (0.25, 4),
        "escalation_rate": (0.25, 4),
        "satisfaction": (2 / 3, 3),
        "resolution": (0.5, 2),
        "empathy_rate": (0.5, 2),
    }
    found = {name: tuple(figure(calls, name)[["value", "n"]]) for name in expected}
    assert {name: (pytest.approx(value), n) for name, (value, n) in expected.items()} == found


def test_inferred_resolution_stands_apart_and_only_where_the_ticket_says_nothing() -> None:
    calls = [
        evaluate("c1", resolved=False, verdicts={"time_commitment": "na"}),
        evaluate("c2", verdicts={"time_commitment": "na"}),
        evaluate("c3", verdicts={"time_commitment": "pass"}),
        evaluate("c4", verdicts={"time_commitment": "unscorable"}),
    ]
    assert tuple(figure(calls, "resolution")[["value", "n"]]) == (0.0, 1)
    assert tuple(figure(calls, "resolution_inferred")[["value", "n"]]) == (0.5, 2)


def test_promised_in_time() -> None:
    calls = [
        evaluate(f"c{n}", verdicts={"time_commitment": "pass"}, quotes={"time_commitment": quote})
        for n, quote in enumerate(["24小时内回电", "三天内修好", "48小时内修好，当天回电", "好的"])
    ]
    assert tuple(figure(calls, "promised_in_time")[["value", "n"]]) == (pytest.approx(2 / 3), 3)


def contact(day: str, customer: str | None, call_id: str, tags: tuple[str, ...] = ()) -> Evaluation:
    return evaluate(call_id, started_at=f"2026-03-{day}T10:00:00", customer_id=customer, tags=tags)


def first_contact(calls: Sequence[Evaluation]) -> dict[str, float]:
    facts = facts_of(calls)
    return dict(zip(facts.calls["call_id"], outcomes(facts)["first_contact_resolution"], strict=True))


def test_first_contact_resolution_waits_seven_days() -> None:
    found = first_contact(
        [
            contact("01", "x", "back-in-time"),
            contact("08", "x", "last-of-x"),
            contact("01", "y", "back-too-late"),
            contact("09", "y", "last-of-y"),
            contact("02", "z", "never-back"),
            contact("20", None, "unknown"),
        ]
    )
    assert found["back-in-time"] == 0.0
    assert found["last-of-x"] == 1.0
    assert found["back-too-late"] == 1.0
    assert found["never-back"] == 1.0
    assert np.isnan(found["unknown"])


def test_first_contact_resolution_says_nothing_before_the_seven_days_are_over() -> None:
    found = first_contact([contact("01", "x", "a"), contact("03", "x", "b"), contact("07", None, "end")])
    assert np.isnan(list(found.values())).all()


def test_a_second_call_about_something_else_does_not_count() -> None:
    found = first_contact(
        [
            contact("01", "x", "other", ("signal",)),
            contact("02", "x", "same", ("attitude",)),
            contact("03", "x", "again", ("attitude", "unknown_charge")),
            contact("04", "y", "vague", ("signal",)),
            contact("05", "y", "plain"),
            contact("20", None, "end"),
        ]
    )
    assert (found["other"], found["same"], found["again"], found["vague"]) == (1.0, 0.0, 1.0, 0.0)


def test_one_customer_id_for_everybody_stays_quick() -> None:
    calls = [
        evaluate(
            f"c{n}", started_at=f"2026-03-{n % 28 + 1:02d}T{n % 24:02d}:{n % 60:02d}:00", customer_id="匿名"
        )
        for n in range(2000)
    ]
    assert len(first_contact(calls)) == 2000


def test_groups_by_week_day_team_and_unknown() -> None:
    calls = [
        evaluate("c1", team="north", started_at="2026-03-01T09:00:00", percent=60),
        evaluate("c2", team="north", started_at="2026-03-02T09:00:00", percent=80),
        evaluate("c3", team="south", started_at="2026-03-08T23:59:00", percent=90),
        evaluate("c4", percent=70),
    ]
    facts = facts_of(calls)
    weeks = kpi_table(facts, [Dimension.WEEK], kpis=[KPIS[0]])
    assert [str(week)[:10] for week in weeks["local_week"]] == ["2026-02-23", "2026-03-02", "NaT"]
    assert list(weeks["value"]) == [60.0, 85.0, 70.0]
    teams = kpi_table(facts, [Dimension.TEAM, Dimension.DAY], kpis=[KPIS[0]])
    assert list(teams["team"].fillna("-")) == ["north", "north", "south", "-"]
    assert len(kpi_table(facts, [Dimension.QUEUE])) == len(KPIS)


def test_kpis_of_nothing() -> None:
    facts = facts_of([])
    assert len(kpi_table(facts, [Dimension.AGENT])) == 0
    assert len(ranking(facts)) == 0


def test_few_calls_are_shown_but_never_ranked() -> None:
    calls = [evaluate(f"a{n}", "many-good", percent=90 + n % 5) for n in range(20)]
    calls += [evaluate(f"b{n}", "many-bad", percent=60 + n % 5) for n in range(20)]
    calls += [evaluate(f"c{n}", "few", percent=100) for n in range(19)]
    ranks = ranking(facts_of(calls)).set_index("agent_id")
    assert list(ranks.index) == ["many-good", "many-bad", "few"]
    assert (ranks.loc["many-good", "rank"], ranks.loc["many-bad", "rank"]) == (1, 2)
    assert pd.isna(ranks.loc["few", "rank"])
    assert (ranks.loc["few", "status"], ranks.loc["few", "value"]) == ("small_sample", 100.0)
    assert list(ranks["against_all"].fillna("-")) == ["above", "below", "-"]


def test_lower_is_better_where_it_is() -> None:
    calls = [evaluate(f"a{n}", "calm", tags=()) for n in range(3)]
    calls += [evaluate(f"b{n}", "loud", tags=("escalation",)) for n in range(3)]
    ranks = ranking(facts_of(calls), kpi_id="escalation_rate", minimum_n=3)
    assert list(ranks["agent_id"]) == ["calm", "loud"]


def test_kpi_tables_are_the_same_whatever_the_order() -> None:
    night = a_night(150)
    forward = kpi_table(facts_of(night), [Dimension.AGENT])
    backward = kpi_table(facts_of(night[::-1]), [Dimension.AGENT])
    pd.testing.assert_frame_equal(forward, backward)
    known = forward.dropna(subset=["low"])
    assert (known["low"] <= known["value"] + 1e-9).all()
    assert (known["value"] <= known["high"] + 1e-9).all()


def noisy(agents: int, calls: int, *, slope: float, spread: float, seed: int = 3) -> list[Evaluation]:
    """Agents of equal skill on lines that differ by ``spread``; quality moves scores by ``slope``."""
    chance = np.random.default_rng(seed)
    made: list[Evaluation] = []
    for agent in range(agents):
        line = 0.7 + spread * agent / agents
        for number in range(calls):
            quality = float(np.clip(line + chance.normal(0, 0.05), 0, 1))
            percent = float(np.clip(80 + slope * (quality - 0.8) + chance.normal(0, 4), 0, 100))
            made.append(evaluate(f"{agent}-{number}", f"a{agent}", percent=percent, probability=quality))
    return made


def test_fairness_warns_when_recognition_makes_the_ranks() -> None:
    found = recognition_fairness(facts_of(noisy(10, 40, slope=60, spread=0.2)))
    assert found.explained_share is not None
    assert found.explained_share > 0.8
    assert found.points_per_tenth == pytest.approx(6.0, abs=1.0)
    assert found.largest_shift is not None
    assert found.largest_shift > 4
    assert found.warning is not None
    assert "not safe" in found.warning


def test_fairness_is_quiet_when_recognition_does_not_matter() -> None:
    found = recognition_fairness(facts_of(noisy(10, 40, slope=0, spread=0.2)))
    assert found.points_interval is not None
    assert found.points_interval[0] < 0 < found.points_interval[1]
    assert found.warning is None


def test_fairness_does_not_blame_recognition_for_skill() -> None:
    """Better agents on better lines: their means go together, but the same agent scores alike on any line."""
    calls = noisy(10, 40, slope=0, spread=0.2)
    skilled = [
        evaluate(
            each.call_id,
            each.analysis.transcript.call.agent_id,
            percent=min(100.0, (each.percent or 0) - 20 + 4 * int(each.call_id.split("-")[0])),
            probability=each.analysis.transcript.turns[0].words[0].probability,
        )
        for each in calls
    ]
    found = recognition_fairness(facts_of(skilled))
    assert found.explained_share is not None
    assert found.explained_share > 0.8
    assert found.largest_shift is not None
    assert found.largest_shift < 2
    assert found.warning is not None
    assert "need care" in found.warning


def test_fairness_of_text_calls_is_not_available() -> None:
    found = recognition_fairness(facts_of([evaluate(f"c{n}", f"a{n % 6}") for n in range(60)]))
    assert not found.available
    assert found.warning is not None
    assert "not available" in found.warning


def test_figures_that_may_not_be_compared_say_so() -> None:
    assert comparison_warnings(facts_of([evaluate("c1"), evaluate("c2")])) == ()
    mixed = [evaluate("c1"), evaluate("c2", scorecard="card-2", scorecard_version="2")]
    (changed,) = comparison_warnings(facts_of(mixed))
    assert "telecom changed in between (versions 1, 2)" in changed
    other = replace(evaluate("c1", scorecard="sales-1"), scorecard_id="sales")
    (several,) = comparison_warnings(facts_of([evaluate("c1"), other]))
    assert "choose one of sales, telecom" in several


def test_ranks_made_by_recognition_are_among_the_warnings() -> None:
    (unsafe,) = comparison_warnings(facts_of(noisy(10, 40, slope=60, spread=0.2)))
    assert "not safe" in unsafe
    assert comparison_warnings(facts_of(noisy(10, 40, slope=0, spread=0.2))) == ()


def test_recordings_heard_by_different_models_are_among_the_warnings() -> None:
    calls = [evaluate("c1"), evaluate("c2")]
    heard = [
        replace(
            each,
            analysis=replace(each.analysis, transcript=replace(each.analysis.transcript, asr_model=model)),
        )
        for each, model in zip(calls, ("base", "large"), strict=True)
    ]
    (models,) = comparison_warnings(facts_of(heard))
    assert models.endswith("base, large")
