"""Seeded harm to texts, bytes and JSON values, of the kinds that files meet in the wild or on purpose."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

# What parsers stumble over.
TOKENS = (
    *("\0", "\ufeff", "\u202e", "\u2028", "\r", "\t", "'", '"', "\\", "，", "🙂" * 50, "A" * 5000),
    *("<script>alert(1)</script>", "{{7*7}}", "=cmd|' /C calc'!A0", "%n%s", "'; DROP TABLE calls;--"),
    *("../../etc/passwd", "/dev/zero", "1e999", "-0", "NaN", "0x1F", "99999999999999999999999"),
    *("2026-13-45T99:99:99", "坐席：", "客户：", "[" * 300, "{" * 300, "&a *a", "null", "true", "---", "- "),
    *(": ", "!!python/object/apply:os.system [id]", "(a+)+$"),
)
NUMBERS = (0, -1, 1, 0.5, 3.7, 1e9, 10**30, -(10**18), 1e308, float("nan"), float("inf"), 2**63, 1e-320)
VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 10**30, 1e308, -1e308, 0.1 + 0.2, "", " ", "\0", "x" * 10_000, "../../x"),
    *("\ud800", "NaN", "2026-02-30", "＝1＋1", [], {}, [None], {"a": {}}, [[[[[[]]]]]]),
)


def harmed_bytes(content: bytes, chance: random.Random) -> bytes:
    """Flip, cut, double, insert or overwrite, one to four times."""
    for _ in range(chance.randint(1, 4)):
        if not content:
            return chance.randbytes(64)
        at = chance.randrange(len(content))
        length = chance.choice((1, 2, 4, 16, 256))
        content = chance.choice(
            (
                content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :],
                content[:at] + content[at + length :],
                content[:at] + content[at : at + length] * 2 + content[at + length :],
                content[:at] + chance.randbytes(length) + content[at:],
                content[:at] + b"\xff" * length + content[at + length :],
                content[:at] + b"\0" * length + content[at + length :],
                content[: max(1, at)],
            )
        )
    return content


def harmed_header(content: bytes, chance: random.Random, header_bytes: int = 128) -> bytes:
    """Harm the head of a file, where its sizes, rates and formats stand, and leave the rest alone."""
    return harmed_bytes(content[:header_bytes], chance) + content[header_bytes:]


def harmed_text(text: str, chance: random.Random) -> str:
    """Put hostile tokens into a text, or move its lines about."""
    lines = text.splitlines(keepends=True) or [""]
    for _ in range(chance.randint(1, 3)):
        number = chance.randrange(len(lines))
        line = lines[number]
        at = chance.randrange(len(line) + 1)
        lines[number] = chance.choice(
            (
                line[:at] + chance.choice(TOKENS) + line[at:],
                line[:at] + chance.choice(TOKENS) + "\n" + line[at:],
                line[:at] + "\n",
                line * 2,
                "",
                " " * chance.randint(1, 40) + line,
                line.replace(":", "", 1),
            )
        )
    return "".join(lines)


def harmed_json(value: Any, chance: random.Random) -> Any:
    """Harm one to three members of a value: half of them within their type, so that they pass for whole."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list(_places(value))
        if not places:
            return chance.choice(VALUES)
        if chance.random() < 0.5:
            likely = [place for place in places if _kind(place) is not None]
            holder, key = chance.choice(likely or places)
            _harm_within_type(holder, key, chance)
        else:
            holder, key = chance.choice(places)
            _harm_form(holder, key, chance)
    return value


def _harm_within_type(holder: Any, key: Any, chance: random.Random) -> None:
    if isinstance(holder[key], str):
        holder[key] = harmed_text(holder[key], chance)
    else:
        holder[key] = chance.choice(NUMBERS)


def _harm_form(holder: Any, key: Any, chance: random.Random) -> None:
    action = chance.randrange(4)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, dict):
        holder[chance.choice(TOKENS)[:50]] = holder[key]
    elif action == 2 and isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        holder[key] = copy.deepcopy(chance.choice(VALUES))


def _kind(place: tuple[Any, Any]) -> type | None:
    """Return the type of a member that may be harmed within it: free text or a number."""
    holder, key = place
    member = holder[key]
    if isinstance(member, str) and key not in ("role", "method"):
        return str
    return float if isinstance(member, (int, float)) and not isinstance(member, bool) else None


def json_line(value: object) -> str:
    """Return JSON in one line; half a surrogate pair stays an escape, as other programs write it."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield value, key
            yield from _places(member)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield value, number
            yield from _places(member)
