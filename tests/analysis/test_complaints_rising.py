"""Terms that rise from one week to the next."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.analysis.lexicon import ComplaintLexicon, load_lexicon
from qa_analyzer.analysis.rising_terms import log_likelihood, rising_terms, weeks_of
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> ComplaintLexicon:
    path: Path = tmp_path_factory.mktemp("lexicon") / "small.yaml"
    path.write_text(
        'name: small\nversion: "1"\nclasses: {network: 网络}\nslots: {}\n'
        "codes:\n  - {code: outage, class: network, name: 断网, severity: 1, phrases: [断网]}\n",
        encoding="utf-8",
    )
    return load_lexicon(path)


def _calls(*texts: str, role: Role = Role.CUSTOMER) -> list[Transcript]:
    return [
        Transcript(
            call=Call(f"c{i}", given_turns=(GivenTurn(role, text),)),
            turns=(Turn(0, role, text),),
            roles=RoleAssignment(RoleMethod.GIVEN, 1.0, None, diarized=False),
            overlap_known=False,
        )
        for i, text in enumerate(texts)
    ]


QUIET = ["我想查一下话费", "帮我改一下套餐", "宽带怎么续费"] * 10


def test_a_new_word_rises_and_old_ones_do_not(lexicon: ComplaintLexicon) -> None:
    fresh = ["我要退那个闪购礼包", "闪购礼包扣了钱", "什么闪购礼包啊", "断网", "断网了", "又断网"]
    now = [*QUIET, *fresh, *fresh]
    terms = {term.term: term for term in rising_terms(_calls(*now), _calls(*QUIET), lexicon)}
    assert any("礼包" in term for term in terms)
    assert terms["断网"].known
    assert (terms["断网"].turns_now, terms["断网"].turns_before) == (6, 0)
    assert not {"话费", "套餐", "宽带"} & set(terms)


def test_agents_do_not_count_and_a_repeating_caller_counts_once(lexicon: ComplaintLexicon) -> None:
    assert rising_terms(_calls(*["断网"] * 9, role=Role.AGENT), _calls(*QUIET), lexicon) == ()
    assert rising_terms(_calls("断网断网断网断网"), _calls(*QUIET), lexicon) == ()


def test_nothing_rises_against_an_empty_week(lexicon: ComplaintLexicon) -> None:
    assert rising_terms(_calls(*QUIET), [], lexicon) == ()


def test_log_likelihood_of_a_textbook_table() -> None:
    # 20 of 100 against 5 of 100, expected 12.5 and 87.5 each:
    # 2 * (20 ln 1.6 + 5 ln 0.4 + 80 ln 0.9143 + 95 ln 1.0857).
    assert log_likelihood(20, 100, 5, 100) == pytest.approx(10.925, abs=0.001)


@given(st.integers(1, 500), st.integers(1, 500))
def test_equal_shares_have_no_keyness(size: int, factor: int) -> None:
    assert log_likelihood(size, 2 * size, size * factor, 2 * size * factor) == pytest.approx(0.0, abs=1e-6)


def test_examples_come_from_different_calls_with_the_words_around(lexicon: ComplaintLexicon) -> None:
    long = "你好啊，" + "我跟你说" * 8 + "那个闪购礼包，" + "到底是怎么回事" * 5
    now = [*QUIET, long, "闪购礼包，闪购礼包", "闪购礼包谁开的", "退闪购礼包", "又是闪购礼包", "闪购礼包"]
    (gift,) = [term for term in rising_terms(_calls(*now), _calls(*QUIET), lexicon) if "礼包" in term.term]
    assert gift.turns_now == 6
    assert len({example.call_id for example in gift.examples}) == len(gift.examples) == 3
    assert all(gift.term in example.quote for example in gift.examples)
    first = gift.examples[0].quote
    assert first.startswith("…")
    assert first.endswith("…")
    assert first.strip("…") in long


def test_weeks_are_told_apart_by_day() -> None:
    calls = [
        replace(call, call=replace(call.call, call_id=f"d{day}", started_at=datetime(2026, 11, day, 23, 59)))  # noqa: DTZ001 (local)
        for day, call in enumerate(_calls(*["断网"] * 20), start=1)
    ]
    undated = _calls("断网")
    now, before = weeks_of([*calls, *undated])
    assert [call.call_id for call in now] == [f"d{day}" for day in range(14, 21)]
    assert [call.call_id for call in before] == [f"d{day}" for day in range(7, 14)]
    now, before = weeks_of(calls, days=2, until=date(2026, 11, 10))
    assert [call.call_id for call in (*before, *now)] == ["d7", "d8", "d9", "d10"]
    assert weeks_of(undated) == ((), ())


def test_of_many_words_tried_at_once_none_rises_by_chance(
    lexicon: ComplaintLexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        "手机电脑话费流量套餐宽带账单密码积分合同地址电话短信网络信号余额发票客服师傅经理"
        "时间上午下午晚上昨天今天明天星期月份城市家里公司学校医院商店银行车站超市饭店楼上"
    )
    words = [said[at : at + 2] for at in range(0, len(said), 2)]
    dice = random.Random(11)
    halves = [_calls(*("，".join(dice.sample(words, 4)) for _ in range(300))) for _ in range(2)]
    assert rising_terms(*halves, lexicon, min_keyness=3.84) == ()
    monkeypatch.setattr("qa_analyzer.analysis.rising_terms.FALSE_SHARE", 1.0)
    assert rising_terms(*halves, lexicon, min_keyness=3.84) != ()


def test_one_caller_is_no_trend(lexicon: ComplaintLexicon) -> None:
    (caller,) = _calls("闪购礼包")
    many = replace(caller, turns=tuple(replace(caller.turns[0], index=at) for at in range(20)))
    assert rising_terms([*_calls(*QUIET), many], _calls(*QUIET), lexicon) == ()
