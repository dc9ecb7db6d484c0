from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from qa_analyzer.analysis.call_analysis import SentimentLabel
from qa_analyzer.calls.call import Direction, Role
from qa_analyzer.report import wording as wording_package
from qa_analyzer.report.naming import explanation_of
from qa_analyzer.report.recordings import Absence
from qa_analyzer.report.review import ReviewReason
from qa_analyzer.report.wording import LANGUAGES, Wording
from qa_analyzer.scoring.evaluation import CriterionResult, EvidenceKind, Grade, MatchKind, Verdict
from qa_analyzer.speech.transcript import AuditKind, ChannelProblem, RoleMethod

REPORT = Path(wording_package.__file__).parents[1]
SOURCES = sorted(chain(REPORT.glob("*.py"), REPORT.glob("templates/*.html")))


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_languages_have_the_same_keys_and_placeholders() -> None:
    chinese, english = (Wording(lang).texts for lang in LANGUAGES)
    assert set(chinese) == set(english)
    assert [key for key in chinese if _placeholders(chinese[key]) != _placeholders(english[key])] == []


def test_every_key_that_the_report_asks_for_exists() -> None:
    texts = Wording("zh").texts
    asked = {
        key
        for source in SOURCES
        for key in re.findall(r"""\b(?:w|wording)\(\s*["']([a-z_.]+)["']\s*[,)]""", source.read_text("utf-8"))
    }
    assert len(asked) > 100
    assert asked - set(texts) == set()


def test_every_value_of_the_program_has_a_word() -> None:
    texts = Wording("zh").texts
    named = {
        "verdict": Verdict,
        "sign": Verdict,
        "grade": Grade,
        "role": Role,
        "role_method": RoleMethod,
        "direction": Direction,
        "sentiment": SentimentLabel,
        "evidence": EvidenceKind,
        "audit": AuditKind,
        "channel_problem": ChannelProblem,
        "review": ReviewReason,
        "absence": Absence,
    }
    missing = [
        f"{group}.{value}"
        for group, values in named.items()
        for value in values
        if f"{group}.{value}" not in texts
    ]
    missing += [
        f"match.{kind}"
        for kind in MatchKind
        if kind not in (MatchKind.NONE, MatchKind.MEASURE) and f"match.{kind}" not in texts
    ]
    assert missing == []


def test_the_scripts_find_their_words() -> None:
    words = Wording("zh").group("script")
    script = (REPORT / "static" / "tables.js").read_text("utf-8")
    asked = set(re.findall(r"words\.(\w+)", script))
    assert asked - set(words) == set()
    assert {f"grade_{grade}" for grade in Grade} <= set(words)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        Wording("fr")


def test_names_fall_back_to_another_language_then_to_the_id() -> None:
    english = Wording("en")
    assert english.name_of({"zh": "问候", "en": "Greeting"}, "greeting") == "Greeting"
    assert english.name_of({"zh": "问候"}, "greeting") == "问候"
    assert english.name_of({}, "greeting") == "greeting"


def test_english_reports_explain_in_english_where_the_scorecard_does() -> None:
    chinese = CriterionResult("greeting", Verdict.FAIL, 0.0, 10.0, False, "没有问候。", ())
    both = replace(chinese, explanation_en="Did not greet.")
    assert explanation_of(both, Wording("en")) == "Did not greet."
    assert explanation_of(both, Wording("zh")) == "没有问候。"
    assert explanation_of(chinese, Wording("en")) == "没有问候。"
