"""Calls to harm: text calls made from labelled ones, and short recordings cut from longer ones."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
MOST_TURNS = 8  # what is tried here is the night around the calls: long ones would only take longer
TEXT_CALLS = ROOT / "benchmarks" / "calls" / "author_a.jsonl"
RECORDINGS = Path(os.environ.get("QA_SHARED", ROOT.parent / "shared")) / "calls" / "audio"


def write_text_calls(path: Path, count: int) -> tuple[str, ...]:
    """Write a list of text calls; return their ids."""
    calls = list(text_calls(count))
    path.write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in calls), encoding="utf-8")
    return tuple(call["call_id"] for call in calls)


def text_calls(count: int) -> list[dict[str, Any]]:
    """Return calls as a list of text calls holds them, each different from the others."""
    lines = TEXT_CALLS.read_text(encoding="utf-8").splitlines()
    calls = [json.loads(line) for line in lines]
    made = []
    for number, call in enumerate(islice(cycle(calls), count)):
        turns = [{"role": turn["role"], "text": turn["text"]} for turn in call["turns"][:MOST_TURNS]]
        turns.insert(-1, {"role": "customer", "text": f"我说第{number}遍了，单子尾号是{number}。"})
        made.append({"call_id": f"T{number:03d}", "agent_id": f"A{number % 4}", "turns": turns})
    return made


def write_recordings(folder: Path, count: int, *, length_s: float = 12.0, seed: int = 1) -> tuple[Path, ...]:
    """Write short two-channel recordings: cut from the shared calls, or noise where those are missing."""
    paths = write_pieces(RECORDINGS, folder, [length_s] * count, seed=seed)
    if paths:
        return paths
    paths = tuple(folder / f"R{number:04d}.wav" for number in range(count))
    for number, path in enumerate(paths):
        noise = np.random.default_rng(number).normal(0, 900, (2, round(length_s * 8000)))
        write_wav(path, noise.astype(np.int16), 8000)
    return paths


def write_pieces(source: Path, folder: Path, lengths_s: Sequence[float], *, seed: int) -> tuple[Path, ...]:
    """Cut one piece a length out of the recordings of a folder in turn; nothing where it holds none."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(source.glob("*.wav"))
    chance = random.Random(seed)
    paths = []
    for first, path in enumerate(sources):
        rate_hz, samples = _decoded(path)
        for number in range(first, len(lengths_s), len(sources)):
            length = min(round(lengths_s[number] * rate_hz), samples.shape[1])
            start = chance.randrange(samples.shape[1] - length + 1)
            piece = folder / f"R{number:04d}.wav"
            write_wav(piece, samples[:, start : start + length], rate_hz)
            paths.append(piece)
    return tuple(sorted(paths))


def write_wav(path: Path, samples: NDArray[np.int16], rate_hz: int) -> None:
    """Write 16-bit samples, one row a channel."""
    layout = "stereo" if samples.shape[0] == 2 else "mono"
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=rate_hz, layout=layout)
        packed = np.ascontiguousarray(samples.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate = rate_hz
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _decoded(path: Path) -> tuple[int, NDArray[np.int16]]:
    parts = []
    with av.open(str(path)) as container:
        rate_hz = container.streams.audio[0].rate
        resampler = av.AudioResampler(format="s16p", layout="stereo", rate=rate_hz)
        for frame in container.decode(audio=0):
            parts += [each.to_ndarray() for each in resampler.resample(frame)]
    return rate_hz, np.concatenate(parts, axis=1)
