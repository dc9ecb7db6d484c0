import json
from pathlib import Path

import numpy as np
import pytest

from qa_analyzer.analysis.bert import batches, build_bert, pack_weights
from qa_analyzer.analysis.call_analysis import SentimentLabel
from qa_analyzer.analysis.encoder import FORMAT, Encoder, levels_of_labels
from qa_analyzer.analysis.sentiment import MODELS, open_sentiment
from qa_analyzer.analysis.sentiment_lexicon import LexiconSentiment
from qa_analyzer.analysis.similarity import Similarity
from qa_analyzer.errors import FaultsError, ModelError

NEGATIVE, NEUTRAL, POSITIVE = SentimentLabel.NEGATIVE, SentimentLabel.NEUTRAL, SentimentLabel.POSITIVE
SHAPE = {
    "vocab_size": 40,
    "hidden_size": 12,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "pad_token_id": 1,
}
CHARS = "我你他们家网断了谢不满意好快慢国"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """An untrained encoder of our format, small enough for unit tests."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    vocabulary = {piece: number for number, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", *CHARS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", None, [("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(1)
    weights = {f"bert.{name}": tensor for name, tensor in build_bert(SHAPE).state_dict().items()}
    for head, width in (("sentiment", 3), ("satisfaction", 5)):
        weights |= {f"{head}.weight": torch.randn(width, 12), f"{head}.bias": torch.zeros(width)}
    save_file(pack_weights(weights), folder / "model.safetensors")
    config = {
        "format": FORMAT,
        "name": "tiny",
        "version": "0",
        "bert": SHAPE,
        "max_tokens": 16,
        "temperature": 1.0,
        "similarity_threshold": 0.5,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def copy_of(folder: Path, target: Path) -> Path:
    target.mkdir()
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


class TestLexicon:
    model = LexiconSentiment()

    @pytest.mark.parametrize(
        ("text", "label"),
        [
            ("你们什么态度，太过分了", NEGATIVE),
            ("不满意", NEGATIVE),
            ("没解决，气死我了！", NEGATIVE),
            ("你讲得很耐心，谢谢你", POSITIVE),
            ("没有了，谢谢你啊", POSITIVE),
            ("我想查一下套餐", NEUTRAL),
            ("我不是要投诉，不投诉", NEUTRAL),
            ("感谢您的来电", NEUTRAL),
            ("", NEUTRAL),
            ("🙂", NEUTRAL),
            ("……", NEUTRAL),
        ],
    )
    def test_labels(self, text, label):
        assert self.model.predict([text])[0].label is label

    def test_adverbs_strengthen_and_weaken(self):
        plain, strong, weak = (
            s.score for s in self.model.predict(["网络差", "网络太差了吧真的差", "网络有点差"])
        )
        assert strong < plain < weak < 0

    def test_punctuation_and_width_do_not_matter(self):
        assert self.model.predict(["什么态度"]) == self.model.predict(["什 么，态度！"])

    def test_a_faulty_list_names_every_fault(self, tmp_path):
        path = tmp_path / "words.yaml"
        path.write_text("version: 1\nreach: 99\npositive: {9: [好]}\nnegative: {1: []}\nnegators: [不]\n")
        with pytest.raises(FaultsError) as caught:
            LexiconSentiment(path)
        assert {fault.where.split(".")[0] for fault in caught.value.faults} >= {
            "reach", "positive", "negative", "degrees", "neutral",
        }  # fmt: skip


class TestOpening:
    def test_the_default_raises_when_its_weights_are_missing(self, tmp_path):
        with pytest.raises(ModelError, match="sentiment-zh is not installed"):
            open_sentiment("sentiment-zh", tmp_path)

    def test_an_unknown_name_lists_the_known(self, tmp_path):
        with pytest.raises(ModelError, match="sentiment-zh, lexicon"):
            open_sentiment("nonsense", tmp_path)

    def test_the_lexicon_needs_no_folder(self, tmp_path):
        assert open_sentiment("lexicon", tmp_path / "nowhere").fingerprint.startswith("lexicon:1:")

    def test_threads_are_set(self, tiny):
        import torch

        before = torch.get_num_threads()
        try:
            open_sentiment(tiny, Path(), threads=1)
            assert torch.get_num_threads() == 1
            open_sentiment(tiny, Path())
            assert torch.get_num_threads() == 1
        finally:
            torch.set_num_threads(before)

    def test_names_are_unique(self):
        assert len({choice.name for choice in MODELS}) == len(MODELS)

    @pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
    def test_an_incomplete_folder_is_refused(self, tiny, tmp_path, missing):
        folder = copy_of(tiny, tmp_path / "part")
        (folder / missing).unlink()
        with pytest.raises(ModelError, match=r"model\.safetensors|tokenizer|config"):
            open_sentiment(folder, tmp_path)

    def test_damaged_weights_are_refused(self, tiny, tmp_path):
        folder = copy_of(tiny, tmp_path / "damaged")
        weights = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
        with pytest.raises(ModelError, match="damaged"):
            open_sentiment(folder, tmp_path)

    def test_by_path_and_by_folder_name(self, tiny):
        assert open_sentiment(tiny, Path()).fingerprint == open_sentiment("tiny", tiny.parent).fingerprint

    def test_the_fingerprint_follows_the_weights(self, tiny, tmp_path):
        folder = copy_of(tiny, tmp_path / "tiny")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"temperature": 2.0}))
        assert Encoder(folder).fingerprint != Encoder(tiny).fingerprint


class TestEncoder:
    def test_rows_are_probabilities_in_the_order_of_the_texts(self, tiny):
        encoder = Encoder(tiny)
        texts = ["我家网断了", "好", "谢谢你们", "", "🙂", "x" * 500]
        together = encoder.classify(texts)
        assert together.shape == (6, 3)
        assert together.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-5)
        for row, text in enumerate(texts):
            assert encoder.classify([text])[0] == pytest.approx(together[row], abs=1e-5)

    def test_traditional_writing_is_read(self, tiny):
        encoder = Encoder(tiny)
        assert encoder.classify(["網斷了"]) == pytest.approx(encoder.classify(["网断了"]), abs=1e-6)

    def test_only_the_end_of_a_long_text_is_read(self, tiny):
        encoder = Encoder(tiny)
        assert encoder.classify(["好" * 50 + "慢" * 40]) == pytest.approx(
            encoder.classify(["慢" * 40]), abs=1e-6
        )

    def test_an_empty_turn_is_neutral_without_asking_the_model(self, tiny):
        sentiments = open_sentiment(tiny, Path()).predict(["  ", "好"])
        assert (sentiments[0].label, sentiments[0].score, sentiments[0].confidence) == (NEUTRAL, 0.0, 1.0)

    def test_votes_have_five_columns(self, tiny):
        assert Encoder(tiny).satisfaction_votes(["客户：谢谢"]).shape == (1, 5)

    def test_eight_bits_keep_the_weights(self):
        import torch

        from qa_analyzer.analysis.bert import unpack_weights

        torch.manual_seed(0)
        weights = {
            "matrix": torch.randn(20, 30) * torch.logspace(-3, 1, 20)[:, None],
            "vector": torch.randn(5),
        }
        stored = pack_weights(weights)
        assert stored["matrix"].dtype is torch.int8
        again = unpack_weights(stored)
        largest = weights["matrix"].abs().amax(dim=1, keepdim=True)
        assert bool(((again["matrix"] - weights["matrix"]).abs() <= largest / 254 * 1.001).all())
        assert torch.equal(again["vector"], weights["vector"])

    def test_batches_bound_the_padding(self):
        lengths = [3, 2000, 1, 700, 700, 700, 5]
        cut = list(batches(lengths))
        assert sorted(row for rows in cut for row in rows) == list(range(7))
        for rows in cut:
            assert len(rows) == 1 or len(rows) * max(lengths[row] for row in rows) <= 2048

    def test_no_texts(self, tiny):
        assert Encoder(tiny).classify([]).shape == (0, 3)


class TestForeignClassifiers:
    def test_labels(self):
        assert levels_of_labels({0: "NEGATIVE", 1: "neutral", 2: "positive"}) == {0: 0, 1: 1, 2: 2}
        assert levels_of_labels({0: "positive", 1: "negative"}) == {0: 2, 1: 0}
        assert levels_of_labels({n: f"{n + 1} stars" for n in range(5)}) == {0: 0, 1: 0, 2: 1, 3: 2, 4: 2}
        assert levels_of_labels({0: "负面", 1: "正面"}) == {0: 0, 1: 2}

    @pytest.mark.parametrize("labels", [{0: "LABEL_0", 1: "LABEL_1"}, {0: "neutral", 1: "positive"}])
    def test_unclear_labels_are_refused(self, labels):
        with pytest.raises(ModelError):
            levels_of_labels(labels)

    def test_a_users_own_folder_works_by_path(self, tiny, tmp_path):
        import torch
        from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

        folder = tmp_path / "own"
        torch.manual_seed(3)
        config = BertConfig(
            **SHAPE, id2label={0: "negative", 1: "positive"}, label2id={"negative": 0, "positive": 1}
        )
        BertForSequenceClassification(config).save_pretrained(folder)
        PreTrainedTokenizerFast(
            tokenizer_file=str(tiny / "tokenizer.json"),
            pad_token="<pad>",
            unk_token="<unk>",
            model_max_length=32,
        ).save_pretrained(folder)
        model = open_sentiment(folder, tmp_path)
        sentiments = model.predict(["网断了", "", "谢谢你们好快"])
        assert model.fingerprint.startswith("own:")
        assert sentiments[1].label is NEUTRAL
        assert all(-1 <= sentiment.score <= 1 for sentiment in sentiments)


class TestSimilarity:
    def test_the_same_text_is_most_alike(self, tiny):
        similarity = Similarity(Encoder(tiny))
        best = similarity.best("网断了", ["谢谢你", "网断了", "网断了"])
        assert (best.anchor, best.anchor_index, best.cosine) == ("网断了", 1, 1.0)

    def test_rows_are_unit_vectors(self, tiny):
        vectors = Similarity(Encoder(tiny)).embed(["好", "谢谢", "好"])
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
        assert (vectors[0] == vectors[2]).all()

    def test_texts_are_encoded_once_and_the_oldest_forgotten(self, tiny):
        encoder = Encoder(tiny)
        asked: list[str] = []
        embed = encoder.embed
        encoder.embed = lambda texts: (asked.extend(texts), embed(texts))[1]  # type: ignore[method-assign]
        similarity = Similarity(encoder, max_cached_texts=2)
        similarity.embed(["好", "快"])
        similarity.embed(["好", "慢", "好"])
        similarity.embed(["快"])
        assert asked == ["好", "快", "慢", "快"]

    def test_the_threshold_comes_with_the_model(self, tiny):
        assert Similarity(Encoder(tiny)).threshold == 0.5

    def test_nothing_to_compare_with(self, tiny):
        with pytest.raises(ValueError, match="nothing to compare"):
            Similarity(Encoder(tiny)).best("好", [])
