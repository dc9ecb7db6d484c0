from __future__ import annotations

import importlib.util
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest


def _beside(stem: str) -> ModuleType:
    """Load a module beside this file: test folders are no packages."""
    name = f"report_{stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{stem}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Dataclasses look their module up while they are made.
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """The builder of made-up evaluations."""
    return _beside("made_up")


@pytest.fixture(scope="session")
def read_page() -> Callable[[str], Any]:
    """The parser of finished pages."""
    reader: Callable[[str], Any] = _beside("html_reading").read_page
    return reader


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-channel recording of a minute: the left side loud in the first half, the right in the second."""
    path = tmp_path_factory.mktemp("recordings") / "tone.wav"
    rate_hz, seconds = 8000, 60
    times = np.arange(rate_hz * seconds) / rate_hz
    voice = 0.4 * np.sin(2 * np.pi * 220 * times)
    first = times < seconds / 2
    sides = np.stack([np.where(first, voice, 0.0), np.where(first, 0.0, voice)], axis=1)
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(2)
        stream.setsampwidth(2)
        stream.setframerate(rate_hz)
        stream.writeframes((sides * 32767).astype("<i2").tobytes())
    return path
