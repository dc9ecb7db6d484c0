"""The lexicon file: strictness, faults with their lines, site overrides, the pattern language."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.lexicon import ComplaintLexicon, load_lexicon
from qa_analyzer.analysis.lexicon_patterns import (
    Element,
    Pattern,
    PatternSyntaxError,
    TermHit,
    expand_term,
    find_pattern,
    parse_pattern,
)
from qa_analyzer.errors import ScorecardError

SHIPPED = Path(__file__).parents[2] / "scorecards" / "complaint_lexicon.yaml"

SMALL = """\
name: small
version: "1"
classes: {network: 网络质量, risk: 风险}
slots:
  net: {terms: [宽带, 路由器]}
  dead: {terms: [掉(线|网), 坏了]}
codes:
  - code: outage
    class: network
    name: 断网
    severity: 3
    phrases: [断网]
    patterns: ["{net} ~4 {dead}"]
  - code: churn
    class: risk
    name: 离网
    severity: 4
    phrases: [转网]
"""

TAXONOMY = {
    "network": {"signal", "outage", "slow_speed", "call_quality"},
    "charges": {"unknown_charge", "plan_mismatch", "value_added", "data_overage", "refund"},
    "service": {
        "attitude", "waiting", "no_follow_up", "buck_passing", "marketing", "number_porting", "cancellation",
        "suspension", "installation",
    },
    "risk": {"escalation", "churn", "repeat_contact"},
}  # fmt: skip


def _load(tmp_path: Path, text: str, site: str | None = None) -> ComplaintLexicon:
    path = tmp_path / "lexicon.yaml"
    path.write_text(text, encoding="utf-8")
    if site is None:
        return load_lexicon(path)
    site_path = tmp_path / "site.yaml"
    site_path.write_text(site, encoding="utf-8")
    return load_lexicon(path, site_path)


def _faults(tmp_path: Path, text: str, site: str | None = None) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ScorecardError) as caught:
        _load(tmp_path, text, site)
    return [(fault.path.name, fault.line, fault.message) for fault in caught.value.faults]


def test_shipped_lexicon_holds_the_whole_taxonomy_and_nothing_else() -> None:
    lexicon = load_lexicon(SHIPPED)
    found: dict[str, set[str]] = {}
    for code in lexicon.codes:
        found.setdefault(code.complaint_class, set()).add(code.code)
        assert code.speakers == ("customer",)
        assert code.patterns
    assert found == TAXONOMY


def test_terms_are_written_out(tmp_path: Path) -> None:
    assert _load(tmp_path, SMALL).terms() == ("坏了", "宽带", "掉线", "掉网", "断网", "路由器", "转网")


def test_unknown_code_is_a_key_error(tmp_path: Path) -> None:
    lexicon = _load(tmp_path, SMALL)
    assert lexicon.code("churn").name == "离网"
    with pytest.raises(KeyError):
        lexicon.code("signal")


def test_all_faults_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    text = SMALL.replace("class: network", "class: nowhere").replace("~4 {dead}", "~4 {dread}")
    text = text.replace("phrases: [转网]", "phrases: [转(网]\n    yields_to: [none_such]")
    assert _faults(tmp_path, text) == [
        ("lexicon.yaml", 9, "no class 'nowhere'"),
        ("lexicon.yaml", 13, "no slot 'dread' before this place"),
        ("lexicon.yaml", 18, "unbalanced or nested brackets in '转(网'"),
        ("lexicon.yaml", 19, "no code 'none_such'"),
    ]


def test_unknown_keys_wrong_types_and_ranges_are_refused(tmp_path: Path) -> None:
    text = SMALL.replace("severity: 3", "severity: 9\n    colour: red").replace('version: "1"', "version: 1")
    faults = _faults(tmp_path, text)
    assert [(line, message.split(" ")[0]) for _, line, message in faults] == [
        (2, "Input"),
        (11, "Input"),
        (12, "Extra"),
    ]


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    assert _faults(tmp_path, SMALL + "name: again\n") == [("lexicon.yaml", 19, "given twice")]


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ("name: [", 1), ("- 1\n", 1)],
)
def test_what_is_no_lexicon_at_all_is_one_fault(tmp_path: Path, text: str, line: int) -> None:
    faults = _faults(tmp_path, text)
    assert len(faults) == 1
    assert faults[0][1] in (line, line + 1)


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match="cannot be read"):
        load_lexicon(tmp_path / "absent.yaml")


def test_fingerprint_follows_content_not_layout(tmp_path: Path) -> None:
    first = _load(tmp_path, SMALL).fingerprint
    assert _load(tmp_path, "# a comment\n" + SMALL).fingerprint == first
    assert _load(tmp_path, SMALL.replace("坏了", "不灵")).fingerprint != first


SITE = """\
overrides: small
version: "7"
change_slots:
  net: {add: [机房专线], remove: [路由器]}
