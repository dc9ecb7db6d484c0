import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from qa_analyzer.analysis.act_model import FORMAT, ActModel, plain
from qa_analyzer.analysis.acts import (
    FEELS_NEGATIVE,
    FEELS_POSITIVE,
    ActTagger,
    acts_fingerprint,
    open_acts,
    pieces_of,
)
from qa_analyzer.analysis.bert import Floats, build_bert, pack_weights
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.errors import ModelError
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript

ACTS = ("empathy", "promise")


class WordReader:
    """Reads an act where its word stands, so that only the tagger is under test."""

    fingerprint = "words"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def labels(self, role: Role) -> tuple[str, ...]:
        return ACTS if role is Role.AGENT else ()

    def probabilities(self, texts: Sequence[str], role: Role) -> Floats:
        self.asked.extend(texts)
        rows = [
            [0.9 if "抱歉" in text else 0.05, 0.6 if "明天" in text else 0.3 if "尽快" in text else 0.0]
            for text in texts
        ]
        return np.array(rows, dtype=np.float32).reshape(len(texts), -1)[:, : len(self.labels(role))]


def call_of(*turns: tuple[Role, str]) -> Transcript:
    given = tuple(GivenTurn(role, text) for role, text in turns)
    return transcript_from_turns(Call("c1", given_turns=given))


def test_an_act_is_found_in_the_sentence_that_performs_it() -> None:
    transcript = call_of((Role.AGENT, "实在抱歉给您添乱。明天上午给您修好。"))
    tags = ActTagger(WordReader()).tag(transcript)
    text = transcript.turns[0].text
    assert [(tag.act, text[tag.char_start : tag.char_end]) for tag in tags] == [
        ("empathy", "实在抱歉给您添乱。"),
        ("promise", "明天上午给您修好。"),
    ]
    assert tags[0].probability == pytest.approx(0.9)


def test_a_weak_act_is_kept_and_an_improbable_one_is_not() -> None:
    tags = ActTagger(WordReader()).tag(call_of((Role.AGENT, "我尽快")))
    assert [(tag.act, tag.probability) for tag in tags] == [("promise", pytest.approx(0.3))]


def test_each_side_has_acts_of_its_own_and_empty_turns_none() -> None:
    reader = WordReader()
    tags = ActTagger(reader).tag(call_of((Role.CUSTOMER, "抱歉"), (Role.AGENT, "……")))
    assert tags == ()
    assert reader.asked == ["抱歉"]


def test_short_sentences_are_read_with_their_turn() -> None:
    turn = call_of((Role.AGENT, "好的。明天上午给您修好。嗯。")).turns[0]
    assert [piece.text for piece in pieces_of(turn)] == [turn.text]


