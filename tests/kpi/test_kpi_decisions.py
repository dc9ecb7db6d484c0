from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kpi_builders import OVERRIDE, evaluate

from qa_analyzer.errors import ConfigError, ManifestError
from qa_analyzer.kpi.decisions import Decision, read_decisions, save_decisions
from qa_analyzer.kpi.kpis import Dimension, kpi_table
from qa_analyzer.kpi.outcomes import KPI_BY_ID, REVIEW_KPIS
from qa_analyzer.kpi.records import Override
from qa_analyzer.kpi.reviewed import Reviewed, holding, reviewed
from qa_analyzer.kpi.rows import CHINA_TIME
from qa_analyzer.kpi.store import KpiStore
from qa_analyzer.scoring.evaluation import CriterionResult, Verdict

NOW = datetime(2026, 3, 5, 1, tzinfo=UTC)
P, F, NA, U = Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.UNSCORABLE


def decided(criterion_id: str, verdict: Verdict, *, minute: int = 0, reviewer: str = "李组长") -> Override:
    moment = NOW + timedelta(minutes=minute)
    return replace(OVERRIDE, criterion_id=criterion_id, verdict=verdict, decided_at=moment, reviewer=reviewer)


def criteria(**verdicts: str) -> tuple[CriterionResult, ...]:
    """Build verdicts of ten points each; red lines are worth none, as in scorecards."""
    return tuple(
        replace(result, points_possible=0.0, points_earned=0.0) if result.auto_fail else result
        for result in evaluate(verdicts=verdicts).criteria
    )


@pytest.mark.parametrize(
    ("overrides", "weights", "expected"),
    [
        ([], {}, Reviewed(50.0, False)),
        ([decided("b", P)], {}, Reviewed(100.0, True)),
        ([decided("a", F)], {}, Reviewed(0.0, True)),
        ([decided("b", NA)], {}, Reviewed(100.0, True)),
        ([decided("b", U)], {}, Reviewed(100.0, True)),
        ([decided("c", F)], {"c": 20.0}, Reviewed(25.0, True)),
        ([decided("c", P)], {}, Reviewed(None, True)),  # how many points it is worth, nobody knows
        ([decided("c", NA)], {}, Reviewed(50.0, False)),  # agreed with the machine
        ([decided("b", P), decided("b", F, minute=1)], {}, Reviewed(50.0, False)),  # the latest holds
        ([decided("abuse", F)], {}, Reviewed(0.0, True)),
        ([decided("a", NA), decided("b", NA)], {}, Reviewed(None, True)),
    ],
)
def test_a_reviewed_score_counts_people_s_verdicts(
    overrides: list[Override], weights: dict[str, float], expected: Reviewed
) -> None:
    assert reviewed(criteria(a="pass", b="fail", c="na", abuse="pass"), overrides, weights) == expected


def test_a_red_line_that_people_lift_gives_the_points_back() -> None:
    results = criteria(a="pass", abuse="fail")
    assert reviewed(results, [], {}).percent == 0.0
    assert reviewed(results, [decided("abuse", P)], {}) == Reviewed(100.0, True)


def test_of_two_reviewers_the_later_holds() -> None:
    both = [decided("a", F, minute=2, reviewer="甲"), decided("a", P, minute=1, reviewer="乙")]
    assert holding(both)["a"].reviewer == "甲"


def test_kpis_count_people_s_verdicts_beside_the_machine_s(store: KpiStore) -> None:
    store.save_result(evaluate("c1", "a1", percent=50.0, verdicts={"greeting": "pass", "closing": "fail"}))
    store.save_result(evaluate("c2", "a1", percent=100.0, verdicts={"greeting": "pass", "closing": "pass"}))
    store.save_result(evaluate("c3", "a2", percent=100.0, verdicts={"greeting": "pass", "closing": "na"}))
    store.save_override(replace(OVERRIDE, criterion_id="closing", verdict=P))
    judged_na = replace(OVERRIDE, call_id="c3", transcript_fingerprint="t-c3", criterion_id="closing")
    store.save_override(replace(judged_na, verdict=F))  # its points are known from the other calls
    kpis = [KPI_BY_ID["qa_score"], *REVIEW_KPIS]
    table = kpi_table(store.facts(), [Dimension.AGENT], kpis=kpis).set_index(["agent_id", "kpi"])["value"]
    assert dict(table["a1"]) == {"qa_score": 75.0, "qa_score_reviewed": 100.0, "overridden_rate": 0.5}
    assert dict(table["a2"]) == {"qa_score": 100.0, "qa_score_reviewed": 50.0, "overridden_rate": 1.0}


