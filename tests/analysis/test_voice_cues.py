"""A voice that rises against the speaker's own habit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qa_analyzer.analysis.call_analysis import VoiceCueKind
from qa_analyzer.analysis.voice_cues import MIN_TURNS, voice_cues
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.intervals import Span
from qa_analyzer.speech.transcript import (
    Channel,
    RoleAssignment,
    RoleMethod,
    Transcript,
    Turn,
    VoiceFigures,
)

LOUDNESS, PITCH, RATE = VoiceCueKind.LOUDNESS, VoiceCueKind.PITCH, VoiceCueKind.RATE
EVEN = ((-25.0, 200.0, 12), (-24.5, 206.0, 13), (-25.5, 196.0, 11), (-24.0, 203.0, 12), (-26.0, 199.0, 12))


def call_of(*sounds: tuple[float, float | None, int], role: Role = Role.CUSTOMER) -> Transcript:
    """Build a call of turns three seconds long, each (level, pitch, characters)."""
    turns = tuple(
        Turn(index, role, "说" * chars, 0, 5.0 * index, 5.0 * index + 3, voice=VoiceFigures(level, pitch))
        for index, (level, pitch, chars) in enumerate(sounds)
    )
    voice = tuple(Span(turn.start_s or 0.0, turn.end_s or 0.0) for turn in turns)
    return Transcript(
        Call("v1", audio_path=Path("v1.wav")),
        turns,
        RoleAssignment(RoleMethod.MANIFEST, 1.0, 1, diarized=False),
        overlap_known=True,
        channels=(Channel(0, role, voice, -25.0, 0.0), Channel(1, Role.AGENT, (), None, 0.0)),
    )


def test_an_even_voice_raises_nothing() -> None:
    cues = voice_cues(call_of(*EVEN))
    assert cues is not None
    assert [cue.turn_index for cue in cues] == [0, 1, 2, 3, 4]
    assert all(cue.raised == () for cue in cues)
    assert all(set(cue.rises) == {LOUDNESS, PITCH, RATE} for cue in cues)


@pytest.mark.parametrize(
    ("sound", "raised"),
    [
        ((-17.0, 201.0, 12), (LOUDNESS,)),
        ((-25.0, 262.0, 12), (PITCH,)),
        ((-25.0, 201.0, 20), (RATE,)),
        ((-17.0, 270.0, 21), (LOUDNESS, PITCH, RATE)),
        ((-33.0, 140.0, 6), ()),  # quieter, lower and slower is no rise
        ((-21.5, 215.0, 14), ()),  # unusual for this speaker, but nobody would hear it
    ],
)
def test_what_rises_is_told(sound: tuple[float, float, int], raised: tuple[VoiceCueKind, ...]) -> None:
    cues = voice_cues(call_of(*EVEN, sound))
    assert cues is not None
    assert cues[-1].raised == raised
    assert all(cue.raised == () for cue in cues[:-1])


def test_the_rise_is_told_in_decibels_semitones_and_doublings() -> None:
    cues = voice_cues(call_of(*EVEN, (-15.0, 401.0, 24)))
    assert cues is not None
    rises = cues[-1].rises
    assert rises[LOUDNESS].amount == pytest.approx(10, abs=0.5)
    assert rises[PITCH].amount == pytest.approx(12, abs=0.3)
    assert rises[RATE].amount == pytest.approx(1, abs=0.05)


def test_a_lively_speaker_is_allowed_more_than_a_flat_one() -> None:
    lively = [(level, 200.0, 12) for level in (-32.0, -28.0, -25.0, -21.0, -18.0, -24.0)]
    loud = (-18.0, 200.0, 12)
    flat_cues, lively_cues = voice_cues(call_of(*EVEN, loud)), voice_cues(call_of(*lively, loud))
    assert flat_cues is not None
    assert lively_cues is not None
    assert flat_cues[-1].raised == (LOUDNESS,)
    assert lively_cues[-1].raised == ()


def test_few_turns_make_no_habit() -> None:
    assert voice_cues(call_of(*EVEN[: MIN_TURNS - 1])) == ()
    without_pitch = call_of(*((level, None, chars) for level, _, chars in EVEN))
    cues = voice_cues(without_pitch)
    assert cues is not None
    assert all(PITCH not in cue.rises for cue in cues)


def test_masked_digits_count_as_spoken() -> None:
    call = call_of(*EVEN)
    masked = replace(call, turns=(*call.turns[:-1], replace(call.turns[-1], text="说" * 6 + "*" * 6)))
    assert voice_cues(masked) == voice_cues(call)


def test_only_the_customer_is_told_of_and_text_says_nothing() -> None:
    assert voice_cues(call_of(*EVEN, role=Role.AGENT)) == ()
    call = call_of(*EVEN)
    text = replace(call, turns=tuple(replace(turn, voice=None) for turn in call.turns))
    assert voice_cues(text) is None
