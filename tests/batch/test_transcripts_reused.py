"""A stored transcript is used again only where everything that decides it is the same."""

from __future__ import annotations

import wave
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.work import CallResult
from qa_analyzer.calls.call import Call, Direction
from qa_analyzer.intervals import Span
from qa_analyzer.settings import load_settings
from qa_analyzer.speech import provenance, roles
from qa_analyzer.speech.asr import FAST, Effort, Recognition
from qa_analyzer.speech.diarization import Diarization
from qa_analyzer.speech.packing import PackOptions
from qa_analyzer.speech.transcribe import Transcriber
from qa_analyzer.speech.transcript import Word


class Engine:
    """A recogniser that hears one word and counts how often it listened."""

    name = "counting"

    def __init__(self) -> None:
        self.fingerprint = "weights one"
        self.windows = 0

    def recognize(
        self, windows: Sequence[Any], *, effort: Effort = FAST, prompt: str = ""
    ) -> tuple[Recognition, ...]:
        assert effort == FAST, prompt
        self.windows += len(windows)
        return tuple(Recognition((Word("好", 0.4, 0.9, 0.9),), -0.1, 0.0) for _ in windows)


class Voice:
    fingerprint = "voice one"

    def spans(self, _audio: object, _channel: int) -> tuple[Span, ...]:
        return (Span(0.5, 1.5),)


class Nobody:
    name = "nobody"
    fingerprint = "diarizer one"

    def diarize(self, _audio: object, _channel: int, _voice: object) -> Diarization:
        return Diarization((), 0, 1.0, "nobody")


@pytest.fixture
def call(tmp_path: Path) -> Call:
    path = tmp_path / "a.wav"
    sound = np.random.default_rng(1).integers(-9000, 9000, (2 * 16_000, 2))
    with wave.open(str(path), "wb") as stream:
        stream.setparams((2, 2, 16_000, 0, "NONE", ""))
        stream.writeframes(sound.astype("<i2").tobytes())
    return Call("a", audio_path=path)


def process(folder: Path, call: Call, engine: Engine, **options: Any) -> CallResult:
    own = {"voice": Voice(), "diarizer": Nobody(), **options}
    machine = Transcriber(cast(Any, engine), **cast(Any, own))
    result = CallProcessor(folder, machine, analyzer=None, scorer=None).process(call)
    assert result.failure is None
    return result


def other(double: Callable[[], Any], fingerprint: str) -> Any:
    made = double()
    made.fingerprint = fingerprint
    return made


@pytest.mark.parametrize(
    "options",
    [
        {"voice": other(Voice, "voice two")},
        {"diarizer": other(Nobody, "diarizer two")},
        {"packing": PackOptions(join_gap_s=1.0)},
        {"prompt": "光猫"},
        {"second_pass": False},
    ],
    ids=["voice", "diarizer", "packing", "hot words", "second pass"],
)
def test_a_changed_option_is_heard_anew(tmp_path: Path, call: Call, options: dict[str, Any]) -> None:
    engine = Engine()
    process(tmp_path, call, engine)
    heard_once = engine.windows
    process(tmp_path, call, engine)
    assert engine.windows == heard_once > 0
    process(tmp_path, call, engine, **options)
    assert engine.windows == 2 * heard_once
    process(tmp_path, call, engine, **options)
    assert engine.windows == 2 * heard_once


def test_other_weights_role_phrases_and_code_are_heard_anew(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    process(tmp_path, call, engine)
    heard_once = engine.windows
    engine.fingerprint = "weights two"
    process(tmp_path, call, engine)
    assert engine.windows == 2 * heard_once
    phrases = tmp_path / "role_phrases.yaml"
    phrases.write_bytes(roles.PHRASES_PATH.read_bytes() + b"# a site's own\n")
    monkeypatch.setattr(roles, "PHRASES_PATH", phrases)
    process(tmp_path, call, engine)
    assert engine.windows == 3 * heard_once
    monkeypatch.setattr(provenance, "VERSION", provenance.VERSION + 1)
    process(tmp_path, call, engine)
    assert engine.windows == 4 * heard_once
    process(tmp_path, call, engine)
    assert engine.windows == 4 * heard_once


@pytest.mark.parametrize("changed", [{"agent_channel": 1}, {"direction": Direction.OUTBOUND}])
def test_what_roles_rest_on_is_heard_anew(tmp_path: Path, call: Call, changed: dict[str, Any]) -> None:
    engine = Engine()
    process(tmp_path, call, engine)
    heard_once = engine.windows
    process(tmp_path, replace(call, **changed), engine)
    assert engine.windows == 2 * heard_once


def test_what_is_known_of_a_call_is_renewed_without_hearing_it(tmp_path: Path, call: Call) -> None:
    engine = Engine()
    process(tmp_path, call, engine)
    heard_once = engine.windows
    renewed = process(tmp_path, replace(call, agent_id="8801"), engine)
    assert renewed.transcript is not None
    assert (renewed.transcript.call.agent_id, engine.windows) == ("8801", heard_once)


def test_what_only_judges_is_no_part_of_how_a_transcript_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa_analyzer.batch.recipe.find_model", lambda *_: tmp_path / "model")

    def recipe(**changed: Any) -> Recipe:
        settings = load_settings(None, sentiment_model="lexicon", act_model="none", **changed)
        return Recipe(settings, tmp_path, recordings=True, evaluate=True, threads=1)

    card = tmp_path / "card.yaml"
    card.write_text(load_settings(None).scorecard.read_text("utf-8") + "\n# ours\n", encoding="utf-8")
    plain = recipe().judges()
    for changed in ({"scorecard": card}, {"bands": {"speech_rate": (180.0, 300.0)}}):
        judges = recipe(**changed).judges()
        assert {name: judges[name] for name in ("asr", "speech", "hotwords", "device")} == {
            name: plain[name] for name in ("asr", "speech", "hotwords", "device")
        }


def test_an_interrupted_run_goes_on_only_with_the_same_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa_analyzer.batch.recipe.find_model", lambda *_: tmp_path / "model")
    settings = load_settings(None)
    recipe = Recipe(settings, tmp_path, recordings=True, evaluate=False, threads=1)
    plain = recipe.judges()
    assert recipe.judges() == plain
    monkeypatch.setattr(provenance, "VERSION", provenance.VERSION + 1)
    assert recipe.judges() != plain
    assert replace(recipe, recordings=False).judges()["speech"] is None
