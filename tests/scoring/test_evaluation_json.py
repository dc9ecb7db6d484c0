import json
from dataclasses import replace

import jsonschema
import pytest

from qa_analyzer.analysis.call_analysis import (
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    ConversationMetrics,
    Interruption,
    Rise,
    SentimentLabel,
    Silence,
    TurnSentiment,
    VoiceCue,
    VoiceCueKind,
)
from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.scoring.evaluation import (
    CriterionResult,
    Evaluation,
    Evidence,
    EvidenceKind,
    Fingerprints,
    Grade,
    MatchKind,
    Verdict,
)
from qa_analyzer.scoring.evaluation_json import SCHEMA_PATH, evaluation_from_json, evaluation_to_json
from qa_analyzer.speech.given_text import transcript_from_turns

CALL = Call(
    "c1", given_turns=(GivenTurn(Role.AGENT, "您好"), GivenTurn(Role.CUSTOMER, "我的网断了🙂")), agent_id=None
)
METRICS = ConversationMetrics(
    duration_s=61.25,
    talk_s={Role.AGENT: 30.5, Role.CUSTOMER: 20.0},
    talk_ratio=0.604,
    overlap_s=None,
    non_talk_s=10.75,
    longest_silence_s=10.75,
    silences=(Silence(Role.AGENT, 10.75, True, 5.0, 0, 1),),
    interruptions=(Interruption(Role.AGENT, 0, 1.5, 0.8),),
    speech_rate_cpm={Role.AGENT: 240.0},
    first_agent_s=0.5,
)
EVIDENCE = Evidence(
    EvidenceKind.MATCH, Role.AGENT, 0, 0.5, 1.5, "您好", MatchKind.SOUND, 0.05, 0, 2, None, "按读音匹配"
)


def evaluation() -> Evaluation:
    transcript = transcript_from_turns(CALL)
    sentiment = CallSentiment(
        customer_start=SentimentLabel.NEGATIVE,
        customer_end=None,
        lowest=-0.9,
        lowest_turn_index=1,
        shift=None,
        turns=(TurnSentiment(1, SentimentLabel.NEGATIVE, -0.9, 0.95),),
        model_fingerprint="m",
    )
    tags = (ComplaintTag("outage", "network", 1, None, "网断", 2, 4, "exact", 3),)
    analysis = CallAnalysis(transcript, METRICS, sentiment, tags, (), "lexicon")
    criteria = (
        CriterionResult("greeting", Verdict.PASS, 10, 10, False, "问候了客户。", (EVIDENCE,)),
        CriterionResult("abuse", Verdict.NOT_APPLICABLE, 0, 0, True, "不适用。", ()),
    )
    prints = Fingerprints("s", None, "code", "t", "m", "lexicon")
    return Evaluation(analysis, "card", "1", 100.0, Grade.EXCELLENT, False, criteria, prints)


def test_the_published_form_holds_what_the_contract_names() -> None:
    plain = evaluation_to_json(evaluation())
    assert plain["criteria"]["abuse"]["verdict"] == "na"
    assert plain["criteria"]["greeting"]["evidence"][0]["match_kind"] == "sound"
    assert plain["complaints"][0] | {} == {
        "code": "outage",
        "class": "network",
        "turn_index": 1,
        "start_s": None,
        "term": "网断",
        "char_start": 2,
        "char_end": 4,
        "match_kind": "exact",
        "severity": 3,
    }
    assert plain["sentiment"]["turns"] == [
        {"turn_index": 1, "label": "negative", "score": -0.9, "confidence": 0.95}
    ]
    assert plain["fingerprints"]["asr"] is None


def test_it_survives_a_file_and_keeps_to_its_schema() -> None:
    made = evaluation()
    plain = json.loads(json.dumps(evaluation_to_json(made), ensure_ascii=False))
    jsonschema.validate(plain, json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))
    assert evaluation_from_json(plain, made.analysis.transcript) == made


@pytest.mark.parametrize(
    "damage",
    [
        {"percent": 101},
        {"grade": "good"},
        {"criteria": {}},
        {"call_id": ""},
        {"surplus": 1},
        {"criteria": {"greeting": {"verdict": "maybe"}}},
    ],
)
def test_the_schema_refuses_what_is_not_the_contract(damage: dict[str, object]) -> None:
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(evaluation_to_json(evaluation()) | damage, schema)


def test_what_is_no_evaluation_is_refused() -> None:
    transcript = evaluation().analysis.transcript
    with pytest.raises(KeyError):
        evaluation_from_json({}, transcript)
    with pytest.raises(ValueError, match="maybe"):
        evaluation_from_json(
            evaluation_to_json(evaluation()) | {"criteria": {"greeting": {"verdict": "maybe"}}}, transcript
        )


def test_voice_cues_stand_beside_the_sentiment_and_are_read_back() -> None:
    cues = (
        VoiceCue(1, 4.5, {VoiceCueKind.LOUDNESS: Rise(6.25, 3.1)}, (VoiceCueKind.LOUDNESS,)),
        VoiceCue(3, 9.0, {VoiceCueKind.PITCH: Rise(-0.5, -0.4)}, ()),
    )
    silent = evaluation()
    heard = replace(silent, analysis=replace(silent.analysis, voice_cues=cues))
    plain = json.loads(json.dumps(evaluation_to_json(heard)))
    jsonschema.validate(plain, json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))
    assert plain["voice_cues"][0] == {
        "turn_index": 1, "start_s": 4.5,
        "rises": {"loudness": {"amount": 6.25, "z": 3.1}}, "raised": ["loudness"],
    }  # fmt: skip
    assert evaluation_from_json(plain, heard.analysis.transcript).analysis.voice_cues == cues
    without = evaluation_to_json(silent)
    assert without["voice_cues"] is None
    del without["voice_cues"]  # as earlier versions wrote it
    assert evaluation_from_json(without, silent.analysis.transcript) == silent
    assert {key: plain[key] for key in ("sentiment", "percent", "criteria")} == {
        key: without[key] for key in ("sentiment", "percent", "criteria")
    }
