import json
from pathlib import Path

from qa_analyzer.calls.call import Role
from qa_analyzer.cli.main import run_cli
from qa_analyzer.scoring.nearest_miss import TURNS_AT_ONCE, NearestMisses
from qa_analyzer.scoring.phrase_family import PhraseFamily, compile_family
from qa_analyzer.scoring.rules.outcome import Window
from qa_analyzer.speech.transcript import Turn

FAMILY = compile_family("help", PhraseFamily(say=("请问(还)?有什么(可以)?帮您",)), {})
TURNS = (
    Turn(0, Role.AGENT, "喂你好请问又什么可以忙您", start_s=0.5, end_s=3.0),
    Turn(1, Role.CUSTOMER, "我要改套餐"),
    Turn(2, Role.AGENT, "好的"),
)


def window(*indexes: int, keys: tuple[str, ...] = ("help",)) -> Window:
    return Window(Role.AGENT, indexes, None, None, "", 1.0, keys)


def test_the_closest_words_in_the_window_are_shown_with_their_distance() -> None:
    hit = NearestMisses({"help": FAMILY}).find([window(0, 2)], TURNS)
    assert hit is not None
    assert hit.turn_index == 0
    assert hit.quote in TURNS[0].text
    assert 0 < hit.distance <= 0.6
    assert "帮您" in hit.note
    assert not hit.certain


def test_in_a_long_call_the_closest_of_all_turns_is_shown() -> None:
    farther = "喂你好请问又什么可以"
    texts = [farther] * TURNS_AT_ONCE + [TURNS[0].text] + [farther] * TURNS_AT_ONCE
    turns = tuple(Turn(index, Role.AGENT, text) for index, text in enumerate(texts))
    misses = NearestMisses({"help": FAMILY})
    hit = misses.find([window(*range(len(turns)))], turns)
    alone = misses.find([window(TURNS_AT_ONCE)], turns)
    assert hit is not None
    assert hit == alone
    assert misses.find([window(0)], turns) is not None


def test_nothing_alike_is_no_miss() -> None:
    misses = NearestMisses({"help": FAMILY})
    assert misses.find([window(2)], TURNS) is None
    assert misses.find([window(0, keys=())], TURNS) is None
    assert misses.find([], TURNS) is None


def test_a_failed_absence_carries_it(tmp_path: Path) -> None:
    turns = [{"role": turn.role.value, "text": turn.text} for turn in TURNS]
    source = tmp_path / "calls.jsonl"
    source.write_text(json.dumps({"call_id": "M1", "turns": turns}, ensure_ascii=False), encoding="utf-8")
    card = tmp_path / "card.yaml"
    card.write_text(
        "id: small_card\nversion: '1'\nname: 卡\nsections:\n  - id: one\n    name: 一\n    criteria:\n"
        "      - id: further_help\n        name: 其他需求\n        weight: 10\n"
        "        pass_when: {kind: phrases, say: ['还有其他需要帮忙的吗', '有什么可以帮您']}\n",
        encoding="utf-8",
    )
    options = ["--out", str(tmp_path / "out"), "--scorecard", str(card), "--sentiment", "lexicon", "-q"]
    run_cli(["run", str(source), *options, "--workers", "1"])
    evaluation = json.loads((tmp_path / "out" / "evaluations.jsonl").read_text(encoding="utf-8"))
    criterion = evaluation["criteria"]["further_help"]
    kinds = [evidence["kind"] for evidence in criterion["evidence"]]
    assert criterion["verdict"] == "fail"
    assert "window" in kinds
    assert "nearest_miss" in kinds
