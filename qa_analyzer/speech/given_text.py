"""Calls that came as text become transcripts; what only audio could tell stays unknown."""

from __future__ import annotations

from dataclasses import replace

from qa_analyzer.calls.call import Call, Role
from qa_analyzer.errors import InputError
from qa_analyzer.speech.transcript import RoleAssignment, RoleMethod, Transcript, Turn


def transcript_from_turns(call: Call) -> Transcript:
    """Return the transcript of a text call; its order is kept, also where times are given.

    ``overlap_known`` is True only when the file says for every turn after the first how turns lie in time: by
    overlap figures or by start and end. Raises InputError when there is nothing to judge.
    """
    if not call.given_turns:
        raise InputError(call.call_id, "the call has no turns")
    turns = tuple(
        Turn(
            index=index,
            role=given.role,
            text=given.text,
            start_s=given.start_s,
            end_s=given.end_s,
            pause_before_s=given.pause_before_s,
            overlap_s=given.overlap_s,
            role_confidence=0.0 if given.role is Role.UNKNOWN else 1.0,
        )
        for index, given in enumerate(call.given_turns)
    )
    if not any(turn.text.strip() for turn in turns):
        raise InputError(call.call_id, "every turn of the call is empty")
    ends = [turn.end_s for turn in turns if turn.end_s is not None]
    roles = RoleAssignment(
        method=RoleMethod.GIVEN,
        confidence=1.0,
        agent_channel=None,
        diarized=False,
        reasons=("the input names the speakers",),
    )
    if all(turn.role is Role.UNKNOWN for turn in turns):
        roles = replace(
            roles, method=RoleMethod.NONE, confidence=0.0, reasons=("the input names no speaker",)
        )
    return Transcript(
        call=replace(call, given_turns=()),
        turns=turns,
        roles=roles,
        overlap_known=_overlap_known(turns),
        duration_s=max(ends) if len(ends) == len(turns) else None,
    )


def _overlap_known(turns: tuple[Turn, ...]) -> bool:
    later = turns[1:]
    timed = all(turn.start_s is not None and turn.end_s is not None for turn in turns)
    return bool(later) and (timed or all(turn.overlap_s is not None for turn in later))
