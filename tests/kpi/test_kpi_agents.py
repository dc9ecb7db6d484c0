from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from kpi_builders import evaluate

from qa_analyzer.analysis.call_analysis import SentimentLabel
from qa_analyzer.kpi.agents import agent_table, neutral, write_agents_csv


def line(table: pd.DataFrame, agent_id: str) -> pd.Series:
    chosen = table[table["agent_id"] == agent_id]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_scores_are_counted_over_judged_calls_only() -> None:
    table = agent_table(
        [
            evaluate("c1", "a1", percent=90.0),
            evaluate("c2", "a1", percent=0.0, auto_failed=True),
            evaluate("c3", "a1", percent=None),
            evaluate("c4", "a2", percent=79.9),
        ]
    )
    first, second = line(table, "a1"), line(table, "a2")
    assert (first["calls"], first["judged_calls"], first["red_line_calls"]) == (3, 2, 1)
    assert first["mean_percent"] == 45.0
    assert first["pass_rate"] == 0.5
    assert second["pass_rate"] == 0.0


def test_what_rests_on_nothing_is_missing_not_zero() -> None:
    table = agent_table([evaluate("c1", "a1", percent=None, mood=None, verdicts={"greeting": "unscorable"})])
    only = line(table, "a1")
    missing = ("mean_percent", "pass_rate", "greeting_pass_rate", "sentiment_improved", "agent_name", "team")
    assert [name for name in missing if not pd.isna(only[name])] == []
    assert (only["judged_calls"], only["greeting_n"], only["sentiment_calls"]) == (0, 0, 0)


def test_criterion_rates_leave_out_na_and_unscorable() -> None:
    verdicts = ("pass", "fail", "fail", "na", "unscorable")
    table = agent_table(
        [evaluate(f"c{i}", verdicts={"greeting": verdict}) for i, verdict in enumerate(verdicts)]
    )
    only = line(table, "a1")
    assert only["greeting_n"] == 3
    assert only["greeting_pass_rate"] == pytest.approx(1 / 3)


def test_criteria_keep_the_order_of_the_scorecard() -> None:
    table = agent_table([evaluate(verdicts={"zeta": "pass", "alpha": "pass", "mid": "fail"})])
    assert list(table.columns[-6::2]) == ["zeta_pass_rate", "alpha_pass_rate", "mid_pass_rate"]


def test_complaints_count_calls_and_risks_stay_apart() -> None:
    table = agent_table(
        [
            evaluate("c1", tags=("signal", "signal", "unknown_charge")),
            evaluate("c2", tags=("signal", "escalation")),
            evaluate("c3", tags=("churn",)),
        ]
    )
    only = line(table, "a1")
    assert only["complaint_calls"] == 2
    assert only["complaint_network_calls"] == 2
    assert only["complaint_charges_calls"] == 1
    assert only["complaint_service_calls"] == 0
    assert (only["risk_escalation_calls"], only["risk_churn_calls"], only["risk_repeat_contact_calls"]) == (
        1,
        1,
        0,
    )


def test_sentiment_is_counted_where_a_customer_was_heard() -> None:
    table = agent_table(
        [
            evaluate("c1", mood="worsened", ended=SentimentLabel.NEGATIVE),
            evaluate("c2", mood="improved"),
            evaluate("c3", mood=None),
        ]
    )
    only = line(table, "a1")
    names = ["calls", "improved", "unchanged", "worsened", "ended_negative"]
    assert [only[f"sentiment_{name}"] for name in names] == [2, 1, 0, 1, 1]


def test_agents_are_sorted_and_calls_without_one_are_kept_last() -> None:
    table = agent_table([evaluate("c1", None), evaluate("c2", "b"), evaluate("c3", "a")])
    assert list(table["agent_id"].fillna("-")) == ["a", "b", "-"]
    assert list(table["calls"]) == [1, 1, 1]


def test_latest_call_names_the_team() -> None:
    table = agent_table(
        [
            evaluate("c2", team="new", started_at="2026-03-02T09:00:00"),
            evaluate("c1", team="old", started_at="2026-03-01T09:00:00"),
        ]
    )
    assert line(table, "a1")["team"] == "new"


def test_order_of_input_does_not_matter() -> None:
    evaluations = [
        evaluate(f"c{i}", f"a{i % 3}", percent=60.0 + i, tags=("signal",) * (i % 2)) for i in range(9)
    ]
    forward, backward = agent_table(evaluations), agent_table(reversed(evaluations))
    pd.testing.assert_frame_equal(forward, backward)


def test_no_evaluations_give_an_empty_table_that_can_be_written(tmp_path: Path) -> None:
    table = agent_table([])
    assert len(table) == 0
    write_agents_csv(table, tmp_path / "agents.csv")
    assert (tmp_path / "agents.csv").read_text("utf-8-sig").startswith("agent_id,agent_name,team,calls,")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_no_cell_starts_a_formula(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"
    assert neutral(f"a{cell}") == f"a{cell}"


def test_csv_opens_in_spreadsheets_and_keeps_unknown_cells_empty(tmp_path: Path) -> None:
    table = agent_table(
        [evaluate("c1", "=cmd", agent_name="李娜", percent=None), evaluate("c2", "7", percent=200 / 3)]
    )
    write_agents_csv(table, tmp_path / "agents.csv")
    content = (tmp_path / "agents.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert [row["agent_id"] for row in rows] == ["7", "'=cmd"]
    assert (rows[0]["mean_percent"], rows[1]["mean_percent"]) == ("66.6667", "")
    assert rows[1]["agent_name"] == "李娜"
    assert list(tmp_path.iterdir()) == [tmp_path / "agents.csv"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "agents.csv"
    target.mkdir()
    with pytest.raises(OSError, match=r"agents\.csv"):
        write_agents_csv(agent_table([evaluate()]), target)
    assert list(tmp_path.iterdir()) == [target]
