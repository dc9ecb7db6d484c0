from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from qa_analyzer.report.review import ReviewReason, review_queue
from qa_analyzer.scoring.evaluation import Evaluation, ScoreRange, Verdict


def test_unscorable_comes_first_then_near_a_grade_then_red_lines(made_up: ModuleType) -> None:
    calls = (
        made_up.evaluation(made_up.REPAIR, call_id="fine"),
        made_up.evaluation(made_up.RUDE, call_id="rude"),
        # 85 of 95 points: 89.5 is close to the edge of 90.
        made_up.evaluation(made_up.REPAIR, call_id="near", flips={"self_introduction": Verdict.FAIL}),
        made_up.evaluation(made_up.REPAIR, call_id="open-small", flips={"further_help": Verdict.UNSCORABLE}),
        made_up.evaluation(made_up.REPAIR, call_id="open-large", flips={"greeting": Verdict.UNSCORABLE}),
        made_up.evaluation(
            made_up.REPAIR, call_id="none", flips=dict.fromkeys(made_up.WEIGHTS, Verdict.UNSCORABLE)
        ),
    )
    queue = review_queue(calls, made_up.scorecard())
    # The rude call has two closing criteria open (15 points), so it is among the unscorable.
    assert [review.evaluation.call_id for review in queue] == [
        "none",
        "rude",
        "open-large",
        "open-small",
        "near",
    ]
    assert queue[1].reasons == (ReviewReason.UNSCORABLE, ReviewReason.RED_LINE)
    assert queue[1].open_points == 15
    assert queue[-1].reasons == (ReviewReason.NEAR_THRESHOLD,)


def test_a_red_line_is_near_no_grade(made_up: ModuleType) -> None:
    (review,) = review_queue((made_up.evaluation(made_up.RUDE),), made_up.scorecard())
    assert review.distance is None


def test_uncertain_roles_and_damaged_recordings_are_reviewed(made_up: ModuleType) -> None:
    (review,) = review_queue((made_up.evaluation(made_up.REPAIR, mono=True),), made_up.scorecard())
    assert review.reasons == (ReviewReason.UNSURE_ROLES, ReviewReason.DAMAGED)


def test_a_range_that_reaches_another_grade_is_reviewed_the_least_sure_first(made_up: ModuleType) -> None:
    good = made_up.evaluation(made_up.REPAIR, call_id="sure")
    percent = good.percent

    def ranged(call_id: str, low: float, chance: float) -> Evaluation:
        told = ScoreRange(low, percent, 0.9, chance, 0.12)
        return replace(made_up.evaluation(made_up.REPAIR, call_id=call_id), score_range=told)

    calls = (good, ranged("narrow", percent - 1, 0.95), ranged("wide", 40.0, 0.7), ranged("wider", 20.0, 0.4))
    queue = review_queue(calls, made_up.scorecard())
    assert [review.evaluation.call_id for review in queue] == ["wider", "wide"]
    assert queue[0].reasons == (ReviewReason.UNSURE_GRADE,)
    assert queue[0].grade_chance == 0.4
