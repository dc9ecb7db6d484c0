from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from kpi_builders import evaluate

from qa_analyzer.errors import ManifestError
from qa_analyzer.kpi.calibration import Agreement, HumanGrade, calibrate, read_grades
from qa_analyzer.scoring.evaluation import Verdict

P, F, NA, U = Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.UNSCORABLE


def compared(table: Mapping[tuple[Verdict, Verdict], int]) -> Agreement:
    """Calibrate a criterion from counts of (human, machine)."""
    grades: list[HumanGrade] = []
    judged = {}
    for (human, machine), count in table.items():
        for _ in range(count):
            call_id = f"c{len(grades)}"
            grades.append(HumanGrade(call_id, "greeting", human))
            judged[call_id] = evaluate(call_id, verdicts={"greeting": machine.value}).criteria
    overall, only = calibrate(grades, judged)
    assert overall.confusion == only.confusion
    return only


def test_coefficients_match_worked_examples() -> None:
    # Cohen's classic: 20, 5, 10, 15 gives kappa 0.40.
    found = compared({(P, P): 20, (P, F): 5, (F, P): 10, (F, F): 15})
    assert (found.raw, found.kappa) == (pytest.approx(0.7), pytest.approx(0.4))
    assert found.ac1 == pytest.approx((0.7 - 0.495) / 0.505)
    # The paradox of high agreement: 118, 5, 2, 0 gives kappa -0.02 but AC1 0.94.
    found = compared({(P, P): 118, (P, F): 5, (F, P): 2, (F, F): 0})
    assert (found.raw, found.kappa, found.ac1) == (
        pytest.approx(0.944),
        pytest.approx(-0.0234, abs=1e-4),
        pytest.approx(0.9408, abs=1e-4),
    )


def test_three_verdicts_and_intervals() -> None:
    found = compared({(P, P): 40, (F, F): 30, (NA, NA): 20, (P, F): 5, (NA, P): 5})
    assert found.n == 100
    assert found.enough
    for value, interval in (
        (found.raw, found.raw_interval),
        (found.kappa, found.kappa_interval),
        (found.ac1, found.ac1_interval),
    ):
        assert value is not None
        assert interval is not None
        assert interval[0] < value < interval[1]
        assert interval[1] - interval[0] < 0.25


def test_one_verdict_only_has_no_kappa_but_full_agreement() -> None:
    found = compared({(P, P): 30})
    assert (found.raw, found.kappa, found.kappa_interval, found.ac1) == (1.0, None, None, 1.0)


def test_fail_bias_says_who_is_stricter() -> None:
    assert compared({(P, F): 3, (P, P): 7}).fail_bias == pytest.approx(0.3)
    assert compared({(F, P): 3, (P, P): 7}).fail_bias == pytest.approx(-0.3)


def test_abstentions_and_unjudged_calls_are_counted_apart() -> None:
    grades = [HumanGrade(f"c{n}", "greeting", verdict) for n, verdict in enumerate((P, P, U, P))]
    machine = {"c0": "pass", "c1": "unscorable", "c2": "pass"}
    judged = {
        name: evaluate(name, verdicts={"greeting": verdict}).criteria for name, verdict in machine.items()
    }
    found = calibrate(grades, judged)[1]
    assert (found.n, found.abstained, found.not_judged) == (1, 2, 1)
    assert not found.enough


def test_nothing_to_compare() -> None:
    assert calibrate([], {}) == ()
    (overall, only) = calibrate([HumanGrade("c9", "greeting", P)], {})
    assert (overall.n, overall.raw, only.kappa, only.not_judged) == (0, None, None, 1)


def test_calls_graded_on_many_criteria_do_not_pretend_to_be_many_calls() -> None:
    """Ten criteria that always stand and fall together carry the evidence of one."""
    names = [f"k{n}" for n in range(10)]
    calls = {f"c{n}": ("fail" if n % 4 == 0 else "pass") for n in range(40)}
    judged = {
        call: evaluate(call, verdicts=dict.fromkeys(names, verdict)).criteria
        for call, verdict in calls.items()
    }
    grades = [HumanGrade(call, name, P) for call in calls for name in names]
    overall, first = calibrate(grades, judged)[:2]
    assert overall.raw_interval is not None
    assert first.raw_interval is not None
    width = overall.raw_interval[1] - overall.raw_interval[0]
    assert width == pytest.approx(first.raw_interval[1] - first.raw_interval[0], rel=0.2)


def test_the_order_of_grades_does_not_matter() -> None:
    judged = {
        f"c{n}": evaluate(f"c{n}", verdicts={"a": "pass", "b": ("pass", "fail")[n % 2]}).criteria
        for n in range(30)
    }
    grades = [HumanGrade(call, name, (P, F)[len(call) % 2]) for call in judged for name in ("a", "b")]
    assert calibrate(grades, judged) == calibrate(grades[::-1], dict(reversed(judged.items())))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_grades_are_read_in_the_encodings_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "grades.csv"
    path.write_text(
        "call_id,criterion_id,verdict,reviewer\nc1, greeting ,pass,李督导\nc1,greeting,na,王\n", encoding
    )
    assert read_grades(path) == (
        HumanGrade("c1", "greeting", P, "李督导"),
        HumanGrade("c1", "greeting", NA, "王"),
    )


def test_every_fault_is_listed_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    path.write_text("call_id,criterion_id,verdict\nc1,greeting,ok\n,greeting,pass\nc2,x,pass\nc2,x,fail\n")
    with pytest.raises(ManifestError) as caught:
        read_grades(path)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 5]
    assert "'ok' is none of pass, fail, na, unscorable" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"call_id,verdict\nc1,pass\n", b"\xff\xfe\x81\x00\xff"])
def test_unusable_files_are_one_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "grades.csv"
    path.write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        read_grades(path)
    assert len(caught.value.faults) == 1


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"no\.csv"):
        read_grades(tmp_path / "no.csv")
