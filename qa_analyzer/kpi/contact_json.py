"""One call in the JSON shape that contact-centre analytics pipelines commonly load.

Times are whole milliseconds from the start of the recording; sentiment runs from -5 to 5. What is not
known is left out, never written as 0. Failed criteria, complaints and risks appear as matched categories;
a category without a moment (something that was never said) has no points of interest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from qa_analyzer.analysis.call_analysis import ComplaintTag, ConversationMetrics, TurnSentiment
from qa_analyzer.calls.call import Role
from qa_analyzer.kpi.document import Json
from qa_analyzer.scoring.evaluation import CriterionResult, Evaluation, Evidence, EvidenceKind, Verdict
from qa_analyzer.speech.transcript import Turn

SENTIMENT_SCALE = 5.0
PERIODS = 4

Object = dict[str, Json]


def contact_document(evaluation: Evaluation) -> Object:
    """Lay out an evaluation with its transcript, as it was stored."""
    analysis = evaluation.analysis
    transcript = analysis.transcript
    turns = {turn.index: turn for turn in transcript.turns}
    roles = [
        role for role in (Role.AGENT, Role.CUSTOMER) if any(turn.role is role for turn in transcript.turns)
    ]
    sentiments = {turn.turn_index: turn for turn in analysis.sentiment.turns}
    return {
        "Version": "1.1.0",
        "Channel": "CHAT" if transcript.audio is None else "VOICE",
        "ContactId": evaluation.call_id,
        "ContentMetadata": {"Output": "Redacted" if transcript.pii_masked else "Raw"},
        "JobStatus": "COMPLETED",
        "JobDetails": {"SkippedAnalysis": _skipped(evaluation.criteria)},
        "LanguageCode": "zh-CN" if transcript.language == "zh" else transcript.language,
        "Participants": [{"ParticipantId": _name(role), "ParticipantRole": _name(role)} for role in roles],
        "Categories": _categories(evaluation, turns),
        "ConversationCharacteristics": {
            **_characteristics(analysis.metrics, turns),
            "Sentiment": {
                "OverallSentiment": {
                    _name(role): round(sum(scores) / len(scores), 1)
                    for role in roles
                    if (scores := [score for turn, score in _scores(sentiments, turns, role)])
                },
                "SentimentByPeriod": {
                    "QUARTER": {
                        _name(role): periods
                        for role in roles
                        if (periods := _periods([*_scores(sentiments, turns, role)]))
                    }
                },
            },
        },
        "CustomModels": [],
        "Transcript": [_turn(turn, sentiments.get(turn.index)) for turn in transcript.turns],
    }


def _name(role: Role) -> str:
    return role.value.upper()


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _stretch(start_s: float, end_s: float) -> Object:
    return {"BeginOffsetMillis": _ms(start_s), "EndOffsetMillis": _ms(end_s)}


def _long_stretch(start_s: float, end_s: float) -> Object:
    return {**_stretch(start_s, end_s), "DurationMillis": _ms(end_s) - _ms(start_s)}


def _skipped(criteria: Iterable[CriterionResult]) -> list[Json]:
    entities: list[Json] = [
        {"CategoryName": criterion.criterion_id}
        for criterion in criteria
        if criterion.verdict is Verdict.UNSCORABLE
    ]
    if not entities:
        return []
    return [{"Feature": "CATEGORIZATION", "ReasonCode": "UNSCORABLE", "SkippedEntities": entities}]


def _categories(evaluation: Evaluation, turns: dict[int, Turn]) -> Object:
    matched: dict[str, list[Json]] = {}
    for criterion in evaluation.criteria:
        if criterion.verdict is Verdict.FAIL:
            moments = [_of_evidence(each) for each in criterion.evidence if each.kind is EvidenceKind.MATCH]
            matched[criterion.criterion_id] = [moment for moment in moments if moment is not None]
    for tag in evaluation.analysis.complaints + evaluation.analysis.risks:
        moment = _of_tag(tag, turns)
        matched.setdefault(tag.code, []).extend([] if moment is None else [moment])
    return {
        "MatchedCategories": [*matched],
        "MatchedDetails": {name: {"PointsOfInterest": moments} for name, moments in matched.items()},
    }


def _of_evidence(evidence: Evidence) -> Json:
    if evidence.start_s is None or evidence.end_s is None:
        return None
    return _stretch(evidence.start_s, evidence.end_s)


def _of_tag(tag: ComplaintTag, turns: dict[int, Turn]) -> Json:
    turn = turns.get(tag.turn_index)
    if tag.start_s is None or turn is None or turn.end_s is None:
        return None
    return _stretch(tag.start_s, max(tag.start_s, turn.end_s))


def _characteristics(metrics: ConversationMetrics, turns: dict[int, Turn]) -> Object:
    found: Object = {}
    if metrics.duration_s is not None:
        found["TotalConversationDurationMillis"] = _ms(metrics.duration_s)
    if metrics.interruptions is not None:
        by_role: dict[str, list[Json]] = {}
        for cut in metrics.interruptions:
            turn = turns.get(cut.turn_index)
            start_s = cut.start_s if cut.start_s is not None or turn is None else turn.start_s
            if start_s is not None:
                by_role.setdefault(_name(cut.interrupter), []).append(
                    _long_stretch(start_s, start_s + cut.overlap_s)
                )
        found["Interruptions"] = {
            "InterruptionsByInterrupter": {role: [*cuts] for role, cuts in by_role.items()},
            "TotalCount": len(metrics.interruptions),
            "TotalTimeMillis": sum(_ms(cut.overlap_s) for cut in metrics.interruptions),
        }
    if metrics.silences is not None:
        timed = [silence for silence in metrics.silences if silence.start_s is not None]
        found["NonTalkTime"] = {
            "Instances": [
                _long_stretch(silence.start_s or 0.0, (silence.start_s or 0.0) + silence.duration_s)
                for silence in timed
            ],
            "TotalTimeMillis": sum(_ms(silence.duration_s) for silence in metrics.silences),
        }
    if metrics.speech_rate_cpm is not None:
        # The unit of pace in Mandarin is the character, in a field that other languages fill with words.
        found["TalkSpeed"] = {
            "DetailsByParticipant": {
                _name(role): {"AverageWordsPerMinute": round(rate)}
                for role, rate in metrics.speech_rate_cpm.items()
                if role is not Role.UNKNOWN
            }
        }
    if metrics.talk_s is not None:
        talk_ms = {_name(role): _ms(s) for role, s in metrics.talk_s.items() if role is not Role.UNKNOWN}
        found["TalkTime"] = {
            "DetailsByParticipant": {name: {"TotalTimeMillis": ms} for name, ms in talk_ms.items()},
            "TotalTimeMillis": sum(talk_ms.values()),
        }
    return found


def _scores(
    sentiments: dict[int, TurnSentiment], turns: dict[int, Turn], role: Role
) -> list[tuple[Turn, float]]:
    return [
        (turns[index], SENTIMENT_SCALE * sentiment.score)
        for index, sentiment in sorted(sentiments.items())
        if index in turns and turns[index].role is role
    ]


def _periods(scores: Sequence[tuple[Turn, float]]) -> list[Json]:
    """Average a role's sentiment over the quarters of its own time, from its first word to its last."""
    timed = [
        (turn.start_s, turn.end_s, score)
        for turn, score in scores
        if turn.start_s is not None and turn.end_s is not None
    ]
    if not timed:
        return []
    first, last = min(start for start, _, _ in timed), max(end for _, end, _ in timed)
    edges = [first + (last - first) * number / PERIODS for number in range(PERIODS + 1)]
    periods: list[Json] = []
    for begin, end in pairwise(edges):
        inside = [score for start_s, end_s, score in timed if start_s < end and end_s > begin]
        if inside:
            periods.append({**_stretch(begin, end), "Score": round(sum(inside) / len(inside), 1)})
    return periods


def _turn(turn: Turn, sentiment: TurnSentiment | None) -> Object:
    content: Object = {"Id": f"turn-{turn.index}", "ParticipantId": _name(turn.role), "Content": turn.text}
    if turn.start_s is not None and turn.end_s is not None:
        content |= _stretch(turn.start_s, turn.end_s)
    if sentiment is not None:
        content["Sentiment"] = sentiment.label.value.upper()
    return content
