from __future__ import annotations

import json
from dataclasses import replace

from kpi_builders import evaluate, evidence

from qa_analyzer.analysis.call_analysis import (
    Interruption,
    SentimentLabel,
    Silence,
    TurnSentiment,
)
from qa_analyzer.calls.call import Role
from qa_analyzer.kpi.contact_json import contact_document
from qa_analyzer.scoring.evaluation import Evaluation, EvidenceKind, Verdict
from qa_analyzer.speech.transcript import Turn


def a_recorded_call() -> Evaluation:
    made = evaluate(
        duration_s=60.0,
        verdicts={
            "greeting": "pass",
            "forbidden_phrases": "fail",
            "further_help": "fail",
            "speech_rate": "unscorable",
        },
        tags=("signal", "escalation"),
    )
    analysis = made.analysis
    turns = (
        Turn(0, Role.AGENT, "您好。", start_s=0.5, end_s=1.5),
        Turn(1, Role.CUSTOMER, "没信号！", start_s=2.0, end_s=10.0),
        Turn(2, Role.AGENT, "知道了。", start_s=9.2, end_s=12.0),
        Turn(3, Role.CUSTOMER, "谢谢。", start_s=40.0, end_s=42.0),
    )
    metrics = replace(
        analysis.metrics,
        talk_s={Role.AGENT: 3.8, Role.CUSTOMER: 10.0},
        silences=(Silence(Role.AGENT, 28.0, False, 12.0, 2, 3),),
        interruptions=(Interruption(Role.AGENT, 2, 9.2, 0.8),),
        speech_rate_cpm={Role.AGENT: 210.4},
    )
    sentiment = replace(
        analysis.sentiment,
        turns=(
            TurnSentiment(1, SentimentLabel.NEGATIVE, -0.8, 0.9),
            TurnSentiment(3, SentimentLabel.POSITIVE, 0.4, 0.9),
        ),
    )
    criteria = tuple(
        replace(each, evidence=(replace(evidence(), kind=EvidenceKind.WINDOW),))
        if each.criterion_id == "further_help"
        else each
        for each in made.criteria
    )
    transcript = replace(analysis.transcript, turns=turns)
    whole = replace(analysis, transcript=transcript, metrics=metrics, sentiment=sentiment)
    return replace(made, analysis=whole, criteria=criteria)


def test_a_recorded_call_in_the_common_shape() -> None:
    found = contact_document(a_recorded_call())
    assert json.loads(json.dumps(found)) == found
    assert (found["Channel"], found["LanguageCode"], found["ContactId"]) == ("VOICE", "zh-CN", "c1")
    assert found["Participants"] == [
        {"ParticipantId": "AGENT", "ParticipantRole": "AGENT"},
        {"ParticipantId": "CUSTOMER", "ParticipantRole": "CUSTOMER"},
    ]
    assert found["Categories"] == {
        "MatchedCategories": ["forbidden_phrases", "further_help", "signal", "escalation"],
        "MatchedDetails": {
            "forbidden_phrases": {"PointsOfInterest": [{"BeginOffsetMillis": 1000, "EndOffsetMillis": 2000}]},
            "further_help": {"PointsOfInterest": []},  # never said: there is no moment of it
            "signal": {"PointsOfInterest": [{"BeginOffsetMillis": 2000, "EndOffsetMillis": 10000}]},
            "escalation": {"PointsOfInterest": [{"BeginOffsetMillis": 2000, "EndOffsetMillis": 10000}]},
        },
    }
    skipped = [{"CategoryName": "speech_rate"}]
    assert found["JobDetails"] == {
        "SkippedAnalysis": [
            {"Feature": "CATEGORIZATION", "ReasonCode": "UNSCORABLE", "SkippedEntities": skipped}
        ]
    }
    characteristics = found["ConversationCharacteristics"]
    assert isinstance(characteristics, dict)
    assert characteristics["TotalConversationDurationMillis"] == 60_000
    cut = {"BeginOffsetMillis": 9200, "EndOffsetMillis": 10000, "DurationMillis": 800}
    assert characteristics["Interruptions"] == {
        "InterruptionsByInterrupter": {"AGENT": [cut]},
        "TotalCount": 1,
        "TotalTimeMillis": 800,
    }
    silence = {"BeginOffsetMillis": 12000, "EndOffsetMillis": 40000, "DurationMillis": 28000}
    assert characteristics["NonTalkTime"] == {"Instances": [silence], "TotalTimeMillis": 28000}
    assert characteristics["TalkSpeed"] == {"DetailsByParticipant": {"AGENT": {"AverageWordsPerMinute": 210}}}
    assert characteristics["TalkTime"] == {
        "DetailsByParticipant": {"AGENT": {"TotalTimeMillis": 3800}, "CUSTOMER": {"TotalTimeMillis": 10000}},
        "TotalTimeMillis": 13800,
    }
    assert characteristics["Sentiment"] == {
        "OverallSentiment": {"CUSTOMER": -1.0},
        "SentimentByPeriod": {
            "QUARTER": {  # of the customer's own time, 2 s to 42 s
                "CUSTOMER": [
                    {"BeginOffsetMillis": 2000, "EndOffsetMillis": 12000, "Score": -4.0},
                    {"BeginOffsetMillis": 32000, "EndOffsetMillis": 42000, "Score": 2.0},
                ]
            }
        },
    }
    turns = found["Transcript"]
    assert isinstance(turns, list)
    assert turns[1] == {
        "Id": "turn-1",
        "ParticipantId": "CUSTOMER",
        "Content": "没信号！",
        "BeginOffsetMillis": 2000,
        "EndOffsetMillis": 10000,
        "Sentiment": "NEGATIVE",
    }


def test_what_is_not_known_is_left_out() -> None:
    found = contact_document(evaluate(verdicts={"greeting": "pass"}))
    characteristics = found["ConversationCharacteristics"]
    assert isinstance(characteristics, dict)
    assert list(characteristics) == ["Sentiment"]
    assert found["Channel"] == "CHAT"
    assert found["JobDetails"] == {"SkippedAnalysis": []}
    assert "BeginOffsetMillis" not in json.dumps(found["Transcript"])


def test_passed_and_unjudged_criteria_are_no_categories() -> None:
    verdicts = {verdict.value: verdict.value for verdict in Verdict}
    found = contact_document(evaluate(verdicts=verdicts))
    assert isinstance(found["Categories"], dict)
    assert found["Categories"]["MatchedCategories"] == ["fail"]
