from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.errors import ModelError
from qa_analyzer.speech import role_words as room
from qa_analyzer.speech.role_words import MOST_PER_TEXT, SCALE, RoleWords, role_words, runs_of
from qa_analyzer.speech.roles import Side, infer_agent

WORDS = RoleWords({"您": 1.5, "给您": 0.5, "我家": -2.5}, 0.25)


def test_runs_skip_what_is_not_han() -> None:
    assert runs_of("给，您A办") == {"给", "您", "办", "给您", "您办", "给您办"}


def test_evidence_adds_up_and_names_its_runs() -> None:
    assert WORDS.evidence(["给您办"]) == (SCALE * 2.0, ("您", "给您"))
    assert WORDS.evidence(["给您办", "我家断网"])[0] == pytest.approx(SCALE * (2.0 - 2.0))
    assert WORDS.evidence(["我家断网"])[1] == ("我家",)


def test_what_is_unknown_tells_nothing() -> None:
    assert WORDS.evidence(["天气", "", "OK"]) == (0.0, ())


@given(st.lists(st.text(alphabet="您给我家的办，a", max_size=30), max_size=8))
def test_no_text_proves_more_than_its_share(texts: list[str]) -> None:
    total, runs = WORDS.evidence(texts)
    assert abs(total) <= SCALE * MOST_PER_TEXT * len(texts) + 1e-9
    assert len({WORDS.weights[run] > 0 for run in runs}) <= 1


def test_brusque_agents_are_known_by_their_wording() -> None:
    """Nobody greets, nobody says who he is; the phrases of role_phrases.yaml are not said."""
    agent = Side(("讲", "你那张卡欠着费呢，交了就通", "上面写着九十六块，你自己去柜台交", "那我管不着"))
    caller = Side(
        ("我的电话怎么打不出去了呀", "我前天才交的钱啊你们搞什么", "我不去，你们给我弄好", "你这什么态度")
    )
    inferred = infer_agent([caller, agent])
    assert inferred.side == 1
    assert any("wording of" in reason for reason in inferred.reasons)


def test_missing_weights_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "WEIGHTS_PATH", tmp_path / "weights.tsv")
    with pytest.raises(ModelError, match="missing"):
        role_words.__wrapped__()
    (tmp_path / "weights.tsv").write_text("bias\tmuch\n", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        role_words.__wrapped__()


def test_shipped_weights_know_the_sides() -> None:
    shipped = role_words()
    assert shipped.weights["您"] > 1 > 0 > shipped.weights["你们"]
    assert len(shipped.weights) > 3000
