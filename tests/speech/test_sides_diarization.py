from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.calls.call import Call, Role
from qa_analyzer.intervals import Span, total_s
from qa_analyzer.speech.diarization import Diarization, SpeakerSpan, two_parties
from qa_analyzer.speech.phrases import Phrase
from qa_analyzer.speech.sides import MIN_PART_S, MixedAudio, channel_sides, voice_sides, voices_of
from qa_analyzer.speech.transcript import ChannelProblem, RoleMethod

Build = Callable[..., Phrase]


def call(agent_channel: int | None = None) -> Call:
    return Call("c", given_turns=(), agent_channel=agent_channel)


def conversation(phrase: Build, agent: int) -> list[Phrase]:
    return [
        phrase("您好很高兴为您服务请问有什么可以帮您", 0, 4, agent),
        phrase("我家宽带上不了网你们怎么回事", 5, 8, 1 - agent),
        phrase("非常抱歉给您带来不便帮您登记一下", 9, 12, agent),
        phrase("我要投诉你们客服", 13, 15, 1 - agent),
    ]


def test_manifest_is_followed(phrase: Build) -> None:
    sides = channel_sides(call(1), conversation(phrase, 1))
    assert sides.roles.method is RoleMethod.MANIFEST
    assert (sides.role_of(1), sides.role_of(0)) == (Role.AGENT, Role.CUSTOMER)
    assert sides.findings == ()


def test_manifest_against_all_that_is_said_is_not_followed(phrase: Build) -> None:
    sides = channel_sides(call(0), conversation(phrase, 1))
    assert sides.roles.method is RoleMethod.NONE
    assert sides.role_of(0) is Role.UNKNOWN
    assert [finding.problem for finding in sides.findings] == [ChannelProblem.SWAPPED]


def test_manifest_holds_where_little_is_said(phrase: Build) -> None:
    sides = channel_sides(call(1), [phrase("喂", 0, 1, 0), phrase("嗯嗯", 2, 3, 1)])
    assert sides.role_of(1) is Role.AGENT


@pytest.mark.parametrize("agent", [0, 1])
def test_channel_is_inferred_without_a_manifest(phrase: Build, agent: int) -> None:
    sides = channel_sides(call(), conversation(phrase, agent))
    assert sides.roles.method is RoleMethod.INFERRED
    assert sides.roles.agent_channel == agent


def test_impossible_channel_in_the_manifest_is_not_followed(phrase: Build) -> None:
    assert channel_sides(call(7), conversation(phrase, 1)).roles.agent_channel == 1


def test_two_voices_of_a_mix_get_roles(phrase: Build) -> None:
    diarization = Diarization((SpeakerSpan(0, Span(0, 4)), SpeakerSpan(1, Span(5, 8))), 2, 0.3, "two voices")
    sides = voice_sides(call(), conversation(phrase, 0), diarization)
    assert (sides.physical, sides.roles.diarized, sides.roles.agent_channel) == (False, True, 0)
    assert "two voices" in sides.roles.reasons


def test_voices_too_alike_give_no_roles(phrase: Build) -> None:
    diarization = Diarization((SpeakerSpan(0, Span(0, 4)), SpeakerSpan(1, Span(5, 8))), 2, 0.95, "alike")
    sides = voice_sides(call(), conversation(phrase, 0), diarization)
    assert sides.roles.agent_channel is None
    assert sides.roles.confidence <= 0.5


def test_one_voice_gives_no_roles(phrase: Build) -> None:
    sides = voice_sides(call(), conversation(phrase, 0), Diarization((), 1, 1.0, "one voice only"))
    assert sides.role_of(0) is sides.role_of(1) is Role.UNKNOWN
    assert sides.roles.reasons == ("one voice only",)


def test_small_clusters_join_the_voice_they_sound_like_or_drop_out() -> None:
    labelled = [(0, Span(0, 10)), (1, Span(10, 18)), (2, Span(18, 19)), (3, Span(19, 20))]
    centroids = {
        0: np.array([1, 0, 0], np.float32),
        1: np.array([0, 1, 0], np.float32),
        2: np.array([0.1, 0.9, 0], np.float32),
        3: np.array([0, 0, 1], np.float32),
    }
    found = two_parties(labelled, centroids)
    assert [(one.speaker, one.span.end_s) for one in found.spans] == [(0, 10), (1, 18), (1, 19)]
    assert found.likeness == 0.0


@pytest.mark.parametrize("labelled", [[(0, Span(0, 10))], [(0, Span(0, 100)), (1, Span(100, 101))]])
def test_one_real_voice_is_no_pair(labelled: list[tuple[str, Span]]) -> None:
    found = two_parties(labelled, {})
    assert found.spans == ()
    assert found.likeness == 1.0


@given(
    st.lists(st.tuples(st.floats(0.3, 5), st.integers(0, 1)), min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(0.1, 3), st.floats(0.2, 6)), min_size=1, max_size=8),
)
def test_all_voice_goes_to_exactly_one_speaker(
    talk: list[tuple[float, int]], voiced: list[tuple[float, float]]
) -> None:
    cursor_s, spans = 0.0, []
    for length_s, speaker in talk:
        spans.append(SpeakerSpan(speaker, Span(cursor_s, cursor_s + length_s)))
        cursor_s += length_s
    cursor_s, voice = 0.0, []
    for gap_s, length_s in voiced:
        voice.append(Span(cursor_s + gap_s, cursor_s + gap_s + length_s))
        cursor_s += gap_s + length_s
    shares = voices_of(voice, Diarization(tuple(spans), 2, 0.2, ""))
    shared_s = total_s(shares[0]) + total_s(shares[1])
    assert shared_s <= total_s(voice) + 1e-6
    assert shared_s >= total_s(voice) - MIN_PART_S * (len(voice) + len(spans))
    assert total_s([*shares[0], *shares[1]]) == pytest.approx(shared_s)


def test_mix_is_read_for_either_side(array_audio: type) -> None:
    mixed = MixedAudio(array_audio(np.ones(16_000, np.float32)), 0)
    assert mixed.read(1, 0.5).size == 8000
    assert mixed.duration_s == 1.0
    with pytest.raises(IndexError):
        mixed.read(2)
