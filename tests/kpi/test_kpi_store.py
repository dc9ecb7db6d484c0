from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from kpi_builders import evaluate, evidence
from sqlalchemy import create_engine, text

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.errors import StoreAddressError, StoreError
from qa_analyzer.kpi.agents import agent_table
from qa_analyzer.kpi.facts import Facts, facts_of
from qa_analyzer.kpi.records import Override, Run, Selection
from qa_analyzer.kpi.store import KpiStore, open_store, sqlite_url
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation, Verdict

MORNING = "2026-03-01T09:00:00"


def some_evaluations() -> list[Evaluation]:
    return [
        evaluate(
            "c1", "a1", team="north", started_at=MORNING, percent=95.0, tags=("signal", "churn"), csat=5
        ),
        evaluate("c2", "a2", team="south", started_at="2026-03-02T23:30:00+08:00", percent=None, mood=None),
        evaluate(
            "c3",
            "a1",
            team="north",
            percent=0.0,
            auto_failed=True,
            verdicts={"abuse": "fail", "greeting": "na"},
        ),
    ]


def same_facts(left: Facts, right: Facts) -> None:
    for name in ("calls", "criteria", "tags"):
        one, other = getattr(left, name), getattr(right, name)
        pd.testing.assert_frame_equal(one.drop(columns="evaluation_id"), other.drop(columns="evaluation_id"))


def test_facts_are_the_same_from_memory_and_from_the_store(store: KpiStore) -> None:
    evaluations = some_evaluations()
    assert store.save_results(evaluations) == 3
    same_facts(store.facts(), facts_of(evaluations))
    pd.testing.assert_frame_equal(agent_table(store.facts()), agent_table(evaluations))


def test_an_evaluation_comes_back_whole(store: KpiStore) -> None:
    evaluation = evaluate(
        started_at=MORNING,
        tags=("signal", "escalation"),
        verdicts={"zeta": "pass", "alpha": "unscorable"},
        probability=0.5,
        duration_s=60.0,
        customer_id="13800000000",
    )
    store.save_result(evaluation)
    (stored,) = store.evaluations()
    assert stored.criteria == evaluation.criteria
    assert stored.complaints == evaluation.analysis.complaints
    assert stored.risks == evaluation.analysis.risks
    assert stored.sentiment == evaluation.analysis.sentiment
    assert stored.call["started_at"] == datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
    assert stored.call["local_day"] == date(2026, 3, 1)
    assert (stored.head["percent"], stored.head["grade"]) == (80.0, "pass")
    assert (stored.heard["mean_word_probability"], stored.heard["channel_count"]) == (0.5, 2)
    assert "13800000000" not in str(stored)


def test_the_same_night_twice_changes_nothing(store: KpiStore) -> None:
    assert store.save_results(some_evaluations()) == 3
    before, revision = list(store.evaluations()), store.revision()
    assert store.save_results(some_evaluations()) == 0
    assert list(store.evaluations()) == before
    assert store.revision() == revision


def test_a_new_scorecard_version_adds_and_becomes_the_one_that_counts(store: KpiStore) -> None:
    store.save_result(evaluate(percent=80.0))
    assert store.save_result(evaluate(percent=60.0, scorecard="card-2", scorecard_version="2"))
    assert [each.head["percent"] for each in store.evaluations()] == [60.0]
    everything = list(store.evaluations(Selection(current_only=False)))
    assert [(each.head["percent"], each.is_current) for each in everything] == [(80.0, False), (60.0, True)]


def test_a_new_transcript_adds_too(store: KpiStore) -> None:
    store.save_result(evaluate(transcript="t1"))
    store.save_result(evaluate(transcript="t2"))
    assert len(list(store.evaluations(Selection(current_only=False)))) == 2
    assert len(list(store.evaluations())) == 1


def test_saving_an_older_version_again_makes_it_count_again(store: KpiStore) -> None:
    store.save_results([evaluate(scorecard="card-1"), evaluate(scorecard="card-2")])
    assert [each.head["scorecard_fingerprint"] for each in store.evaluations()] == ["card-2"]
    assert store.save_result(evaluate(scorecard="card-1"))
    assert [each.head["scorecard_fingerprint"] for each in store.evaluations()] == ["card-1"]


