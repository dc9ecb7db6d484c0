"""From rule outcomes to one verdict, with the evidence both ways and one sentence for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qa_analyzer.calls.call import Role
from qa_analyzer.scoring.call_view import CallView
from qa_analyzer.scoring.evaluation import CriterionResult, Evidence, EvidenceKind, MatchKind, Verdict
from qa_analyzer.scoring.rules.outcome import Hit, Outcome, State, Window
from qa_analyzer.scoring.scorecard_model import Criterion, EnglishExplanations, Explanations
from qa_analyzer.speech.transcript import RoleMethod

#: Below this, a verdict that depends on who is the agent is not given.
MIN_ROLE_CONFIDENCE = 0.6
MAX_EVIDENCE = 8
MAX_QUOTE_CHARS = 40
_ENGLISH_STEPS = {"roles": "it is not known who the agent is", "words": "there is no text to judge"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the outcomes behind it: what decided, and what made the criterion apply."""

    verdict: Verdict
    decided_by: Outcome
    condition: Outcome | None = None
    step: str = ""


def judge(criterion: Criterion, view: CallView) -> CriterionResult:
    """Judge one criterion on one call."""
    return conclude(criterion, decide(criterion, view), view)


def conclude(criterion: Criterion, judgement: Judgement, view: CallView) -> CriterionResult:
    """Turn a judgement into points, evidence and a sentence."""
    points = 0.0 if criterion.auto_fail else criterion.weight
    judged = judgement.verdict in (Verdict.PASS, Verdict.FAIL)
    return CriterionResult(
        criterion_id=criterion.id,
        verdict=judgement.verdict,
        points_earned=points if judgement.verdict is Verdict.PASS else 0.0,
        points_possible=points if judged else 0.0,
        auto_fail=criterion.auto_fail,
        explanation=_sentence(criterion, judgement),
        evidence=_evidence(judgement, view),
        explanation_en=_english_sentence(criterion, judgement),
    )


def decide(criterion: Criterion, view: CallView) -> Judgement:
    """Ask the criterion's rules in their order; the first that settles it gives the verdict."""
    if criterion.roles_matter and not roles_known(view):
        note = "分不清哪一方是坐席"
        return Judgement(Verdict.UNSCORABLE, Outcome(State.UNKNOWN, note=note), step="roles")
    if not any(view.spoken_of(turn.index).chars for turn in view.turns):
        note = "没有可用的文字"
        return Judgement(Verdict.UNSCORABLE, Outcome(State.UNKNOWN, note=note), step="words")
    if criterion.unscorable_when is not None:
        barred = criterion.unscorable_when.judge(view)
        if barred.state is State.HIT:
            return Judgement(Verdict.UNSCORABLE, barred, step="unscorable_when")
    condition: Outcome | None = None
    for rule, empty in ((criterion.na_when, State.HIT), (criterion.applies_when, State.MISS)):
        if rule is None:
            continue
        condition = rule.judge(view)
        if condition.state is empty:
            return Judgement(
                Verdict.NOT_APPLICABLE, condition, step="na_when" if empty is State.HIT else "applies_when"
            )
    return _pass_or_fail(criterion, view, condition)


def roles_known(view: CallView) -> bool:
    """Say whether the agent is known well enough to blame or praise."""
    roles = view.analysis.transcript.roles
    return roles.method is not RoleMethod.NONE and roles.confidence >= MIN_ROLE_CONFIDENCE


def _pass_or_fail(criterion: Criterion, view: CallView, condition: Outcome | None) -> Judgement:
    doubtful = condition is not None and condition.state is State.UNKNOWN
    unsure: Outcome | None = condition if doubtful else None
    if criterion.fail_when is not None:
        fault = criterion.fail_when.judge(view)
        if fault.state is State.HIT:
            weak = (criterion.auto_fail and not fault.certain) or doubtful
            return Judgement(Verdict.UNSCORABLE if weak else Verdict.FAIL, fault, condition, "fail_when")
        if fault.state is State.UNKNOWN:
            unsure = fault
    if criterion.pass_when is None:
        return _pass_without_fault(criterion, view, condition, unsure)
    good = criterion.pass_when.judge(view)
    if good.state is State.HIT:
        return Judgement(Verdict.PASS, good, condition, "pass_when")
    if good.state is State.UNKNOWN or unsure is not None:
        return Judgement(
            Verdict.UNSCORABLE,
            good if good.state is State.UNKNOWN else unsure or good,
            condition,
            "pass_when",
        )
    return Judgement(Verdict.FAIL, good, condition, "pass_when")


