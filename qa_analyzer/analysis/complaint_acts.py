"""Complaints in words that no lexicon foresees: what the model of acts is sure enough of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from qa_analyzer.analysis.call_analysis import ActTag, ComplaintTag
from qa_analyzer.analysis.lexicon import Code
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Transcript

MATCH_KIND = "semantic"


#: A complaint that words found within so many turns of no trace of it in the acts is none.
TRACE_TURNS = 2


def refuted(
    tags: Sequence[ComplaintTag], acts: Sequence[ActTag], codes: Sequence[Code]
) -> Iterator[ComplaintTag]:
    """Yield the tags whose code the model of acts knows and sees no trace of near their turn."""
    asked = {code.code for code in codes if code.act_from is not None}
    traces = {(act.act, act.turn_index) for act in acts}
    for tag in tags:
        near = range(tag.turn_index - TRACE_TURNS, tag.turn_index + TRACE_TURNS + 1)
        if acts and tag.code in asked and not any((tag.code, index) in traces for index in near):
            yield tag


def tags_by_act(
    transcript: Transcript,
    acts: Sequence[ActTag],
    codes: Sequence[Code],
    found: Sequence[ComplaintTag],
    negative: Collection[int],
) -> Iterator[ComplaintTag]:
    """Yield a tag for each act of a customer that names a code, where words did not find that code already.

    A code is tagged at its most probable place only. ``negative`` are the turns in which the customer is
    upset.
    """
    known = {tag.code for tag in found}
    turns = {turn.index: turn for turn in transcript.turns if turn.role is Role.CUSTOMER}
    for code in codes:
        if code.act_from is None or code.code in known:
            continue
        sure = [
            act
            for act in acts
            if act.act == code.code and act.probability >= code.act_from and act.turn_index in turns
        ]
        if not sure:
            continue
        best = max(sure, key=lambda act: (act.probability, -act.turn_index))
        turn = turns[best.turn_index]
        yield ComplaintTag(
            code=code.code,
            complaint_class=code.complaint_class,
            turn_index=turn.index,
            start_s=turn.start_s,
            term=turn.text[best.char_start : best.char_end],
            char_start=best.char_start,
            char_end=best.char_end,
            match_kind=MATCH_KIND,
            severity=code.severity_of(upset=turn.index in negative),
        )
