from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from kpi_builders import evaluate
from nights import a_night
from sqlalchemy import Engine, create_engine, insert, inspect, text

from qa_analyzer.kpi import migrations
from qa_analyzer.kpi.agents import agent_table
from qa_analyzer.kpi.facts import facts_of
from qa_analyzer.kpi.kpis import Dimension, kpi_table
from qa_analyzer.kpi.schema import metadata
from qa_analyzer.kpi.store import KpiStore, migrate, open_store

VIEWS = [
    "agent_daily",
    "call_facts",
    "complaint_daily",
    "criterion_daily",
    "kpi_daily",
    "team_daily",
]


def versions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return sorted(step.revision for step in ScriptDirectory.from_config(config).walk_revisions())


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    yield from connected(store_url)


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    yield from connected(empty_url)


def connected(url: str) -> Iterator[Engine]:
    opened = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yield opened
    opened.dispose()


def read(engine: Engine, query: str) -> pd.DataFrame:
    with engine.connect() as connection:
        rows = connection.execute(text(query))
        return pd.DataFrame([tuple(row) for row in rows], columns=pd.Index(list(rows.keys())))


def test_versions_are_numbered_without_gaps() -> None:
    assert versions() == [f"{number:04d}" for number in range(1, len(versions()) + 1)]


def test_migrations_build_exactly_the_tables_of_the_schema(empty_engine: Engine) -> None:
    migrate(empty_engine)
    with empty_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("start", versions())
def test_every_earlier_version_comes_up_to_date(empty_url: str, empty_engine: Engine, start: str) -> None:
    """A store of an earlier release, filled in its own columns, opens with everything in it."""
    migrate(empty_engine, start)
    evaluation = evaluate(started_at="2026-03-01T09:00:00", tags=("signal",), verdicts={"greeting": "pass"})
    fill_as_that_version_did(empty_engine, evaluation_columns(empty_engine))
    with open_store(empty_url) as store:
        (stored,) = store.evaluations()
        assert (stored.call["call_id"], stored.head["percent"]) == ("c1", 80.0)
        assert [each.criterion_id for each in stored.criteria] == ["greeting"]
        assert [tag.code for tag in stored.complaints] == ["signal"]
        assert stored.head["acts_fingerprint"] is None, "what an earlier release did not know stays unknown"
        store.save_result(evaluation)
        (again,) = store.evaluations()
        assert again.head["acts_fingerprint"] == "acts-1"
    assert set(inspect(empty_engine).get_view_names()) >= set(VIEWS)


def evaluation_columns(engine: Engine) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns("evaluations")}


def fill_as_that_version_did(engine: Engine, known: set[str]) -> None:
    """Write one call by plain statements, in the columns which that version had."""
    moment, prints = pd.Timestamp("2026-03-01T01:00:00Z").to_pydatetime(), {"transcript_fingerprint": "t-c1"}
    call = {"call_id": "c1", "started_at": moment, "local_day": moment.date()}
    heard = {"turn_count": 2, "role_method": "manifest", "role_confidence": 0.9, "overlap_known": True}
    head = {
        "evaluation_id": 7,
        "call_id": "c1",
        "scorecard_id": "telecom",
        "scorecard_version": "1",
        **prints,
        "scorecard_fingerprint": "card-1",
        "code_fingerprint": "code-0",
        "lexicon_fingerprint": "l",
        "percent": 80.0,
        "grade": "pass",
        "auto_failed": False,
        "promised_hours": 24.0,
        "content_sha256": "x",
        "is_current": True,
        "revision": 1,
        "created_at": moment,
        "updated_at": moment,
    }
    criterion = {
        "evaluation_id": 7,
        "criterion_id": "greeting",
        "position": 0,
        "verdict": "pass",
        "points_earned": 10.0,
        "points_possible": 10.0,
        "auto_fail": False,
        "explanation": "",
    }
    complaint = {
        "evaluation_id": 7,
        "position": 0,
        "code": "signal",
        "complaint_class": "network",
        "turn_index": 1,
        "term": "信号",
        "char_start": 0,
        "char_end": 2,
        "match_kind": "exact",
    }
    tables = metadata.tables
    with engine.begin() as connection:
        connection.execute(insert(tables["calls"]), [call])
        connection.execute(insert(tables["transcripts"]), [{"call_id": "c1", **prints, **heard}])
        kept = {name: cell for name, cell in head.items() if name in known}
        connection.execute(insert(tables["evaluations"]), [kept])
        connection.execute(insert(tables["criteria"]), [criterion])
        connection.execute(insert(tables["complaints"]), [complaint])
        connection.execute(
            insert(tables["sentiments"]), [{"evaluation_id": 7, "model_fingerprint": "s", "turns": []}]
        )
        connection.execute(text("UPDATE counters SET value = 7"))


