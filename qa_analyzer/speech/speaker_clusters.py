"""Windows of a mono recording grouped by voice, however long it is.

Clustering compares every window with every other, so a long recording is clustered block by block; then the
voices of the blocks are clustered the same way, which carries a speaker from the first hour to the third.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qa_analyzer.intervals import Span
from qa_analyzer.speech.vad import FloatArray

IntArray = npt.NDArray[np.int64]

BLOCK_WINDOWS = 800
"""Ten minutes of voice; comparing them all takes 5 MB."""

ALIKE = 0.65
"""Mean cosine from which two groups of windows are one voice. CAM++ with 1.5 s windows of a telephone line:
windows of one speaker 0.73 to 0.79 alike, of two 0.44 to 0.58."""

ALIKE_BLOCKS = 0.85
"""The same for the mean vectors of voices from different blocks, which are steadier than windows: two parties
of one call were at most 0.80 alike."""

SWITCH_COST = 0.25
"""How much more alike, in cosine, a window must be to the other voice before a change of speaker is
believed."""

REFINEMENTS = 3


def clustered(embeddings: FloatArray) -> IntArray:
    """Return the number of its voice for each window; vectors must have length 1."""
    found = np.zeros(len(embeddings), np.int64)
    centres: list[FloatArray] = []
    members: list[IntArray] = []
    for first in range(0, len(embeddings), BLOCK_WINDOWS):
        block = embeddings[first : first + BLOCK_WINDOWS]
        labels = _grouped(block, ALIKE)
        for label in np.unique(labels):
            centres.append(_centre(block[labels == label]))
            members.append(np.flatnonzero(labels == label) + first)
    if not centres:
        return found
    one_block = len(embeddings) <= BLOCK_WINDOWS
    of_centres = range(len(centres)) if one_block else _grouped(np.stack(centres), ALIKE_BLOCKS)
    for label, own in zip(of_centres, members, strict=True):
        found[own] = label
    return found


def centres_of(embeddings: FloatArray, labels: IntArray) -> dict[int, FloatArray]:
    """Return the mean vector of each voice."""
    return {int(label): _centre(embeddings[labels == label]) for label in np.unique(labels)}


def settled(
    embeddings: FloatArray, windows: Sequence[Span], labels: IntArray, pair: tuple[int, int]
) -> IntArray:
    """Give every window of one of two voices to the likelier of them, seen in its neighbourhood.

    Windows of other voices stay as they are.
    """
    labels = labels.copy()
    own = np.flatnonzero(np.isin(labels, pair))
    for _ in range(REFINEMENTS):
        centres = centres_of(embeddings, labels)
        if not all(one in centres for one in pair):
            break
        scores = embeddings[own] @ np.stack([centres[one] for one in pair]).T
        settled_labels = np.asarray(pair)[_best_path(scores, [windows[int(number)] for number in own])]
        if np.array_equal(settled_labels, labels[own]):
            break
        labels[own] = settled_labels
    return labels


def _best_path(scores: FloatArray, windows: Sequence[Span]) -> IntArray:
    """Find the sequence of speakers with the best sum of scores less ``SWITCH_COST`` a change.

    A change costs only between windows that overlap: after a pause anybody may go on.
    """
    best = scores[0].astype(np.float64)
    came_from = np.zeros(scores.shape, np.int64)
    for number in range(1, len(scores)):
        cost = SWITCH_COST if windows[number].start_s < windows[number - 1].end_s else 0.0
        options = best[:, None] - cost * (1 - np.eye(2))
        came_from[number] = options.argmax(axis=0)
        best = options.max(axis=0) + scores[number]
    path = np.zeros(len(scores), np.int64)
    path[-1] = best.argmax()
    for number in range(len(scores) - 1, 0, -1):
        path[number - 1] = came_from[number, path[number]]
    return path


def _grouped(vectors: FloatArray, alike: float) -> IntArray:
    """Join groups by mean cosine until none are ``alike``; groups are numbered from 0."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distances = np.clip(1.0 - vectors @ vectors.T, 0.0, 2.0).astype(np.float64)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), method="average")
    return np.asarray(fcluster(tree, 1.0 - alike, criterion="distance"), np.int64) - 1


def _centre(vectors: FloatArray) -> FloatArray:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)
