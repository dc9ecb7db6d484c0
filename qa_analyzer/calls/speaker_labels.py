"""How a text transcript names who speaks: one list for every form of transcript."""

from __future__ import annotations

import re

from qa_analyzer.calls.call import Role

# "Caller" is left out: on an outbound call it is the agent.
ROLE_LABELS = {
    **dict.fromkeys(("agent", "坐席", "座席", "客服", "客服代表", "话务员", "接线员"), Role.AGENT),
    **dict.fromkeys(("customer", "客户", "用户", "顾客", "user", "client"), Role.CUSTOMER),
}
ALLOWED = (
    f"allowed: {', '.join(ROLE_LABELS)}, also with a number or a name in brackets, as in 坐席2 or 客服(李敏)"
)

LABEL_PATTERN = (
    rf"(?:{'|'.join(sorted(ROLE_LABELS, key=len, reverse=True))})"
    r"(?:[\s_-]{0,3}\d{1,8}|\s{0,3}[（(][^（()）]{0,20}[)）])?"
)
"""Matches a speaker's label; to be compiled without regard to case."""

_LABEL = re.compile(
    rf"(?P<word>{'|'.join(sorted(ROLE_LABELS, key=len, reverse=True))})(?![A-Za-z]).*", re.IGNORECASE
)
_WHOLE_LABEL = re.compile(LABEL_PATTERN, re.IGNORECASE)


def parse_role(label: str) -> Role:
    """Read who speaks; raises ValueError for others, also for "unknown": rules need to know who spoke."""
    label = label.strip()
    word = _LABEL.fullmatch(label) if _WHOLE_LABEL.fullmatch(label) else None
    if word is None:
        raise ValueError(ALLOWED)
    return ROLE_LABELS[word["word"].casefold()]
