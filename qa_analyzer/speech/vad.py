"""Voice activity of one channel: Silero's model, as packaged with faster-whisper, over streamed audio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qa_analyzer.intervals import Span, union
from qa_analyzer.speech.provenance import fingerprint_of, package_versions

FloatArray = npt.NDArray[np.float32]

RATE_HZ = 16_000
FRAME_SAMPLES = 512  # fixed by the model: 32 ms at 16 kHz
FRAME_S = FRAME_SAMPLES / RATE_HZ
CONTEXT_SAMPLES = 64  # the model sees the end of the frame before
BLOCK_FRAMES = 625  # 20 s: memory stays flat however long the recording


class ChannelAudio(Protocol):
    """What this room needs of a decoded recording (see ``calls.audio``)."""

    @property
    def rate_hz(self) -> int: ...

    @property
    def channel_count(self) -> int: ...

    @property
    def duration_s(self) -> float: ...

    @property
    def missing_s(self) -> float | None: ...

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> FloatArray:
        """Return samples in [-1, 1]."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """How frames of voice probability become spans.

    ``threshold`` starts voice and ``release`` ends it, Silero's own defaults. ``min_silence_s`` is short
    because pauses and overlaps are measured from these spans; ``pad_s`` gives back the soft edges of words.
    """

    threshold: float = 0.5
    release: float = 0.35
    min_silence_s: float = 0.2
    min_voice_s: float = 0.1
    pad_s: float = 0.06


def voice_fingerprint(options: VoiceOptions) -> str:
    """Return what decides the voice found; the weights come with faster-whisper. Loads nothing."""
    return fingerprint_of({"options": asdict(options), "weights": package_versions("faster-whisper")})


class VoiceDetector:
    """Silero voice activity detection with the state kept between blocks."""

    def __init__(self, options: VoiceOptions | None = None) -> None:
        from faster_whisper.vad import get_vad_model

        self.options = options or VoiceOptions()
        self.fingerprint = voice_fingerprint(self.options)
        self._session = get_vad_model().session

    def spans(self, audio: ChannelAudio, channel: int) -> tuple[Span, ...]:
        """Return the voiced stretches of a channel, in order, within the recording."""
        probabilities = np.concatenate([np.zeros(0, np.float32), *self._probabilities(audio, channel)])
        return voiced_spans(probabilities, self.options, duration_s=audio.duration_s)

    def _probabilities(self, audio: ChannelAudio, channel: int) -> Iterator[FloatArray]:
        state = np.zeros((1, 1, 128), np.float32)
        memory = np.zeros((1, 1, 128), np.float32)
        tail = np.zeros(CONTEXT_SAMPLES, np.float32)
        block_s = BLOCK_FRAMES * FRAME_S
        for number in range(int(np.ceil(audio.duration_s / block_s))):
            samples = audio.read(channel, number * block_s, min((number + 1) * block_s, audio.duration_s))
            if samples.size == 0:
                return
            frames = np.pad(samples, (0, -samples.size % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
            before = np.vstack([tail[None, :], frames[:-1, -CONTEXT_SAMPLES:]])
            tail = frames[-1, -CONTEXT_SAMPLES:]
            voiced, state, memory = self._session.run(
                None, {"input": np.hstack([before, frames]), "h": state, "c": memory}
            )
            yield np.asarray(voiced, np.float32).reshape(-1)


def voiced_spans(probabilities: FloatArray, options: VoiceOptions, *, duration_s: float) -> tuple[Span, ...]:
    """Turn voice probabilities of 32 ms frames into spans by hysteresis; then pad them, and join what
    touches.
    """
    raw: list[Span] = []
    start: int | None = None
    for frame, probability in enumerate(probabilities.tolist()):
        if start is None and probability >= options.threshold:
            start = frame
        elif start is not None and probability < options.release:
            raw.append(Span(start * FRAME_S, frame * FRAME_S))
            start = None
    if start is not None:
        raw.append(Span(start * FRAME_S, len(probabilities) * FRAME_S))
    joined = union(raw, join_gap_s=options.min_silence_s)
    padded = (
        Span(max(0.0, span.start_s - options.pad_s), min(duration_s, span.end_s + options.pad_s))
        for span in joined
        if span.duration_s >= options.min_voice_s and span.start_s < duration_s
    )
    return tuple(Span(round(span.start_s, 3), round(span.end_s, 3)) for span in union(padded))
