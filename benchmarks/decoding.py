"""How fast recordings are decoded and checked, and in how much memory: one long file and process a format.

    python benchmarks/decoding.py --hours 3

The sound is noise in the rhythm of speech, made here. "x" is seconds of audio per second of processor time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.channel_checks import inspect_channels
from qa_analyzer.intervals import Span

# name, suffix, container, codec, rate, layout
FORMATS = (
    ("WAV A-law", ".wav", "wav", "pcm_alaw", 8000, "stereo"),
    ("WAV PCM 16 kHz", ".wav", "wav", "pcm_s16le", 16000, "stereo"),
    ("WAV IMA ADPCM", ".wav", "wav", "adpcm_ima_wav", 8000, "stereo"),
    ("MP3", ".mp3", "mp3", "libmp3lame", 16000, "stereo"),
    ("M4A (AAC)", ".m4a", "mp4", "aac", 16000, "stereo"),
    ("OGG (Opus)", ".ogg", "ogg", "libopus", 16000, "stereo"),
    ("FLAC", ".flac", "flac", "flac", 16000, "stereo"),
    ("AMR-NB", ".amr", "amr", "libopencore_amrnb", 8000, "mono"),
)
MINUTE_S = 60


def write_long(
    path: Path, container_format: str, codec: str, rate_hz: int, layout: str, hours: float
) -> None:
    rng = np.random.default_rng(7)
    count = MINUTE_S * rate_hz
    rhythm = np.clip(np.sin(2 * np.pi * 4 * np.arange(count) / rate_hz), 0, None)
    channels = 1 if layout == "mono" else 2
    minute = (rng.normal(0, 3000, (channels, count)) * rhythm).astype(np.int16)
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        stream.codec_context.open()
        to_encoder = av.AudioResampler(
            format=stream.codec_context.format,
            layout=layout,
            rate=rate_hz,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        for _ in range(round(hours * 3600 / MINUTE_S)):
            frame = av.AudioFrame.from_ndarray(minute, format="s16p", layout=layout)
            frame.sample_rate = rate_hz
            for ready in to_encoder.resample(frame):
                ready.pts = None
                container.mux(stream.encode(ready))
        container.mux(stream.encode(None))


def measure(path: Path) -> tuple[float, float, float, float]:
    """Return seconds of audio, processor seconds of decoding and of checking, and peak memory in MB."""
    started_s = time.process_time()
    with open_audio(path, call_id=path.stem) as audio:
        decoded_s = time.process_time()
        turns = [Span(float(at), at + 8.0) for at in range(0, int(audio.duration_s) - 10, 20)]
        inspect_channels(audio, [turns[side::2] for side in range(audio.channel_count)])
        checked_s = time.process_time()
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return audio.duration_s, decoded_s - started_s, checked_s - decoded_s, peak_mb


def main() -> None:
    parser = argparse.ArgumentParser(description="Decoding speed and memory.")
    parser.add_argument("--hours", type=float, default=3.0)
    hours: float = parser.parse_args().hours
    print(f"{'format':16} {'size MB':>8} {'decode':>8} {'checks':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, suffix, container_format, codec, rate_hz, layout) in enumerate(FORMATS):
            path = Path(folder) / f"long{number}{suffix}"
            write_long(path, container_format, codec, rate_hz, layout, hours)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                audio_s, decode_s, check_s, peak_mb = pool.apply(measure, (path,))
            size_mb = path.stat().st_size / 1e6
            speeds = f"{audio_s / decode_s:7.0f}x {audio_s / check_s:7.0f}x"
            print(f"{name:16} {size_mb:8.0f} {speeds} {peak_mb:8.0f}", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
