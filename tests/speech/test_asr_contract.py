"""Every engine keeps the same promises; runs with real weights where they are installed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.errors import ModelError
from qa_analyzer.settings import shipped
from qa_analyzer.speech.asr import (
    ENGINES,
    FAST,
    THOROUGH,
    Effort,
    WhisperEngine,
    model_fingerprint,
    open_engine,
)

RATE_HZ = 16_000
MODEL = shipped("models", "whisper-base")
needs_model = pytest.mark.skipif(not (MODEL / "model.bin").is_file(), reason="whisper-base is not installed")


def test_engines_are_listed_once() -> None:
    assert len({engine.kind for engine in ENGINES}) == len(ENGINES)
    assert WhisperEngine in ENGINES


def test_missing_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model 'nowhere'"):
        open_engine("nowhere", tmp_path)


@pytest.mark.parametrize(
    ("device", "cards", "chosen"),
    [
        ("auto", 0, ("cpu", "int8")),
        ("auto", 2, ("cuda", "float16")),
        ("cpu", 2, ("cpu", "int8")),
        ("cuda", 0, ("cuda", "float16")),
    ],
)
def test_device_and_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, cards: int, chosen: tuple[str, str]
) -> None:
    asked: list[tuple[str, str]] = []

    class Refusing:
        def __init__(self, _path: str, *, device: str, compute_type: str, cpu_threads: int) -> None:
            asked.append((device, compute_type))
            raise RuntimeError(f"no {device} library, {cpu_threads} threads")

    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: cards)
    monkeypatch.setattr("faster_whisper.WhisperModel", Refusing)
    with pytest.raises(ModelError, match=f"on {chosen[0]}: no {chosen[0]} library, 3 threads"):
        WhisperEngine(tmp_path, device=device, threads=3)
    assert asked == [chosen]


def with_weights(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that recognises with the real model."""
    return pytest.mark.model(needs_model(test))


@pytest.fixture(scope="module")
def engine() -> WhisperEngine:
    return WhisperEngine(MODEL, device="cpu", threads=1)


@pytest.fixture(scope="module")
def windows() -> list[np.ndarray]:
    generator = np.random.default_rng(3)
    return [(0.05 * generator.standard_normal(RATE_HZ * seconds)).astype(np.float32) for seconds in (3, 1, 6)]


@with_weights
def test_order_and_times(engine: WhisperEngine, windows: list[np.ndarray]) -> None:
    found = engine.recognize(windows)
    assert len(found) == 3
    for one, window in zip(found, windows, strict=True):
        for word in one.words:
            assert 0 <= word.start_s <= word.end_s <= window.size / RATE_HZ
            assert 0 <= word.probability <= 1


@with_weights
@pytest.mark.audio
@pytest.mark.parametrize("effort", [FAST, THOROUGH])
def test_company_in_a_batch_changes_not_a_digit(engine: WhisperEngine, effort: Effort) -> None:
    with open_audio(shipped("samples", "recordings", "D004.wav"), call_id="D004") as audio:
        spoken = [audio.read(0, start_s, start_s + 1 + 2.7 * start_s) for start_s in (0.5, 2.0, 4.0, 6.0)]
    together = engine.recognize(spoken, effort=effort)
    turned = engine.recognize(spoken[::-1], effort=effort)[::-1]
    alone = tuple(engine.recognize([window], effort=effort)[0] for window in spoken)
    assert len({len(one.text) for one in alone}) > 2, "texts of different lengths"
    assert together == turned == alone


@with_weights
def test_nothing_in_nothing_out(engine: WhisperEngine) -> None:
    assert engine.recognize([]) == ()


@with_weights
@pytest.mark.parametrize("effort", [FAST, THOROUGH, Effort(1, 0.0)])
def test_any_effort_answers(engine: WhisperEngine, effort: Effort) -> None:
    (found,) = engine.recognize([np.zeros(RATE_HZ, np.float32)], effort=effort, prompt="携号转网、光猫")
    assert found.avg_logprob <= 0


@with_weights
def test_fingerprint_names_weights_and_precision(engine: WhisperEngine) -> None:
    assert engine.fingerprint == WhisperEngine(MODEL, device="cpu", threads=1).fingerprint
    assert len(engine.fingerprint) == 64


def test_weights_that_differ_in_the_middle_are_others(tmp_path: Path) -> None:
    content = bytearray(1_000_000)
    (tmp_path / "model.bin").write_bytes(content)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    found = {model_fingerprint(tmp_path, "int8"), model_fingerprint(tmp_path, "float16")}
    content[500_000] = 1
    (tmp_path / "model.bin").write_bytes(content)
    found.add(model_fingerprint(tmp_path, "int8"))
    (tmp_path / "config.json").write_text('{"beam": 1}', encoding="utf-8")
    found.add(model_fingerprint(tmp_path, "int8"))
    assert len(found) == 4
