from pathlib import Path

import pytest

from qa_analyzer.errors import ScorecardError
from qa_analyzer.scoring.scorecard import load_scorecard

GOOD = """\
id: small
version: "1"
name: 小评分卡
slots: {who: '[您你]'}
families:
  hello: {say: ['{who}好']}
definitions:
  greeted: {kind: phrases, families: [hello]}
sections:
  - id: one
    name: 一
    criteria:
      - {id: greeting, name: 问候, weight: 5, pass_when: {kind: use, rule: greeted}}
"""


def load(tmp_path: Path, text: str, name: str = "card.yaml"):  # type: ignore[no-untyped-def]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_scorecard(path)


def faults(tmp_path: Path, text: str) -> dict[int | None, str]:
    with pytest.raises(ScorecardError) as caught:
        load(tmp_path, text)
    return {fault.line: fault.message for fault in caught.value.faults}


def test_a_good_card_loads(tmp_path: Path) -> None:
    card = load(tmp_path, GOOD)
    assert [criterion.id for criterion in card.criteria] == ["greeting"]
    assert card.fingerprint.startswith("sha256:")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("rule: greeted}", "rule: gretted}", 13, "no definition 'gretted'"),
        ("families: [hello]", "families: [helo]", 8, "no family 'helo'"),
        ("'{who}好'", "'{whom}好'", 6, "no slot 'whom'"),
        ("'{who}好'", "'({who}好'", 6, "never closed"),
        ("weight: 5, ", "weight: 500, ", 13, "100"),
        ("weight: 5, ", "weigth: 5, ", 13, "Extra inputs"),
        ("kind: phrases, families", "kind: frases, families", 8, "frases"),
        ("{kind: phrases, families: [hello]}", "{kind: use, rule: greeted}", 8, "circle"),
    ],
)
def test_every_fault_has_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new))
    assert line in found
    assert words in found[line]


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    broken = (
        GOOD.replace("rule: greeted}", "rule: nobody}")
        .replace("[hello]", "[nobody]")
        .replace("id: small", "id: Small")
    )
    assert {1, 8, 13} <= set(faults(tmp_path, broken))


def test_doubled_ids_are_refused(tmp_path: Path) -> None:
    again = "      - {id: greeting, name: 再来, weight: 5, pass_when: {kind: use, rule: greeted}}\n"
    assert "twice" in faults(tmp_path, GOOD + again)[14]


def test_fingerprint_follows_what_decides_only(tmp_path: Path) -> None:
    card = load(tmp_path, GOOD)
    guided = load(tmp_path, GOOD.replace("weight: 5,", "weight: 5, guidance: 给人看的话,"))
    heavier = load(tmp_path, GOOD.replace("weight: 5,", "weight: 6,"))
    assert guided.fingerprint == card.fingerprint
    assert heavier.fingerprint != card.fingerprint


def test_a_card_may_extend_another(tmp_path: Path) -> None:
    load(tmp_path, GOOD, "base.yaml")
    child = GOOD[: GOOD.index("slots")] + "extends: base.yaml\n" + GOOD[GOOD.index("sections") :]
    assert load(tmp_path, child).criteria[0].id == "greeting"
