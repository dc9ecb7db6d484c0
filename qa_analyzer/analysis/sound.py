"""How far apart two Mandarin syllables sound, to a telephone recogniser and across accents.

The costs are phonetic features with hand-set weights, not fitted to any recogniser: pairs that southern
accents and narrow-band audio merge (n/l, zh/z, h/f, in/ing) cost little, unrelated syllables cost 1.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from qa_analyzer.analysis.mandarin import readings_of

#: Cost of writing another character of the same sound.
HOMOPHONE_COST = 0.05
#: Extra cost where the tone differs too; telephone recognisers lose tones often.
TONE_COST = 0.06
#: Cost of a syllable that carries meaning, a helping word or an unstressed particle missing from the text.
DELETION_COSTS = (1.0, 0.5, 0.2)
#: The same at either end of the phrase, where nothing holds its place.
EDGE_DELETION_COSTS = (1.3, 0.9, 0.5)
#: Cost of such a syllable too many in the text.
INSERTION_COSTS = (0.75, 0.5, 0.2)
PARTICLES = frozenset("的了啊呀吧呢嘛吗哦噢嗯呃哎唉诶啦哈着地得")
HELPERS = frozenset("您你我他咱这那是请会就都也要在给把跟和个一下有到过来去先再又还能可以")
#: A number changed is another statement: 五天 is not 两天.
NUMBER_COST = 3.0
NUMBERS = frozenset("零一二三四五六七八九十百千万两半")
#: A negation lost, added or put in another's place turns the meaning round: never within reach of a
#: threshold.
NEGATION_COST = 9.0
NEGATIONS = frozenset("不没别未非无甭")

#: Pairs that mean the same to a phrase although they sound apart.
_SAME_WORD = frozenset(("你您", "您你"))

MAX_READINGS = 3

_INITIALS = (
    "", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r",
    "z", "c", "s",
)  # fmt: skip
_INITIAL_COSTS = {
    "zh z": 0.12, "ch c": 0.12, "sh s": 0.12, "n l": 0.2, "r l": 0.3, "h f": 0.25, "r n": 0.4,
    "j zh": 0.35, "q ch": 0.35, "x sh": 0.35, "j z": 0.4, "q c": 0.4, "x s": 0.4, "zh ch": 0.4,
    "z c": 0.4, "j q": 0.35, "j x": 0.35, "q x": 0.35, "b p": 0.35, "d t": 0.35, "g k": 0.35, "m n": 0.4,
    "sh ch": 0.4, "sh zh": 0.4, "s c": 0.45, "s z": 0.45, "k h": 0.4, "g h": 0.45, "r zh": 0.45, "r d": 0.5,
    "t x": 0.45, "t q": 0.45, "t j": 0.5, "d j": 0.5, "t ch": 0.45, "t c": 0.45, "t k": 0.45, "d g": 0.45,
    "d zh": 0.45, "d z": 0.45, "g zh": 0.45, "k c": 0.5, "h c": 0.5, "d l": 0.45, "d n": 0.5, "b m": 0.45,
    "b d": 0.5, "p t": 0.5, " h": 0.4, " r": 0.4, " n": 0.35, " l": 0.45, " m": 0.45, " g": 0.45,
}  # fmt: skip
_OTHER_INITIAL_COST = 0.65

# A final is medial, nucleus, coda; "ih" is the vowel of zhi, chi, shi, ri, zi, ci, si.
_FINALS = {
    "a": ("", "a", ""), "o": ("u", "o", ""), "e": ("", "e", ""), "ih": ("", "ih", ""),
    "er": ("", "e", "r"), "ai": ("", "a", "i"), "ei": ("", "e", "i"), "ao": ("", "a", "u"),
    "ou": ("", "o", "u"), "an": ("", "a", "n"), "en": ("", "e", "n"), "ang": ("", "a", "ng"),
    "eng": ("", "e", "ng"), "ong": ("u", "e", "ng"), "i": ("i", "", ""), "ia": ("i", "a", ""),
    "ie": ("i", "e", ""), "iao": ("i", "a", "u"), "iou": ("i", "o", "u"), "ian": ("i", "a", "n"),
    "in": ("i", "e", "n"), "iang": ("i", "a", "ng"), "ing": ("i", "e", "ng"), "iong": ("v", "e", "ng"),
    "io": ("i", "o", ""), "iai": ("i", "a", "i"), "u": ("u", "", ""), "ua": ("u", "a", ""),
    "uo": ("u", "o", ""), "uai": ("u", "a", "i"), "uei": ("u", "e", "i"), "uan": ("u", "a", "n"),
    "uen": ("u", "e", "n"), "uang": ("u", "a", "ng"), "ueng": ("u", "e", "ng"), "v": ("v", "", ""),
    "ve": ("v", "e", ""), "van": ("v", "a", "n"), "vn": ("v", "e", "n"), "n": ("", "e", "n"),
    "ng": ("", "e", "ng"), "m": ("", "e", "n"), "": ("", "", ""),
}  # fmt: skip
_MEDIAL_COSTS = {
    " i": 0.3, " u": 0.22, "i v": 0.12, "u v": 0.3, "i u": 0.45, " v": 0.4,
}  # fmt: skip
_NUCLEUS_COSTS = {
    "e o": 0.15, "a e": 0.28, "a o": 0.25, " e": 0.12, " o": 0.15, " a": 0.4, " ih": 0.25, "e ih": 0.25,
}  # fmt: skip
_CODA_COSTS = {
    "n ng": 0.12, " i": 0.2, " u": 0.25, " n": 0.2, " ng": 0.25, "i u": 0.4, "i n": 0.2, "i ng": 0.35,
    "u ng": 0.25, "u n": 0.4, " r": 0.15,
}  # fmt: skip
_OTHER_PART_COST = 0.5

_FINAL_NAMES = tuple(_FINALS)
_ZERO_INITIAL = {
    "yi": "i", "yin": "in", "ying": "ing", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn",
    "you": "iou", "yong": "iong", "ye": "ie", "wu": "u", "wei": "uei", "wen": "uen", "weng": "ueng",
}  # fmt: skip
_SIBILANTS = frozenset(("zh", "ch", "sh", "r", "z", "c", "s"))
#: Column of nothing at all: before and after the text.
PAD = 0
#: Id of anything that is no pinyin syllable: equal only to itself.
_FOREIGN = -1


@lru_cache(maxsize=4096)
def split_syllable(base: str) -> tuple[str, str] | None:
    """Return initial and full final of a toneless syllable (jiu -> j, iou); None where it is no pinyin."""
    if base in _ZERO_INITIAL:
        return "", _ZERO_INITIAL[base]
    if base[:1] in ("y", "w"):
        final = {"y": "i", "w": "u"}[base[0]] + base[1:]
        return ("", final) if final in _FINALS else None
    if base in ("n", "ng", "m"):
        return "", base
    initial = base[:2] if base[:2] in ("zh", "ch", "sh") else base[:1] if base[:1] in _INITIALS else ""
    final = base[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    if initial in _SIBILANTS and final == "i":
        final = "ih"
    final = {"iu": "iou", "ui": "uei", "un": "uen"}.get(final, final)
    if initial == "f" and final in ("a", "an", "ang", "ei", "en", "eng"):
        # Accents swap f- and hu-, so f- is taken to carry the medial of hu-.
        final = "u" + final
    return (initial, final) if final in _FINALS and final else None


def _pair_cost(costs: dict[str, float], left: str, right: str, other: float) -> float:
    if left == right:
        return 0.0
    return costs.get(f"{left} {right}", costs.get(f"{right} {left}", other))


def _final_cost(left: str, right: str) -> float:
    parts = zip((_MEDIAL_COSTS, _NUCLEUS_COSTS, _CODA_COSTS), _FINALS[left], _FINALS[right], strict=True)
    return sum(_pair_cost(costs, a, b, _OTHER_PART_COST) for costs, a, b in parts)


@cache
def _cost_tables() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    initials = [[_pair_cost(_INITIAL_COSTS, a, b, _OTHER_INITIAL_COST) for b in _INITIALS] for a in _INITIALS]
    finals = [[_final_cost(a, b) for b in _FINAL_NAMES] for a in _FINAL_NAMES]
    return np.asarray(initials, np.float32), np.asarray(finals, np.float32)


@lru_cache(maxsize=16384)
def char_cost(left: str, right: str) -> float:
    """Return the cost of hearing one character as another: 0 same, to 0.3 often confused, 1 unrelated."""
    table = CharCosts(left)
    column = table.columns(right)[0]
    return float(table.costs[0, column])


def _weight(char: str) -> int:
    return 2 if char in PARTICLES else 1 if char in HELPERS else 0


def deletion_costs(form: str) -> tuple[float, ...]:
    """Return for each character of a phrase the cost of its absence from the text."""
    last = len(form) - 1
    return tuple(
        NEGATION_COST
        if char in NEGATIONS
        else NUMBER_COST
        if char in NUMBERS
        else (EDGE_DELETION_COSTS if place in (0, last) else DELETION_COSTS)[_weight(char)]
        for place, char in enumerate(form)
    )


def insertion_cost(char: str) -> float:
    """Return the cost of a character of the text that the phrase lacks."""
    return NEGATION_COST if char in NEGATIONS else INSERTION_COSTS[_weight(char)]


@lru_cache(maxsize=65536)
def sound_classes(char: str) -> tuple[int, ...]:
    """Return the coarse sounds of a character: readings that accents merge fall together.

    Used to find places worth a closer look; the first class is that of the usual reading.
    """
    return tuple(dict.fromkeys(_class_of(reading.base) for reading in readings_of(char)))


_MERGED_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l", "r": "l", "f": "h"}


@lru_cache(maxsize=4096)
def _class_of(base: str) -> int:
    parts = split_syllable(base)
    if parts is None:
        return 10_000 + sum(ord(char) for char in base) % 10_000
    medial, nucleus, coda = _FINALS[parts[1]]
    initial = _MERGED_INITIALS.get(parts[0], parts[0])
    parts_index = (_MEDIALS.index(medial) * len(_NUCLEI) + _NUCLEI.index(nucleus)) * len(_CODAS)
    return _INITIALS.index(initial) * 200 + parts_index + _CODAS.index("n" if coda == "ng" else coda)


_MEDIALS = ("", "i", "u", "v")
_NUCLEI = ("", "a", "o", "e", "ih")
_CODAS = ("", "i", "u", "n", "r")


class CharCosts:
    """Costs of every phrase character against text characters; one column each, built as they come."""

    def __init__(self, phrase_chars: str) -> None:
        self._chars = phrase_chars
        count = len(phrase_chars)
        self._initials = np.full((count, MAX_READINGS), _FOREIGN, np.int32)
        self._finals = np.full((count, MAX_READINGS), _FOREIGN, np.int32)
        self._tones = np.zeros((count, MAX_READINGS), np.int32)
        for row, char in enumerate(phrase_chars):
            for slot, (initial, final, tone) in enumerate(_codes(char)):
                self._initials[row, slot], self._finals[row, slot], self._tones[row, slot] = (
                    initial,
                    final,
                    tone,
                )
        self._negations = np.asarray([char in NEGATIONS for char in phrase_chars], bool)
        self._numbers = np.asarray([char in NUMBERS for char in phrase_chars], bool)
        self._columns: dict[str, int] = {"": PAD}
        self.costs = np.ones((count, 256), np.float32)
        self.insertions = np.full(256, INSERTION_COSTS[0], np.float32)
        self.costs[:, PAD] = self.insertions[PAD] = NEGATION_COST

    def columns(self, text: str) -> NDArray[np.int32]:
        """Return the column of each character of ``text`` in ``costs``."""
        known = [self._columns.get(char) for char in text]
        return np.asarray([self._column(char) for char in text] if None in known else known, np.int32)

    def _column(self, char: str) -> int:
        column = self._columns.get(char)
        if column is None:
            column = len(self._columns)
            if column == self.costs.shape[1]:
                self.costs = np.concatenate([self.costs, np.ones_like(self.costs)], axis=1)
                self.insertions = np.concatenate(
                    [self.insertions, np.full_like(self.insertions, INSERTION_COSTS[0])]
                )
            self.costs[:, column] = self._column_costs(char)
            self.insertions[column] = insertion_cost(char)
            self._columns[char] = column
        return column

    def _column_costs(self, char: str) -> NDArray[np.float32]:
        initial_costs, final_costs = _cost_tables()
        best = np.ones(len(self._chars), np.float32)
        same_sound = np.zeros(len(self._chars), bool)
        for initial, final, tone in _codes(char):
            known = self._initials != _FOREIGN
            apart = initial_costs[initial][self._initials] + final_costs[final][self._finals]
            tones_differ = (self._tones != tone) & (self._tones != 5) & (tone != 5)
            cost = np.where(known, apart + TONE_COST * tones_differ + HOMOPHONE_COST, 1.0)
            best = np.minimum(best, cost.min(axis=1)).astype(np.float32)
            same_sound |= (known & (apart == 0)).any(axis=1)
        best[[char + other in _SAME_WORD for other in self._chars]] = HOMOPHONE_COST
        if char in NUMBERS:
            best[self._numbers & ~same_sound] = NUMBER_COST
        best[(self._negations != (char in NEGATIONS)) & ~same_sound] = NEGATION_COST
        same = self._chars.find(char)
        if same >= 0:
            best[same] = 0.0
        return best


@lru_cache(maxsize=65536)
def _codes(char: str) -> tuple[tuple[int, int, int], ...]:
    codes = []
    for reading in readings_of(char)[:MAX_READINGS]:
        parts = split_syllable(reading.base)
        if parts is not None:
            codes.append((_INITIALS.index(parts[0]), _FINAL_NAMES.index(parts[1]), reading.tone))
    return tuple(codes)