codes:
  - code: parking
    class: network
    name: 停车
    severity: 1
    phrases: [没车位]
change_codes:
  - {code: churn, enabled: false}
  - {code: outage, severity: 5, add_phrases: [网络瘫痪], remove_phrases: [断网]}
"""


def test_a_site_adds_removes_and_drops(tmp_path: Path) -> None:
    lexicon = _load(tmp_path, SMALL, SITE)
    assert [code.code for code in lexicon.codes] == ["outage", "parking"]
    assert lexicon.code("outage").severity == 5
    assert lexicon.version == "1+7"
    assert lexicon.fingerprint != _load(tmp_path, SMALL).fingerprint
    terms = lexicon.terms()
    assert {"机房专线", "网络瘫痪", "没车位"} <= set(terms)
    assert not {"路由器", "断网", "转网"} & set(terms)


def test_faults_of_a_site_point_into_its_own_file(tmp_path: Path) -> None:
    site = SITE.replace("small", "other").replace("remove: [路由器]", "remove: [鼠标]")
    site = site.replace("add_phrases: [网络瘫痪]", "add_phrases: [网络(瘫痪]").replace(
        "code: churn", "code: chum"
    )
    assert _faults(tmp_path, SMALL, site) == [
        ("site.yaml", 1, "is for lexicon 'other', not 'small'"),
        ("site.yaml", 4, "'鼠标' is not in the slot"),
        ("site.yaml", 12, "no code 'chum'"),
        ("site.yaml", 13, "unbalanced or nested brackets in '网络(瘫痪'"),
    ]


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ("断网", ("断网",)),
        ("掉(线|网)", ("掉线", "掉网")),
        ("(太|很|)慢(了|)", ("太慢了", "太慢", "很慢了", "很慢", "慢了", "慢")),
    ],
)
def test_alternatives_are_written_out(written: str, terms: tuple[str, ...]) -> None:
    assert expand_term(written) == terms


@pytest.mark.parametrize("written", ["(太|)", "断.*网", "((a|b)|c)", "断网)", "（断|网），"])
def test_unreadable_terms_are_refused(written: str) -> None:
    with pytest.raises(PatternSyntaxError):
        expand_term(written)


@pytest.mark.parametrize(
    "written", ["", "~3 网", "网 ~3", "网 ~3 ~4 断", "!好 断", "{nosuch}", "网|", "网 !好"]
)
def test_unreadable_patterns_are_refused(written: str) -> None:
    with pytest.raises(PatternSyntaxError):
        parse_pattern(written, {"net": Element(frozenset({"网"}), True)}, sound=True)


def _hit(term: str, start: int) -> TermHit:
    return TermHit(term, start, start + len(term), "exact")


def test_a_gap_bars_its_terms_and_sentence_ends_cost() -> None:
    # 网 ~4 断, barring 没
    pattern = Pattern(steps=((6, 0, ()), (4, 1, (2,))))
    hits = {0: [_hit("网", 0)], 1: [_hit("断", 3)]}
    assert find_pattern(pattern, hits, frozenset())
    assert find_pattern(pattern, {**hits, 2: [_hit("没", 2)]}, frozenset()) == ()
    assert find_pattern(pattern, hits, frozenset({2})) == ()


@given(gap=st.integers(0, 20), allowed=st.integers(0, 20))
def test_a_pattern_reaches_exactly_as_far_as_its_gap(gap: int, allowed: int) -> None:
    pattern = Pattern(steps=((6, 0, ()), (allowed, 1, ())))
    hits = {0: [_hit("宽带", 5)], 1: [_hit("断", 7 + gap)]}
    found = find_pattern(pattern, hits, frozenset())
    assert bool(found) == (gap <= allowed)
    if found:
        assert (found[0].start, found[0].end, found[0].match_kind) == (5, 8 + gap, "exact")
