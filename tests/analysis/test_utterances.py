"""The utterances that teach the models of acts and roles, and how they are read."""

from collections import Counter

import pytest

pytestmark = pytest.mark.usefixtures("models_folder")


def test_labels_and_feelings_are_read(tmp_path):
    from training.utterances import labels_of, read_utterances, targets

    (tmp_path / "agent_1.tsv").write_text(
        "empathy,restate\t让您受累了，是断网对吧\nnone\t嗯\n", encoding="utf-8"
    )
    (tmp_path / "customer_1.tsv").write_text("outage\t断了！\tneg\nnone\t谢谢啊\tpos\n", encoding="utf-8")
    first, nothing, angry, glad = read_utterances(tmp_path)
    assert (first.side, first.author, first.labels) == ("agent", "1", {"empathy", "restate"})
    assert nothing.labels == frozenset()
    assert (angry.labels, angry.text) == ({"outage", "feels_negative"}, "断了")
    assert glad.labels == {"feels_positive"}
    assert labels_of([angry]) == {"agent": [], "customer": []}  # too few to learn from
    wanted, known = targets([first, nothing], ["empathy", "greet"])
    assert wanted.tolist() == [[1, 0], [0, 0]]
    assert known.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("customer_1.tsv", "outage\t断了"),
        ("customer_1.tsv", "outage\t断了\tangry"),
        ("agent_1.tsv", "empathy"),
        ("agent_1.tsv", "empathy\t。。"),
        ("someone_1.tsv", "empathy\t抱歉"),
    ],
)
def test_what_cannot_be_read_names_its_line(tmp_path, name, line):
    from training.utterances import read_utterances

    (tmp_path / name).write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"{name}:1"):
        read_utterances(tmp_path)


def test_shipped_utterances_have_known_labels_and_no_doubles(models_folder):
    from training.utterances import labels_of, read_utterances

    utterances = read_utterances(models_folder / "training" / "acts")
    learned = labels_of(utterances)
    rare = Counter(label for one in utterances for label in one.labels if label not in learned[one.side])
    assert len(utterances) > 15_000
    assert not rare, "labels with too few lines are slips of the pen"
    texts = Counter((one.side, one.text) for one in utterances)
    assert sum(count - 1 for count in texts.values()) < len(utterances) / 100


def test_noise_keeps_texts_readable_and_draws_from_its_dice():
    import random

    from training.noise import RecognitionNoise

    text = "您好请问有什么可以帮您"
    noise = RecognitionNoise([text] * 6)
    first = [noise(text, random.Random(seed)) for seed in range(60)]
    assert first == [noise(text, random.Random(seed)) for seed in range(60)]
    assert len(set(first)) > 10
    assert all(first)