def test_only_the_evaluation_that_was_looked_at_is_reviewed(store: KpiStore) -> None:
    store.save_result(evaluate(percent=50.0, verdicts={"greeting": "fail"}))
    store.save_override(replace(OVERRIDE, verdict=P))
    store.save_result(evaluate(scorecard="card-2", percent=50.0, verdicts={"greeting": "fail"}))
    assert store.facts().reviewed == {}
    assert [each.criterion_id for each in store.overrides()] == ["greeting"]


def table(tmp_path: Path, *lines: str, header: str = "call_id,criterion_id,verdict,reviewer,reason") -> Path:
    path = tmp_path / "decisions.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8-sig")
    return path


def test_a_table_of_decisions_is_read_with_its_lines(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "c1,greeting,fail,李组长,声音太小,2026-03-04 09:30,telecom",
        "c2,greeting,na,李组长,开头没录上,,",
        header="call_id,criterion_id,verdict,reviewer,reason,decided_at,scorecard_id",
    )
    first, second = read_decisions(path, now=NOW, zone=CHINA_TIME)
    moment = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)
    assert first == (2, Decision("c1", "greeting", F, "李组长", "声音太小", moment, "telecom"))
    assert second == (3, Decision("c2", "greeting", NA, "李组长", "开头没录上", NOW))


def test_every_fault_of_a_table_is_told_with_its_line(tmp_path: Path) -> None:
    path = table(tmp_path, "c1,greeting,bad,李,理由", "c1,,pass,李,", "c1,greeting,pass,李,理由")
    with pytest.raises(ManifestError) as caught:
        read_decisions(path, now=NOW, zone=CHINA_TIME)
    assert [(fault.line, fault.where) for fault in caught.value.faults] == [
        (2, ""),
        (3, "criterion_id"),
        (3, "reason"),
    ]
    with pytest.raises(ManifestError, match="reviewer"):
        read_decisions(table(tmp_path, header="call_id,criterion_id,verdict"), now=NOW, zone=CHINA_TIME)


def a_decision(**changes: object) -> Decision:
    decision = Decision("c1", "greeting", F, "李组长", "没有问候", NOW)
    return replace(decision, **changes)  # type: ignore[arg-type]


def test_the_same_decisions_twice_are_saved_once(store: KpiStore) -> None:
    store.save_result(evaluate())
    history = [
        (2, a_decision()),
        (3, a_decision(verdict=P, reason="重听后改判", decided_at=NOW + timedelta(minutes=5))),
    ]
    assert save_decisions(store, history) == 2
    assert save_decisions(store, history) == 0
    later = a_decision(verdict=P, reason="重听后改判", decided_at=NOW + timedelta(days=1))
    assert save_decisions(store, [(None, later)]) == 0
    assert save_decisions(store, [(None, replace(later, reviewer="王班长"))]) == 1
    assert [each.verdict for each in store.overrides()] == [F, P, P]


def test_decisions_that_fit_nothing_are_all_named_and_none_is_saved(store: KpiStore, tmp_path: Path) -> None:
    store.save_result(evaluate())
    decisions = [
        (2, a_decision()),
        (3, a_decision(call_id="never seen")),
        (4, a_decision(criterion_id="closing")),
        (5, a_decision(scorecard_id="sales")),
    ]
    with pytest.raises(ManifestError) as caught:
        save_decisions(store, decisions, tmp_path / "decisions.csv")
    assert [fault.line for fault in caught.value.faults] == [3, 4, 5]
    assert "there are: greeting" in str(caught.value)
    assert store.overrides() == ()
    with pytest.raises(ConfigError, match="no evaluation of call never seen"):
        save_decisions(store, decisions[1:2])


def test_a_criterion_of_two_scorecards_must_be_named_with_its_card(store: KpiStore) -> None:
    store.save_result(evaluate())
    store.save_result(replace(evaluate(scorecard="s-1"), scorecard_id="sales"))
    with pytest.raises(ConfigError, match="sales, telecom"):
        save_decisions(store, [(None, a_decision())])
    assert save_decisions(store, [(None, a_decision(scorecard_id="sales"))]) == 1
    assert store.overrides()[0].scorecard_fingerprint == "s-1"
