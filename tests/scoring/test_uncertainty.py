from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.scoring import uncertainty
from qa_analyzer.scoring.evaluation import CriterionResult, Evidence, EvidenceKind, MatchKind, Verdict
from qa_analyzer.scoring.rules.combine import ConstantRule
from qa_analyzer.scoring.score import percent_of
from qa_analyzer.scoring.scorecard_model import Criterion, GradeLimits
from qa_analyzer.scoring.uncertainty import (
    FlipChances,
    error_rate_of,
    flip_chances,
    kind_of,
    with_range,
)
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript, Word

TEXT = "您好请问有什么可以帮您"


def call(probability: float | None = 0.8) -> Transcript:
    transcript = transcript_from_turns(Call("c", given_turns=(GivenTurn(Role.AGENT, TEXT),)))
    if probability is None:
        return transcript
    words = tuple(Word(char, at / 5, at / 5 + 0.2, probability) for at, char in enumerate(TEXT))
    return replace(transcript, turns=(replace(transcript.turns[0], words=words),))


def evidence(kind: MatchKind, start: int = 0, end: int = 2) -> Evidence:
    quote = TEXT[start:end]
    return Evidence(EvidenceKind.MATCH, Role.AGENT, 0, 0.0, 1.0, quote, kind, 0.0, start, end)


def window(heard: float) -> Evidence:
    return Evidence(
        EvidenceKind.WINDOW, Role.AGENT, 0, 0.0, 1.0, TEXT, MatchKind.NONE, 0.0, heard_share=heard
    )


def result(
    verdict: Verdict, *pieces: Evidence, weight: float = 10.0, red: bool = False, name: str = "one"
) -> CriterionResult:
    judged = weight if verdict in (Verdict.PASS, Verdict.FAIL) and not red else 0.0
    return CriterionResult(
        name, verdict, judged if verdict is Verdict.PASS else 0.0, judged, red, "说明。", pieces
    )


def criterion(weight: float = 10.0, *, red: bool = False) -> Criterion:
    rule = ConstantRule(value=True)
    return Criterion(id="one", name="一", weight=0 if red else weight, auto_fail=red, fail_when=rule)


def chances(monkeypatch: pytest.MonkeyPatch, **flips: dict[Verdict, float]) -> None:
    table = {name.replace("__", " "): (shares,) for name, shares in flips.items()}
    monkeypatch.setattr(uncertainty, "flip_chances", lambda: FlipChances((0.2,), table))


def test_what_a_verdict_rests_on_has_a_name() -> None:
    said = evidence(MatchKind.EXACT)
    assert kind_of(result(Verdict.PASS, said)) == "points pass written"
    assert kind_of(result(Verdict.PASS, said, evidence(MatchKind.SOUND, 3, 5))) == "points pass written_often"
    assert kind_of(result(Verdict.FAIL, evidence(MatchKind.SOUND))) == "points fail sounded"
    assert kind_of(result(Verdict.FAIL, window(1.0))) == "points fail unsaid"
    assert kind_of(result(Verdict.PASS, window(1.0), red=True)) == "red_line pass unsaid"


def test_the_error_rate_is_that_of_the_words_it_rests_on() -> None:
    transcript = call(0.9)
    doubtful = replace(transcript.turns[0].words[0], probability=0.3)
    turn = replace(transcript.turns[0], words=(doubtful, *transcript.turns[0].words[1:]))
    transcript = replace(transcript, turns=(turn,))
    assert error_rate_of(result(Verdict.PASS, evidence(MatchKind.EXACT)), transcript) == pytest.approx(0.4)
    assert error_rate_of(result(Verdict.PASS, evidence(MatchKind.EXACT, 2, 4)), transcript) == pytest.approx(
        0.1
    )
    everything = 1 - (0.9 * 10 + 0.3) / 11
    assert error_rate_of(result(Verdict.FAIL, window(1.0)), transcript) == pytest.approx(everything)
    half = 1 - (1 - everything) * 0.5
    assert error_rate_of(result(Verdict.FAIL, window(0.5)), transcript) == pytest.approx(half)
    assert error_rate_of(result(Verdict.FAIL, window(1.0)), call(None)) is None


def test_text_that_was_given_has_no_range() -> None:
    results = (result(Verdict.PASS, window(1.0)),)
    assert with_range(results, [criterion()], call(None), 100.0, GradeLimits()) == (results, None)


def test_a_fail_that_may_be_a_pass_widens_upwards_only(monkeypatch: pytest.MonkeyPatch) -> None:
    chances(
        monkeypatch,
        points__pass={Verdict.PASS: 1.0},
        points__fail={Verdict.FAIL: 0.7, Verdict.PASS: 0.3},
    )
    results = (result(Verdict.PASS, window(1.0)), result(Verdict.FAIL, window(1.0), name="two"))
    told, score_range = with_range(results, [criterion(), criterion()], call(0.8), 50.0, GradeLimits())
    assert [each.flip_chance for each in told] == [0.0, pytest.approx(0.3)]
    assert score_range is not None
    assert (score_range.low, score_range.high) == (50.0, 100.0)
    assert score_range.grade_chance == pytest.approx(0.7)
    assert score_range.error_rate == pytest.approx(0.2)


