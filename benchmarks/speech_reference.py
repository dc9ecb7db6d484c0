"""What the speech benchmark compares with: reference texts, error rates, a telephone line, and invented
faults.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cn2an
import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from qa_analyzer.speech.wording import simplified

FloatArray = npt.NDArray[np.float32]
RATE_HZ = 16_000
DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))


def plain(text: str) -> str:
    """Reduce a text to what counts: NFKC, simplified, lower case, digits read out, no punctuation."""
    text = simplified(unicodedata.normalize("NFKC", text)).lower()
    text = re.sub(r"(\d+(?:\.\d+)?)(%?)", lambda match: _read_out(match[1], bool(match[2])), text)
    return "".join(char for char in text if unicodedata.category(char)[0] in "LN")


def _read_out(number: str, percent: bool) -> str:
    if len(number) >= 5 or (number.startswith("0") and number != "0"):
        return "".join(DIGITS.get(char, "点") for char in number)
    spoken = str(cn2an.an2cn(number, "low"))
    return f"百分之{spoken}" if percent else spoken


@dataclass
class Errors:
    """Character errors summed over texts."""

    wrong: int = 0
    chars: int = 0

    def add(self, reference: str, heard: str) -> None:
        expected = plain(reference)
        self.wrong += Levenshtein.distance(expected, plain(heard))
        self.chars += len(expected)

    @property
    def percent(self) -> float:
        return 100 * self.wrong / max(1, self.chars)


@dataclass(frozen=True)
class LabelledCall:
    """A recording with its reference transcript."""

    call_id: str
    path: Path
    turns: list[dict[str, Any]]
    truth: dict[str, Any]

    @property
    def agent_channel(self) -> int | None:
        channel = self.truth["agent_channel"]
        return None if channel is None else int(channel)

    def text(self, channel: int) -> str:
        """Return what was said on a channel."""
        wanted = "agent" if channel == self.agent_channel else "customer"
        return "".join(turn["text"] for turn in self.turns if turn["role"] == wanted)


def labelled_calls(shared: Path, folder: str, count: int | None = None) -> list[LabelledCall]:
    """Read the labelled recordings of ``calls/<folder>``, evenly chosen where only some are wanted."""
    lines = (shared / "calls" / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    turns = {call["call_id"]: call["turns"] for call in map(json.loads, lines)}
    found = []
    for path in sorted((shared / "calls" / folder).glob("*.wav")):
        truth = json.loads(path.with_name(f"{path.stem}.truth.json").read_text(encoding="utf-8"))
        found.append(LabelledCall(path.stem, path, turns[path.stem], truth))
    return found if count is None else found[:: max(1, len(found) // count)][:count]


class ArrayAudio:
    """One channel of samples, as the speech room reads recordings."""

    rate_hz = RATE_HZ
    channel_count = 1
    missing_s = 0.0

    def __init__(self, samples: FloatArray) -> None:
        self.samples = samples
        self.duration_s = samples.size / RATE_HZ

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> FloatArray:
        if channel != 0:
            raise IndexError(f"channel {channel} of 1")
        last = None if end_s is None else round(end_s * RATE_HZ)
        return self.samples[round(start_s * RATE_HZ) : last]


def telephone(samples: FloatArray) -> FloatArray:
    """Send 16 kHz samples through a telephone line: 300-3400 Hz, 8 kHz, G.711 A-law."""
    spectrum = np.fft.rfft(samples)
    frequencies_hz = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
    spectrum[(frequencies_hz < 300) | (frequencies_hz > 3400)] = 0
    half = samples.size // 2
    narrow = np.fft.irfft(spectrum[: half // 2 + 1], half) * half / samples.size
    peak = max(float(np.abs(narrow).max()), 1e-6)
    coded = _a_law(narrow / peak * 0.7) * peak / 0.7
    wide = np.zeros(samples.size // 2 + 1, complex)
    back = np.fft.rfft(coded)
    wide[: back.size] = back
    return np.asarray(np.fft.irfft(wide, samples.size) * samples.size / half, np.float32)


def _a_law(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    compression = 87.6
    scale = 1 + np.log(compression)
    size = np.abs(samples)
    small = size < 1 / compression
    squeezed = np.where(small, compression * size, 1 + np.log(np.maximum(compression * size, 1e-12))) / scale
    stepped = np.round(squeezed * 127) / 127
    linear = np.where(
        stepped < 1 / scale, stepped * scale / compression, np.exp(stepped * scale - 1) / compression
    )
    return np.asarray(np.sign(samples) * linear)


def noises(seconds: float = 20.0, seed: int = 20) -> dict[str, FloatArray]:
    """Make what a line carries besides speech: silence, hiss, hum, hold music, keypad tones, ringback."""
    generator = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    melody = np.zeros_like(time_s)
    for beat in range(int(seconds * 2)):
        note_hz = 262 * 2 ** (generator.choice([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
        part = slice(beat * RATE_HZ // 2, (beat + 1) * RATE_HZ // 2)
        fade = np.exp(-3 * (time_s[part] - time_s[part][0]))
        melody[part] = sum(np.sin(2 * np.pi * note_hz * k * time_s[part]) / k for k in (1, 2, 3)) * fade
    keys = np.zeros_like(time_s)
    for press in range(int(seconds)):
        part = slice(press * RATE_HZ, press * RATE_HZ + RATE_HZ // 5)
        low, high = generator.choice([697, 770, 852, 941]), generator.choice([1209, 1336, 1477])
        keys[part] = np.sin(2 * np.pi * low * time_s[part]) + np.sin(2 * np.pi * high * time_s[part])
    ringing = np.sin(2 * np.pi * 450 * time_s) * ((time_s % 5) < 1)
    return {
        name: telephone((0.25 * sound / max(1e-6, np.abs(sound).max())).astype(np.float32))
        for name, sound in (
            ("silence", generator.standard_normal(time_s.size) * 1e-5),
            ("line noise", generator.standard_normal(time_s.size)),
            ("mains hum", np.sign(np.sin(2 * np.pi * 350 * time_s)) + np.sin(2 * np.pi * 400 * time_s)),
            ("hold music", melody),
            ("keypad tones", keys),
            ("ringback", ringing),
        )
    }
