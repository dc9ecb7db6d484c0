from __future__ import annotations

import re
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.report.page_names import Pages, page_names


def test_a_plain_id_is_its_own_name() -> None:
    assert page_names(["C0001", "2026-11-20_07.A"]) == {
        "C0001": "C0001",
        "2026-11-20_07.A": "2026-11-20_07.A",
    }


@pytest.mark.parametrize(
    "odd", ["../etc/passwd", "a/b", "a b", "通话一", "con", "NUL.txt", "x.", ".hidden", "", "a" * 200]
)
def test_an_odd_id_gets_a_safe_name(odd: str) -> None:
    name = page_names([odd])[odd]
    assert re.fullmatch(r"[A-Za-z0-9_-]+~[0-9a-f]{16}", name)


def test_ids_that_differ_only_in_case_do_not_share_a_file() -> None:
    names = page_names(["call7", "CALL7", "other"])
    assert len({name.casefold() for name in names.values()}) == 3
    assert names["other"] == "other"


@given(st.lists(st.text(max_size=12), max_size=12))
def test_names_are_unique_on_every_file_system(ids: list[str]) -> None:
    names = page_names(ids)
    assert len({name.casefold() for name in names.values()}) == len(set(ids))
    assert all(
        "/" not in name and "\\" not in name and name not in ("", ".", "..") for name in names.values()
    )


def test_one_call_cannot_be_evaluated_twice_in_one_report(made_up: ModuleType) -> None:
    twice = (made_up.evaluation(call_id="C1"), made_up.evaluation(call_id="C1"))
    with pytest.raises(ValueError, match="C1"):
        Pages.of(twice)