def test_two_scorecards_of_one_call_both_count(store: KpiStore) -> None:
    store.save_results([evaluate(), replace(evaluate(scorecard="sales-1"), scorecard_id="sales")])
    assert len(list(store.evaluations())) == 2
    (sales,) = store.evaluations(Selection(scorecard_ids=("sales",)))
    assert sales.head["scorecard_id"] == "sales"


def test_changed_verdicts_replace_the_old_ones(store: KpiStore) -> None:
    store.save_result(evaluate(verdicts={"greeting": "fail", "offer_help": "pass"}, tags=("signal",)))
    store.save_result(evaluate("other"))
    assert store.save_result(evaluate(verdicts={"greeting": "pass"}))
    changed, other = store.evaluations()
    assert [(each.criterion_id, each.verdict) for each in changed.criteria] == [("greeting", Verdict.PASS)]
    assert changed.complaints == ()
    assert len(other.criteria) == 1


def test_the_last_of_equal_keys_in_one_batch_counts(store: KpiStore) -> None:
    assert store.save_results([evaluate(percent=10.0), evaluate(percent=20.0)]) == 1
    assert [each.head["percent"] for each in store.evaluations()] == [20.0]


def test_metadata_that_arrives_later_is_added_and_never_erased(store: KpiStore) -> None:
    store.save_result(evaluate(team="north"))
    watermark = store.revision()
    assert not store.save_result(evaluate(csat=4))
    (stored,) = store.evaluations(Selection(after_revision=watermark))
    assert (stored.call["team"], stored.call["csat"]) == ("north", 4.0)


def test_selection_by_day_team_queue_and_agent(store: KpiStore) -> None:
    store.save_results(
        [
            evaluate("c1", "a1", team="north", queue="billing", started_at="2026-03-01T00:00:00"),
            evaluate("c2", "a2", team="south", queue="billing", started_at="2026-03-02T23:59:59"),
            evaluate("c3", "a3", team="south", queue="repair", started_at="2026-03-03T00:00:00"),
            evaluate("c4", "a4"),
        ]
    )

    def ids(selection: Selection) -> list[object]:
        return [each.call["call_id"] for each in store.evaluations(selection)]

    first, second = date(2026, 3, 1), date(2026, 3, 2)
    assert ids(Selection(first_day=first, last_day=second)) == ["c1", "c2"]
    assert ids(Selection(first_day=second)) == ["c2", "c3"]
    assert ids(Selection(teams=("south",), queues=("billing",))) == ["c2"]
    assert ids(Selection(agent_ids=("a1", "a4"))) == ["c1", "c4"]
    assert ids(Selection()) == ["c1", "c2", "c3", "c4"]
    assert list(store.facts(Selection(teams=("south",))).criteria["evaluation_id"]) == [
        each.evaluation_id for each in store.evaluations(Selection(teams=("south",)))
    ]


def test_the_day_is_the_call_centres_own(store_url: str) -> None:
    late = "2026-03-01T23:30:00+00:00"  # half past seven in the morning of the next day in China
    with open_store(store_url) as store:
        store.save_result(evaluate("c1", started_at=late))
    with open_store(store_url, zone=timezone(timedelta(0))) as store:
        store.save_result(evaluate("c2", started_at=late))
        assert [each.call["local_day"] for each in store.evaluations()] == [
            date(2026, 3, 2),
            date(2026, 3, 1),
        ]


def test_watermark_gives_exactly_what_changed_since(store: KpiStore) -> None:
    assert store.revision() == 0
    store.save_results([evaluate("c1"), evaluate("c2")])
    first = store.revision()
    store.save_results([evaluate("c2", percent=1.0), evaluate("c3")])
    assert [each.call["call_id"] for each in store.evaluations(Selection(after_revision=first))] == [
        "c2",
        "c3",
    ]
    assert list(store.evaluations(Selection(after_revision=store.revision()))) == []


