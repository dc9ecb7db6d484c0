"""Calls in a group end as they would alone, whatever happens to one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from qa_analyzer.batch.process_call import CallProcessor
from qa_analyzer.batch.work import CallResult
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.errors import CallError, DecodeError
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Transcript


@dataclass
class Machine:
    """A transcriber that hears the name of the call; counts how often it was asked."""

    fingerprint: str = "f" * 64
    broken_together: bool = False
    asked: list[int] = field(default_factory=list)

    def transcribe(self, call: Call) -> Transcript:
        (outcome,) = self._hear([call])
        if isinstance(outcome, CallError):
            raise outcome
        return outcome

    def transcribe_together(self, calls: Sequence[Call]) -> tuple[Transcript | CallError, ...]:
        if self.broken_together:
            raise KeyError("a bug that one of the calls brings out")
        return self._hear(calls)

    def _hear(self, calls: Sequence[Call]) -> tuple[Transcript | CallError, ...]:
        self.asked.append(len(calls))
        return tuple(self._one(call) for call in calls)

    def _one(self, call: Call) -> Transcript | CallError:
        if call.call_id == "bad":
            return DecodeError("bad", "no audio in it")
        said = GivenTurn(Role.AGENT, f"您好，我是{call.call_id}")
        return transcript_from_turns(Call(call.call_id, given_turns=(said,)))


def processor(folder: Path, machine: Machine) -> CallProcessor:
    return CallProcessor(folder, cast(Any, machine), analyzer=None, scorer=None)


def outcomes(results: Sequence[CallResult]) -> list[object]:
    return [(result.call_id, result.transcript, result.failure) for result in results]


WORK = [Call(name, audio_path=Path(f"{name}.wav")) for name in ("a", "bad", "b")]


@pytest.mark.parametrize("broken_together", [False, True])
def test_a_group_ends_as_its_calls_alone(tmp_path: Path, broken_together: bool) -> None:
    machine = Machine(broken_together=broken_together)
    together = processor(tmp_path / "together", machine).process_together(WORK)
    one_by_one = [processor(tmp_path / "alone", Machine()).process(work_item) for work_item in WORK]
    assert outcomes(together) == outcomes(one_by_one)
    assert machine.asked == ([1, 1, 1] if broken_together else [3])
    for name in ("a", "b"):
        paths = [tmp_path / folder / f"{name}.json" for folder in ("together", "alone")]
        assert paths[0].read_bytes() == paths[1].read_bytes()
    assert [result.failure.error for result in together if result.failure is not None] == ["DecodeError"]


def test_each_call_carries_its_share_of_the_time(tmp_path: Path) -> None:
    results = processor(tmp_path, Machine()).process_together(WORK)
    assert all(set(result.stage_seconds) == {"transcribe"} for result in results)
    assert all(result.stage_seconds["transcribe"] >= 0 for result in results)
