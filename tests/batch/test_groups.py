from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.batch import groups
from qa_analyzer.batch.groups import MOST_AUDIO_S, MOST_CALLS, groups_of
from qa_analyzer.batch.time_limits import time_limit_s
from qa_analyzer.batch.work import StoredTranscript, WorkItem
from qa_analyzer.calls.call import Call


def recordings(count: int) -> list[WorkItem]:
    return [Call(f"c{number}", audio_path=Path(f"{number}.wav")) for number in range(count)]


def sizes(work: list[WorkItem], workers: int) -> list[int]:
    return [len(group) for group in groups_of(work, workers)]


def test_short_calls_fill_groups_and_the_last_ones_are_shared_out() -> None:
    assert sizes(recordings(20), 1) == [8, 8, 4]
    assert sizes(recordings(24), 2) == [8, 8, 4, 2, 1, 1]
    assert sizes(recordings(4), 4) == [1, 1, 1, 1]


def test_long_calls_make_small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "longest_audio_s", lambda _: 0.4 * MOST_AUDIO_S)
    assert sizes(recordings(6), 1) == [2, 2, 2]
    monkeypatch.setattr(groups, "longest_audio_s", lambda _: 9 * MOST_AUDIO_S)
    assert sizes(recordings(3), 1) == [1, 1, 1]


def test_the_limit_of_a_group_is_that_of_all_its_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_analyzer.batch.time_limits.stated_duration_s", lambda _: 60.0)
    one, three = (time_limit_s(recordings(count), 10.0) for count in (1, 3))
    assert three - one == 1200.0


@given(st.lists(st.sampled_from(["recording", "text", "stored"]), max_size=60), st.integers(1, 5))
def test_every_call_is_in_one_group_in_order(kinds: list[str], workers: int) -> None:
    made = {
        "recording": lambda name: Call(name, audio_path=Path("absent.wav")),
        "text": lambda name: Call(name, given_turns=()),
        "stored": lambda name: StoredTranscript(name, Path("absent.json")),
    }
    work: list[WorkItem] = [made[kind](f"c{number}") for number, kind in enumerate(kinds)]
    grouped = list(groups_of(work, workers))
    assert [one for group in grouped for one in group] == work
    assert all(1 <= len(group) <= MOST_CALLS for group in grouped)
    for group in grouped:
        recorded = {isinstance(one, Call) and one.audio_path is not None for one in group}
        assert len(recorded) == 1
