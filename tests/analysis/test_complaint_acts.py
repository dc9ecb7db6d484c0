"""Complaints that only the model of acts found, beside those that words found."""

from pathlib import Path

import pytest

from qa_analyzer.analysis.call_analysis import ActTag, SentimentLabel, TurnSentiment
from qa_analyzer.analysis.complaints import ComplaintTagger, load_lexicon
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript

LEXICON = """
name: small
version: "1"
act_from: 0.8
classes: {network: 网络, risk: 风险}
slots: {}
codes:
  - {code: outage, class: network, name: 断网, severity: 3, phrases: [断网了]}
  - {code: slow_speed, class: network, name: 网速慢, severity: 5, act_from: 0.95, phrases: [网速慢],
     yields_to: [outage]}
  - {code: churn, class: risk, name: 离网, severity: 3, phrases: [我要转网]}
"""
TURNS = (
    (Role.CUSTOMER, "灯不亮，电视也看不成"),
    (Role.AGENT, "嗯"),
    (Role.CUSTOMER, "断网了"),
)


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> ComplaintTagger:
    path = tmp_path_factory.mktemp("lexicon") / "small.yaml"
    path.write_text(LEXICON, encoding="utf-8")
    return ComplaintTagger(load_lexicon(path))


def call(turns: tuple[tuple[Role, str], ...] = TURNS) -> Transcript:
    return transcript_from_turns(Call("c1", given_turns=tuple(GivenTurn(*turn) for turn in turns)))


def act(code: str, probability: float, turn_index: int = 0) -> ActTag:
    return ActTag(code, turn_index, 0, 4, probability)


def test_a_sure_act_is_a_tag_with_its_quote(tagger: ComplaintTagger) -> None:
    upset = [TurnSentiment(0, SentimentLabel.NEGATIVE, -0.9, 0.9)]
    complaints, risks = tagger.tag(call(TURNS[:1]), upset, [act("outage", 0.8), act("churn", 0.9)])
    assert [(tag.code, tag.term, tag.match_kind, tag.severity) for tag in complaints] == [
        ("outage", "灯不亮，", "semantic", 4)
    ]
    assert [tag.code for tag in risks] == ["churn"]


def test_words_come_first_and_an_unsure_act_is_none(tagger: ComplaintTagger) -> None:
    complaints, risks = tagger.tag(call(), None, [act("outage", 0.99), act("churn", 0.79)])
    assert [(tag.turn_index, tag.match_kind) for tag in complaints] == [(2, "exact")]
    assert risks == ()


def test_a_code_may_ask_for_more_and_yields_as_ever(tagger: ComplaintTagger) -> None:
    alone = call(TURNS[:1])
    assert tagger.tag(alone, None, [act("slow_speed", 0.9)])[0] == ()
    assert [tag.code for tag in tagger.tag(alone, None, [act("slow_speed", 0.96)])[0]] == ["slow_speed"]
    both = [act("slow_speed", 0.96), act("outage", 0.9)]
    assert [tag.code for tag in tagger.tag(alone, None, both)[0]] == ["outage"]


def test_words_without_a_trace_of_the_act_nearby_are_doubted(tagger: ComplaintTagger) -> None:
    trace = act("outage", 0.02)  # two turns before the words
    assert [tag.code for tag in tagger.tag(call(), None, [trace])[0]] == ["outage"]
    assert tagger.tag(call(), None, [act("churn", 0.3)])[0] == ()
    assert [tag.code for tag in tagger.tag(call(), None, [])[0]] == ["outage"]  # no model looked


def test_an_agent_complains_of_nothing(tagger: ComplaintTagger) -> None:
    assert tagger.tag(call(), None, [act("churn", 0.99, turn_index=1)])[1] == ()


def test_the_most_probable_place_is_quoted_once(tagger: ComplaintTagger) -> None:
    tags = tagger.tag(call(), None, [act("churn", 0.85), act("churn", 0.95, turn_index=2)])[1]
    assert [tag.turn_index for tag in tags] == [2]


def test_a_site_may_move_the_cut(tmp_path: Path) -> None:
    base, site = tmp_path / "small.yaml", tmp_path / "site.yaml"
    base.write_text(LEXICON, encoding="utf-8")
    site.write_text(
        'overrides: small\nversion: "s"\nchange_codes: [{code: churn, act_from: 0.5}]\n', encoding="utf-8"
    )
    moved = ComplaintTagger(load_lexicon(base, site))
    assert [tag.code for tag in moved.tag(call(), None, [act("churn", 0.6)])[1]] == ["churn"]
