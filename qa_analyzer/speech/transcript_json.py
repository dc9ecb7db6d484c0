"""The transcript as a file: JSON with a schema version, checked on the way in, written atomically."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from qa_analyzer.errors import TranscriptError
from qa_analyzer.seals import BrokenSealError, check_seal, sealed
from qa_analyzer.speech.digits import with_digits
from qa_analyzer.speech.transcript import SCHEMA_VERSION, Transcript
from qa_analyzer.whole_files import replacing

UNNAMED = "transcript"
SHOWN_PROBLEMS = 5
# As it stands in the files that we write.
_OUR_VERSION = b'\n "schema_version": %d,' % SCHEMA_VERSION


@cache
def _adapter() -> TypeAdapter[Transcript]:
    return TypeAdapter(Transcript)


def transcript_to_json(transcript: Transcript) -> dict[str, Any]:
    """Return the transcript as plain JSON values."""
    plain: dict[str, Any] = _adapter().dump_python(transcript, mode="json")
    return plain


def transcript_from_json(plain: dict[str, Any], *, call_id: str = UNNAMED) -> Transcript:
    """Build a transcript from plain JSON values; raise TranscriptError that lists what is wrong.

    ``call_id`` names the transcript in an error when it does not name itself.
    """
    if not isinstance(plain, dict):
        raise TranscriptError(call_id, "not a transcript: the file holds no JSON object")
    named = plain.get("call")
    if isinstance(named, dict) and isinstance(named.get("call_id"), str):
        call_id = named["call_id"]
    version = plain.get("schema_version")
    if version != SCHEMA_VERSION:
        raise TranscriptError(call_id, f"schema_version is {version!r}; this version reads {SCHEMA_VERSION}")
    try:
        transcript = _adapter().validate_json(json.dumps(plain), strict=True)
    except ValidationError as problem:
        faults = problem.errors(include_url=False, include_context=False, include_input=False)
        shown = [f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}" for fault in faults]
        raise TranscriptError(call_id, "; ".join(_shortened(shown))) from problem
    problems = list(_contradictions(transcript))
    if problems:
        raise TranscriptError(call_id, "; ".join(_shortened(problems)))
    return transcript


def write_transcript(transcript: Transcript, path: Path) -> None:
    """Write the transcript, sealed, so that ``path`` holds either the old file or the whole new one.

    A turn with spoken numbers also gets ``text_digits``, for other programs; it is not read back.
    """
    plain = transcript_to_json(transcript)
    for turn in plain["turns"]:
        digits = with_digits(turn["text"])
        if digits != turn["text"]:
            turn["text_digits"] = digits
    text = json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
    with replacing(path) as stream:
        stream.write(sealed(text.encode()).decode())


def read_transcript(path: Path) -> Transcript:
    """Read a transcript file; raise TranscriptError, named after the file, when it cannot be used."""
    try:
        text = path.read_bytes()
        check_seal(text)
        transcript = unpacked(text) if _OUR_VERSION in text else None
        if transcript is not None and not any(_contradictions(transcript)):
            return transcript
        plain = json.loads(text)
    except OSError as problem:
        raise TranscriptError(path.stem, f"{path} cannot be read: {problem.strerror}") from problem
    except BrokenSealError as problem:
        raise TranscriptError(path.stem, f"{path} {problem}") from problem
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise TranscriptError(path.stem, f"{path} is not JSON: {problem}") from problem
    return transcript_from_json(plain, call_id=path.stem)


def packed(transcript: Transcript) -> bytes | None:
    """Return the transcript as compact JSON, to be handed on; None where it holds what JSON cannot."""
    try:
        return _adapter().dump_json(transcript)
    except ValueError:  # half a surrogate pair
        return None


def unpacked(text: bytes) -> Transcript | None:
    """Return the transcript of compact JSON, without looking for contradictions; None where it is none."""
    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError:
        return None


_latest: tuple[Transcript, str] | None = None


def transcript_fingerprint(transcript: Transcript) -> str:
    """Return the sha256 over what was heard, in canonical JSON.

    Metadata of the call and paths are left out: a moved recording or a later survey answer changes no word.
    """
    global _latest  # whoever analyzes and whoever judges a call ask one after the other
    if _latest is None or _latest[0] is not transcript:
        _latest = transcript, _fingerprint(transcript)
    return _latest[1]


def _fingerprint(transcript: Transcript) -> str:
    plain = transcript_to_json(transcript)
    plain["call"] = {"call_id": transcript.call_id}
    if plain["audio"] is not None:
        del plain["audio"]["path"]
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _contradictions(transcript: Transcript) -> Iterator[str]:
    """Name what no recogniser of ours writes: broken order, times that run backwards, figures out of
    range.
    """
    for position, turn in enumerate(transcript.turns):
        where = f"turns.{position}"
        if turn.index != position:
            yield f"{where}.index: is {turn.index}, expected {position}"
        if not _runs_forward(turn.start_s, turn.end_s):
            yield f"{where}: ends before it starts"
        if not 0 <= turn.role_confidence <= 1:
            yield f"{where}.role_confidence: outside 0..1"
        for number, word in enumerate(turn.words):
            if not _runs_forward(word.start_s, word.end_s) or not 0 <= word.probability <= 1:
                yield f"{where}.words.{number}: times or probability out of range"
    for number, span in enumerate(transcript.audit):
        if not _runs_forward(span.start_s, span.end_s):
            yield f"audit.{number}: ends before it starts"
    if not 0 <= transcript.roles.confidence <= 1:
        yield "roles.confidence: outside 0..1"
    if transcript.duration_s is not None and not (0 <= transcript.duration_s < math.inf):
        yield "duration_s: out of range"


def _runs_forward(start_s: float | None, end_s: float | None) -> bool:
    known = [time_s for time_s in (start_s, end_s) if time_s is not None]
    return all(math.isfinite(time_s) for time_s in known) and known == sorted(known)


def _shortened(problems: list[str]) -> list[str]:
    more = len(problems) - SHOWN_PROBLEMS
    return problems[:SHOWN_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
