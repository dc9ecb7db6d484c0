"""How well phrases are found in misrecognised text, and how often they are found where nobody said them.

    python benchmarks/matching.py [--shared DIR] [--seed N] [--repeat N]

Injects recognition errors at character error rates of 0-30 % and prints Markdown tables: recall for polite
and for forbidden phrases (characters alone, and with sound), false hits in clean and in corrupted text, and
the time for a call. Half of the substitutions are homophones weighted by how common the character is; a
quarter share the initial or the final; a quarter are unrelated. False hits need service dialogues
(DIR/text/*.jsonl); DIR defaults to $QA_SHARED.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jieba

from qa_analyzer.analysis.mandarin import readings_of, spoken
from qa_analyzer.analysis.matching import Phrase, PhraseHit, PhraseMatcher
from qa_analyzer.analysis.sound import split_syllable

ERROR_RATES = (0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30)

_POLITE_WORDS = (
    "您好 你好 早上好 谢谢 感谢您 再见 对不起 不好意思 非常抱歉 实在抱歉 不客气 没关系 请您稍等"
    " 麻烦您稍等一下 让您久等了 感谢您的耐心等待"
    " 感谢您的理解 感谢您的来电 祝您生活愉快 很高兴为您服务 请问有什么可以帮您 请问有什么需要帮助"
    " 还有其他可以帮您的吗 请问还有别的问题吗"
    " 给您添麻烦了 给您带来不便深表歉意 理解您的心情 非常理解您的感受 您先别着急 您消消气 跟您确认一下"
    " 我帮您查一下 请您放心"
)
POLITE = _POLITE_WORDS.split()
_FORBIDDEN_WORDS = (
    "爱办不办 关我什么事 跟我没关系 你听不懂吗 我说得还不够清楚吗 急什么急 有本事去投诉 随便你投诉"
    " 爱上哪告上哪告 不知道别问我 跟你说不清楚"
    " 懒得跟你说 你有完没完 没看见我忙着吗 你是不是傻 你脑子有问题 没文化 自己不会看吗 你爱信不信"
    " 你投诉我也没用 少废话 别跟我吵"
    " 你冲我喊什么 想怎么样就怎么样 谁让你不看清楚 那是你的事 把密码告诉我 验证码报给我 验证码念一下"
    " 短信验证码是多少 信不信我把你停机"
)
FORBIDDEN = _FORBIDDEN_WORDS.split()
HOSTS = (
    ("我这边看到您的号码是上个月开通的", "后面如果有变化再通知您"),
    ("嗯这个情况是这样的", "套餐到月底才会变更"),
    ("宽带师傅明天会上门", "费用从下个月起算"),
    ("您名下一共有两张卡", "流量已经用了一半"),
    ("好的", ""),
    ("", "这个业务需要本人办理"),
    ("系统里面显示已经提交", "到时候会收到短信"),
)


class Errors:
    """A recogniser that mishears: the same seed gives the same mistakes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    @cached_property
    def _frequencies(self) -> dict[str, int]:
        jieba.initialize()
        counts: Counter[str] = Counter()
        for word, frequency in jieba.dt.FREQ.items():
            for char in word if frequency else "":
                if "\u4e00" <= char <= "\u9fff":
                    counts[char] += frequency
        return dict(counts.most_common(3500))

    @cached_property
    def _by_base(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for char in self._frequencies:
            groups.setdefault(readings_of(char)[0].base, []).append(char)
        return groups

    def _weighted(self, chars: Sequence[str]) -> str:
        return self._random.choices(chars, [self._frequencies[char] for char in chars])[0]

    def _substitute(self, char: str) -> str:
        base = readings_of(char)[0].base
        kind = self._random.random()
        if kind < 0.5:
            pool = [other for other in self._by_base.get(base, []) if other != char]
        elif kind < 0.75:
            parts = split_syllable(base)
            pool = [
                other
                for other_base, others in self._by_base.items()
                if (other_parts := split_syllable(other_base)) and parts and other_base != base
                if (other_parts[0] == parts[0]) != (other_parts[1] == parts[1])
                for other in others
            ]
        else:
            pool = list(self._frequencies)
        return self._weighted(pool) if pool else char

    def corrupt(self, chars: str, rate: float) -> tuple[str, list[int]]:
        """Return the misheard text and, for each of its characters, the index it came from.

        70 % of the errors are substitutions, 15 % deletions, 15 % insertions.
        """
        heard: list[str] = []
        origins: list[int] = []
        for index, char in enumerate(chars):
            if self._random.random() >= rate:
                heard.append(char)
                origins.append(index)
                continue
            kind = self._random.random()
            if kind < 0.7:
                heard.append(self._substitute(char))
                origins.append(index)
            elif kind < 0.85:
                heard += [char, self._weighted(list(self._frequencies))]
                origins += [index, index]
        return "".join(heard), origins


@dataclass(frozen=True)
class Found:
    """Phrases found of those said, by characters alone and with sound."""

    exact: int
    both: int
    said: int


def recall(matcher: PhraseMatcher, phrases: Sequence[str], rate: float, errors: Errors, repeat: int) -> Found:
    """Say every phrase inside every host and count where it is still found."""
    exact = both = said = 0
    for _ in range(repeat):
        for phrase in phrases:
            for before, after in HOSTS:
                heard, origins = errors.corrupt(before + phrase + after, rate)
                place = range(len(before), len(before) + len(phrase))
                hits = [
                    hit
                    for hit in matcher.find(spoken(heard))
                    if hit.phrase.text == phrase
                    and any(o in place for o in origins[hit.char_start : hit.char_end])
                ]
                said += 1
                both += bool(hits)
                exact += any(hit.match_kind == "exact" for hit in hits)
    return Found(exact, both, said)


def false_hits(
    matcher: PhraseMatcher, texts: Sequence[str], rate: float, errors: Errors
) -> tuple[dict[str, int], list[tuple[str, PhraseHit]]]:
    """Count hits by sound of phrases that the clean text does not hold, by the key of the phrase."""
    counts: Counter[str] = Counter()
    examples: list[tuple[str, PhraseHit]] = []
    for text in texts:
        clean = spoken(text)
        truly = {hit.phrase.text for hit in matcher.find(clean) if hit.match_kind == "exact"}
        heard = spoken(errors.corrupt(clean.chars, rate)[0]) if rate else clean
        for hit in matcher.find(heard):
            if hit.phrase.text not in truly and hit.match_kind == "sound":
                counts[hit.phrase.key] += 1
                examples.append((heard.original, hit))
    return dict(counts), examples


def service_texts(shared: Path, limit: int) -> list[str]:
    """Return turns of real service dialogues, none of which has recognition errors."""
    texts: list[str] = []
    for name in ("real_calls.jsonl", "helpdesk_dialogues.jsonl"):
        path = shared / "text" / name
        if path.is_file():
            for line in path.read_text("utf-8").splitlines():
                texts += [turn["text"] for turn in json.loads(line)["turns"]]
    return texts[:limit]


def thousand_phrases(count: int = 1500) -> list[Phrase]:
    """Return many phrases of the kind scorecards hold, by slots."""
    made = [
        Phrase(f"{start}{verb}{what}{end}")
        for start in ("请问您", "麻烦您", "我帮您", "您是要", "这边给您", "需要您", "跟您", "您可以")
        for verb in ("确认", "核对", "查询", "办理", "取消", "登记", "开通", "提供")
        for what in ("一下", "这个业务", "套餐", "宽带账号", "手机号码", "话费", "流量包", "合约")
        for end in ("", "吗", "好吗", "可以吗")
    ]
    return made[:count]


def seconds_per_call(phrases: Iterable[Phrase], texts: Sequence[str], calls: int = 20) -> tuple[float, float]:
    """Return processor seconds to build the matcher and, as median, for a call of 30 turns."""
    start_s = time.process_time()
    matcher = PhraseMatcher(phrases)
    built_s = time.process_time() - start_s
    taken: list[float] = []
    for call in range(calls):
        turns = [spoken(text) for text in texts[call * 30 : call * 30 + 30]]
        start_s = time.process_time()
        for turn in turns:
            matcher.find(turn)
        taken.append(time.process_time() - start_s)
    return built_s, sorted(taken)[len(taken) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default_shared = os.environ.get("QA_SHARED", str(Path(__file__).parents[1].parent / "shared"))
    parser.add_argument("--shared", type=Path, default=Path(default_shared))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--texts", type=int, default=4000, help="turns in which to look for false hits")
    parser.add_argument("--examples", type=int, default=0, help="also list this many false hits")
    options = parser.parse_args()

    jieba.setLogLevel("WARNING")
    phrases = [Phrase(text, "polite") for text in POLITE] + [Phrase(text, "forbidden") for text in FORBIDDEN]
    matcher = PhraseMatcher(phrases)
    texts = service_texts(options.shared, options.texts)
    chars = sum(len(spoken(text).chars) for text in texts)

    print(
        "Share of said phrases that are found, by characters alone and with sound; false hits by sound per"
        " 10,000"
    )
    print(f"characters of {len(texts)} real service turns ({chars} characters, {len(phrases)} phrases).\n")
    print(
        "| CER | polite: characters | polite: + sound | forbidden: characters | forbidden: + sound"
        " | false polite | false forbidden |"
    )
    print("|---|---|---|---|---|---|---|")
    for rate in ERROR_RATES:
        errors = Errors(options.seed)
        polite = recall(matcher, POLITE, rate, errors, options.repeat)
        forbidden = recall(matcher, FORBIDDEN, rate, errors, options.repeat)
        counts, examples = false_hits(matcher, texts, rate, errors)
        wrong = [
            f"{counts.get(key, 0) / chars * 1e4:.2f}" if chars else "-" for key in ("polite", "forbidden")
        ]
        cells = [
            f"{part / found.said:.3f}" for found in (polite, forbidden) for part in (found.exact, found.both)
        ]
        print(f"| {rate:.0%} | " + " | ".join([*cells, *wrong]) + " |", flush=True)
        for (phrase, quote, distance), count in Counter(
            (hit.phrase.text, hit.quote, hit.distance) for _, hit in examples
        ).most_common(options.examples):
            print(f"    {count} {phrase} <- {quote} {distance}")
    many = thousand_phrases()
    speech = texts or [before + after for before, after in HOSTS] * 100
    built_s, call_s = seconds_per_call(many, speech)
    print(f"\nProcessor time with {len(many)} phrases: {built_s:.2f} s to prepare them,")
    print(f"{call_s * 1000:.1f} ms for a call of 30 turns.")


if __name__ == "__main__":
    main()