def test_a_rare_flip_stays_outside_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    chances(monkeypatch, points__fail={Verdict.FAIL: 0.995, Verdict.PASS: 0.005})
    _, score_range = with_range(
        (result(Verdict.FAIL, window(1.0)),), [criterion()], call(0.8), 0.0, GradeLimits()
    )
    assert score_range is not None
    assert (score_range.low, score_range.high) == (0.0, 0.0)


def test_a_missed_red_line_is_told_beside_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    chances(
        monkeypatch,
        points__pass={Verdict.PASS: 1.0},
        red_line__pass={Verdict.PASS: 0.9, Verdict.FAIL: 0.1},
    )
    results = (result(Verdict.PASS, window(1.0)), result(Verdict.PASS, window(1.0), red=True, name="two"))
    _, score_range = with_range(results, [criterion(), criterion(red=True)], call(0.8), 100.0, GradeLimits())
    assert score_range is not None
    assert (score_range.low, score_range.high) == (100.0, 100.0)
    assert score_range.red_line_chance == pytest.approx(0.1)
    assert score_range.grade_chance == pytest.approx(0.9)


def test_a_red_line_called_wrongly_would_give_the_points_back(monkeypatch: pytest.MonkeyPatch) -> None:
    chances(
        monkeypatch,
        points__pass={Verdict.PASS: 1.0},
        red_line__fail={Verdict.FAIL: 0.8, Verdict.PASS: 0.2},
    )
    results = (result(Verdict.PASS, window(1.0)), result(Verdict.FAIL, window(1.0), red=True, name="two"))
    _, score_range = with_range(results, [criterion(), criterion(red=True)], call(0.8), 0.0, GradeLimits())
    assert score_range is not None
    assert (score_range.low, score_range.high) == (0.0, 100.0)
    assert score_range.grade_chance == pytest.approx(0.8)


weights = st.lists(st.sampled_from([5.0, 10.0, 15.0, 2.5, 3.0]), min_size=1, max_size=4)
shares = st.tuples(*[st.integers(0, 9)] * 4).filter(any)


@given(weights, st.data())
def test_the_distribution_is_that_of_all_combinations(points: list[float], data: st.DataObject) -> None:
    results = tuple(result(Verdict.PASS, weight=weight) for weight in points)
    drawn = [
        {verdict: part / sum(parts) for verdict, part in zip(Verdict, parts, strict=True)}
        for parts in data.draw(st.lists(shares, min_size=len(points), max_size=len(points)))
    ]
    expected: dict[float, float] = {}
    for combination in product(Verdict, repeat=len(points)):
        flipped = tuple(
            result(verdict, weight=weight) for verdict, weight in zip(combination, points, strict=True)
        )
        percent, _ = percent_of(flipped)
        share = 1.0
        for verdict, each in zip(combination, drawn, strict=True):
            share *= each[verdict]
        if percent is not None and share > 0:
            expected[percent] = expected.get(percent, 0.0) + share
    if not expected:
        return
    scores, found, red_line = uncertainty._distribution(results, drawn, points)
    assert red_line == 0.0
    total = sum(expected.values())
    for percent, share in expected.items():
        near = sum(
            float(each) for score, each in zip(scores, found, strict=True) if abs(score - percent) < 0.01
        )
        assert near == pytest.approx(share / total, abs=1e-9)


def test_the_shipped_chances_are_shares_that_grow_from_nothing() -> None:
    measured = flip_chances()
    assert len(measured.rates) >= 5
    for kind, rows in measured.table.items():
        seen = Verdict(kind.split(" ")[1])
        assert len(rows) == len(measured.rates)
        assert all(sum(row.values()) == pytest.approx(1.0, abs=0.001) for row in rows), kind
        assert measured.verdicts(kind, seen, 0.0)[seen] == 1.0
    worst = measured.verdicts("points fail unsaid", Verdict.FAIL, 0.3)
    assert worst[Verdict.FAIL] < measured.verdicts("points fail unsaid", Verdict.FAIL, 0.05)[Verdict.FAIL]


def test_a_kind_without_figures_takes_those_of_its_verdict() -> None:
    measured = FlipChances((0.2,), {"points fail": ({Verdict.FAIL: 0.5, Verdict.PASS: 0.5},)})
    assert measured.verdicts("points fail sounded", Verdict.FAIL, 0.1)[Verdict.PASS] == pytest.approx(0.25)
    assert measured.verdicts("points na unsaid", Verdict.NOT_APPLICABLE, 0.3) == {Verdict.NOT_APPLICABLE: 1.0}
