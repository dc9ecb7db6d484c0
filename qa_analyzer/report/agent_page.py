"""Everything the page of one agent shows, laid out for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa_analyzer.report.agent_names import Agent
from qa_analyzer.report.call_rows import CallTable, call_table
from qa_analyzer.report.moments import CoachingPoint, Moment, best_moments, coaching_points, worst_moments
from qa_analyzer.report.page_names import Pages
from qa_analyzer.report.report_data import CriterionView, ReportData
from qa_analyzer.report.team_figures import CriterionFigures, GroupFigures, day_of, group_figures, grouped
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation, Verdict

# Columns of the verdict grid that still fit on a page; the latest calls are shown.
MAX_GRID_CALLS = 30


@dataclass(frozen=True, slots=True)
class CriterionAgainstTeam:
    """One criterion of an agent beside the team's. ``standing``: below, above, level, or "" for too few."""

    criterion: CriterionView
    name: str
    own: CriterionFigures
    team: CriterionFigures
    standing: str


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One call in the verdict grid; verdicts in scorecard order, None where the call has no result."""

    evaluation: Evaluation
    page: str
    verdicts: tuple[Verdict | None, ...]


@dataclass(frozen=True, slots=True)
class AgentDay:
    """One day of an agent."""

    name: str
    figures: GroupFigures


@dataclass(frozen=True, slots=True)
class AgentPage:
    """One agent. ``peers`` names the calls it is compared with."""

    agent: Agent
    own: GroupFigures
    team: GroupFigures
    peers: str
    criteria: tuple[CriterionAgainstTeam, ...]
    days: tuple[AgentDay, ...]
    grid: tuple[GridColumn, ...]
    best: tuple[Moment, ...]
    worst: tuple[Moment, ...]
    coaching: tuple[CoachingPoint, ...]
    table: CallTable


def build_agent_page(
    agent: Agent,
    peers: Sequence[Evaluation],
    peer_figures: GroupFigures,
    report_data: ReportData,
    pages: Pages,
    wording: Wording,
) -> AgentPage:
    """Lay out one agent against ``peers``: the calls of the team, the agent's own among them."""
    criteria = report_data.scorecard.criteria
    names = {
        criterion.criterion_id: wording.name_of(criterion.names, criterion.criterion_id)
        for criterion in criteria
    }
    own = group_figures(agent.evaluations, list(names))
    return AgentPage(
        agent=agent,
        own=own,
        team=peer_figures,
        peers=agent.team or wording("agent.everyone"),
        criteria=tuple(
            _against_team(criterion, names[criterion.criterion_id], own.criteria, peer_figures.criteria)
            for criterion in criteria
        ),
        days=tuple(
            AgentDay(day, group_figures(calls, list(names)))
            for day, calls in grouped(agent.evaluations, day_of).items()
        ),
        grid=tuple(_column(e, pages, list(names)) for e in agent.evaluations[-MAX_GRID_CALLS:]),
        best=best_moments(agent.evaluations, report_data, pages, wording),
        worst=worst_moments(agent.evaluations, report_data, pages, wording),
        coaching=coaching_points(agent.evaluations, peers, own, peer_figures, report_data, pages, wording),
        table=call_table(
            agent.evaluations, report_data, pages, {agent.agent_id: agent.label}, wording, root="../"
        ),
    )


def _against_team(
    criterion: CriterionView,
    name: str,
    own: Mapping[str, CriterionFigures],
    team: Mapping[str, CriterionFigures],
) -> CriterionAgainstTeam:
    mine, theirs = own[criterion.criterion_id], team[criterion.criterion_id]
    standing = ""
    if (
        mine.met.comparable
        and theirs.met.comparable
        and mine.met.low is not None
        and mine.met.high is not None
    ):
        share = theirs.met.value if theirs.met.value is not None else 0.0
        # The team's share is the better known of the two; outside the agent's interval it is no chance.
        standing = "below" if mine.met.high < share else "above" if mine.met.low > share else "level"
    return CriterionAgainstTeam(criterion, name, mine, theirs, standing)


def _column(evaluation: Evaluation, pages: Pages, criterion_ids: Sequence[str]) -> GridColumn:
    verdicts = {result.criterion_id: result.verdict for result in evaluation.criteria}
    return GridColumn(
        evaluation,
        f"../{pages.call(evaluation)}",
        tuple(verdicts.get(criterion_id) for criterion_id in criterion_ids),
    )
