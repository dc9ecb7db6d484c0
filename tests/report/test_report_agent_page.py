from __future__ import annotations

from types import ModuleType
from typing import Any

from qa_analyzer.report.agent_names import agents_of
from qa_analyzer.report.agent_page import AgentPage, build_agent_page
from qa_analyzer.report.page_names import Pages
from qa_analyzer.report.team_figures import group_figures
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Verdict


def _page(made_up: ModuleType, calls: list[Any], agent_id: str) -> AgentPage:
    report_data = made_up.report_data(calls)
    pages, wording = Pages.of(report_data.evaluations), Wording("zh")
    agent = next(a for a in agents_of(report_data.evaluations, pages, wording) if a.agent_id == agent_id)
    figures = group_figures(report_data.evaluations, list(made_up.WEIGHTS))
    return build_agent_page(agent, report_data.evaluations, figures, report_data, pages, wording)


def _calls(made_up: ModuleType, count: int, agent: int, **options: Any) -> list[Any]:
    made: list[Any] = []
    for number in range(count):
        call_id = f"{options.get('prefix', 'C')}{agent}-{number}"
        plot, flips = options.get("plot", made_up.REPAIR), options.get("flips")
        made.append(made_up.evaluation(plot, call_id=call_id, agent=made_up.AGENTS[agent], flips=flips))
    return made


def test_an_agent_is_below_the_team_only_beyond_chance(made_up: ModuleType) -> None:
    failing = {"greeting": Verdict.FAIL}
    mixed = _calls(made_up, 10, 0, flips=failing) + _calls(made_up, 2, 0, prefix="ok")
    page = _page(made_up, mixed + _calls(made_up, 40, 1), "A101")
    standing = {row.criterion.criterion_id: row.standing for row in page.criteria}
    assert standing["greeting"] == "below"
    assert standing["offer_help"] == "level"
    assert standing["transfer_notice"] == ""
    few = _page(made_up, _calls(made_up, 3, 0, flips=failing) + _calls(made_up, 40, 1), "A101")
    assert {row.standing for row in few.criteria} == {""}


def test_an_agent_can_be_above_the_team(made_up: ModuleType) -> None:
    calls = _calls(made_up, 20, 0) + _calls(made_up, 40, 1, flips={"greeting": Verdict.FAIL})
    page = _page(made_up, calls, "A101")
    assert page.criteria[0].standing == "above"


def test_red_lines_are_coached_first_then_what_costs_most(made_up: ModuleType) -> None:
    calls = [
        *_calls(made_up, 1, 0, plot=made_up.RUDE),
        *_calls(made_up, 3, 0, flips={"self_introduction": Verdict.FAIL}, prefix="f"),
        *_calls(made_up, 2, 0, prefix="ok"),
    ]
    page = _page(made_up, calls, "A101")
    names = [point.criterion.criterion_id for point in page.coaching]
    assert names == ["forbidden_phrases", "self_introduction", "empathy_before_solution", "polite_phrases"]
    red, introduction, empathy, _ = page.coaching
    assert red.examples[0].line is not None
    assert red.examples[0].line.evidence.quote == "跟你说了也不懂，爱用不用，想投诉随便你"
    assert introduction.own.points_lost == 30
    assert [example.evaluation.call_id for example in introduction.examples] == ["f0-0", "f0-1", "f0-2"]
    # Done well by the same agent in another call.
    assert empathy.model is not None
    assert empathy.model_is_own
    assert empathy.model.evaluation.call_id == "ok0-0"


def test_a_colleague_shows_how_where_the_agent_never_did(made_up: ModuleType) -> None:
    calls = _calls(made_up, 3, 0, flips={"further_help": Verdict.FAIL}) + _calls(made_up, 3, 1)
    (point,) = _page(made_up, calls, "A101").coaching
    assert point.criterion.criterion_id == "further_help"
    assert not point.model_is_own
    assert point.model is not None
    assert point.model.evaluation.analysis.transcript.call.agent_id == "A102"
    assert point.model.page == "../calls/C1-0.html"


def test_moments_do_not_repeat_a_criterion(made_up: ModuleType) -> None:
    page = _page(made_up, _calls(made_up, 4, 0, plot=made_up.BILLING), "A101")
    worst = [moment.criterion_id for moment in page.worst]
    assert worst == ["empathy_before_solution", "ownership", "time_commitment"]
    best = [moment.criterion_id for moment in page.best]
    assert best[:2] == ["closing_courtesy", "greeting"]
    assert len(set(best)) == len(best)


def test_the_latest_name_and_team_count(made_up: ModuleType) -> None:
    early = made_up.evaluation(call_id="a", agent=("A1", "旧名", "一组"))
    when = early.analysis.transcript.call.started_at
    late = made_up.evaluation(call_id="b", agent=("A1", "新名", "二组"), started_at=when.replace(day=21))
    nameless = made_up.evaluation(call_id="c", agent=("A1", None, None), started_at=when.replace(day=22))
    page = _page(made_up, [nameless, late, early], "A1")
    assert (page.agent.label, page.agent.team) == ("新名（A1）", "二组")
    assert [column.evaluation.call_id for column in page.grid] == ["a", "b", "c"]
