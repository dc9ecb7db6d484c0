"""How loud and how high each turn is spoken: figures from the sound, kept with the transcript.

What they mean is for ``analysis`` to say; the audio is not opened again there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qa_analyzer.intervals import Span, parts_within, union
from qa_analyzer.speech.transcript import Turn, VoiceFigures
from qa_analyzer.speech.vad import ChannelAudio, FloatArray

HALF_RATE_HZ = 8_000  # a telephone carries no more, and pitch needs no more
FRAME_SAMPLES = 320  # 40 ms: nearly three periods of the lowest pitch
HOP_SAMPLES = 160
PIECE_S = 30.0  # read at once; memory stays flat

MIN_PITCH_HZ, MAX_PITCH_HZ = 70.0, 420.0
# Autocorrelation after Boersma (1993): a frame is voiced from this share of periodic energy; the cost keeps a
# pitch from being taken for its own octave below.
VOICED_SHARE = 0.5
OCTAVE_COST = 0.02
# Frames this much below a turn's loud ones are pauses and breath, not voice.
QUIET_DB = 20.0

# Below this a figure says more about the words than about the speaker.
MIN_LOUD_FRAMES = 25
MIN_PITCHED_FRAMES = 15

_FFT_SAMPLES = 1024
_SHORTEST_LAG = int(HALF_RATE_HZ / MAX_PITCH_HZ)
_LONGEST_LAG = int(HALF_RATE_HZ / MIN_PITCH_HZ) + 1
_SILENT_POWER = 1e-9  # -90 dBFS


def with_voice_figures(
    turns: Sequence[Turn], audio: ChannelAudio, voices: Sequence[Sequence[Span]]
) -> tuple[Turn, ...]:
    """Return the turns with how they sound; ``voices`` is the voice activity of each channel.

    A turn without a channel of its own stays as it is: in a mix it cannot be told whose sound it is.
    """
    voices = tuple(union(voice) for voice in voices)
    return tuple(
        turn
        if turn.channel is None or turn.start_s is None or turn.end_s is None
        else replace(
            turn,
            voice=_figures(
                audio, turn.channel, parts_within(voices[turn.channel], Span(turn.start_s, turn.end_s))
            ),
        )
        for turn in turns
    )


def _figures(audio: ChannelAudio, channel: int, voice: Sequence[Span]) -> VoiceFigures | None:
    pieces = [frame_figures(audio.read(channel, piece.start_s, piece.end_s)) for piece in _pieces(voice)]
    if not pieces:
        return None
    levels = np.concatenate([levels for levels, _ in pieces])
    pitches = np.concatenate([pitches for _, pitches in pieces])
    if not len(levels):
        return None
    loud = levels > np.percentile(levels, 95) - QUIET_DB
    if np.count_nonzero(loud) < MIN_LOUD_FRAMES:
        return None
    pitched = pitches[loud & (pitches > 0)]
    return VoiceFigures(
        level_dbfs=round(float(np.median(levels[loud])), 1),
        pitch_hz=round(float(np.median(pitched)), 1) if len(pitched) >= MIN_PITCHED_FRAMES else None,
    )


def _pieces(voice: Sequence[Span]) -> Iterator[Span]:
    for span in voice:
        start_s = span.start_s
        while start_s < span.end_s:
            yield Span(start_s, min(start_s + PIECE_S, span.end_s))
            start_s += PIECE_S


def frame_figures(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return level in dBFS and pitch in Hz of each frame of 16 kHz samples; pitch is 0 where it has none."""
    halved = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
    if len(halved) < FRAME_SAMPLES:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(halved, FRAME_SAMPLES)[::HOP_SAMPLES]
    centred = frames - frames.mean(axis=1, keepdims=True)
    power = np.mean(np.square(centred), axis=1)
    levels: FloatArray = (10 * np.log10(np.maximum(power, _SILENT_POWER))).astype(np.float32)
    pitches = np.zeros(len(frames), np.float32)
    loud = levels > max(levels.max() - QUIET_DB, -70.0)
    pitches[loud] = _pitches(centred[loud])
    return levels, pitches


def _pitches(frames: npt.NDArray[np.float32]) -> FloatArray:
    """Return the pitch of each frame by normalised autocorrelation; 0 where it is not periodic."""
    if not len(frames):
        return np.zeros(0, np.float32)
    # The upper harmonics make peaks so narrow that they fall between samples; pitch does not need them.
    smooth = 0.25 * frames[:, :-2] + 0.5 * frames[:, 1:-1] + 0.25 * frames[:, 2:]
    window = np.hanning(FRAME_SAMPLES - 2).astype(np.float32)
    periodic = _autocorrelation(smooth * window) / _autocorrelation(window[np.newaxis])
    lags = np.arange(_SHORTEST_LAG, _LONGEST_LAG + 1)
    before, middle, after = (periodic[:, lags + step] for step in (-1, 0, 1))
    top = (middle > before) & (middle >= after)
    bend = np.where(top, before - 2 * middle + after, -1.0)
    shift = np.where(top, 0.5 * (before - after) / bend, 0.0)
    height = np.where(top, middle - 0.25 * (before - after) * shift, 0.0)
    best = (height - OCTAVE_COST * np.log2(lags / _SHORTEST_LAG)).argmax(axis=1)
    rows = np.arange(len(frames))
    voiced = height[rows, best] >= VOICED_SHARE
    pitches: FloatArray = np.where(voiced, HALF_RATE_HZ / (lags[best] + shift[rows, best]), 0.0).astype(
        np.float32
    )
    return pitches


def _autocorrelation(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    spectrum = np.fft.rfft(frames, n=_FFT_SAMPLES, axis=1)
    whole = np.fft.irfft(np.square(np.abs(spectrum)), n=_FFT_SAMPLES, axis=1)[:, : _LONGEST_LAG + 2]
    shares: npt.NDArray[np.float64] = whole / np.maximum(whole[:, :1], _SILENT_POWER)
    return shares
