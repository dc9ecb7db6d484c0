"""SRT and WebVTT transcripts: every cue names its speaker as ``坐席：…`` or, in WebVTT, ``<v 坐席>…``."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from qa_analyzer.calls.call import GivenTurn, Role
from qa_analyzer.calls.call_row import RowError
from qa_analyzer.calls.speaker_labels import LABEL_PATTERN, parse_role
from qa_analyzer.calls.text_calls import checked_turns

_STAMP = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_STAMP}\s*-->\s*{_STAMP}(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+(?P<label>[^>]{1,40})>")
_TAG = re.compile(
    r"</?(?:b|i|u|v|c|lang|ruby|rt|font)(?:[.\s][^<>]{0,200})?>|<\d[\d:.]{0,15}>", re.IGNORECASE
)
_ANY_LABEL = re.compile(
    r"\s*[\[【]?(?P<label>[^:：\[\]【】]{1,40}?)[\]】]?\s*[:：]\s?(?P<text>.*)", re.DOTALL
)
_KNOWN_LABEL = re.compile(rf"^[\[【]?{LABEL_PATTERN}[\]】]?\s*[:：]", re.IGNORECASE | re.MULTILINE)
_VTT_PROSE = re.compile(r"(?:NOTE|STYLE|REGION|WEBVTT)(?:\s|$)")


@dataclass(frozen=True, slots=True)
class _Cue:
    line: int
    start_s: float
    end_s: float
    lines: tuple[str, ...]


def turns_from_subtitles(text: str) -> tuple[GivenTurn, ...]:
    """Read one turn per cue; raises RowError with every cue that has no times or no speaker."""
    turns: list[GivenTurn] = []
    faults: list[str] = []
    webvtt = text.lstrip("\ufeff").startswith("WEBVTT")
    for block in _blocks(text):
        try:
            cue = _cue(block, webvtt=webvtt)
            if cue is not None and any(line.strip() for line in cue.lines):
                turns.append(_turn(cue, webvtt=webvtt))
        except RowError as error:
            faults.append(str(error))
    return checked_turns(turns, faults)


def _blocks(text: str) -> list[list[tuple[int, str]]]:
    """Return the runs of non-blank lines with their 1-based numbers."""
    blocks: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            blocks[-1].append((number, line))
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _cue(block: list[tuple[int, str]], *, webvtt: bool) -> _Cue | None:
    """Return the cue of a block; None for a WebVTT header or note."""
    for at, (number, line) in enumerate(block[:2]):
        if timing := _TIMING.fullmatch(line):
            start_s, end_s = _seconds(timing, 1), _seconds(timing, 5)
            if end_s < start_s:
                raise RowError(f"line {number}: the cue ends before it starts")
            return _Cue(number, start_s, end_s, tuple(text for _, text in block[at + 1 :]))
    if webvtt and _VTT_PROSE.match(block[0][1]):
        return None
    raise RowError(f"line {block[0][0]}: a cue needs a line like 00:00:01,000 --> 00:00:02,500")


def _seconds(timing: re.Match[str], first: int) -> float:
    hours, minutes, seconds, fraction = (timing[first + offset] or "0" for offset in range(4))
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def _turn(cue: _Cue, *, webvtt: bool) -> GivenTurn:
    written = "\n".join(line.strip() for line in cue.lines)
    voices = _VOICE.findall(written) if webvtt else []
    bare = _TAG.sub("", written)
    if webvtt:
        bare = html.unescape(bare)
    if voices:
        speakers, rest = {_role(voice, cue.line) for voice in voices}, bare
    elif labelled := _ANY_LABEL.match(bare):
        speakers, rest = {_role(labelled["label"], cue.line)}, labelled["text"]
    else:
        raise RowError(f"line {cue.line}: the cue names no speaker; write 坐席：… or 客户：… before the text")
    # Two people in one cue share its times, so neither has times of their own.
    if len(speakers) > 1 or _KNOWN_LABEL.search(rest):
        raise RowError(f"line {cue.line}: two speakers in one cue; give each a cue with its own times")
    return GivenTurn(speakers.pop(), rest.strip(), cue.start_s, cue.end_s)


def _role(label: str, line: int) -> Role:
    try:
        return parse_role(label)
    except ValueError as error:
        raise RowError(f"line {line}: '{label}' is no known speaker; {error}") from error