def test_runs_are_kept_up_to_date(store: KpiStore) -> None:
    started = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    store.save_run(Run("r1", started, source="/calls", facts={"版本": "0.1"}))
    store.save_result(evaluate(), run_id="r1")
    finished = Run("r1", started, started + timedelta(hours=1), "/calls", 1, 2, {"版本": "0.1"})
    store.save_run(finished)
    assert store.runs() == (finished,)


def test_a_result_of_an_unknown_run_is_refused_and_nothing_stays(store: KpiStore) -> None:
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        store.save_result(evaluate(), run_id="nowhere")
    assert list(store.evaluations()) == []


def test_failures_stay_until_the_call_is_judged(store: KpiStore) -> None:
    failure = CallFailure("c1", "c1.wav", "decode", "DecodeError", "空文件")
    store.save_failure(failure)
    store.save_failure(failure)
    other = CallFailure("c2", "c2.wav", "decode", "DecodeError", "truncated")
    store.save_failure(other)
    assert store.failures() == (failure, other)
    store.save_result(evaluate("c1"))
    assert store.failures() == (other,)
    assert store.failures(resolved=True) == (failure, other)
    again = replace(failure, stage="transcribe")
    store.save_failure(again)
    assert store.failures() == (again, other)


def an_override(verdict: Verdict = Verdict.PASS, *, minute: int = 0) -> Override:
    decided_at = datetime(2026, 3, 2, 10, minute, tzinfo=UTC)
    return Override("c1", "card-1", "t-c1", "greeting", verdict, "李督导", decided_at, "坐席先说了您好")


def test_overrides_stand_beside_machine_verdicts_and_outlive_them(store: KpiStore) -> None:
    store.save_result(evaluate(verdicts={"greeting": "fail"}))
    revisions = [store.revision()]
    for override in (an_override(), an_override(), an_override(Verdict.NOT_APPLICABLE, minute=5)):
        store.save_override(override)
        revisions.append(store.revision())
    assert revisions[0] < revisions[1] == revisions[2] < revisions[3]
    store.save_result(evaluate(verdicts={"greeting": "unscorable"}))
    (stored,) = store.evaluations()
    assert stored.criteria[0].verdict is Verdict.UNSCORABLE
    assert stored.overrides == (an_override(), an_override(Verdict.NOT_APPLICABLE, minute=5))


@pytest.mark.parametrize(
    "change", [{"call_id": "c9"}, {"criterion_id": "no_such"}, {"scorecard_fingerprint": "x"}]
)
def test_an_override_of_nothing_is_refused(store: KpiStore, change: dict[str, str]) -> None:
    store.save_result(evaluate())
    with pytest.raises(StoreError, match="no stored verdict on"):
        store.save_override(replace(an_override(), **change))


def test_text_that_databases_refuse_is_mended_not_fatal(store: KpiStore) -> None:
    evaluation = evaluate(
        agent_name="a\0b\ud83d", verdicts={"greeting": "pass"}, quotes={"greeting": "😀\0繁體"}
    )
    store.save_result(evaluation)
    assert not store.save_result(evaluation)
    (stored,) = store.evaluations()
    assert stored.call["agent_name"] == "a\ufffdb\ufffd"
    assert stored.criteria[0].evidence == (replace(evidence("😀\ufffd繁體"), char_end=4),)


def test_readers_work_while_a_night_writes_and_see_one_moment(
    store: KpiStore, reopen: Callable[[], KpiStore]
) -> None:
    store.save_results([evaluate(f"c{i:03d}") for i in range(600)])
    reader = reopen()
    reading = reader.evaluations()
    first = next(reading)
    store.save_results([evaluate(f"c{i:03d}", percent=1.0) for i in range(600)] + [evaluate("later")])
    seen = [first, *reading]
    assert len(seen) == 600
    assert {each.head["percent"] for each in seen} == {80.0}
    assert {each.head["percent"] for each in reader.evaluations()} == {80.0, 1.0}


