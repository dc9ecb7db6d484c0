"""What each call contributes to each KPI: 1 or 0 for rates, a figure for means, missing where it cannot tell.

A KPI is the mean of its outcome over the calls that have one, so "not available" is simply no outcome at
all. The same rules are in the store's view ``call_facts``; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from qa_analyzer.kpi.commitments import CRITERION as TIME_COMMITMENT
from qa_analyzer.kpi.facts import FIRST_CONTACT_WINDOW, Contact, Facts
from qa_analyzer.kpi.rows import RISK_CLASS
from qa_analyzer.scoring.evaluation import Grade, Verdict

# STANDARD: within three rings, or 15 seconds.
MAX_RINGS = 3
MAX_RING_SECONDS = 15.0

# Of 5; the two upper steps count as satisfied.
SATISFIED_FROM = 4.0

EMPATHY = "empathy_before_solution"
PASSING = (Grade.EXCELLENT.value, Grade.PASS.value)


class Measure(StrEnum):
    """How a KPI is made of its outcomes."""

    RATE = "rate"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. ``target`` is the operators' own; ``higher_is_better`` is None where neither end is.

    ``needs`` names what the input must carry, for the sentence that says why a figure is not available.
    """

    kpi_id: str
    name_zh: str
    name_en: str
    measure: Measure
    unit: str
    needs: str
    target: float | None = None
    higher_is_better: bool | None = True


KPIS: tuple[Kpi, ...] = (
    Kpi("qa_score", "服务质量评分", "QA score", Measure.MEAN, "points", "judged calls", 80.0),
    Kpi("pass_rate", "合格率", "pass rate", Measure.RATE, "share", "judged calls"),
    Kpi("red_line_rate", "红线率", "red-line rate", Measure.RATE, "share", "judged calls", None, False),
    Kpi("empathy_rate", "先安抚率", "empathy rate", Measure.RATE, "share", f"verdicts on {EMPATHY}"),
    Kpi("complaint_rate", "投诉率", "complaint rate", Measure.RATE, "share", "judged calls", None, False),
    Kpi(
        "escalation_rate", "投诉升级率", "escalation rate", Measure.RATE, "share", "judged calls", None, False
    ),
    Kpi(
        "answered_in_time",
        "接听及时率",
        "answered in time",
        Measure.RATE,
        "share",
        "ring_count or ring_seconds",
    ),
    Kpi("satisfaction", "客户满意度", "satisfaction", Measure.RATE, "share", "csat"),
    Kpi("resolution", "问题解决率", "resolution", Measure.RATE, "share", "resolved"),
    Kpi(
        *("resolution_inferred", "问题解决率（推断）", "resolution (inferred)", Measure.RATE, "share"),
        f"calls without resolved, with a verdict on {TIME_COMMITMENT}",
    ),
    Kpi(
        *("first_contact_resolution", "首次解决率", "first-contact resolution", Measure.RATE, "share"),
        *("customer_id, started_at and seven days passed since", 0.85),
    ),
    Kpi(
        *("promised_in_time", "响应承诺", "promised in time", Measure.RATE, "share"),
        "calls with a promised time",
    ),
    Kpi("handle_time_s", "平均处理时长", "handle time", Measure.MEAN, "s", "call duration", None, None),
    Kpi("silence_share", "静默占比", "silence share", Measure.MEAN, "share", "voice activity", None, False),
    Kpi(
        *("interruptions", "抢话次数", "agent interruptions", Measure.MEAN, "per call"),
        *("voice activity by speaker", None, False),
    ),
    Kpi(
        *("speech_rate_cpm", "语速", "agent speech rate", Measure.MEAN, "characters/min"),
        *("voice activity by speaker", None, None),
    ),
)
# What people decided stands beside what the machine did; empty without people's verdicts.
REVIEW_KPIS: tuple[Kpi, ...] = (
    Kpi(
        "qa_score_reviewed",
        "服务质量评分（人工复核后）",
        "QA score by people's verdicts",
        Measure.MEAN,
        "points",
        "judged calls",
        80.0,
    ),
    Kpi(
        "overridden_rate",
        "人工改判率",
        "judged otherwise by people",
        Measure.RATE,
        "share",
        "judged calls",
    ),
)
KPI_BY_ID = {kpi.kpi_id: kpi for kpi in (*KPIS, *REVIEW_KPIS)}


