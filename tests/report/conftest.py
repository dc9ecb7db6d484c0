from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import wave
from collections.abc import Callable, Iterator
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


CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def _missing(reason: str) -> None:
    """A laptop may lack a browser; the machine that decides may not."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium of this machine, driven by Playwright."""
    if importlib.util.find_spec("playwright") is None:
        _missing("playwright is not installed: pip install 'qa_analyzer[dev]'")
    from playwright.sync_api import sync_playwright

    executable = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if executable is None:
        _missing("no Chromium found: apt-get install chromium fonts-noto-cjk")
    arguments = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
    arguments += ("--disable-quic", "--disable-component-update", "--disable-sync", "--mute-audio")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=list(arguments))
        yield chromium
        chromium.close()
