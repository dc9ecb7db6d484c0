"""What telephone lines and recognisers do to text: homophones, lost characters, no punctuation."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

_PUNCTUATION = re.compile(r"[，。！？、；：,.!?;:…~～“”\"'‘’（）()《》—-]+")
_REMARKS = ("[听不清]", "[杂音]", "[噪音]", "[静音]")
_FILLERS = ("呃", "嗯", "那个", "就是", "啊", "这个", "哎")
_CONFUSED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("r", "l"))
_CONFUSED_ENDS = (("ing", "in"), ("eng", "en"), ("ang", "an"))
# Half of the texts are misheard, some of them badly: on telephone lines a small recogniser loses every sixth
# to tenth character, and of single turns now and then every third.
_SHARE_OF_NOISY_TEXTS = 0.5
_MOST_MISHEARD = 0.3


class RecognitionNoise:
    """Replaces characters by others that sound alike, as often as these occur in ``texts``."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter(char for text in texts for char in text if "\u4e00" <= char <= "\u9fff")
        self._sound: dict[str, str] = {}
        self._homophones: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for char, count in sorted(counts.items()):
            sound = lazy_pinyin(char, style=Style.NORMAL)[0]
            self._sound[char] = sound
            if count >= 5:
                self._homophones[sound].append((char, count))

    def __call__(self, text: str, dice: random.Random) -> str:
        """Return the text as a recogniser might have written it; often unchanged but for punctuation."""
        if dice.random() < _SHARE_OF_NOISY_TEXTS:
            text = self._misheard(text, _MOST_MISHEARD * dice.random() ** 1.7 + 0.02, dice)
        if dice.random() < 0.08:
            place = dice.randrange(len(text) + 1)
            text = text[:place] + dice.choice(_REMARKS) + text[place:]
        if dice.random() < 0.5:
            text = _PUNCTUATION.sub("", text)
        elif dice.random() < 0.3:
            text = _PUNCTUATION.sub(" ", text).strip()
        return text

    def _misheard(self, text: str, rate: float, dice: random.Random) -> str:
        heard: list[str] = []
        for char in text:
            luck = dice.random()
            if luck < rate and char in self._sound:
                heard.append(self._alike(char, dice))
            elif luck < rate * 1.3:
                continue
            elif luck < rate * 1.5:
                heard.append(char + char)
            elif luck < rate * 1.7:
                heard.append(dice.choice(_FILLERS) + char)
            else:
                heard.append(char)
        return "".join(heard) or text

    def _alike(self, char: str, dice: random.Random) -> str:
        sound = self._sound[char]
        if dice.random() < 0.3:
            sound = _near(sound, dice)
        candidates = [(other, count) for other, count in self._homophones.get(sound, ()) if other != char]
        if not candidates:
            return char
        return dice.choices([other for other, _ in candidates], [count**0.5 for _, count in candidates])[0]


def _near(sound: str, dice: random.Random) -> str:
    nearby = [sound]
    for one, other in _CONFUSED:
        for this, that in ((one, other), (other, one)):
            if sound.startswith(this) and not (len(this) == 1 and sound[1:2] == "h"):
                nearby.append(that + sound[len(this) :])
    for one, other in _CONFUSED_ENDS:
        for this, that in ((one, other), (other, one)):
            if sound.endswith(this):
                nearby.append(sound[: -len(this)] + that)
    return dice.choice(nearby)
