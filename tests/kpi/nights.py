"""Many varied evaluations, the same for the same seed: with gaps in every field that can have gaps."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TypeVar

from kpi_builders import evaluate

from qa_analyzer.analysis.call_analysis import SentimentLabel
from qa_analyzer.scoring.evaluation import Evaluation

T = TypeVar("T")
FIRST_MORNING = datetime.fromisoformat("2026-03-01T08:00:00")
VERDICTS = ("pass", "fail", "na", "unscorable")
PROMISES = ("24小时内给您回电", "三个工作日内处理", "明天上午修好")


def a_night(count: int, *, seed: int = 7, days: int = 20) -> list[Evaluation]:
    chance = random.Random(seed)

    def sometimes(value: T, share: float = 0.8) -> T | None:
        return value if chance.random() < share else None

    night: list[Evaluation] = []
    for number in range(count):
        agent = chance.randrange(6)
        started_at = FIRST_MORNING + timedelta(minutes=chance.randrange(days * 1440))
        percent = sometimes(round(chance.uniform(40, 100), 1), 0.9)
        tags = tuple(
            code
            for code in ("signal", "unknown_charge", "attitude", "escalation", "churn")
            if chance.random() < 0.15
        )
        commitment = chance.choice(VERDICTS)
        night.append(
            evaluate(
                f"call-{number:05d}",
                sometimes(f"a{agent}", 0.95),
                agent_name=f"坐席{agent}",
                team=sometimes(("north", "south")[agent % 2], 0.9),
                queue=sometimes(chance.choice(("billing", "repair"))),
                started_at=sometimes(started_at, 0.9),
                percent=percent,
                auto_failed=percent is not None and percent < 45,
                verdicts={
                    "greeting": chance.choice(VERDICTS),
                    "empathy_before_solution": chance.choice(VERDICTS),
                    "time_commitment": commitment,
                },
                quotes={"time_commitment": chance.choice(PROMISES)},
                tags=tags,
                mood=sometimes(chance.choice(("improved", "unchanged", "worsened"))),
                ended=chance.choice(list(SentimentLabel)),
                probability=sometimes(round(chance.uniform(0.4, 1.0), 3)),
                duration_s=sometimes(round(chance.uniform(20, 600), 1)),
                ring_seconds=sometimes(float(chance.randrange(40)), 0.6),
                ring_count=sometimes(chance.randrange(1, 6), 0.4),
                csat=sometimes(float(chance.randrange(1, 6)), 0.5),
                resolved=sometimes(chance.random() < 0.7, 0.5),
                customer_id=sometimes(f"customer-{chance.randrange(count // 3 + 1)}"),
                interruptions=sometimes(chance.randrange(4)),
                speech_rate_cpm=sometimes(round(chance.uniform(150, 280), 1)),
            )
        )
    return night
