import random
from collections import Counter

import pytest

pytestmark = pytest.mark.usefixtures("models_folder")


@pytest.fixture(scope="module")
def grammar(models_folder):
    from training.grammar import Grammar

    return Grammar(models_folder / "training" / "service_grammar.yaml")


def test_every_label_is_a_distribution_and_every_slot_is_known(grammar):
    dice = random.Random(1)
    for group in grammar.groups:
        assert sum(group.label) == pytest.approx(1), group.intent
        for pattern in group.patterns:
            sentence = grammar.sentence(pattern, dice)
            assert sentence
            assert not set("{}|") & set(sentence), sentence


def test_examples_are_different_and_the_same_for_the_same_seed(grammar):
    first = grammar.examples(400, random.Random(7))
    assert len({example.text for example in first}) == len(first) == 400
    assert grammar.examples(400, random.Random(7)) == first
    assert grammar.examples(400, random.Random(8)) != first


def test_all_three_feelings_are_common(grammar):
    labels = Counter(
        max(range(3), key=example.label.__getitem__) for example in grammar.examples(1000, random.Random(7))
    )
    assert min(labels[level] for level in range(3)) > 80


def test_a_neutral_lead_does_not_water_the_feeling_down(grammar):
    angry = [e for e in grammar.examples(2000, random.Random(3)) if "我要投诉" in e.text]
    assert angry
    assert all(example.label[0] > 0.8 for example in angry)


def test_noise_replaces_by_sound():
    from pypinyin import lazy_pinyin
    from training.noise import RecognitionNoise

    noise = RecognitionNoise(["在再载", "是事市", "他她它"] * 10)
    changed = noise._misheard("在是他" * 20, 0.5, random.Random(2))
    assert changed != "在是他" * 20
    assert set(lazy_pinyin("".join(char for char in changed if char in "在再载是事市他她它"))) <= {
        "zai",
        "shi",
        "ta",
    }


def test_noise_is_the_same_for_the_same_dice():
    from training.noise import RecognitionNoise

    noise = RecognitionNoise(["我家的网又断了，你们管不管"] * 5)
    text = "我家的网又断了，你们管不管"
    assert [noise(text, random.Random(n)) for n in range(30)] == [
        noise(text, random.Random(n)) for n in range(30)
    ]
    assert len({noise(text, random.Random(n)) for n in range(30)}) > 3


def test_the_split_is_fixed_and_even():
    from training.corpora import share_of

    shares = [share_of(str(number)) for number in range(4000)]
    assert 0.18 < sum(share < 0.2 for share in shares) / 4000 < 0.22
    assert share_of("dialogue") == pytest.approx(0.6713978, abs=1e-6)


def test_votes_become_labels():
    from training.corpora import vote_label

    for mean in (-2, -0.5, 0, 0.5, 2):
        assert sum(vote_label(mean)) == pytest.approx(1)
    assert vote_label(-0.5)[0] == pytest.approx(0.5)
    assert vote_label(-1.5)[0] > 0.95
    assert vote_label(1.5)[2] > 0.95
    assert vote_label(0)[1] > max(vote_label(0)[0], vote_label(0)[2])


def test_dialogues_are_read_without_mentions(tmp_path):
    import json

    from training.corpora import dialogue_examples, last_customer_turn, read_dialogues

    path = tmp_path / "dialogues.jsonl"
    row = {
        "id": "1",
        "telecom": True,
        "satisfaction_mean": -1.0,
        "satisfaction_votes": [-2, -2, -1, 0, 0],
        "turns": [
            {"role": "customer", "text": "@某某客服 网断了三天了没有人来看一下吗 http://t.cn/x"},
            {"role": "agent", "text": "您好"},
            {"role": "customer", "text": "还没好"},
        ],
    }
    path.write_text(json.dumps(row) + "\n")
    (dialogue,) = read_dialogues(path)
    assert dialogue.votes == (2, 1, 2, 0, 0)
    assert dialogue.customer_turns[0] == "网断了三天了没有人来看一下吗"
    assert last_customer_turn(dialogue) == "还没好"
    last, first, *_ = dialogue_examples(dialogue)
    assert last.text == "还没好"
    assert last.label[0] > first.label[0]
    assert last.weight > first.weight


def test_reviews_that_stand_twice_count_once(tmp_path):
    from training.corpora import read_reviews

    path = tmp_path / "reviews.tsv"
    path.write_text('cat\tlabel\ttext\n书\t1\t"很好\n书\t1\t"很好\n书\t0\t差\n书\t0\t\n')
    assert [(review.text, review.positive) for review in read_reviews(path)] == [
        ('"很好', True),
        ("差", False),
    ]


def test_a_pruned_tokenizer_keeps_what_is_used():
    import json

    from tokenizers import Tokenizer, models
    from training.e5_package import prune_tokenizer

    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("网络", -2.0), ("hello", -2.0)]
    pieces += [("网", -5.0), ("络", -5.0), ("網", -5.0), ("ñ", -5.0), ("a", -5.0)]
    full = Tokenizer(models.Unigram(pieces, 3)).to_str()
    pruned, kept = prune_tokenizer(full, ["网络网络"])
    tokenizer = Tokenizer.from_str(pruned)
    assert [pieces[number][0] for number in kept] == [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "网络",
        "网",
        "络",
        "a",
    ]
    assert tokenizer.encode("网络网").tokens == ["网络", "网"]
    assert tokenizer.encode("網").ids == [json.loads(pruned)["model"]["unk_id"]]