def _pass_without_fault(
    criterion: Criterion, view: CallView, condition: Outcome | None, unsure: Outcome | None
) -> Judgement:
    if unsure is not None:
        return Judgement(Verdict.UNSCORABLE, unsure, condition, "fail_when")
    window = view.searched(Role.AGENT, [turn.index for turn in view.turns_of(Role.AGENT)])
    if window.heard_share < criterion.min_heard:
        note = f"坐席的话只听清了{window.heard_share:.0%}"
        return Judgement(
            Verdict.UNSCORABLE, Outcome(State.UNKNOWN, (), (window,), note=note), condition, "fail_when"
        )
    return Judgement(Verdict.PASS, Outcome(State.HIT, (), (window,)), condition, "fail_when")


def _evidence(judgement: Judgement, view: CallView) -> tuple[Evidence, ...]:
    pieces = [_of_hit(hit, EvidenceKind.MATCH) for hit in judgement.decided_by.hits]
    pieces += [_of_window(window) for window in judgement.decided_by.windows]
    if judgement.verdict is Verdict.FAIL and view.nearest_misses is not None:
        nearest = view.nearest_misses.find(judgement.decided_by.windows, view.turns)
        if nearest is not None:
            pieces.append(_of_hit(nearest, EvidenceKind.NEAREST_MISS))
    if judgement.condition is not None:
        pieces += [_of_hit(hit, EvidenceKind.CONDITION) for hit in judgement.condition.hits[:2]]
    return tuple(dict.fromkeys(pieces))[:MAX_EVIDENCE]


def _of_hit(hit: Hit, kind: EvidenceKind) -> Evidence:
    if hit.match_kind is MatchKind.MEASURE and kind is EvidenceKind.MATCH:
        kind = EvidenceKind.MEASURE
    inside = (
        hit.char_end is not None
        and hit.char_end - (hit.char_start or 0) == len(hit.quote)
        and hit.quote != ""
    )
    return Evidence(
        kind,
        hit.role,
        hit.turn_index,
        hit.start_s,
        hit.end_s,
        hit.quote,
        hit.match_kind,
        round(hit.distance, 4),
        hit.char_start if inside else None,
        hit.char_end if inside else None,
        note=hit.note,
    )


def _of_window(window: Window) -> Evidence:
    return Evidence(
        EvidenceKind.WINDOW,
        window.role,
        window.turn_indexes[0] if window.turn_indexes else None,
        window.start_s,
        window.end_s,
        window.text,
        MatchKind.NONE,
        0.0,
        heard_share=window.heard_share,
        note=f"查找了{len(window.turn_indexes)}段话，听清{window.heard_share:.0%}",
    )


def _sentence(criterion: Criterion, judgement: Judgement) -> str:
    written = _written(criterion.explain, judgement.verdict)
    quotes = "、".join(_quotes(judgement.decided_by.hits))
    reason = judgement.decided_by.note or "；".join(hit.note for hit in judgement.decided_by.hits if hit.note)
    if judgement.verdict is Verdict.UNSCORABLE and reason:
        return f"{written.rstrip('。')}（{reason}）。"
    text = written.replace("{reason}", reason or "见证据")
    return text.replace("{quote}", quotes or "（见证据）")


def _english_sentence(criterion: Criterion, judgement: Judgement) -> str:
    """Return the sentence for readers of English; what rules note is Chinese and stays with the evidence."""
    if criterion.explain.en is None:
        return ""
    written = _written(criterion.explain.en, judgement.verdict)
    if judgement.step in _ENGLISH_STEPS:
        return f"{written.rstrip('.')} ({_ENGLISH_STEPS[judgement.step]})."
    quotes = ", ".join(_quotes(judgement.decided_by.hits))
    return written.replace("{quote}", quotes or "(see the evidence)")


def _written(templates: Explanations | EnglishExplanations, verdict: Verdict) -> str:
    return {
        Verdict.PASS: templates.pass_,
        Verdict.FAIL: templates.fail,
        Verdict.NOT_APPLICABLE: templates.na,
        Verdict.UNSCORABLE: templates.unscorable,
    }[verdict]


def _quotes(hits: Iterable[Hit]) -> list[str]:
    quotes = dict.fromkeys(hit.quote[:MAX_QUOTE_CHARS] for hit in hits if hit.quote)
    return [f"“{quote}”" for quote in list(quotes)[:3]]
