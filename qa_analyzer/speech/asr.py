"""Recognition behind a seam: windows of speech in, timed words out. The only home of faster-whisper's
recogniser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from qa_analyzer.digests import sha256_of_file
from qa_analyzer.errors import ModelError
from qa_analyzer.speech.models import find_model
from qa_analyzer.speech.provenance import package_versions
from qa_analyzer.speech.transcript import Word
from qa_analyzer.speech.vad import RATE_HZ, FloatArray

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WINDOW_S = 29.0
FRAMES_PER_S = 100
DECODED_FRAMES = 1000
MIN_ENCODED_S = 20.0
"""Short utterances with little silence after them send small Whispers into loops: with 3 s of it 47 % of the
characters of short telephone phrases were wrong, with 8 s 28 %, filled up to 30 s 26 %."""

PRECISION = {"cuda": "float16", "cpu": "int8"}
CHARS_PER_S = 9.0  # faster than anyone speaks Mandarin; bounds what a repetition loop can cost


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was heard in one window; word times are seconds from the start of the window.

    ``avg_logprob`` is the recogniser's mean log probability a token, ``no_speech_probability`` in [0, 1].
    """

    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_probability: float

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to listen. Trailing silence keeps small Whispers from inventing text after short windows."""

    beam_size: int = 3
    trailing_silence_s: float = 3.0
    patience: float = 1.0


FAST = Effort()
THOROUGH = Effort(beam_size=5, trailing_silence_s=8.0, patience=2.0)


class AsrEngine(Protocol):
    """A recogniser. ``fingerprint`` changes whenever its answers may."""

    name: str
    fingerprint: str

    def recognize(
        self, windows: Sequence[FloatArray], *, effort: Effort = FAST, prompt: str = ""
    ) -> tuple[Recognition, ...]:
        """Recognise windows of 16 kHz audio, each at most ``MAX_WINDOW_S`` long; same order as given."""
        ...


class WhisperEngine:
    """Any CTranslate2 Whisper, batched over windows shorter than Whisper's usual 30 s.

    ``batch_seconds`` of windows are decoded at once; with Whisper base a second takes some 3 MB.
    """

    kind: ClassVar[str] = "whisper"

    def __init__(
        self, model_dir: Path, *, device: str = "auto", threads: int = 0, batch_seconds: float = 90.0
    ) -> None:
        import ctranslate2
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
        compute_type = PRECISION.get(device, "default")
        try:
            self._whisper = WhisperModel(
                str(model_dir), device=device, compute_type=compute_type, cpu_threads=threads
            )
        except (RuntimeError, ValueError) as problem:
            raise ModelError(f"cannot load {model_dir} on {device}: {problem}") from problem
        self._model = self._whisper.model
        self._tokenizer = Tokenizer(self._whisper.hf_tokenizer, True, task="transcribe", language="zh")
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]))
        self._batch_frames = int(batch_seconds * FRAMES_PER_S)
        self.name = model_dir.name
        self.fingerprint = model_fingerprint(model_dir, compute_type)

    def recognize(
        self, windows: Sequence[FloatArray], *, effort: Effort = FAST, prompt: str = ""
    ) -> tuple[Recognition, ...]:
        """Recognise windows; those of similar length share a batch, so that little padding is encoded."""
        found: dict[int, Recognition] = {}
        for batch in self._batches(windows, effort):
            heard = self._recognize_batch([windows[number] for number in batch], effort, prompt)
            found.update(zip(batch, heard, strict=True))
        return tuple(found[number] for number in range(len(windows)))

    def _batches(self, windows: Sequence[FloatArray], effort: Effort) -> Iterator[list[int]]:
        """Group windows that decode at the same length: whom a window shares its batch with never changes its
        text.
        """
        by_length: dict[int, list[int]] = {}
        for number, window in enumerate(windows):
            by_length.setdefault(_decoded_frames(window.size, effort), []).append(number)
        for frames, numbers in sorted(by_length.items()):
            size = max(1, self._batch_frames // frames)
            for first in range(0, len(numbers), size):
                yield numbers[first : first + size]

    def _recognize_batch(self, windows: list[FloatArray], effort: Effort, prompt: str) -> list[Recognition]:
        states = self._encode(windows, effort)
        start = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        if prompt:
            start = [self._tokenizer.sot_prev, *self._tokenizer.encode(" " + prompt.strip()), *start]
        longest_s = max(window.size for window in windows) / RATE_HZ
        results = self._model.generate(
            _storage(states),
            [start] * len(windows),
            beam_size=effort.beam_size,
            patience=effort.patience,
            max_length=min(448, len(start) + 16 + int(1.5 * CHARS_PER_S * longest_s)),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )
        tokens = [
            [token for token in result.sequences_ids[0] if token < self._tokenizer.eot] for result in results
        ]
        aligned = self._aligned(states, tokens, windows)
        return [
            Recognition(words, float(result.scores[0]), float(result.no_speech_prob))
            for words, result in zip(aligned, results, strict=True)
        ]

    def _encode(self, windows: list[FloatArray], effort: Effort) -> FloatArray:
        """Encode each window at its own length, then lengthen all alike by repeating their last state.

        The encoder's cost grows faster than the length, and its memory with the batch. The last state is that
        of silence; the decoder reads a longer silence.
        """
        states = []
        for window in windows:
            encoded = self._model.encode(_storage(self._mel(window, effort)[None]), to_cpu=True)
            state = np.array(encoded)[0]
            missing = _decoded_frames(window.size, effort) // 2 - state.shape[0]
            states.append(np.pad(state, ((0, missing), (0, 0)), mode="edge"))
        stacked: FloatArray = np.stack(states).astype(np.float32, copy=False)
        return stacked

    def _mel(self, window: FloatArray, effort: Effort) -> FloatArray:
        """Return log-mel features followed by trailing silence, written as zeros as faster-whisper does."""
        frames = _padded_frames(window.size, effort)
        mel = self._whisper.feature_extractor(window, padding=160)[:, :frames]
        padded: FloatArray = np.pad(mel.astype(np.float32), ((0, 0), (0, frames - mel.shape[1])))
        return padded

    def _aligned(
        self, states: FloatArray, tokens: list[list[int]], windows: list[FloatArray]
    ) -> list[tuple[Word, ...]]:
        """Place words in time, one text after the other: filled up to a common length, the last digits of
        times and probabilities would depend on the neighbours, and each token costs 0.2 MB and more.
        """
        aligned: list[tuple[Word, ...]] = []
        for number, window in enumerate(windows):
            frames = max(2, window.size * FRAMES_PER_S // RATE_HZ)
            alignments: list[list[dict[str, Any]]] = self._whisper.find_alignment(
                self._tokenizer, [tokens[number]], _storage(states[number : number + 1]), [frames]
            )
            aligned.append(_words(alignments[0], window.size / RATE_HZ))
        return aligned


ENGINES: tuple[type[WhisperEngine], ...] = (WhisperEngine,)


def open_engine(
    name_or_path: str | Path, models_dir: Path, *, device: str = "auto", threads: int = 0
) -> AsrEngine:
    """Load a recogniser by name or folder; raise ModelError when it is missing or cannot be loaded."""
    return WhisperEngine(find_model(name_or_path, models_dir), device=device, threads=threads)


def _words(alignment: list[dict[str, Any]], end_s: float) -> tuple[Word, ...]:
    return tuple(
        Word(
            text=str(word["word"]),
            start_s=min(float(word["start"]), end_s),
            end_s=min(float(word["end"]), end_s),
            probability=min(1.0, float(word["probability"])),
        )
        for word in alignment
        if word["word"]
    )


def _padded_frames(samples: int, effort: Effort) -> int:
    seconds = min(30.0, max(MIN_ENCODED_S, samples / RATE_HZ + effort.trailing_silence_s))
    return 2 * int(np.ceil(seconds * FRAMES_PER_S / 2))


def _decoded_frames(samples: int, effort: Effort) -> int:
    """Return the length a window is decoded at: a multiple of 10 s, so that windows can share batches."""
    return DECODED_FRAMES * -(-_padded_frames(samples, effort) // DECODED_FRAMES)


def _storage(features: FloatArray) -> object:
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(features))


def model_fingerprint(model_dir: Path, compute_type: str) -> str:
    """Hash how it listens, and its files whole: fine-tuned weights may differ in the middle only."""
    engine = package_versions("ctranslate2", "faster-whisper")
    digest = hashlib.sha256(f"{compute_type} {FAST} {THOROUGH} {engine}".encode())
    for path in sorted(model_dir.iterdir()):
        if path.is_file():
            digest.update(f"{path.name}:{sha256_of_file(path)}".encode())
    return digest.hexdigest()
