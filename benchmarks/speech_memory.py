"""Peak memory of transcription by length of the recording, each in a process of its own. Prints Markdown.

    python benchmarks/speech_memory.py [--shared DIR] [--minutes 10 60 180] [--channels 1 2] [--threads N]

The recordings are labelled calls one after the other (mono: their channels mixed), as 8 kHz A-law WAV.
"""

from __future__ import annotations

import argparse
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from qa_analyzer.calls.call import Call
from qa_analyzer.settings import shipped
from qa_analyzer.speech.transcribe import open_transcriber

RATE_HZ = 8_000
A_LAW = 6


def a_law_samples(path: Path) -> bytes:
    """Return the data of a stereo A-law WAV file."""
    content = path.read_bytes()
    start = content.index(b"data")
    (size,) = struct.unpack("<I", content[start + 4 : start + 8])
    return content[start + 8 : start + 8 + size]


def long_recording(shared: Path, minutes: float, channels: int, path: Path) -> None:
    """Write labelled calls one after the other until the length is reached."""
    calls = [a_law_samples(one) for one in sorted((shared / "calls" / "audio").glob("*.wav"))]
    wanted = round(minutes * 60 * RATE_HZ) * channels
    if channels == 1:
        calls = [mixed(one) for one in calls]
    with path.open("wb") as stream:
        header = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", wanted + 36, b"WAVE", b"fmt ", 16, A_LAW, channels,
                             RATE_HZ, RATE_HZ * channels, channels, 8)  # fmt: skip
        stream.write(header + struct.pack("<4sI", b"data", wanted))
        written = number = 0
        while written < wanted:
            part = calls[number % len(calls)][: wanted - written]
            stream.write(part)
            written, number = written + len(part), number + 1


def mixed(stereo: bytes) -> bytes:
    """Mix two A-law channels: the louder one at each moment, which is near enough and needs no codec."""
    pairs = np.frombuffer(stereo, np.uint8)[: len(stereo) // 2 * 2].reshape(-1, 2)
    loudness = (pairs ^ 0x55) & 0x7F
    chosen: bytes = pairs[np.arange(len(pairs)), loudness.argmax(axis=1)].tobytes()
    return chosen


def one(path: Path, threads: int) -> None:
    """Transcribe one recording and print seconds, turns, speakers known, and the peak in GB."""
    transcriber = open_transcriber("whisper-base", shipped("models"), device="cpu", threads=threads)
    started = time.perf_counter()
    transcript = transcriber.transcribe(Call("long", audio_path=path))
    wall_s = time.perf_counter() - started
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    roles = transcript.roles.method.value
    print(f"{wall_s:.0f} | {len(transcript.turns)} | {roles} | {peak_gb:.2f}")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = os.environ.get("QA_SHARED", Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--shared", type=Path, default=Path(default))
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 60, 180])
    parser.add_argument("--channels", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        one(options.one, options.threads)
        return
    print("| minutes | channels | wall s | turns | roles | peak GB |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.wav"
        for channels in options.channels:
            for minutes in options.minutes:
                long_recording(options.shared, minutes, channels, path)
                command = [sys.executable, __file__, "--one", str(path), "--threads", str(options.threads)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                print(f"| {minutes:g} | {channels} | {done.stdout.strip()} |", flush=True)


if __name__ == "__main__":
    main()
