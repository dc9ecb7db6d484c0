"""What came closest to a phrase that was not said: the other half of the evidence for "did not"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qa_analyzer.analysis.mandarin import spoken
from qa_analyzer.analysis.matching import Phrase, PhraseHit, PhraseMatcher
from qa_analyzer.analysis.sound_search import Nearby
from qa_analyzer.scoring.evaluation import MatchKind
from qa_analyzer.scoring.phrase_family import CompiledFamily
from qa_analyzer.scoring.rules.outcome import Hit, Window
from qa_analyzer.scoring.templates import expand
from qa_analyzer.speech.transcript import Turn

PHRASES_PER_TEMPLATE = 12
MIN_CHARS = 3  # two syllables sound like something in nearly every turn
MAX_DISTANCE = 0.6  # beyond this, likeness is chance
TURNS_AT_ONCE = 100  # sooner than one by one; more of them only take memory, which would grow with the call


class NearestMisses:
    """Finds nearest misses; keeps one matcher for each set of families, for all calls of a scorecard."""

    def __init__(self, families: Mapping[str, CompiledFamily]) -> None:
        self._families = families
        self._matchers: dict[tuple[str, ...], PhraseMatcher] = {}

    def find(self, windows: Iterable[Window], turns: tuple[Turn, ...]) -> Hit | None:
        """Return the closest place in the searched windows; None where nothing sounds alike."""
        nearest: Hit | None = None
        for window in windows:
            if not window.family_keys:
                continue
            matcher = self._matcher(window.family_keys)
            searched = [turns[index] for index in window.turn_indexes]
            for turn, places in _nearby(matcher, searched):
                # What is not closer than the best so far need not be looked at.
                limit = MAX_DISTANCE if nearest is None else nearest.distance
                hit = _in_turn(turn, matcher.closest(spoken(turn.text), places, limit))
                if hit is not None and (nearest is None or _order(hit) < _order(nearest)):
                    nearest = hit
        return nearest

    def _matcher(self, keys: tuple[str, ...]) -> PhraseMatcher:
        if keys not in self._matchers:
            texts = dict.fromkeys(
                text
                for key in keys
                for node in self._families[key].nodes
                for text in expand(node, PHRASES_PER_TEMPLATE)
                if len(text) >= MIN_CHARS
            )
            self._matchers[keys] = PhraseMatcher(
                [Phrase(text, key=text, sound=True, max_distance=None) for text in texts]
            )
        return self._matchers[keys]


def _nearby(matcher: PhraseMatcher, turns: Sequence[Turn]) -> Iterator[tuple[Turn, list[Nearby]]]:
    for first in range(0, len(turns), TURNS_AT_ONCE):
        some = turns[first : first + TURNS_AT_ONCE]
        found = matcher.nearby([spoken(turn.text) for turn in some], MAX_DISTANCE)
        yield from zip(some, found, strict=True)


def _in_turn(turn: Turn, near: PhraseHit | None) -> Hit | None:
    if near is None or near.distance > MAX_DISTANCE:
        return None
    return Hit(
        turn_index=turn.index,
        role=turn.role,
        quote=near.quote,
        match_kind=MatchKind.SOUND if near.distance > 0 else MatchKind.EXACT,
        char_start=near.char_start,
        char_end=near.char_end,
        start_s=turn.start_s,
        end_s=turn.end_s,
        distance=near.distance,
        certain=False,
        label="nearest",
        note=f"最接近的说法：“{near.phrase.text}”",
    )


def _order(hit: Hit) -> tuple[float, tuple[int, int]]:
    return hit.distance, hit.position
