"""How the customer felt from the first turn to the last."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_analyzer.analysis.call_analysis import CallSentiment, SentimentLabel, TurnSentiment
from qa_analyzer.analysis.turn_sentiment import LABELS, SentimentModel
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Transcript, Turn

CLOSING_TURNS = 2  # the service standard, section 3: the end is judged by the final two customer turns

_UNHEARD = re.compile(r"[\[［【(（][^\]］】)）]*[\]］】)）]")
_EMPTY_WORDS = re.compile(
    r"(?:你好|您好|喂|听得[见到]|听见了|请问|那个|这个|我说|[嗯呃额啊哎唉诶欸哦噢喔哈呀吧呢嘛么了的对是好行在])+"
)
_NO_LETTER = re.compile(r"[\W_]+")


def has_content(text: str) -> bool:
    """Say whether a turn says anything beyond greetings, fillers, assent and marks of unheard speech."""
    heard = _NO_LETTER.sub("", _UNHEARD.sub("", text))
    return bool(_EMPTY_WORDS.sub("", heard))


def judge_call(transcript: Transcript, model: SentimentModel) -> CallSentiment:
    """Judge every turn, and the customer's start, end, lowest point and shift by the service standard.

    The start is the first customer turn with content (the first that says anything where none has).
    The end is the last non-neutral of the final two customer turns, else neutral. The shift compares these
    two levels only.
    """
    spoken = [turn for turn in transcript.turns if turn.text.strip()]
    judged = model.predict([turn.text for turn in spoken])
    turns = tuple(
        TurnSentiment(turn.index, sentiment.label, sentiment.score, sentiment.confidence)
        for turn, sentiment in zip(spoken, judged, strict=True)
    )
    customer = [
        (turn, sentiment) for turn, sentiment in zip(spoken, turns, strict=True) if turn.role is Role.CUSTOMER
    ]
    if not customer:
        return CallSentiment(None, None, None, None, None, turns, model.fingerprint)
    start = _start(customer)
    end = _end([sentiment for _, sentiment in customer])
    lowest = min((sentiment for _, sentiment in customer), key=lambda sentiment: sentiment.score)
    return CallSentiment(
        customer_start=start,
        customer_end=end,
        lowest=lowest.score,
        lowest_turn_index=lowest.turn_index,
        shift=_shift(start, end),
        turns=turns,
        model_fingerprint=model.fingerprint,
    )


def _start(customer: Sequence[tuple[Turn, TurnSentiment]]) -> SentimentLabel:
    for turn, sentiment in customer:
        if has_content(turn.text):
            return sentiment.label
    return customer[0][1].label


def _end(customer: Sequence[TurnSentiment]) -> SentimentLabel:
    for sentiment in reversed(customer[-CLOSING_TURNS:]):
        if sentiment.label is not SentimentLabel.NEUTRAL:
            return sentiment.label
    return SentimentLabel.NEUTRAL


def _shift(start: SentimentLabel, end: SentimentLabel) -> str:
    difference = LABELS.index(end) - LABELS.index(start)
    return "improved" if difference > 0 else "worsened" if difference < 0 else "unchanged"
