import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.scoring.phrase_family import PhraseFamily, compile_family
from qa_analyzer.scoring.templates import TemplateError, expand, parse_template, shortest, to_pattern

SLOTS = {"who": "(您|你)", "polite": "请{who}?"}


def matches(template: str, text: str) -> bool:
    pattern = to_pattern(parse_template(template, SLOTS), str)
    return re.search(pattern, text, re.MULTILINE) is not None


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("(稍等|稍候)一下", "请稍候一下"),
        ("稍等(一下)?啊?", "稍等"),
        ("[您你]好", "您好"),
        ("{polite}稍等", "请您稍等"),
        ("请…挂机", "请先不要挂机"),
        ("^喂$", "喂"),
        ("<num>小时", "二十四小时"),
        ("<num>小时", "48小时"),
        ("您好，请讲！", "您好请讲"),
    ],
)
def test_templates_match(template: str, text: str) -> None:
    assert matches(template, text)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("请…挂机", "请您千万千万先不要现在挂机"),  # more than the gap allows
        ("请…挂机", "请\n挂机"),  # a gap stays inside one turn
        ("^喂$", "喂您好"),
        ("<num>小时", "小时"),
        ("[您你]好", "他好"),
    ],
)
def test_templates_do_not_match(template: str, text: str) -> None:
    assert not matches(template, text)


@pytest.mark.parametrize(
    ("template", "place"),
    [("(稍等", "never closed"), ("稍等)", "unexpected"), ("[稍等", "no ']'"),
     ("{nobody}好", "no slot 'nobody'"), ("<word>", "only <num>"), ("稍.等", "no meaning"), ("  ", "empty"),
     ("[，。]", "empty set")],
)  # fmt: skip
def test_broken_templates_say_where(template: str, place: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(place)):
        parse_template(template, SLOTS)


def test_slots_in_a_circle_are_refused() -> None:
    with pytest.raises(TemplateError, match="circle"):
        parse_template("{one}", {"one": "{two}", "two": "{one}"})


PLAIN = st.text(alphabet="您你好请稍等查询马上处理", min_size=1, max_size=4)
TEMPLATES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        inner.map(lambda one: f"({one})?好"),
    ),
    max_leaves=6,
)


@given(TEMPLATES)
def test_what_a_template_expands_to_it_matches(template: str) -> None:
    node = parse_template(template)
    pattern = re.compile(to_pattern(node, str))
    phrases = expand(node, 50)
    assert phrases
    for phrase in phrases:
        assert pattern.fullmatch(phrase)
        assert len(phrase) >= shortest(node)


@given(st.text(max_size=12))
def test_any_text_parses_or_says_why(text: str) -> None:
    node = None
    with suppress(TemplateError):
        node = parse_template(text)
    if node is not None:
        re.compile(to_pattern(node, str))


def test_sound_forms_need_enough_characters() -> None:
    short = compile_family("a", PhraseFamily(say=("再见",)), {})
    long = compile_family("b", PhraseFamily(say=("请您稍等一下",)), {})
    assert short.sound is None
    assert long.sound is not None