def test_kpi_daily_is_the_same_as_the_kpis_counted_here(store: KpiStore, engine: Engine) -> None:
    night = a_night(240)
    store.save_results(night)
    view = read(engine, "SELECT local_day, team, kpi, value, n FROM kpi_daily")
    here = kpi_table(facts_of(night), [Dimension.DAY, Dimension.TEAM])[
        ["local_day", "team", "kpi", "value", "n"]
    ]

    def as_figures(table: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float, int]]:
        days = [str(day)[:10] if pd.notna(day) else "-" for day in table["local_day"]]
        keys = zip(days, table["team"].fillna("-"), table["kpi"], strict=True)
        values = [round(float(value), 9) if pd.notna(value) else -1.0 for value in table["value"]]
        return dict(zip(keys, zip(values, table["n"].astype(int), strict=True), strict=True))

    ours, theirs = as_figures(here), as_figures(view)
    assert len(ours) == len(here) > 500
    assert theirs == ours
    seen = {key[2] for key, (_, n) in ours.items() if n}
    assert seen == set(here["kpi"])


def test_agent_daily_adds_up_to_the_table_of_agents(store: KpiStore, engine: Engine) -> None:
    night = a_night(120)
    store.save_results(night)
    view = read(engine, "SELECT agent_id, calls, judged_calls, mean_percent, red_line_calls FROM agent_daily")
    view["points"] = view["mean_percent"].astype(float).fillna(0.0) * view["judged_calls"]
    sums = view.groupby("agent_id", dropna=False)[["calls", "judged_calls", "red_line_calls", "points"]].sum()
    table = agent_table(night).set_index("agent_id")
    assert list(sums["calls"]) == list(table["calls"])
    assert list(sums["judged_calls"]) == list(table["judged_calls"])
    assert list(sums["red_line_calls"].astype(int)) == list(table["red_line_calls"])
    assert list(sums["points"] / sums["judged_calls"]) == pytest.approx(list(table["mean_percent"]))


def test_views_count_only_what_counts(store: KpiStore, engine: Engine) -> None:
    store.save_results(
        [
            evaluate("c1", team="north", started_at="2026-03-01T09:00:00", percent=50.0, tags=("signal",)),
            evaluate(
                *("c1",),
                team="north",
                started_at="2026-03-01T09:00:00",
                percent=90.0,
                tags=("attitude", "attitude", "churn"),
                verdicts={"greeting": "fail"},
                scorecard="card-2",
            ),
        ]
    )
    teams = read(
        engine, "SELECT local_day, team, agents, calls, mean_percent, scorecard_versions FROM team_daily"
    )
    assert [str(day)[:10] for day in teams["local_day"]] == ["2026-03-01"]
    assert teams.iloc[0, 1:].tolist() == ["north", 1, 1, 90.0, 1]
    criteria = read(engine, "SELECT criterion_id, calls, passed, failed, pass_rate FROM criterion_daily")
    assert [criteria.iloc[0, 0], *map(float, criteria.iloc[0, 1:])] == ["greeting", 1.0, 0.0, 1.0, 0.0]
    complaints = read(engine, "SELECT complaint_class, code, calls FROM complaint_daily ORDER BY code")
    assert complaints.to_numpy().tolist() == [["service", "attitude", 1], ["risk", "churn", 1]]
