"""The fast alignment against a plain one that looks everywhere."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qa_analyzer.analysis.sound import char_cost, deletion_costs, insertion_cost
from qa_analyzer.analysis.sound_search import NEAREST_LIMIT, SoundSearch

FORMS = ("请您稍等", "感谢您的耐心等待", "两个工作日内", "不知道别问我", "再见", "麻烦您")
UNLIKE, EDGE = 0.45, 0.3


def plain_cost(form: str, text: str) -> float:
    """Return the least cost of hearing ``form`` anywhere in ``text``, looking at all of it."""
    row = [0.0] * (len(text) + 1)
    for step, missing in enumerate(deletion_costs(form)):
        after = [row[0] + missing]
        for place, char in enumerate(text):
            apart = char_cost(form[step], char)
            if apart > UNLIKE and step in (0, len(form) - 1):
                apart += EDGE
            after.append(min(row[place] + apart, row[place + 1] + missing, after[-1] + insertion_cost(char)))
        row = after
    return min(row)


@st.composite
def misheard(draw: st.DrawFn) -> tuple[str, str]:
    """A form and a text that holds it with at most two changes."""
    form = draw(st.sampled_from(FORMS))
    heard = list(form)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(heard) - 1))
        change = draw(st.sampled_from(("put", "drop", "add")))
        other = draw(st.sampled_from("情烧灯心事的了干奈大个作内"))
        if change == "put":
            heard[place] = other
        elif change == "add":
            heard.insert(place, other)
        elif len(heard) > 1:
            del heard[place]
    around = st.text(alphabet="好那套餐我", max_size=5)
    return form, draw(around) + "".join(heard) + draw(around)


@settings(max_examples=80, deadline=None)
@given(misheard())
def test_no_alignment_is_cheaper_than_the_plain_one_and_the_best_is_found(case: tuple[str, str]) -> None:
    form, text = case
    assume(form not in text)
    found = [match.distance * len(form) for match in SoundSearch([form], [0.3]).find(text)]
    best = plain_cost(form, text)
    assert all(cost >= best - 1e-4 for cost in found)
    if found:
        assert min(found) == pytest.approx(best, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(misheard())
def test_what_is_found_alone_is_found_among_others(case: tuple[str, str]) -> None:
    form, text = case
    alone = {(m.start, m.end, m.distance) for m in SoundSearch([form], [0.2]).find(text)}
    among = SoundSearch(FORMS, [0.2] * len(FORMS))
    together = {(m.start, m.end, m.distance) for m in among.find(text) if FORMS[m.form] == form}
    assert together == alone


def test_one_homophone_anywhere_is_found() -> None:
    search = SoundSearch(FORMS, [0.2] * len(FORMS))
    homophones = dict(zip("请您稍等感谢的耐心待", "晴宁烧登赶些得奈新代", strict=True))
    for form in FORMS[:2]:
        for place, char in enumerate(form):
            heard = form[:place] + homophones[char] + form[place + 1 :]
            assert [FORMS[match.form] for match in search.find(f"那{heard}啊")] == [form], heard


def test_limits_below_zero_switch_sound_off() -> None:
    assert list(SoundSearch(["请您稍等"], [-1.0]).find("情您烧等")) == []


def test_a_phrase_half_of_which_is_missing_was_not_said() -> None:
    (match,) = SoundSearch(["感谢您的耐心等待"], [0.4]).find("感谢耐心等待")
    assert match.deleted == 2
    assert list(SoundSearch(["感谢您的耐心等待"], [0.9]).find("感谢等待")) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(misheard(), max_size=6))
def test_many_texts_at_once_are_searched_as_one_by_one(cases: list[tuple[str, str]]) -> None:
    texts = [text for _, text in cases] + [""]
    search = SoundSearch(FORMS, [0.2] * len(FORMS))
    together = search.nearby(texts)
    assert together == [search.nearby([text])[0] for text in texts]
    for text, nearby in zip(texts, together, strict=True):
        assert search.closest(text, nearby, NEAREST_LIMIT) == search.nearest(text)


def test_of_many_candidates_the_same_are_kept_as_of_few() -> None:
    forms = sorted({"".join(part) for part in permutations("请您稍等待", 4)})
    text = "好的请您烧等待一下"
    search = SoundSearch(forms, [0.3] * len(forms))
    assert len(search.nearby([text])[0]) > 20
    found = {(forms[m.form], m.start, m.end, m.distance) for m in search.find(text)}
    alone = {
        (form, m.start, m.end, m.distance) for form in forms for m in SoundSearch([form], [0.3]).find(text)
    }
    assert found == alone


def test_a_closest_place_lies_within_the_limit() -> None:
    search = SoundSearch(["请您稍等"], [0.3])
    (nearby,) = search.nearby(["情您烧登"])
    match = search.closest("情您烧登", nearby, NEAREST_LIMIT)
    assert match is not None
    assert match.changed == (0, 2, 3)
    assert search.closest("情您烧登", nearby, match.distance / 2) is None
    assert search.nearby([]) == []
