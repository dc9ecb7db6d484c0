"""What a run would do, and how long it would take, without doing it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.batch.run import RunPlan, calls_done
from qa_analyzer.batch.work import StoredTranscript, WorkItem
from qa_analyzer.calls.recording_length import stated_duration_s

ASSUMED_SPEED = 5.0  # audio seconds per wall second of the base recogniser on two ordinary cores


@dataclass(frozen=True, slots=True)
class Forecast:
    """What lies ahead. ``expected_s`` rests on ``speed``, measured in the last run where there was one.

    ``unknown_length`` counts recordings whose header does not state a length, ``left_out`` calls that were
    purged from this output.
    """

    calls: int
    done: int
    rejected: int
    audio_s: float
    unknown_length: int
    speed: float
    measured: bool
    left_out: int = 0

    @property
    def expected_s(self) -> float:
        return self.audio_s / self.speed


def forecast(plan: RunPlan) -> Forecast:
    """Look at a plan and at what an earlier run on the same output has finished."""
    done = calls_done(plan)
    lengths = [_length_s(each) for each in plan.work if each.call_id not in done]
    speed = _last_speed(plan.out_dir)
    return Forecast(
        calls=len(plan.work),
        done=len(done),
        rejected=len(plan.rejected),
        audio_s=sum(length for length in lengths if length is not None),
        unknown_length=sum(length is None for length in lengths),
        speed=speed or ASSUMED_SPEED,
        measured=speed is not None,
        left_out=plan.left_out,
    )


def _length_s(work_item: WorkItem) -> float | None:
    if isinstance(work_item, StoredTranscript) or not work_item.is_recording:
        return 0.0
    if work_item.audio_path is None:
        return None  # it lies elsewhere
    return stated_duration_s(work_item.audio_path)


def _last_speed(out_dir: Path) -> float | None:
    try:
        facts = json.loads((out_dir / "run.json").read_text(encoding="utf-8"))
        speed = facts["summary"]["audio_s_per_wall_s"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return float(speed) if speed else None
