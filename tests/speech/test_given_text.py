import pytest

from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.errors import InputError
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import RoleMethod

A, C = Role.AGENT, Role.CUSTOMER


def test_given_figures_are_kept_and_unknown_stays_unknown() -> None:
    call = Call(
        "t1",
        given_turns=(
            GivenTurn(A, "您好", pause_before_s=0.4, overlap_s=0.0),
            GivenTurn(C, "我的宽带断了", pause_before_s=0.0, overlap_s=1.2),
        ),
    )
    transcript = transcript_from_turns(call)
    assert [(turn.index, turn.role, turn.overlap_s) for turn in transcript.turns] == [
        (0, A, 0.0),
        (1, C, 1.2),
    ]
    assert transcript.overlap_known
    assert transcript.roles.method is RoleMethod.GIVEN
    assert transcript.audio is None
    assert transcript.asr_fingerprint is None
    assert transcript.duration_s is None
    assert transcript.turns[0].start_s is None


def test_overlap_is_unknown_where_one_turn_does_not_say() -> None:
    turns = (GivenTurn(A, "您好", overlap_s=0.0), GivenTurn(C, "喂"), GivenTurn(A, "请讲", overlap_s=0.0))
    assert not transcript_from_turns(Call("t2", given_turns=turns)).overlap_known


def test_times_make_overlap_and_duration_known() -> None:
    turns = (GivenTurn(A, "您好", start_s=0.0, end_s=2.0), GivenTurn(C, "喂", start_s=1.5, end_s=9.0))
    transcript = transcript_from_turns(Call("t3", given_turns=turns))
    assert transcript.overlap_known
    assert transcript.duration_s == 9.0


def test_unknown_speakers_have_no_roles() -> None:
    turns = (GivenTurn(Role.UNKNOWN, "您好"), GivenTurn(Role.UNKNOWN, "喂"))
    transcript = transcript_from_turns(Call("t4", given_turns=turns))
    assert transcript.roles.method is RoleMethod.NONE
    assert [turn.role_confidence for turn in transcript.turns] == [0.0, 0.0]


@pytest.mark.parametrize("turns", [(), (GivenTurn(A, " "), GivenTurn(C, ""))])
def test_nothing_to_judge(turns: tuple[GivenTurn, ...]) -> None:
    with pytest.raises(InputError, match="t5"):
        transcript_from_turns(Call("t5", given_turns=turns))
