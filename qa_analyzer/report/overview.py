"""Everything the first page shows, laid out for its template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.kpi.facts import facts_of
from qa_analyzer.report.agent_names import Agent
from qa_analyzer.report.call_rows import CallTable, call_table
from qa_analyzer.report.complaint_mix import ComplaintRow, complaint_mix
from qa_analyzer.report.kpi_rows import KpiRow, fairness_note, kpi_rows
from qa_analyzer.report.naming import criterion_names, explanation_of
from qa_analyzer.report.page_names import Pages, agent_of
from qa_analyzer.report.report_data import CriterionView, ReportData, ScorecardView
from qa_analyzer.report.review import Review, review_queue
from qa_analyzer.report.rising_rows import RisingRow, rising_rows
from qa_analyzer.report.team_figures import (
    CriterionFigures,
    GroupFigures,
    criterion_figures,
    day_of,
    group_figures,
    grouped,
    team_of,
)
from qa_analyzer.report.verdict_lines import EvidenceLine, evidence_line
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation, Grade, Verdict

# A heat map longer than this is not looked at; the agents with the lowest scores are shown.
MAX_HEAT_AGENTS = 40
# The page lists this many calls to review; the rest are counted.
MAX_REVIEWS = 50


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent in the overview."""

    agent: Agent
    figures: GroupFigures
    weakest: str


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """Calls with a score in ``[low, low + 10)``; the last bin holds 100 too."""

    low: int
    calls: int
    grade: Grade


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A team or a day."""

    name: str
    figures: GroupFigures


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion over all calls."""

    criterion: CriterionView
    name: str
    figures: CriterionFigures


@dataclass(frozen=True, slots=True)
class RedLineRow:
    """One red line crossed: the call and the words that decided it."""

    evaluation: Evaluation
    page: str
    agent: str
    name: str
    explanation: str
    evidence: EvidenceLine | None


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One call to look at."""

    review: Review
    page: str
    agent: str
    unjudged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """The first page."""

    total: GroupFigures
    bins: tuple[ScoreBin, ...]
    unscored: int
    days: tuple[GroupRow, ...]
    teams: tuple[GroupRow, ...]
    agents: tuple[AgentRow, ...]
    heat: tuple[AgentRow, ...]
    criteria: tuple[CriterionRow, ...]
    complaints: tuple[ComplaintRow, ...]
    risks: tuple[ComplaintRow, ...]
    red_lines: tuple[RedLineRow, ...]
    reviews: tuple[ReviewRow, ...]
    review_count: int
    table: CallTable
    kpis: tuple[KpiRow, ...]
    fairness: str
    rising: tuple[RisingRow, ...] | None


def build_overview(
    report_data: ReportData, agents: Sequence[Agent], pages: Pages, wording: Wording
) -> OverviewPage:
    """Lay out the first page."""
    evaluations, scorecard = report_data.evaluations, report_data.scorecard
    names = criterion_names(report_data, wording)
    labels = {agent.agent_id: agent.label for agent in agents}
    agent_rows = tuple(_agent_row(agent, names) for agent in agents)
    reviews = review_queue(evaluations, scorecard)
    facts = facts_of(evaluations)
    return OverviewPage(
        total=group_figures(evaluations, list(names)),
        bins=_bins(evaluations, scorecard),
        unscored=sum(evaluation.percent is None for evaluation in evaluations),
        days=_rows(grouped(evaluations, day_of), list(names)),
        teams=_rows(grouped(evaluations, team_of), list(names)),
        agents=agent_rows,
        heat=tuple(sorted(agent_rows, key=_by_score)[:MAX_HEAT_AGENTS]),
        criteria=_criterion_rows(evaluations, scorecard, names),
        complaints=complaint_mix(evaluations, report_data, wording, risks=False),
        risks=complaint_mix(evaluations, report_data, wording, risks=True),
        red_lines=red_line_rows(evaluations, names, labels, pages, wording),
        reviews=tuple(_review_row(review, names, labels, pages) for review in reviews[:MAX_REVIEWS]),
        review_count=len(reviews),
        table=call_table(evaluations, report_data, pages, labels, wording),
        kpis=kpi_rows(facts, wording) if evaluations else (),
        fairness=fairness_note(facts, wording),
        rising=rising_rows(report_data, pages),
    )


def _agent_row(agent: Agent, names: dict[str, str]) -> AgentRow:
    figures = group_figures(agent.evaluations, list(names))
    weakest = figures.weakest
    return AgentRow(agent, figures, names[weakest.criterion_id] if weakest else "")


def _by_score(row: AgentRow) -> tuple[float, str]:
    value = row.figures.score.value
    return (value if value is not None else 101.0, row.agent.agent_id)


def _bins(evaluations: Sequence[Evaluation], scorecard: ScorecardView) -> tuple[ScoreBin, ...]:
    counts = Counter(min(9, int(e.percent // 10)) for e in evaluations if e.percent is not None)
    edges = sorted(scorecard.bands.items(), key=lambda band: -band[1])
    return tuple(
        ScoreBin(
            low * 10, counts[low], next((grade for grade, edge in edges if low * 10 >= edge), Grade.FAIL)
        )
        for low in range(10)
    )


def _rows(groups: dict[str, list[Evaluation]], criterion_ids: list[str]) -> tuple[GroupRow, ...]:
    return tuple(GroupRow(name, group_figures(calls, criterion_ids)) for name, calls in groups.items())


def _criterion_rows(
    evaluations: Sequence[Evaluation], scorecard: ScorecardView, names: dict[str, str]
) -> tuple[CriterionRow, ...]:
    """Return the criteria, lowest pass rate first; those nobody was judged by come last."""
    figures = criterion_figures(evaluations, list(names))
    rows = [
        CriterionRow(criterion, names[criterion.criterion_id], figures[criterion.criterion_id])
        for criterion in scorecard.criteria
    ]
    order = {row.criterion.criterion_id: index for index, row in enumerate(rows)}
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                row.figures.met.value if row.figures.met.value is not None else 2.0,
                order[row.criterion.criterion_id],
            ),
        )
    )


def red_line_rows(
    evaluations: Sequence[Evaluation],
    names: dict[str, str],
    labels: dict[str, str],
    pages: Pages,
    wording: Wording,
) -> tuple[RedLineRow, ...]:
    """Return every red line crossed, with the words that decided it."""
    rows = []
    for evaluation in evaluations:
        for result in evaluation.criteria:
            if result.auto_fail and result.verdict is Verdict.FAIL:
                quoted = next((piece for piece in result.evidence if piece.quote), None)
                rows.append(
                    RedLineRow(
                        evaluation=evaluation,
                        page=pages.call(evaluation),
                        agent=labels[agent_of(evaluation)],
                        name=names.get(result.criterion_id, result.criterion_id),
                        explanation=explanation_of(result, wording),
                        evidence=evidence_line(evaluation, quoted, wording) if quoted else None,
                    )
                )
    return tuple(rows)


def _review_row(review: Review, names: dict[str, str], labels: dict[str, str], pages: Pages) -> ReviewRow:
    evaluation = review.evaluation
    return ReviewRow(
        review=review,
        page=pages.call(evaluation),
        agent=labels[agent_of(evaluation)],
        unjudged=tuple(
            names.get(result.criterion_id, result.criterion_id)
            for result in evaluation.criteria
            if result.verdict is Verdict.UNSCORABLE
        ),
    )
