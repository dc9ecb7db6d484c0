"""Writing a report's files: each whole or not at all, and none left over from an earlier report."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from qa_analyzer.errors import ConfigError
from qa_analyzer.whole_files import draft, make_folder

_LISTING = "report-files.json"
_FOLDERS = ("agents", "calls", "audio")


class ReportFiles:
    """The files of one report folder. Names are relative to it, with forward slashes.

    Raises:
        ConfigError: the folder cannot be made.
    """

    def __init__(self, out_dir: Path) -> None:
        self.out_dir = out_dir
        self._written: set[str] = set()
        try:
            for folder in _FOLDERS:
                make_folder(out_dir / folder)
        except OSError as error:
            raise ConfigError(f"the report folder {out_dir} cannot be made: {error.strerror}") from error

    def write_text(self, name: str, text: str) -> Path:
        """Write a page. Half a surrogate pair, which UTF-8 cannot hold, becomes a question mark."""
        return self.write_bytes(name, text.encode("utf-8", "replace"))

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Write a file and put it in place when it is whole; raises ConfigError when it cannot be written."""
        path = self.out_dir / name
        try:
            with draft(path, durable=False) as part:  # thousands, and made again from the evaluations
                part.write_bytes(content)
        except OSError as error:
            raise ConfigError(
                f"{path} cannot be written: {error.strerror}; free some space or choose another folder"
            ) from error
        self.keep(name)
        return path

    def keep(self, name: str) -> None:
        """Count a file among this report's."""
        self._written.add(name)

    def finish(self) -> None:
        """Remove the files of an earlier report in this folder that this one did not write again."""
        listing = self.out_dir / _LISTING
        for name in sorted(_listed(listing) - self._written):
            (self.out_dir / name).unlink(missing_ok=True)
        self._written.discard(_LISTING)
        self.write_bytes(_LISTING, json.dumps(sorted(self._written), ensure_ascii=False, indent=0).encode())


def remove_report(out_dir: Path) -> None:
    """Remove the pages and recordings of a report; whatever else lies in its folder stays."""
    listing = out_dir / _LISTING
    for name in (*sorted(_listed(listing)), "index.html", _LISTING):
        (out_dir / name).unlink(missing_ok=True)


def _listed(listing: Path) -> set[str]:
    """Read an earlier listing; only names inside our own folders count, whatever somebody wrote there."""
    try:
        names = json.loads(listing.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(names, list):
        return set()
    return {
        name
        for name in names
        if isinstance(name, str)
        and len(PurePosixPath(name).parts) == 2
        and PurePosixPath(name).parts[0] in _FOLDERS
        and PurePosixPath(name).parts[1] not in (".", "..")
        and "\\" not in name
    }
