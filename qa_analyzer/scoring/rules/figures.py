"""Rules about measured facts: figures of the conversation, silences and interruptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qa_analyzer.analysis.call_analysis import Interruption, Silence
from qa_analyzer.analysis.floor import is_back_channel
from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.rules.outcome import Hit, Outcome, State
from qa_analyzer.scoring.rules.scope import RoleName, role_of

if TYPE_CHECKING:
    from qa_analyzer.scoring.call_view import CallView

MetricName = Literal[
    "duration_s",
    "talk_s",
    "talk_ratio",
    "overlap_s",
    "non_talk_s",
    "longest_silence_s",
    "speech_rate_cpm",
    "first_agent_s",
]
_PER_ROLE = frozenset({"talk_s", "speech_rate_cpm"})
_UNIT = {"talk_ratio": "", "speech_rate_cpm": " 字/分钟"}
_NAMES = {
    "duration_s": "通话时长",
    "talk_s": "说话时长",
    "talk_ratio": "坐席说话占比",
    "overlap_s": "双方同时说话",
    "non_talk_s": "无人说话",
    "longest_silence_s": "最长静默",
    "speech_rate_cpm": "语速",
    "first_agent_s": "坐席首次开口",
}


class MetricRule(BaseModel):
    """A figure of the conversation inside ``[min, max]``; UNKNOWN where the input cannot tell it.

    ``band`` names a site's own band, given to the scorer, which goes before ``min`` and ``max``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["metric"] = "metric"
    metric: MetricName
    role: RoleName = "agent"
    min: float | None = None
    max: float | None = None
    band: str | None = None

    @model_validator(mode="after")
    def _bounded(self) -> MetricRule:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is larger than max")
        if self.metric in _PER_ROLE and self.role == "any":
            raise ValueError(f"{self.metric} needs a role")
        return self

    def judge(self, view: CallView) -> Outcome:
        value = self._value(view)
        if value is None:
            return Outcome(State.UNKNOWN, note=f"无法测得{_NAMES[self.metric]}")
        low, high = view.bands.get(self.band or "", (self.min, self.max))
        good = (low is None or value >= low) and (high is None or value <= high)
        limits = "～".join("" if limit is None else f"{limit:g}" for limit in (low, high))
        unit = _UNIT.get(self.metric, " 秒")
        note = f"{_NAMES[self.metric]}{value:.3g}{unit}，要求{limits}"
        hit = Hit(
            None, role_of(self.role) or Role.UNKNOWN, "", MatchKind.MEASURE, note=note, label=self.metric
        )
        return Outcome(State.HIT if good else State.MISS, (hit,), note=note)

    def _value(self, view: CallView) -> float | None:
        found = getattr(view.analysis.metrics, self.metric)
        if self.metric in _PER_ROLE:
            return found.get(Role(self.role)) if found is not None else None
        return float(found) if found is not None else None


class SilenceRule(BaseModel):
    """A silence longer than ``min_s`` whose end ``owner`` owed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["silence"] = "silence"
    min_s: float = Field(default=10.0, gt=0)
    owner: RoleName = "agent"
    announced: bool | None = None

    def judge(self, view: CallView) -> Outcome:
        silences = view.analysis.metrics.silences
        if silences is None:
            return Outcome(State.UNKNOWN, note="无法测得静默")
        # Before anyone has spoken nobody is kept waiting by an agent; ringing and empty tape are no hold.
        long = [
            silence
            for silence in silences
            if silence.duration_s > self.min_s and silence.after_turn_index is not None
        ]
        owned = [silence for silence in long if self._counts(silence)]
        if owned:
            return Outcome(State.HIT, tuple(_silence_hit(silence) for silence in owned))
        if any(silence.owner is Role.UNKNOWN for silence in long):
            return Outcome(State.UNKNOWN, note="有长时间静默，但分不清该由谁说话")
        return Outcome(State.MISS)

    def _counts(self, silence: Silence) -> bool:
        role = role_of(self.owner)
        if role is not None and silence.owner is not role:
            return False
        return self.announced is None or silence.announced == self.announced


class InterruptionRule(BaseModel):
    """``by`` cuts into the other's speech with content for at least ``min_overlap_s``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["interruption"] = "interruption"
    by: Literal["agent", "customer"] = "agent"
    min_overlap_s: float = Field(default=0.5, gt=0)
    min_count: int = Field(default=1, ge=1)

    def judge(self, view: CallView) -> Outcome:
        found = view.analysis.metrics.interruptions
        if found is None or not view.analysis.transcript.overlap_known:
            return Outcome(State.UNKNOWN, note="该录音或文本测不出双方同时说话")
        cuts = [cut for cut in found if cut.interrupter is Role(self.by) and self._counts(view, cut)]
        if len(cuts) < self.min_count:
            return Outcome(State.MISS)
        return Outcome(State.HIT, tuple(_interruption_hit(view, cut) for cut in cuts))

    def _counts(self, view: CallView, cut: Interruption) -> bool:
        return cut.overlap_s >= self.min_overlap_s and not is_back_channel(view.turns[cut.turn_index].text)


def _silence_hit(silence: Silence) -> Hit:
    end_s = silence.start_s + silence.duration_s if silence.start_s is not None else None
    note = f"静默{silence.duration_s:.1f}秒"
    # A silence sits at the end of the turn before it: what follows comes after it.
    at = silence.after_turn_index
    return Hit(
        at,
        silence.owner,
        "",
        MatchKind.MEASURE,
        _END,
        _END,
        silence.start_s,
        end_s,
        label="silence",
        note=note,
    )


_END = 1_000_000  # behind every character of a turn


def _interruption_hit(view: CallView, cut: Interruption) -> Hit:
    turn = view.turns[cut.turn_index]
    end_s = cut.start_s + cut.overlap_s if cut.start_s is not None else None
    note = f"与客户同时说话{cut.overlap_s:.1f}秒"
    return Hit(
        cut.turn_index, turn.role, turn.text, MatchKind.MEASURE, 0, len(turn.text), cut.start_s, end_s,
        label="interruption", note=note,
    )  # fmt: skip
