from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from qa_analyzer.errors import ScorecardError
from qa_analyzer.human_yaml import load_model


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    weight: int


class Card(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    parts: list[Part]


def write(folder: Path, text: str) -> Path:
    path = folder / "card.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_fault_is_reported_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "name: 1\nparts:\n  - id: a\n    weight: many\n  - id: b\n    wieght: 3\n")
    with pytest.raises(ScorecardError) as caught:
        load_model(path, Card, error=ScorecardError)
    faults = caught.value.faults
    assert [(fault.line, fault.where) for fault in faults] == [
        (1, "name"),
        (4, "parts.0.weight"),
        (5, "parts.1.weight"),
        (6, "parts.1.wieght"),
    ]
    assert f"{path}:4: parts.0.weight" in str(caught.value)


def test_syntax_errors_carry_their_line(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match=r"card.yaml:4: not valid YAML"):
        load_model(write(tmp_path, "name: a\nparts:\n  - {id: a\n"), Card, error=ScorecardError)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match="'name' stands twice"):
        load_model(write(tmp_path, "name: a\nname: b\nparts: []\n"), Card, error=ScorecardError)


def test_yaml_cannot_build_python_objects(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match="not valid YAML"):
        load_model(write(tmp_path, "name: !!python/object/apply:os.getcwd []\n"), Card, error=ScorecardError)


@pytest.mark.parametrize("content", [b"", b"\xd6\xd0\xce\xc4: 1"])
def test_empty_and_wrongly_encoded_files_are_faults(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "card.yaml"
    path.write_bytes(content)
    with pytest.raises(ScorecardError):
        load_model(path, Card, error=ScorecardError)


def test_a_missing_file_is_a_fault_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match=r"nowhere\.yaml"):
        load_model(tmp_path / "nowhere.yaml", Card, error=ScorecardError)


BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nested deeper than"),
        ("{a: " * 50_000, "nested deeper than"),
        ("name: a\nparts:\n  " + "- " * 80 + "x\n", "nested deeper than"),
        (BOMB, "aliases counted out"),
        ("name: &name [*name]\nparts: []\n", "contains itself"),
        ("? [a, b]\n: 1\n", "a key must be a plain word"),
        ("name: 2026-13-01\nparts: []\n", "a value cannot be read"),
        ("name: \0\n", "not valid YAML"),
    ],
)
def test_hostile_documents_are_faults(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ScorecardError, match=reason):
        load_model(write(tmp_path, text), Card, error=ScorecardError)


def test_anchors_that_humans_use_are_fine(tmp_path: Path) -> None:
    text = "name: a\nparts:\n  - &part {id: a, weight: 1}\n  - {<<: *part, id: b}\n  - *part\n"
    card = load_model(write(tmp_path, text), Card, error=ScorecardError)
    assert [(part.id, part.weight) for part in card.parts] == [("a", 1), ("b", 1), ("a", 1)]
