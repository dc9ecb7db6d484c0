from __future__ import annotations

from types import ModuleType

from qa_analyzer.kpi.kpis import MIN_RANKED_N
from qa_analyzer.report.complaint_mix import complaint_mix
from qa_analyzer.report.figures import NO_FIGURE, mean, rate
from qa_analyzer.report.team_figures import day_of, group_figures, grouped, team_of
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Verdict


def test_nothing_has_no_rate_and_no_mean() -> None:
    assert rate(0, 0) == NO_FIGURE
    assert mean([]) == NO_FIGURE


def test_a_rate_has_its_wilson_interval() -> None:
    figure = rate(8, 10)
    assert figure.value == 0.8
    assert figure.low is not None
    assert figure.high is not None
    # Worked by hand from Wilson's formula for 8 of 10.
    assert round(figure.low, 3) == 0.490
    assert round(figure.high, 3) == 0.943


def test_a_few_calls_have_a_mean_without_an_interval() -> None:
    figure = mean([72.0, 90.0])
    assert (figure.value, figure.low, figure.high, figure.n) == (81.0, None, None, 2)
    assert not figure.comparable
    assert mean([72.0, 90.0, 60.0, 75.0, 83.0]).low is not None
    assert not mean([72.0] * (MIN_RANKED_N - 1)).rankable
    assert mean([72.0] * MIN_RANKED_N).rankable


def test_group_figures_leave_unscored_calls_out_of_the_mean(made_up: ModuleType) -> None:
    good = made_up.evaluation(made_up.REPAIR, call_id="good")
    rude = made_up.evaluation(made_up.RUDE, call_id="rude")
    unscored = made_up.evaluation(
        made_up.REPAIR, call_id="open", flips=dict.fromkeys(made_up.WEIGHTS, Verdict.UNSCORABLE)
    )
    assert unscored.percent is None
    figures = group_figures((good, rude, unscored), list(made_up.WEIGHTS))
    assert (figures.calls, figures.scored, figures.red_lines) == (3, 2, 1)
    assert figures.score.value == 50.0
    assert figures.passing.value == 0.5
    assert figures.criteria["greeting"].unscorable == 1
    assert figures.criteria["greeting"].judged == 2
    assert figures.criteria["empathy_before_solution"].points_lost == 15
    assert figures.weakest is not None
    assert figures.weakest.passed / figures.weakest.judged == 0.5


def test_calls_without_a_day_or_team_are_in_no_group(made_up: ModuleType) -> None:
    known = made_up.evaluation(call_id="a")
    unknown = made_up.evaluation(call_id="b", agent=(None, None, None), started_at=None)
    assert list(grouped((known, unknown), day_of)) == ["2026-11-20"]
    assert list(grouped((known, unknown), team_of)) == ["一组"]


def test_a_rise_counts_only_when_chance_does_not_explain_it(made_up: ModuleType) -> None:
    first, last = made_up.evaluation().analysis.transcript.call.started_at.replace(day=19), None
    last = first.replace(day=20)

    def nights(complaining: int) -> tuple[object, ...]:
        before = [made_up.evaluation(made_up.REPAIR, call_id=f"a{n}", started_at=first) for n in range(40)]
        after = [
            made_up.evaluation(
                made_up.BILLING if n < complaining else made_up.REPAIR, call_id=f"b{n}", started_at=last
            )
            for n in range(40)
        ]
        return (*before, *after)

    def row(complaining: int) -> object:
        calls = nights(complaining)
        report_data = made_up.report_data(calls)
        mix = complaint_mix(calls, report_data, Wording("zh"), risks=False)
        return next(entry for entry in mix if entry.code == "unknown_charge")

    assert (row(20).rising, row(20).change, row(20).calls) == (True, 0.5, 20)  # type: ignore[attr-defined]
    assert not row(2).rising  # type: ignore[attr-defined]


def test_one_day_has_no_change(made_up: ModuleType) -> None:
    calls = (made_up.evaluation(made_up.BILLING),)
    mix = complaint_mix(calls, made_up.report_data(calls), Wording("zh"), risks=False)
    assert [entry.change for entry in mix] == [None, None, None]
