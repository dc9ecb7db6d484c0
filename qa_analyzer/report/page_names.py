"""File names for calls and agents, safe on every file system."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from qa_analyzer.scoring.evaluation import Evaluation

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}\Z")
# Windows opens devices under these names, with any suffix.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z", re.IGNORECASE)


def page_names(ids: Iterable[str]) -> dict[str, str]:
    """Return a unique file name stem per id.

    A plain id is its own name. Any other, or one that differs from another only in case, gets a hash.
    """
    unique = sorted(set(ids))
    by_folded: dict[str, int] = {}
    for name in unique:
        by_folded[name.casefold()] = by_folded.get(name.casefold(), 0) + 1
    return {
        name: name if _is_plain(name) and by_folded[name.casefold()] == 1 else _hashed(name)
        for name in unique
    }


def _is_plain(name: str) -> bool:
    return bool(_SAFE.match(name)) and not _DEVICES.match(name) and not name.endswith(".")


def _hashed(name: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{slug or 'id'}~{digest}"


NO_AGENT = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where each call and agent has its page; calls without an agent share one."""

    calls: Mapping[str, str]
    agents: Mapping[str, str]

    @classmethod
    def of(cls, evaluations: Collection[Evaluation]) -> Pages:
        """Name the pages of a report.

        Raises:
            ValueError: two evaluations have the same call id.
        """
        call_ids = [evaluation.call_id for evaluation in evaluations]
        twice = sorted(call_id for call_id, count in Counter(call_ids).items() if count > 1)
        if twice:
            raise ValueError(f"calls evaluated twice in one report: {', '.join(twice)}")
        agents = page_names(agent_of(evaluation) for evaluation in evaluations)
        return cls(page_names(call_ids), agents)

    def call(self, evaluation: Evaluation) -> str:
        """Return the call's page, from the report's root."""
        return f"calls/{self.calls[evaluation.call_id]}.html"

    def agent(self, agent_id: str) -> str:
        """Return the agent's page, from the report's root."""
        return f"agents/{self.agents[agent_id]}.html"


def agent_of(evaluation: Evaluation) -> str:
    """Return the agent id; ``NO_AGENT`` where the input did not say."""
    return evaluation.analysis.transcript.call.agent_id or NO_AGENT
