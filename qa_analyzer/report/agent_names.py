"""Who the agents of a report are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa_analyzer.report.page_names import NO_AGENT, Pages, agent_of
from qa_analyzer.report.team_figures import grouped
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent and the calls that were judged. ``team`` is the latest one named; None where never named."""

    agent_id: str
    label: str
    team: str | None
    page: str
    evaluations: tuple[Evaluation, ...]


def agents_of(evaluations: Sequence[Evaluation], pages: Pages, wording: Wording) -> tuple[Agent, ...]:
    """Return the agents by id, each with its calls in time order; calls without an agent come under one."""
    agents = []
    for agent_id, own in grouped(evaluations, agent_of).items():
        calls = sorted(own, key=by_time)
        # The latest name wins: people move between teams and correct their names.
        latest = [evaluation.analysis.transcript.call for evaluation in reversed(calls)]
        name = next((call.agent_name for call in latest if call.agent_name), None)
        team = next((call.team for call in latest if call.team), None)
        if agent_id == NO_AGENT:
            label = wording("agent.unknown")
        else:
            label = wording("agent.named", name=name, agent_id=agent_id) if name else agent_id
        agents.append(Agent(agent_id, label, team, pages.agent(agent_id), tuple(calls)))
    return tuple(agents)


def by_time(evaluation: Evaluation) -> tuple[str, str]:
    """Return the order of calls in time; those without a start come first."""
    started_at = evaluation.analysis.transcript.call.started_at
    return (started_at.isoformat() if started_at else "", evaluation.call_id)
