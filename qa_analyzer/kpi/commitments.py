"""How soon an agent promised something, and whether that keeps the operators' limits.

The limits are 24 hours for an answer and 48 hours for a repair or any other action (handbook rule 24 h / 48
h).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

import cn2an

from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.evaluation import Evaluation, EvidenceKind, Verdict

CRITERION = "time_commitment"


class PromiseKind(StrEnum):
    """What was promised."""

    ANSWER = "answer"
    FIX = "fix"


LIMIT_HOURS = {PromiseKind.ANSWER: 24.0, PromiseKind.FIX: 48.0}

_UNIT_HOURS = {"分钟": 1 / 60, "小时": 1.0, "钟头": 1.0, "天": 24.0, "日": 24.0, "工作日": 24.0, "周": 168.0}
_UNIT_HOURS |= {"星期": 168.0, "礼拜": 168.0, "个月": 720.0}
_SPAN = re.compile(
    r"(?<![第月点\d一二三四五六七八九十百])"
    r"(?P<number>\d+(?:\.\d+)?|[一二两三四五六七八九十百]+|半)"
    r"(?:(?P<unit>个月)|个?(?P<half>半)?(?P<time>分钟|小时|钟头|工作日|天|周|星期|礼拜)|(?P<day>日)(?=之?以?内))"
    r"(?!之?以?前|半?以?后的)"
)
_RANGE = re.compile(
    r"(?<=[\d一二两三四五六七八九十百])(?:个?(?:到|至)|[-~～—])(?=[\d一二两三四五六七八九十百])"
)
_NAMED_DAY = re.compile(
    r"(?P<day>(?:今天|今日|当天)?下班|今天|今日|当天|当日|今晚|明天|明日|次日|明早|后天)(?P<part>上午|早上|中午|下午|晚上|之?前)?"
)
_DAYS_AHEAD = {"明": 1, "次": 1, "后": 2}
_PART_ENDS = {"上午": 12.0, "早上": 12.0, "中午": 13.0, "下午": 18.0}
_ANSWER = re.compile(r"回复|答复|回电|回访|回您|联系|来电|致电|打给|打电话|通知|告知|反馈")
_FIX = re.compile(r"修|恢复|解决|上门|处理|办|到账|退|开通|安装|生效|完成|核实|查")
_CLAUSE_END = re.compile(r"[，。；！？,;!?]")


@dataclass(frozen=True, slots=True)
class Promise:
    """One promised time. ``hours`` is how long it lets the customer wait, at worst."""

    hours: float
    kind: PromiseKind

    @property
    def in_time(self) -> bool:
        return self.hours <= LIMIT_HOURS[self.kind]


def promises_in(text: str, *, clock_hour: float | None = None) -> tuple[Promise, ...]:
    """Find promised times in an agent's words; of a range the later end counts, a working day is 24 hours.

    ``clock_hour`` is the local time of the call in hours since midnight; unknown counts as midnight, the
    longest wait.
    """
    text = _RANGE.sub("～", text)
    found: list[tuple[int, int, float]] = []
    for match in _SPAN.finditer(text):
        number = _number(match["number"])
        if number is not None:
            number += 0.5 if match["half"] else 0.0
            found.append(
                (*match.span(), number * _UNIT_HOURS[match["unit"] or match["time"] or match["day"]])
            )
    for match in _NAMED_DAY.finditer(text):
        ahead = _DAYS_AHEAD.get(match["day"][0], 0)
        ends = 12.0 if match["day"] == "明早" else 18.0 if match["day"].endswith("下班") else 24.0
        if ahead and match["part"] in ("前", "之前"):
            ends = 0.0
        deadline = 24.0 * ahead + _PART_ENDS.get(match["part"] or "", ends)
        found.append((*match.span(), max(0.0, deadline - (clock_hour or 0.0))))
    found.sort()
    until = [start for start, _, _ in found[1:]] + [len(text)]
    return tuple(
        Promise(hours, _kind(text, start, end, until[n])) for n, (start, end, hours) in enumerate(found)
    )


def _number(words: str) -> float | None:
    if words == "半":
        return 0.5
    try:
        return float(cn2an.cn2an(words, "smart"))
    except (ValueError, KeyError):  # misheard numbers such as 十十一 and 百十一 make the library stumble
        return None


def _kind(text: str, start: int, end: int, until: int) -> PromiseKind:
    """Tell what a time was promised for: the words after it first, then those before it in its clause."""
    before = _CLAUSE_END.split(text[:start])[-1]
    for words in (text[end:until], before, text[:start]):
        hits = [(match.start(), kind) for kind, match in _hits(words)]
        if hits:
            return min(hits)[1]
    return PromiseKind.FIX


def _hits(words: str) -> list[tuple[PromiseKind, re.Match[str]]]:
    searched = ((PromiseKind.ANSWER, _ANSWER.search(words)), (PromiseKind.FIX, _FIX.search(words)))
    return [(kind, match) for kind, match in searched if match is not None]


def promises_of(evaluation: Evaluation, zone: tzinfo) -> tuple[Promise, ...]:
    """Return what the agent promised where the scorecard found a commitment; empty where it found none."""
    transcript = evaluation.analysis.transcript
    turns = {turn.index: turn.text for turn in transcript.turns}
    clock_hour = _clock_hour(transcript.call.started_at, zone)
    promised: list[Promise] = []
    for criterion in evaluation.criteria:
        if criterion.criterion_id != CRITERION or criterion.verdict is not Verdict.PASS:
            continue
        for evidence in criterion.evidence:
            if evidence.kind is not EvidenceKind.MATCH or evidence.role is Role.CUSTOMER:
                continue
            said = turns.get(-1 if evidence.turn_index is None else evidence.turn_index, "")
            promised.extend(
                promises_in(said, clock_hour=clock_hour) or promises_in(evidence.quote, clock_hour=clock_hour)
            )
    return tuple(dict.fromkeys(promised))


def _clock_hour(started_at: datetime | None, zone: tzinfo) -> float | None:
    if started_at is None:
        return None
    local = started_at.astimezone(zone) if started_at.tzinfo else started_at
    return local.hour + local.minute / 60