@pytest.mark.parametrize("text", ["您好,我是小王!", "您好 我是小王", "您好。我是小王？"])
def test_punctuation_of_every_kind_reads_alike(text: str) -> None:
    assert plain(text) == "您好，我是小王"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model of acts above an untrained encoder."""
    import hashlib

    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers

    root = tmp_path_factory.mktemp("models")
    base, acts = root / "base", root / "acts"
    base.mkdir()
    acts.mkdir()
    shape = {
        "vocab_size": 60, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 16, "max_position_embeddings": 40, "type_vocab_size": 2, "pad_token_id": 1,
    }  # fmt: skip
    torch.manual_seed(3)
    bert = build_bert(shape)
    save_file(
        pack_weights({f"bert.{n}": t for n, t in bert.state_dict().items()}), base / "model.safetensors"
    )
    vocabulary = {char: number for number, char in enumerate("_#？您好抱歉明天上午修，的我是小王网断了")}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="？"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(base / "tokenizer.json"))
    (base / "config.json").write_text(json.dumps({"bert": shape, "max_tokens": 30}), encoding="utf-8")
    upper = {f"bert.{n}": t for n, t in build_bert(shape).state_dict().items() if ".layer.1." in n}
    heads = {"agent.weight": torch.randn(2, 16), "agent.bias": torch.zeros(2)}
    save_file(pack_weights({**upper, **heads}), acts / "model.safetensors")
    digest = hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
    config = {
        "format": FORMAT, "name": "acts", "version": "1", "base": "base", "base_sha256": digest,
        "first_layer": 1, "labels": {"agent": list(ACTS)}, "shifts": {"agent": [0.0, -2.0]},
    }  # fmt: skip
    (acts / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return acts


def test_a_model_answers_alike_alone_and_in_a_batch(tiny: Path) -> None:
    model = ActModel(tiny)
    texts = ["您好", "网断了明天上午修", "抱歉"]
    together = model.probabilities(texts, Role.AGENT)
    assert together.shape == (3, 2)
    for row, text in enumerate(texts):
        assert model.probabilities([text], Role.AGENT)[0] == pytest.approx(together[row], abs=1e-5)
    assert model.probabilities(texts, Role.CUSTOMER).shape == (3, 0)


def test_shifts_move_the_cut(tiny: Path, tmp_path: Path) -> None:
    moved = tmp_path / "acts"
    moved.mkdir()
    (tmp_path / "base").symlink_to(tiny.parent / "base")
    config = json.loads((tiny / "config.json").read_text(encoding="utf-8"))
    config["shifts"]["agent"] = [0.0, 0.0]
    (moved / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (moved / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes())
    before, after = (ActModel(folder).probabilities(["您好"], Role.AGENT)[0] for folder in (tiny, moved))
    assert after[0] == pytest.approx(before[0])
    assert after[1] > before[1]
    assert acts_fingerprint("acts", tmp_path) != acts_fingerprint("acts", tiny.parent)


def test_a_model_of_another_encoder_is_refused(tiny: Path, tmp_path: Path) -> None:
    for name in ("base", "acts"):
        (tmp_path / name).mkdir()
        for file in (tiny.parent / name).iterdir():
            (tmp_path / name / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "base" / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="another base"):
        open_acts("acts", tmp_path)


def test_none_goes_without_and_a_missing_model_is_named(tmp_path: Path) -> None:
    assert open_acts("none", tmp_path) is None
    assert acts_fingerprint("none", tmp_path) is None
    with pytest.raises(ModelError, match="nowhere"):
        open_acts("nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"config\.json"):
        acts_fingerprint("empty", tmp_path)


class FeelingReader(WordReader):
    """Reads anger in a word, as a model that learned feelings does."""

    def labels(self, role: Role) -> tuple[str, ...]:
        return ("refund", FEELS_NEGATIVE, FEELS_POSITIVE) if role is Role.CUSTOMER else ()

    def probabilities(self, texts: Sequence[str], role: Role) -> Floats:
        rows = [[0.7 * ("退" in text), 0.9 * ("气" in text), 0.8 * ("谢" in text)] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), -1)[:, : len(self.labels(role))]


def test_feelings_are_read_of_whole_turns_only() -> None:
    tagger = ActTagger(FeelingReader())
    transcript = call_of(
        (Role.CUSTOMER, "气死我了，把钱退给我。还是谢谢你啊。"), (Role.AGENT, "气"), (Role.CUSTOMER, "嗯")
    )
    tags = tagger.tag(transcript)
    text = transcript.turns[0].text
    assert [(tag.act, text[tag.char_start : tag.char_end]) for tag in tags] == [
        ("refund", "气死我了，把钱退给我。"),
        (FEELS_NEGATIVE, text),
        (FEELS_POSITIVE, text),
    ]
    assert tagger.feelings(tags) == {0: (pytest.approx(0.9), pytest.approx(0.8))}


def test_a_model_without_feelings_has_no_opinion() -> None:
    tagger = ActTagger(WordReader())
    assert tagger.feelings(tagger.tag(call_of((Role.CUSTOMER, "气死我了")))) is None
