"""Metadata from file names: a regular expression whose named groups are columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

import regex

from qa_analyzer.calls.call_row import COLUMNS, RowError
from qa_analyzer.errors import ConfigError

MATCH_TIMEOUT_S = 0.25
"""A pattern that needs longer on one file name backtracks without end."""


class FilenamePattern:
    """A pattern that must match a whole file name without its suffix.

    With a ``/`` in the pattern it must match the path inside the source instead (folders joined by ``/``).
    Group names are manifest columns; others become ``extra``. Raises ConfigError where it cannot serve.
    """

    def __init__(self, pattern: str) -> None:
        try:
            self._regex = regex.compile(pattern)
        except regex.error as error:
            raise ConfigError(f"file name pattern {pattern!r} is no regular expression: {error}") from error
        groups = sorted(self._regex.groupindex)
        if not groups:
            raise ConfigError(
                f"file name pattern {pattern!r} has no named group such as (?P<agent_id>[^_]+); "
                f"groups are columns: {', '.join(COLUMNS[1:])}"
            )
        if "path" in groups:
            raise ConfigError(f"file name pattern {pattern!r}: path is the file itself and cannot be a group")
        self.pattern = pattern

    def cells(self, relative_path: PurePath) -> Mapping[str, object]:
        """Return the columns that the name of a file holds; raises RowError where it does not match."""
        bare = relative_path.with_suffix("")
        name = bare.as_posix() if "/" in self.pattern else bare.name
        try:
            match = self._regex.fullmatch(name, timeout=MATCH_TIMEOUT_S)
        except TimeoutError as error:
            raise RowError(
                f"file name pattern {self.pattern} took over {MATCH_TIMEOUT_S:g} s on {name!r}; simplify it"
            ) from error
        if match is None:
            raise RowError(f"file name '{name}' does not match the pattern {self.pattern}")
        cells: dict[str, object] = match.groupdict()
        return cells
