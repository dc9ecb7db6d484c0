"""The search that leaves templates out against a plain one that tries them all."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.factors import needs_of
from qa_analyzer.scoring.phrase_family import PhraseFamily, compile_family, sound_of, sounds_of
from qa_analyzer.scoring.phrase_search import PhraseSearch
from qa_analyzer.scoring.templates import Encode, parse_template, to_pattern

SLOTS = {"wait": "稍(等|候)|等(一)?下", "many": "[好号][吗嘛]|<num>天"}
PIECE = st.sampled_from(
    ["请", "[您你]", "{wait}", "{many}", "(好的)?", "…", "……", "再见", "(谢谢|感谢)(您)?", "<num>", "一"]
)
TEMPLATE = st.tuples(
    st.sampled_from(["", "^"]), st.lists(PIECE, min_size=1, max_size=4), st.sampled_from(["", "$"])
).map(lambda parts: parts[0] + "".join(parts[1]) + parts[2])
TEXT = st.text(alphabet="请您你稍等候一下好号吗嘛天再见谢感的3情宁烧登", max_size=14)


def plain_spans(templates: list[str], text: str, encode: Encode) -> list[tuple[int, int]]:
    """Return what one expression of all templates matches."""
    patterns = [to_pattern(parse_template(template, SLOTS), encode) for template in templates]
    joined = re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.MULTILINE)
    return [match.span() for match in joined.finditer(text) if match.group()]


@given(st.lists(TEMPLATE, min_size=1, max_size=5), st.lists(TEXT, max_size=4))
def test_templates_left_out_would_not_have_matched(templates: list[str], texts: list[str]) -> None:
    family = compile_family("f", PhraseFamily(say=tuple(templates), sound=False), SLOTS)
    other = compile_family("g", PhraseFamily(say=("再见", "[您你]好")), SLOTS)
    search = PhraseSearch({"g": other, "f": family})
    found = [(place.turn, place.start, place.end) for place in search.find(family, search.open(texts))]
    assert found == [
        (turn, *span) for turn, text in enumerate(texts) for span in plain_spans(templates, text, str)
    ]


@given(TEMPLATE, TEXT)
def test_every_match_holds_what_its_template_needs(template: str, text: str) -> None:
    node = parse_template(template, SLOTS)
    sounding = "".join(map(sound_of, text))
    for encode, said in ((str, text), (sounds_of, sounding)):
        pattern = re.compile(to_pattern(node, encode), re.MULTILINE)
        for match in pattern.finditer(said):
            for strings in needs_of(node, encode):
                assert any(string in match.group() for string in strings)


def test_needs_are_the_words_between_gaps_the_most_telling_first() -> None:
    node = parse_template("[您你]…{wait}(吧)?", SLOTS)
    words, persons = needs_of(node, str)
    assert words == {"稍等", "稍候", "等下", "等一下"}
    assert persons == {"您", "你"}
    assert needs_of(parse_template("(好)?…"), str) == ()


def test_what_sounds_alike_is_found_where_nothing_is_written() -> None:
    family = compile_family("f", PhraseFamily(say=("请您稍等",), unless=("不用请您稍等",)), {})
    search = PhraseSearch({"f": family})
    turns = search.open(["好请您稍等情您烧等", "", "不用请您稍等", "情您烧等"])
    places = [(place.turn, place.start, place.kind) for place in search.find(family, turns)]
    assert places == [(0, 1, MatchKind.EXACT), (0, 5, MatchKind.SOUND), (3, 0, MatchKind.SOUND)]
    assert [place.start for place in search.find(family, turns, by_sound=False)] == [1]


def test_no_families_no_places() -> None:
    family = compile_family("f", PhraseFamily(say=("请您稍等",)), {})
    search = PhraseSearch({})
    assert list(search.find(family, search.open(["请您稍等"]))) == []
