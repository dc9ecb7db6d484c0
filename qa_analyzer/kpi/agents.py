"""The table of agents: what ``agents.csv`` holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from qa_analyzer.kpi.facts import Facts, facts_of
from qa_analyzer.kpi.rows import RISK_CLASS
from qa_analyzer.scoring.evaluation import Evaluation, Grade, Verdict
from qa_analyzer.whole_files import replacing

COMPLAINT_CLASSES = ("network", "charges", "service")
RISK_CODES = ("escalation", "churn", "repeat_contact")
SHIFTS = ("improved", "unchanged", "worsened")
PASSING = (Grade.EXCELLENT.value, Grade.PASS.value)

# A cell that starts with one of these is run as a formula by spreadsheets, the full-width forms included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def agent_table(evaluations: Iterable[Evaluation] | Facts) -> pd.DataFrame:
    """Count one line per agent, sorted by agent_id; calls without an agent come last under an empty id.

    Rates are in [0, 1]. ``pass_rate`` is the share of judged calls graded pass or better; a criterion's
    ``_pass_rate`` is over its ``_n`` pass and fail verdicts. Complaint columns count calls, not mentions.
    What rests on nothing is missing, never 0.
    """
    facts = evaluations if isinstance(evaluations, Facts) else facts_of(evaluations)
    calls = facts.calls.sort_values(["started_at", "call_id"], kind="stable", na_position="first")
    calls = calls.assign(
        judged=calls["percent"].notna(),
        passed=calls["grade"].isin(PASSING) & calls["percent"].notna(),
    )
    by_agent = calls.groupby("agent_id", dropna=False, sort=True)
    table = pd.DataFrame(
        {
            "agent_name": by_agent["agent_name"].last(),
            "team": by_agent["team"].last(),
            "calls": by_agent.size(),
            "judged_calls": by_agent["judged"].sum(),
            "mean_percent": by_agent["percent"].mean(),
        }
    )
    judged_calls = table["judged_calls"].where(table["judged_calls"] > 0)
    table["pass_rate"] = by_agent["passed"].sum() / judged_calls
    table["red_line_calls"] = by_agent["auto_failed"].sum()
    agent_of = calls.set_index("evaluation_id")["agent_id"]
    table = table.join(_complaint_counts(facts.tags, agent_of, table.index))
    table = table.join(_sentiment_counts(calls))
    table = table.join(_criterion_rates(facts.criteria, agent_of, table.index))
    return table.reset_index()


def _complaint_counts(tags: pd.DataFrame, agent_of: pd.Series, agents: pd.Index) -> pd.DataFrame:
    """Count an agent's calls with at least one complaint, of each class, and with each risk."""
    tags = tags.assign(agent_id=agent_of.reindex(tags["evaluation_id"]).array)
    is_risk = tags["complaint_class"] == RISK_CLASS

    def calls_with(chosen: pd.Series) -> pd.Series:
        distinct = tags[chosen].drop_duplicates("evaluation_id")
        return distinct.groupby("agent_id", dropna=False).size().reindex(agents, fill_value=0)

    counts = {"complaint_calls": calls_with(~is_risk)}
    for name in COMPLAINT_CLASSES:
        counts[f"complaint_{name}_calls"] = calls_with(tags["complaint_class"] == name)
    for code in RISK_CODES:
        counts[f"risk_{code}_calls"] = calls_with(is_risk & (tags["code"] == code))
    return pd.DataFrame(counts, index=agents)


def _sentiment_counts(calls: pd.DataFrame) -> pd.DataFrame:
    """Count how customers' sentiment moved; missing where no call of the agent has a customer to judge."""
    by_agent = calls.assign(known=calls["shift"].notna()).groupby("agent_id", dropna=False, sort=True)
    known = by_agent["known"].sum()
    counts = pd.DataFrame({"sentiment_calls": known})
    for shift in SHIFTS:
        hits = calls.assign(hit=(calls["shift"] == shift).fillna(False))
        counts[f"sentiment_{shift}"] = hits.groupby("agent_id", dropna=False, sort=True)["hit"].sum()
    ended = calls.assign(hit=(calls["customer_end"] == "negative").fillna(False))
    counts["sentiment_ended_negative"] = ended.groupby("agent_id", dropna=False, sort=True)["hit"].sum()
    unknown = counts["sentiment_calls"] == 0
    for column in counts.columns[1:]:
        counts[column] = counts[column].astype("Int64").mask(unknown)
    return counts


def _criterion_rates(criteria: pd.DataFrame, agent_of: pd.Series, agents: pd.Index) -> pd.DataFrame:
    """Return pass rate and number of judged calls per criterion, in the scorecard's order."""
    order = criteria.groupby("criterion_id", observed=True)["position"].min()
    names = sorted(order.index, key=lambda name: (int(order[name]), str(name)))
    judged = criteria[criteria["verdict"].isin([Verdict.PASS.value, Verdict.FAIL.value])]
    judged = judged.assign(
        agent_id=agent_of.reindex(judged["evaluation_id"]).array,
        passed=judged["verdict"] == Verdict.PASS.value,
    )
    rates: dict[str, pd.Series] = {}
    for name in names:
        by_agent = judged[judged["criterion_id"] == name].groupby("agent_id", dropna=False)["passed"]
        rates[f"{name}_pass_rate"] = by_agent.mean().astype("float64").reindex(agents)
        rates[f"{name}_n"] = by_agent.size().reindex(agents, fill_value=0)
    return pd.DataFrame(rates, index=agents)


def neutral(cell: object) -> object:
    """Return a cell that no spreadsheet runs; text that would be a formula gets a leading apostrophe."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def write_agents_csv(table: pd.DataFrame, path: Path) -> None:
    """Write the table whole or not at all, in UTF-8 with a byte-order mark so that spreadsheets read it."""
    safe = table.copy()
    for column in safe.columns:
        if pd.api.types.is_string_dtype(safe[column].dtype):
            safe[column] = safe[column].map(neutral, na_action="ignore")
        elif pd.api.types.is_float_dtype(safe[column].dtype):
            safe[column] = safe[column].round(4)
    safe.columns = pd.Index([str(neutral(str(column))) for column in safe.columns])
    with replacing(path, encoding="utf-8-sig") as stream:
        safe.to_csv(stream, index=False, lineterminator="\r\n")