def test_two_writers_wait_for_each_other(reopen: Callable[[], KpiStore]) -> None:
    first, second = reopen(), reopen()
    problems: list[BaseException] = []

    def write(store: KpiStore, prefix: str) -> None:
        try:
            for number in range(20):
                store.save_result(evaluate(f"{prefix}{number}"))
        except BaseException as problem:  # noqa: BLE001 - a thread's error must reach the test
            problems.append(problem)

    threads = [
        threading.Thread(target=write, args=(store, prefix))
        for store, prefix in ((first, "x"), (second, "y"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    stored = list(first.evaluations())
    assert len({each.evaluation_id for each in stored}) == len(stored) == 40
    assert len({each.revision for each in stored}) == 40


def test_opening_an_empty_database_from_many_sides_builds_it_once(empty_url: str) -> None:
    problems: list[BaseException] = []

    def visit() -> None:
        try:
            with open_store(empty_url) as store:
                store.save_result(evaluate())
        except BaseException as problem:  # noqa: BLE001 - a thread's error must reach the test
            problems.append(problem)

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with open_store(empty_url) as store:
        assert len(list(store.evaluations())) == 1


def test_the_database_itself_refuses_two_current_evaluations(store: KpiStore, store_url: str) -> None:
    store.save_results([evaluate(scorecard="card-1"), evaluate(scorecard="card-2")])
    engine = create_engine(store_url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection, pytest.raises(Exception, match=r"(?i)unique"):
            connection.execute(text("UPDATE evaluations SET is_current = (1 = 1)"))
    finally:
        engine.dispose()


def test_a_store_of_a_newer_release_is_refused(store: KpiStore, store_url: str) -> None:
    store.close()
    engine = create_engine(store_url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    finally:
        engine.dispose()
    with pytest.raises(StoreError, match="newer release"):
        open_store(store_url)


@pytest.mark.postgres
def test_a_wrong_password_is_never_shown(postgres_server: str) -> None:
    host, secret = postgres_server.split("@")[1], "-".join(["geheim"] * 2)
    with pytest.raises(StoreAddressError) as caught:
        open_store(f"postgresql://qa:{secret}@{host}?application_name=qa&password={secret}")
    assert secret not in "".join(traceback.format_exception(caught.value))
    assert "authentication failed" in str(caught.value)
    assert run_cli(["audit", f"postgresql://qa:{secret}@{host}"]) == ExitCode.CONFIG


@pytest.mark.parametrize(
    "url",
    [
        "nonsense-geheim",
        "mysql://u:geheim@h/d",
        "postgresql://u:geheim@127.0.0.1:1/d",
        "postgresql://u:geheim@127.0.0.1:port/d",
        "sqlite:////no/such/folder/geheim/../store.db",
    ],
)
def test_bad_addresses_name_the_problem_without_secrets(url: str) -> None:
    with pytest.raises(StoreAddressError) as caught:
        open_store(url)
    assert ":geheim@" not in str(caught.value)
    assert len(str(caught.value)) > 20


def test_a_file_that_is_no_database_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("这不是数据库" * 200)
    with pytest.raises(StoreError, match=r"store\.db.*not a database"):
        open_store(f"sqlite:///{tmp_path / 'store.db'}")


@pytest.mark.parametrize("harm", ["cut", "page"])
def test_a_damaged_file_is_noticed_when_it_is_opened(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "store.db"
    with open_store(sqlite_url(path)) as store:
        store.save_results(some_evaluations())
    whole = path.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    rest = b"" if harm == "cut" else b"\x7f" * 4096 + whole[middle + 4096 :]
    path.write_bytes(whole[:middle] + rest)
    with pytest.raises(StoreError, match="move it away") as caught:
        open_store(sqlite_url(path))
    assert "\n" not in str(caught.value)


def test_a_store_never_shows_its_password(store: KpiStore, store_url: str) -> None:
    password = store_url.split("@")[0].rsplit(":", 1)[-1] if "@" in store_url else None
    assert repr(store).startswith("KpiStore('")
    assert password is None or password not in repr(store) + repr(store.__dict__)


@pytest.mark.parametrize("folder", ["a?b", "100%", "中文 空格", "a#b", "a%20b", "用户@站点:1"])
def test_a_sqlite_file_may_lie_in_any_folder(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    with open_store(sqlite_url(tmp_path / folder / "qa.sqlite")) as store:
        store.save_result(evaluate())
    assert (tmp_path / folder / "qa.sqlite").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [folder]
