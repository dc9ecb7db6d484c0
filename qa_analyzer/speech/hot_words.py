"""Domain terms for the recogniser, from a YAML file that each site may write.

The terms are given to the recogniser as text that came before. What leaks from there into the transcript is
found by the audit (``PROMPT_ECHO``).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.human_yaml import load_model

MAX_TERMS = 60
"""Whisper reads at most 223 tokens of earlier text; about two a character, and long prompts cost accuracy."""


class HotWords(BaseModel):
    """The file: ``terms`` in order of importance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: tuple[str, ...] = Field(min_length=1, max_length=MAX_TERMS)

    @property
    def prompt(self) -> str:
        """Return the text to put before the recording."""
        return "、".join(self.terms)


def load_hot_words(path: Path) -> HotWords:
    """Read a hot-word file; raise FaultsError with every fault and its line."""
    return load_model(path, HotWords)
