"""What every exported column means: the data dictionary, and the order and type of the columns.

One list feeds the files, the JSON Schema and the dictionary, so none can drift. Columns may be added,
never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a cell holds. A moment is UTC; a day is the call centre's own."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Field:
    """One exported column. ``unit`` is empty where there is none; ``required`` cells are never missing."""

    name: str
    kind: Kind
    meaning: str
    meaning_zh: str
    unit: str = ""
    required: bool = False


def _key(*names: str) -> tuple[Field, ...]:
    every = {
        "evaluation_id": Field(
            "evaluation_id", Kind.INTEGER, "joins the tables of one export", "各表之间的关联号", "", True
        ),
        "call_id": Field("call_id", Kind.TEXT, "the call", "通话编号", "", True),
        "criterion_id": Field(
            "criterion_id", Kind.TEXT, "the criterion of the scorecard", "评分项编号", "", True
        ),
        "position": Field("position", Kind.INTEGER, "order, from 0", "顺序，从 0 起", "", True),
    }
    return tuple(every[name] for name in names)


_MOMENT_IN_CALL = (
    Field("turn_index", Kind.INTEGER, "turn of the transcript, from 0", "话轮序号，从 0 起"),
    Field("start_s", Kind.NUMBER, "start of it in the recording", "在录音中的起点", "s"),
)

_OFFSETS = (
    Field("char_start", Kind.INTEGER, "first character in the turn's text", "在话轮文本中的起始字符"),
    Field("char_end", Kind.INTEGER, "after its last character", "结束字符（不含）"),
)

EVALUATIONS: tuple[Field, ...] = (
    *_key("evaluation_id", "call_id"),
    Field(
        "revision",
        Kind.INTEGER,
        "grows with every change in the store; the watermark",
        "数据版本号（水位）",
        "",
        True,
    ),
    Field(
        "is_current",
        Kind.BOOLEAN,
        "the evaluation that counts for its call and scorecard",
        "是否为当前有效结果",
        "",
        True,
    ),
    Field("agent_id", Kind.TEXT, "agent's number", "坐席工号"),
    Field("agent_name", Kind.TEXT, "agent's name", "坐席姓名"),
    Field("team", Kind.TEXT, "team", "班组"),
    Field("queue", Kind.TEXT, "queue or skill group", "队列 / 技能组"),
    Field("started_at", Kind.MOMENT, "start of the call, UTC", "通话开始时间（UTC）"),
    Field("local_day", Kind.DAY, "the call centre's calendar day", "通话日期（当地）"),
    Field("direction", Kind.TEXT, "inbound or outbound", "呼入 / 呼出"),
    Field("ring_seconds", Kind.NUMBER, "time until answered", "振铃时长", "s"),
    Field("ring_count", Kind.INTEGER, "rings until answered", "振铃次数"),
    Field("csat", Kind.NUMBER, "customer's rating, 5 is best", "客户满意度评分（5 为最好）"),
    Field("resolved", Kind.BOOLEAN, "the ticket system's own flag", "是否解决（工单系统标记）"),
    Field("customer_key", Kind.TEXT, "digest of the customer id", "客户标识摘要"),
    Field("scorecard_id", Kind.TEXT, "scorecard", "评分表", "", True),
    Field("scorecard_version", Kind.TEXT, "its version", "评分表版本", "", True),
    Field("scorecard_fingerprint", Kind.TEXT, "digest of the scorecard's content", "评分表指纹", "", True),
    Field("transcript_fingerprint", Kind.TEXT, "digest of the transcript", "转写指纹", "", True),
    Field("asr_fingerprint", Kind.TEXT, "what recognised the call; missing for text", "识别引擎指纹"),
    Field("code_fingerprint", Kind.TEXT, "release that judged", "程序版本指纹", "", True),
    Field("lexicon_fingerprint", Kind.TEXT, "digest of the complaint lexicon", "投诉词典指纹", "", True),
    Field(
        "acts_fingerprint",
        Kind.TEXT,
        "model that read acts; missing where none did, and in rows of earlier releases",
        "行为模型指纹",
    ),
    Field(
        "percent",
        Kind.NUMBER,
        "score over the judged criteria; missing when none could be judged",
        "质检得分",
        "0-100",
    ),
    Field("grade", Kind.TEXT, "excellent, pass, to_improve, fail or unscored", "等级", "", True),
    Field("auto_failed", Kind.BOOLEAN, "a red line was crossed", "是否触发红线", "", True),
    Field("promised_hours", Kind.NUMBER, "longest time promised", "承诺时限", "h"),
    Field(
        "promises_in_time",
        Kind.BOOLEAN,
        "all promises within 24 h (answer) or 48 h (fix)",
        "承诺是否在规定时限内",
    ),
    Field("duration_s", Kind.NUMBER, "length of the call", "通话时长", "s"),
    Field("agent_talk_s", Kind.NUMBER, "agent's voiced time", "坐席说话时长", "s"),
    Field("customer_talk_s", Kind.NUMBER, "customer's voiced time", "客户说话时长", "s"),
    Field("talk_ratio", Kind.NUMBER, "agent / (agent + customer)", "坐席说话占比", "0-1"),
    Field("overlap_s", Kind.NUMBER, "both speak at once", "重叠时长", "s"),
    Field("non_talk_share", Kind.NUMBER, "nobody speaks", "静默占比", "0-1"),
    Field("longest_silence_s", Kind.NUMBER, "longest silence", "最长静默", "s"),
    Field("agent_interruptions", Kind.INTEGER, "agent cuts into the customer's speech", "坐席抢话次数"),
    Field("customer_interruptions", Kind.INTEGER, "customer cuts into the agent's speech", "客户抢话次数"),
    Field(
        "agent_speech_rate_cpm", Kind.NUMBER, "agent's pace over voiced time", "坐席语速", "characters/min"
    ),
    Field("first_agent_s", Kind.NUMBER, "until the agent's first word", "坐席首次开口", "s"),
    Field("customer_start", Kind.TEXT, "customer's sentiment at the start", "客户起始情绪"),
    Field("customer_end", Kind.TEXT, "customer's sentiment at the end", "客户结束情绪"),
    Field("shift", Kind.TEXT, "improved, unchanged or worsened", "情绪变化"),
    Field("lowest", Kind.NUMBER, "lowest score of a customer turn", "客户情绪最低点", "-1..1"),
    Field("asr_model", Kind.TEXT, "recogniser", "识别模型"),
    Field("mean_word_probability", Kind.NUMBER, "how sure the recogniser was", "平均识别置信度", "0-1"),
    Field(
        "audited_share", Kind.NUMBER, "share of the recording not recognised soundly", "识别存疑占比", "0-1"
    ),
    Field("role_method", Kind.TEXT, "how roles were found", "角色判定方式", "", True),
    Field("role_confidence", Kind.NUMBER, "how sure the roles are", "角色置信度", "0-1", True),
    Field("audio_sha256", Kind.TEXT, "digest of the recording", "录音摘要"),
)

CRITERIA: tuple[Field, ...] = (
    *_key("evaluation_id", "call_id", "criterion_id", "position"),
    Field("verdict", Kind.TEXT, "the machine's: pass, fail, na or unscorable", "机器结论", "", True),
    Field("points_earned", Kind.NUMBER, "points earned", "得分", "points", True),
    Field("points_possible", Kind.NUMBER, "points that could be earned", "应得分", "points", True),
    Field("auto_fail", Kind.BOOLEAN, "a red line: failing it makes the call 0", "是否红线项", "", True),
    Field("explanation", Kind.TEXT, "why, in one sentence", "判定理由", "", True),
)

EVIDENCE: tuple[Field, ...] = (
    *_key("evaluation_id", "call_id", "criterion_id", "position"),
    Field("kind", Kind.TEXT, "match, window, nearest_miss, measure or condition", "证据类型", "", True),
    Field("role", Kind.TEXT, "who speaks", "说话人", "", True),
    *_MOMENT_IN_CALL,
    Field("end_s", Kind.NUMBER, "end of it in the recording", "在录音中的终点", "s"),
    Field("quote", Kind.TEXT, "the transcript's own words", "原文引用", "", True),
    Field("match_kind", Kind.TEXT, "how it was found", "匹配方式", "", True),
    Field("distance", Kind.NUMBER, "0 for an exact match", "匹配距离", "", True),
    *_OFFSETS,
    Field("heard_share", Kind.NUMBER, "how much of a searched window was recognised", "窗口识别占比", "0-1"),
    Field("note", Kind.TEXT, "a sentence for people", "说明", "", True),
)

COMPLAINTS: tuple[Field, ...] = (
    *_key("evaluation_id", "call_id", "position"),
    Field("code", Kind.TEXT, "complaint or risk code", "投诉 / 风险代码", "", True),
    Field("complaint_class", Kind.TEXT, "network, charges, service or risk", "大类", "", True),
    *_MOMENT_IN_CALL,
    Field("term", Kind.TEXT, "the customer's words", "客户原话", "", True),
    Field("match_kind", Kind.TEXT, "how it was found", "匹配方式", "", True),
    *_OFFSETS,
    Field("severity", Kind.INTEGER, "1 (a wish) to 5 (an outside body is near)", "严重程度 1–5"),
)

OVERRIDES: tuple[Field, ...] = (
    *_key("evaluation_id", "call_id", "criterion_id"),
    Field("reviewer", Kind.TEXT, "who decided", "复核人", "", True),
    Field("decided_at", Kind.MOMENT, "when, UTC", "复核时间（UTC）", "", True),
    Field(
        "verdict", Kind.TEXT, "the person's verdict; the machine's stays in criteria", "人工结论", "", True
    ),
    Field("reason", Kind.TEXT, "why", "理由", "", True),
)

TABLES: Mapping[str, tuple[Field, ...]] = {
    "evaluations": EVALUATIONS,
    "criteria": CRITERIA,
    "evidence": EVIDENCE,
    "complaints": COMPLAINTS,
    "overrides": OVERRIDES,
}