def outcomes(facts: Facts) -> pd.DataFrame:
    """Return one line per evaluation with a column per KPI; NaN where a call says nothing of it."""
    calls = facts.calls
    judged = calls["percent"].notna()

    def rate(claim: pd.Series, known: pd.Series) -> pd.Series:
        return claim.fillna(False).astype("float64").where(known.fillna(False).astype(bool))

    def verdicts(criterion_id: str) -> pd.Series:
        chosen = facts.criteria[facts.criteria["criterion_id"] == criterion_id]
        return calls["evaluation_id"].map(chosen.set_index("evaluation_id")["verdict"])

    def tagged(chosen: pd.Series) -> pd.Series:
        return calls["evaluation_id"].isin(facts.tags.loc[chosen, "evaluation_id"])

    is_risk = facts.tags["complaint_class"] == RISK_CLASS
    empathy, commitment = verdicts(EMPATHY), verdicts(TIME_COMMITMENT)
    rung = calls["ring_count"].notna() | calls["ring_seconds"].notna()
    in_time = (calls["ring_count"] <= MAX_RINGS) | (calls["ring_seconds"] <= MAX_RING_SECONDS)
    # Without the ticket system's word: what was promised for later was not done in the call.
    inferred = commitment.isin([Verdict.PASS.value, Verdict.FAIL.value, Verdict.NOT_APPLICABLE.value])
    reviewed = {number: seen.percent for number, seen in facts.reviewed.items()}
    changed = [number for number, seen in facts.reviewed.items() if seen.changed]
    looked_at = calls["evaluation_id"].isin(reviewed)
    return pd.DataFrame(
        {
            "qa_score": calls["percent"],
            "qa_score_reviewed": calls["percent"].where(
                ~looked_at, calls["evaluation_id"].map(reviewed).astype("float64")
            ),
            "overridden_rate": rate(calls["evaluation_id"].isin(changed), judged),
            "pass_rate": rate(calls["grade"].isin(PASSING), judged),
            "red_line_rate": rate(calls["auto_failed"], judged),
            "empathy_rate": rate(
                empathy == Verdict.PASS.value, empathy.isin([Verdict.PASS.value, Verdict.FAIL.value])
            ),
            "complaint_rate": rate(tagged(~is_risk), judged),
            "escalation_rate": rate(tagged(is_risk & (facts.tags["code"] == "escalation")), judged),
            "answered_in_time": rate(in_time, rung),
            "satisfaction": rate(calls["csat"] >= SATISFIED_FROM, calls["csat"].notna()),
            "resolution": rate(calls["resolved"], calls["resolved"].notna()),
            "resolution_inferred": rate(
                commitment == Verdict.NOT_APPLICABLE.value, inferred & calls["resolved"].isna()
            ),
            "first_contact_resolution": first_contact_resolved(facts),
            "promised_in_time": rate(calls["promises_in_time"], calls["promises_in_time"].notna()),
            "handle_time_s": calls["duration_s"],
            "silence_share": calls["non_talk_share"],
            "interruptions": calls["agent_interruptions"],
            "speech_rate_cpm": calls["agent_speech_rate_cpm"],
        },
        index=calls.index,
    )[list(KPI_BY_ID)]


def first_contact_resolved(facts: Facts) -> pd.Series:
    """Tell for each call whether its customer stayed away for seven days; NaN where that cannot be known.

    A later call counts unless both calls carry complaints and share none: then it was about something else.
    Calls whose seven days are not over yet have no outcome, whether or not the customer came back: counting
    only those that did would make recent days look worse than they are.
    """
    calls = facts.calls
    resolved = pd.Series(np.nan, index=calls.index, dtype="float64")
    known = calls["customer_key"].notna() & calls["started_at"].notna()
    if facts.observed_until is None or not known.any():
        return resolved
    over = known & (calls["started_at"] + FIRST_CONTACT_WINDOW <= facts.observed_until)
    came_back = _came_back(facts.contacts)
    resolved[over] = 1.0
    resolved[over & calls["call_id"].isin(came_back)] = 0.0
    return resolved


def _came_back(contacts: Sequence[Contact]) -> set[str]:
    """Return the calls after which the same customer called again in time about the same."""
    returned: set[str] = set()
    for number, contact in enumerate(contacts):  # sorted by customer, then by time
        for follower in range(number + 1, len(contacts)):
            later = contacts[follower]
            wait = later.started_at - contact.started_at
            if later.customer_key != contact.customer_key or wait > FIRST_CONTACT_WINDOW:
                break
            if wait and (not contact.codes or not later.codes or not contact.codes.isdisjoint(later.codes)):
                returned.add(contact.call_id)
                break
    return returned
