"""How the verdicts on one call came about, as lines for a terminal or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qa_analyzer.report import formats
from qa_analyzer.report.rule_words import rule_words
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import MatchKind, Verdict
from qa_analyzer.scoring.explain import Asked, CallStory, CriterionStory, FoundPlace
from qa_analyzer.scoring.rules.outcome import Hit, Window
from qa_analyzer.scoring.scorecard import Scorecard

INDENT = "  "
MAX_PLACES = 6
MAX_QUOTE_CHARS = 60
MAX_WINDOW_CHARS = 160
MAX_TURNS = 12


def story_lines(story: CallStory, scorecard: Scorecard, wording: Wording) -> Iterator[str]:
    """Yield the lines: the call, then each criterion with every rule that was asked."""
    names = {key: family.family.name for key, family in scorecard.families.items()}
    yield from _head(story, wording)
    chances = {result.criterion_id: result.flip_chance for result in story.evaluation.criteria}
    for criterion in story.criteria:
        yield ""
        yield from _criterion(criterion, names, wording, chances[criterion.criterion.id])


def _head(story: CallStory, wording: Wording) -> Iterator[str]:
    evaluation = story.evaluation
    transcript = evaluation.analysis.transcript
    yield wording(
        "story.call",
        call_id=evaluation.call_id,
        score=formats.score(evaluation.percent),
        grade=wording(f"grade.{evaluation.grade}"),
    )
    yield wording(
        "story.scorecard",
        id=evaluation.scorecard_id,
        version=evaluation.scorecard_version,
        fingerprint=formats.short_hash(evaluation.fingerprints.scorecard),
    )
    yield wording(
        "story.source",
        source=wording("story.text") if transcript.audio is None else str(transcript.asr_model),
        method=wording(f"role_method.{transcript.roles.method}"),
        confidence=formats.share(transcript.roles.confidence),
    )
    judged = [result for result in evaluation.criteria if result.points_possible > 0]
    yield wording(
        "story.sum",
        earned=formats.points(sum(result.points_earned for result in judged)),
        possible=formats.points(sum(result.points_possible for result in judged)),
    )
    told = evaluation.score_range
    if told is not None:
        yield wording(
            "story.range",
            low=formats.score(told.low),
            high=formats.score(told.high),
            level=formats.share(told.level),
            rate=formats.share(told.error_rate),
        )
    if evaluation.auto_failed:
        crossed = [
            each.criterion_id
            for each in evaluation.criteria
            if each.auto_fail and each.verdict is Verdict.FAIL
        ]
        yield wording("story.red_line", names=wording("list_separator").join(crossed))


def _criterion(
    story: CriterionStory, names: Mapping[str, str], wording: Wording, flip_chance: float | None
) -> Iterator[str]:
    result = story.result
    points = wording("story.no_points")
    if result.points_possible > 0:
        points = wording(
            "story.points",
            earned=formats.points(result.points_earned),
            possible=formats.points(result.points_possible),
        )
    elif result.auto_fail:
        points = wording("story.red_line_criterion")
    yield wording(
        "story.criterion",
        sign=wording(f"sign.{result.verdict}"),
        name=story.criterion.name,
        id=result.criterion_id,
        verdict=wording(f"verdict.{result.verdict}"),
        points=points,
    )
    english = wording.lang == "en" and result.explanation_en
    yield INDENT + formats.printable(english or result.explanation)
    if flip_chance:
        yield INDENT + wording("story.flip", chance=formats.share(flip_chance))
    if story.decided_by in ("roles", "words"):
        yield INDENT + wording(f"story.without_{story.decided_by}")
    for number, asked in enumerate(story.asked, 1):
        title = wording(f"story.{asked.where}")
        yield f"{INDENT}{number}. {title}{wording('colon')}{_answer(asked, wording)}"
        yield from _rule(asked, names, wording, depth=2, decided=asked.where == story.decided_by)
    if story.unasked:
        listed = wording("list_separator").join(wording(f"story.{name}") for name in story.unasked)
        yield INDENT + wording("story.unasked", rules=listed)


def _rule(
    asked: Asked,
    names: Mapping[str, str],
    wording: Wording,
    *,
    depth: int,
    decided: bool = False,
    hangs_on: bool = False,
) -> Iterator[str]:
    space = INDENT * depth
    words = rule_words(asked.rule, names, wording)
    if hangs_on:  # a scope asked for a definition: say which
        words = wording("story.anchor", name=asked.where, rule=words)
    yield f"{space}{formats.printable(words)} → {_answer(asked, wording)}" + (
        wording("story.decisive") if decided else ""
    )
    if not asked.parts or asked.window is not None:
        if asked.outcome.note and not asked.places:
            yield f"{space}{INDENT}{wording('story.note', note=formats.printable(asked.outcome.note))}"
        yield from (f"{space}{INDENT}{line}" for line in _proof(asked, wording))
    for part in asked.parts:
        yield from _rule(part, names, wording, depth=depth + 1, hangs_on=asked.window is not None)


def _answer(asked: Asked, wording: Wording) -> str:
    return wording(f"story.{asked.outcome.state}")


def _proof(asked: Asked, wording: Wording) -> Iterator[str]:
    for place in asked.places[:MAX_PLACES]:
        yield _place(place, wording)
    if len(asked.places) > MAX_PLACES:
        yield wording("story.more_places", n=len(asked.places) - MAX_PLACES)
    if asked.window is not None:
        yield _window(asked.window, wording)
    if asked.nearest is not None:
        yield wording(
            "story.nearest",
            place=_moment(asked.nearest, wording),
            quote=_short(asked.nearest.quote, MAX_QUOTE_CHARS),
            distance=f"{asked.nearest.distance:.2f}",
            note=formats.printable(asked.nearest.note),
        )


def _place(place: FoundPlace, wording: Wording) -> str:
    hit = place.hit
    facts = []
    if hit.match_kind not in (MatchKind.MEASURE, MatchKind.NONE):
        facts.append(wording(f"match.{hit.match_kind}"))
        if hit.match_kind in (MatchKind.SOUND, MatchKind.SEMANTIC):
            facts.append(wording("story.distance", value=f"{hit.distance:.2f}"))
        if place.probability is not None:
            facts.append(wording("story.probability", value=f"{place.probability:.2f}"))
        if not hit.certain:
            facts.append(wording("story.uncertain"))
    if hit.note:
        facts.append(formats.printable(hit.note))
    if not hit.quote:
        return wording("story.fact", place=_moment(hit, wording), facts=wording("list_separator").join(facts))
    return wording(
        "story.place",
        place=_moment(hit, wording),
        quote=_short(hit.quote, MAX_QUOTE_CHARS),
        facts=wording("list_separator").join(facts) or formats.NOTHING,
    )


def _window(window: Window, wording: Wording) -> str:
    if not window.turn_indexes:
        return wording("story.empty_window")
    when = ""
    if window.start_s is not None:
        start, end = formats.clock(window.start_s), formats.clock(window.end_s)
        when = wording("story.window_times", start=start, end=end)
    return wording(
        "story.window",
        turns=wording("list_separator").join(str(index + 1) for index in window.turn_indexes[:MAX_TURNS])
        + ("…" if len(window.turn_indexes) > MAX_TURNS else ""),
        n=len(window.turn_indexes),
        when=when,
        heard=formats.share(window.heard_share),
        text=_short(window.text, MAX_WINDOW_CHARS),
    )


def _moment(hit: Hit, wording: Wording) -> str:
    if hit.turn_index is None:
        return wording("story.whole_call")
    turn = wording("story.turn", number=hit.turn_index + 1, role=wording(f"role.{hit.role}"))
    return turn if hit.start_s is None else f"{turn} {formats.clock(hit.start_s)}"


def _short(text: str, limit: int) -> str:
    line = formats.printable(text)
    return line if len(line) <= limit else line[:limit] + "…"
