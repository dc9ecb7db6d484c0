from pathlib import Path

import pytest

from qa_analyzer.errors import ConfigError
from qa_analyzer.speech.hot_words import load_hot_words


def test_prompt_joins_the_terms(tmp_path: Path) -> None:
    path = tmp_path / "hot.yaml"
    path.write_text("terms: [携号转网, 光猫]\n", encoding="utf-8")
    assert load_hot_words(path).prompt == "携号转网、光猫"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("terms: [光猫, {}]\nprompt: x\n", "prompt"),
        ("terms: []\n", "at least 1"),
        ("terms: [" + "词, " * 70 + "]", "at most 60"),
    ],
)
def test_faults_are_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "hot.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load_hot_words(path)
