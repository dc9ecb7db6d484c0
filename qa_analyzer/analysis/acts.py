"""Finds where in a call somebody soothes, restates, promises, pushes away …, whatever the words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qa_analyzer.analysis.act_model import ActModel, fingerprint_of_acts
from qa_analyzer.analysis.bert import Floats
from qa_analyzer.analysis.call_analysis import ActTag
from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.calls.call import Role
from qa_analyzer.errors import ModelError
from qa_analyzer.speech.transcript import Transcript, Turn

#: The name that stands for no model.
NO_MODEL = "none"
#: Less probable acts are not kept. Of complaints even a trace tells: words without one nearby are doubted.
FLOORS = {Role.AGENT: 0.2, Role.CUSTOMER: 0.05}
#: How a customer's turn sounds, beside what it does: a second opinion on sentiment, of whole turns only.
FEELS_NEGATIVE, FEELS_POSITIVE = "feels_negative", "feels_positive"
#: A piece of speech must have this many characters to be judged apart from its turn.
MIN_CHARS = 4
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*")
_DECIMALS = 3


class ActReader(Protocol):
    """What judges pieces of speech; ``ActModel`` is one."""

    fingerprint: str

    def labels(self, role: Role) -> tuple[str, ...]: ...

    def probabilities(self, texts: Sequence[str], role: Role) -> Floats: ...


@dataclass(frozen=True, slots=True)
class _Piece:
    turn: Turn
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.turn.text[self.start : self.end]


class ActTagger:
    """Tags the acts in transcripts; safe to share between calls."""

    def __init__(self, model: ActReader) -> None:
        self._model = model
        self.fingerprint = model.fingerprint
        self._feels = {FEELS_NEGATIVE, FEELS_POSITIVE} <= set(model.labels(Role.CUSTOMER))

    def feelings(self, tags: Sequence[ActTag]) -> dict[int, tuple[float, float]] | None:
        """Return P(negative) and P(positive) by turn; turns left out are neutral. None where not read."""
        if not self._feels:
            return None
        felt: dict[int, tuple[float, float]] = {}
        for tag in tags:
            negative, positive = felt.get(tag.turn_index, (0.0, 0.0))
            if tag.act == FEELS_NEGATIVE:
                felt[tag.turn_index] = (tag.probability, positive)
            elif tag.act == FEELS_POSITIVE:
                felt[tag.turn_index] = (negative, tag.probability)
        return felt

    def tag(self, transcript: Transcript) -> tuple[ActTag, ...]:
        """Return every act that is at least as probable as ``FLOORS`` ask, by turn and place.

        Each act is given for the sentences that perform it, or for the whole turn where none does alone.
        """
        tags: list[ActTag] = []
        for role in (Role.AGENT, Role.CUSTOMER):
            pieces = [piece for turn in transcript.turns if turn.role is role for piece in pieces_of(turn)]
            if pieces:
                found = self._model.probabilities([piece.text for piece in pieces], role)
                tags.extend(_tags(pieces, found, self._model.labels(role), FLOORS[role]))
        return tuple(sorted(tags, key=lambda tag: (tag.turn_index, tag.char_start, tag.char_end, tag.act)))


def pieces_of(turn: Turn) -> Iterator[_Piece]:
    """Yield the sentences of a turn, and the whole turn last."""
    sentences = [
        _Piece(turn, match.start(), match.end())
        for match in _SENTENCE.finditer(turn.text)
        if len(spoken(match.group()).chars) >= MIN_CHARS
    ]
    if len(sentences) > 1:
        yield from sentences
    if spoken(turn.text).chars:
        yield _Piece(turn, 0, len(turn.text))


def _tags(pieces: Sequence[_Piece], found: Floats, labels: Sequence[str], floor: float) -> Iterator[ActTag]:
    in_sentences: set[tuple[int, str]] = set()
    for piece, row in zip(pieces, found, strict=True):
        whole = piece.start == 0 and piece.end == len(piece.turn.text)
        for act, probability in zip(labels, row, strict=True):
            if act in (FEELS_NEGATIVE, FEELS_POSITIVE) and not whole:
                continue
            place = piece.turn.index, act
            # The whole turn comes last: it counts where no sentence of it was enough.
            if probability < floor or (whole and place in in_sentences):
                continue
            if probability >= 0.5:
                in_sentences.add(place)
            yield ActTag(act, piece.turn.index, piece.start, piece.end, round(float(probability), _DECIMALS))


def open_acts(name_or_path: str, models_dir: Path, *, threads: int | None = None) -> ActTagger | None:
    """Open a model by its folder under ``models_dir`` or by path; None for ``NO_MODEL``.

    Raises ModelError when it is missing or damaged.
    """
    folder = _folder(name_or_path, models_dir)
    return ActTagger(ActModel(folder, threads=threads)) if folder is not None else None


def acts_fingerprint(name_or_path: str, models_dir: Path) -> str | None:
    """Return the fingerprint of the model that ``open_acts`` would open; no weights are loaded."""
    folder = _folder(name_or_path, models_dir)
    return fingerprint_of_acts(folder) if folder is not None else None


def _folder(name_or_path: str, models_dir: Path) -> Path | None:
    if name_or_path == NO_MODEL:
        return None
    for folder in (models_dir / name_or_path, Path(name_or_path)):
        if folder.is_dir():
            return folder
    raise ModelError(
        f"no model of acts {name_or_path!r}: neither a folder nor installed; act_model: none goes without"
    )
