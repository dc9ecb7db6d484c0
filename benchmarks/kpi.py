"""Fill a store with made-up evaluations, then count and export them: seconds and memory of every step.

    python benchmarks/kpi.py [--evaluations 100000] [--store URL]

Every step runs in a process of its own, so that its peak memory is its own; loading the libraries is in
the memory but not in the seconds. Without --store a SQLite file in a temporary folder is used and removed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import create_engine, text

from qa_analyzer.analysis.call_analysis import (
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    ConversationMetrics,
    SentimentLabel,
    TurnSentiment,
)
from qa_analyzer.calls.call import Call, Direction, Role
from qa_analyzer.kpi.agents import agent_table, write_agents_csv
from qa_analyzer.kpi.export import Format, export
from qa_analyzer.kpi.fairness import recognition_fairness
from qa_analyzer.kpi.kpis import Dimension, kpi_table, ranking
from qa_analyzer.kpi.store import open_store
from qa_analyzer.scoring.evaluation import (
    CriterionResult,
    Evaluation,
    Evidence,
    EvidenceKind,
    Fingerprints,
    Grade,
    MatchKind,
    Verdict,
)
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn, Word

CRITERIA = 18
AGENTS = 200
TEAMS = 10
DAYS = 30
TURNS = 20
FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
VIEWS = ("agent_daily", "team_daily", "criterion_daily", "complaint_daily", "kpi_daily")
Step = Callable[[str, Path], str]


def some_evaluations(count: int) -> Iterator[Evaluation]:
    """Yield evaluations with as many criteria, quotes and turns as real ones have."""
    chance = random.Random(11)
    turns = tuple(
        Turn(
            number,
            (Role.AGENT, Role.CUSTOMER)[number % 2],
            "这是一段与真实通话差不多长的话轮文本，用于测量。",
            words=(Word("这", 0.0, 0.2, 0.9),),
        )
        for number in range(TURNS)
    )
    quote = Evidence(
        EvidenceKind.MATCH, Role.AGENT, 0, 1.0, 2.0, "您好，很高兴为您服务", MatchKind.EXACT, 0.0, 0, 10
    )
    sentiment = CallSentiment(
        SentimentLabel.NEGATIVE,
        SentimentLabel.NEUTRAL,
        -0.6,
        1,
        "improved",
        tuple(TurnSentiment(turn.index, SentimentLabel.NEUTRAL, 0.1, 0.8) for turn in turns),
        "sentiment",
    )
    tag = ComplaintTag("signal", "network", 1, 2.0, "没信号", 0, 3, "exact")
    for number in range(count):
        agent = chance.randrange(AGENTS)
        percent = round(chance.gauss(80 + agent % 7, 9), 1)
        percent = min(100.0, max(0.0, percent))
        call = Call(
            call_id=f"call-{number:07d}",
            given_turns=(),
            agent_id=f"a{agent:03d}",
            agent_name=f"坐席{agent}",
            team=f"team-{agent % TEAMS}",
            queue=("billing", "repair", "sales")[number % 3],
            started_at=FIRST_DAY + timedelta(minutes=chance.randrange(DAYS * 1440)),
            direction=Direction.INBOUND,
            ring_seconds=float(chance.randrange(30)),
            csat=float(chance.randrange(1, 6)) if number % 3 else None,
            resolved=chance.random() < 0.8 if number % 2 else None,
            customer_id=f"customer-{chance.randrange(count // 2 + 1)}",
        )
        transcript = Transcript(call, turns, RoleAssignment(RoleMethod.GIVEN, 1.0, 0, diarized=False), True)
        metrics = ConversationMetrics(
            *(chance.uniform(30, 600), {Role.AGENT: 60.0, Role.CUSTOMER: 50.0}, 0.55, 2.0, 30.0, 6.0, (), ()),
            {Role.AGENT: chance.gauss(220, 20)},
            0.5,
        )
        complaints = (tag,) if chance.random() < 0.4 else ()
        yield Evaluation(
            analysis=CallAnalysis(transcript, metrics, sentiment, complaints, (), "lexicon"),
            scorecard_id="telecom_etiquette",
            scorecard_version="1",
            percent=percent,
            grade=Grade.PASS if percent >= 80 else Grade.TO_IMPROVE,
            auto_failed=False,
            criteria=tuple(
                CriterionResult(
                    f"criterion_{position:02d}",
                    Verdict.PASS if chance.random() < 0.8 else Verdict.FAIL,
                    *(5.0, 5.0),
                    auto_fail=False,
                    explanation="开场白在前两个话轮内问候了客户。",
                    evidence=(quote,),
                )
                for position in range(CRITERIA)
            ),
            fingerprints=Fingerprints("card", None, "code", f"t{number}", "sentiment", "lexicon"),
        )


COUNT_VARIABLE = "evaluations"


def fill(url: str, folder: Path) -> str:
    count = int((folder / COUNT_VARIABLE).read_text())
    with open_store(url) as store:
        return f"{store.save_results(some_evaluations(count)):,} saved"


def save_again(url: str, folder: Path) -> str:
    count = int((folder / COUNT_VARIABLE).read_text())
    first = list(islice(some_evaluations(count), 2000))
    with open_store(url) as store:
        return f"{store.save_results(first):,} of {len(first):,} changed"


def save_one(url: str, folder: Path) -> str:
    evaluation = next(some_evaluations(int((folder / COUNT_VARIABLE).read_text())))
    with open_store(url) as store:
        started = time.perf_counter()
        for number in range(100):
            store.save_result(replace(evaluation, percent=float(number)))
        return f"{(time.perf_counter() - started) * 10:.1f} ms for one call"


def count_agents(url: str, folder: Path) -> str:
    with open_store(url) as store:
        table = agent_table(store.facts())
    write_agents_csv(table, folder / "agents.csv")
    return f"{len(table):,} agents"


def count_kpis(url: str, folder: Path) -> str:
    del folder
    with open_store(url) as store:
        facts = store.facts()
    lines = 0
    for by in ([], [Dimension.AGENT], [Dimension.TEAM, Dimension.DAY], [Dimension.QUEUE, Dimension.WEEK]):
        lines += len(kpi_table(facts, by))
    lines += len(ranking(facts))
    recognition_fairness(facts)
    return f"{lines:,} figures with intervals"


def read_views(url: str, folder: Path) -> str:
    del folder
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        lines = [len(connection.execute(text(f"SELECT * FROM {view}")).all()) for view in VIEWS]
    engine.dispose()
    return f"{sum(lines):,} lines of {len(VIEWS)} views"


def export_csv(url: str, folder: Path) -> str:
    return _export(url, folder / "csv", Format.CSV)


def export_parquet(url: str, folder: Path) -> str:
    return _export(url, folder / "parquet", Format.PARQUET)


def export_jsonl(url: str, folder: Path) -> str:
    return _export(url, folder / "jsonl", Format.JSONL)


def _export(url: str, folder: Path, form: Format) -> str:
    with open_store(url) as store:
        exported = export(store, folder, form)
    size = sum(path.stat().st_size for path in exported.files)
    return f"{sum(exported.rows.values()):,} rows, {size / 1e6:,.0f} MB"


Answers: TypeAlias = "multiprocessing.Queue[tuple[float, float, float, str]]"
STEPS: tuple[tuple[str, Step], ...] = (
    ("save", fill),
    ("save 2,000 again", save_again),
    ("save one call", save_one),
    ("agents.csv", count_agents),
    ("KPIs", count_kpis),
    ("BI views", read_views),
    ("export CSV", export_csv),
    ("export Parquet", export_parquet),
    ("export JSONL", export_jsonl),
)


def measure(step: Step, url: str, folder: Path, answers: Answers) -> None:
    started, busy = time.perf_counter(), time.process_time()
    outcome = step(url, folder)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - busy
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answers.put((seconds, cpu_s, peak_mb, outcome))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--store", help="URL of an empty database [a temporary SQLite file]")
    options = parser.parse_args()
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / COUNT_VARIABLE).write_text(str(options.evaluations))
        url = options.store or f"sqlite:///{folder / 'store.db'}"
        print(f"{options.evaluations:,} evaluations of {CRITERIA} criteria, {AGENTS} agents, {DAYS} days")
        for title, step in STEPS:
            answers: Answers = fresh.Queue()
            worker = fresh.Process(target=measure, args=(step, url, folder, answers))
            worker.start()
            seconds, cpu_s, peak_mb, outcome = answers.get()
            worker.join()
            print(
                f"{title:<18} {seconds:8.1f} s {cpu_s:8.1f} s CPU {peak_mb:8,.0f} MB   {outcome}", flush=True
            )
        if options.store is None:
            print(f"store file {(folder / 'store.db').stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
