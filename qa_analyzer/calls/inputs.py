"""What is to be judged: a folder of recordings, a manifest, a file of text calls, or one file → calls.

A call that cannot be used never stops the others: it comes back as an InputError that names it and its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

from qa_analyzer.calls.call import Call
from qa_analyzer.calls.call_ids import call_id_fault, call_id_from_path
from qa_analyzer.calls.call_row import CallMetadata, Place, RowError, read_metadata, usable_call_id
from qa_analyzer.calls.filename_pattern import FilenamePattern
from qa_analyzer.calls.manifest import ManifestRow, is_turn_table, rows_from_csv, rows_from_jsonl
from qa_analyzer.calls.remote import below_allowed, shown_url, url_fault
from qa_analyzer.calls.text_calls import row_cells, turns_from_json
from qa_analyzer.calls.text_decoding import UndecodableTextError, read_text
from qa_analyzer.calls.transcript_files import TRANSCRIPT_SUFFIXES, read_transcript_file
from qa_analyzer.errors import ConfigError, Fault, InputError, ManifestError, MissingDependencyError

AUDIO_SUFFIXES = frozenset(
    {".wav", ".wave", ".w64", ".rf64", ".mp3", ".m4a", ".mp4", ".aac", ".3gp", ".opus", ".ogg", ".oga"}
    | {".webm", ".mka", ".amr", ".flac", ".wma", ".asf", ".gsm", ".aif", ".aiff", ".au", ".caf"}
)
"""What a folder is searched for; a manifest may name other files, and ``open_audio`` looks at the content."""


@dataclass(frozen=True, slots=True)
class InputOptions:
    """How to read a source.

    ``timezone`` holds for times written without a zone. ``filename_pattern`` is for ``FilenamePattern``.
    Files must lie inside ``root`` (default: the folder of the manifest, or the folder given), unless
    ``allow_outside``. A list may name URLs that begin with one of ``allowed_urls``.
    """

    timezone: str = "Asia/Shanghai"
    filename_pattern: str | None = None
    root: Path | None = None
    allow_outside: bool = False
    allowed_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallList:
    """The calls of a source and those that cannot be used, both in the order of the source.

    ``ignored`` are files of a folder that were not looked at: no recordings, or text beside recordings.
    """

    calls: tuple[Call, ...]
    rejected: tuple[InputError, ...] = ()
    ignored: tuple[Path, ...] = ()


def read_calls(source: Path, options: InputOptions) -> CallList:
    """List the calls of a folder, a manifest (``.csv``, ``.jsonl``), a ``.jsonl`` of text calls, or one file.

    Raises ConfigError for a source or option that cannot serve, ManifestError for a list that is unreadable.
    """
    reader = _Reader(source, options)
    try:
        if source.is_dir():
            reader.read_folder()
        elif source.is_file():
            reader.read_file()
        else:
            raise ConfigError(
                f"input {source} does not exist; give a folder of recordings, a manifest or a file"
            )
    except OSError as error:
        raise ConfigError(
            f"cannot read input {error.filename or source}: {error.strerror}; check that this user may read "
            "it (a folder needs read and execute permission)"
        ) from error
    return CallList(tuple(reader.calls), tuple(reader.rejected), tuple(reader.ignored))


@dataclass(slots=True)
class _Reader:
    """Collects the calls of one source."""

    source: Path
    options: InputOptions
    calls: list[Call] = field(default_factory=list)
    rejected: list[InputError] = field(default_factory=list)
    ignored: list[Path] = field(default_factory=list)
    zone: ZoneInfo = field(init=False)
    pattern: FilenamePattern | None = field(init=False)
    base: Path = field(init=False)
    root: Path = field(init=False)
    places: dict[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.zone = ZoneInfo(self.options.timezone)
        except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
            raise ConfigError(
                f"unknown time zone {self.options.timezone!r}; use a name such as Asia/Shanghai "
                "(on a system without time zones: pip install tzdata)"
            ) from error
        pattern = self.options.filename_pattern
        self.pattern = None if pattern is None else FilenamePattern(pattern)
        self.base = self.source if self.source.is_dir() else self.source.parent
        self.root = (self.options.root or self.base).resolve()

    def read_folder(self) -> None:
        """Take the recordings below the folder; only where there are none, its transcripts."""
        files = sorted(self._walk(self.source), key=lambda path: path.relative_to(self.source).parts)
        recordings = [path for path in files if path.suffix.casefold() in AUDIO_SUFFIXES]
        chosen = recordings or [path for path in files if path.suffix.casefold() in TRANSCRIPT_SUFFIXES]
        self.ignored = [path for path in files if path not in set(chosen)]
        for path in chosen:
            self._take(ManifestRow(Place(path), {"path": str(path.relative_to(self.source))}))

    def read_file(self) -> None:
        """Take a manifest's rows, or the file itself as one call."""
        suffix = self.source.suffix.casefold()
        if suffix in (".csv", ".jsonl", ".ndjson"):
            try:
                text = read_text(self.source)
            except UndecodableTextError as error:
                raise ManifestError((Fault(self.source, None, "", str(error)),)) from error
            if suffix != ".csv":
                rows = rows_from_jsonl(self.source, text)
            elif is_turn_table(text):
                rows = self._itself()
            else:
                rows = rows_from_csv(self.source, text)
        elif suffix in AUDIO_SUFFIXES | TRANSCRIPT_SUFFIXES:
            rows = self._itself()
        else:
            raise ConfigError(
                f"input {self.source} is neither a folder nor a manifest (.csv, .jsonl) nor a recording or "
                f"transcript; known: {' '.join(sorted(AUDIO_SUFFIXES | TRANSCRIPT_SUFFIXES))}"
            )
        for row in rows:
            self._take(row)

    def _itself(self) -> Iterator[ManifestRow]:
        yield ManifestRow(Place(self.source), {"path": self.source.name})

    def _walk(self, folder: Path) -> Iterator[Path]:
        """Yield the files below a folder without following links to folders; hidden ones are passed over."""

        def refuse(error: OSError) -> None:
            refused = Path(error.filename)
            if refused == folder:
                raise error
            self.rejected.append(
                InputError(
                    call_id_from_path(refused.relative_to(folder)),
                    f"folder {_sayable(str(refused))} cannot be read ({error.strerror}), so its calls are "
                    "missing; give this user read and execute permission",
                )
            )

        for here, folders, names in os.walk(folder, onerror=refuse):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(here, name) for name in names if not name.startswith((".", "~$")))

    def _take(self, row: ManifestRow) -> None:
        """Turn a row into a call, or record why it cannot be one."""
        try:
            if row.fault is not None:
                raise row.fault
            call = self._call(row.fields, row.place)
            if call.call_id in self.places:
                raise RowError(
                    f"the call id is used twice: first at {self.places[call.call_id]} (kept), again here",
                    call_id=call.call_id,
                )
        except RowError as error:
            call_id = error.call_id or usable_call_id(row.fields.get("call_id")) or _fallback_id(row)
            self.rejected.append(InputError(call_id, _sayable(f"{row.place}: {error}")))
        else:
            self.places[call.call_id] = row.place
            self.calls.append(call)

    def _call(self, fields: Mapping[str, object], place: Place) -> Call:
        metadata = read_metadata(row_cells(fields), self.zone)
        written = metadata.row.path
        if "turns" in fields and fields["turns"] is not None:
            if written is not None:
                raise RowError("has both path and turns; a call is either a recording or a text")
            turns = turns_from_json(fields["turns"])
            return metadata.call(metadata.row.call_id or _fallback_id_of(place), given_turns=turns)
        if written is None:
            raise RowError("has neither path nor turns; one is needed")
        if "://" in written:
            return self._elsewhere(metadata, written)
        path, relative_path = self._locate(written)
        if self.pattern is not None:
            metadata = metadata.filled_from(read_metadata(self.pattern.cells(relative_path), self.zone))
        if path.suffix.casefold() not in TRANSCRIPT_SUFFIXES:
            if str(path) != _sayable(str(path)):
                raise RowError("path: the name is not in UTF-8; rename the file or folder (convmv does many)")
            return metadata.call(_call_id(metadata, relative_path), audio_path=path)
        transcript = read_transcript_file(path)
        metadata = metadata.filled_from(_own_metadata(transcript.cells, self.zone))
        return metadata.call(_call_id(metadata, relative_path), given_turns=transcript.turns)

    def _elsewhere(self, metadata: CallMetadata, url: str) -> Call:
        """Take a recording that lies elsewhere; it is not looked at before it is its turn."""
        if fault := url_fault(url, self.options.allowed_urls):
            raise RowError(f"path: '{shown_url(url)}' {fault}")
        below = below_allowed(url, self.options.allowed_urls)
        if below.suffix.casefold() not in AUDIO_SUFFIXES:
            raise RowError(f"path: '{shown_url(url)}' is no recording by its name; text calls must lie here")
        if find_spec("fsspec") is None:
            raise MissingDependencyError("a recording at a URL", "remote")
        if self.pattern is not None:
            metadata = metadata.filled_from(read_metadata(self.pattern.cells(below), self.zone))
        return metadata.call(_call_id(metadata, below), audio_url=url)

    def _locate(self, written: str) -> tuple[Path, PurePath]:
        """Return the file that a row names and its path inside the source; raises RowError."""
        if "\0" in written:
            raise RowError(
                f"path: '{written[:80]}': allowed: a file on this machine, best relative to the manifest"
            )
        path = self.base / written
        try:
            resolved = path.resolve()
            if not self.options.allow_outside and not resolved.is_relative_to(self.root):
                raise RowError(
                    f"path: '{written}' leads outside {self.root}; move the file there, name another root, "
                    "or allow files outside"
                )
            found = resolved.is_file()
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            raise RowError(f"path: '{written}' cannot be looked up: {error}") from error
        if not found:
            hint = "; write / between folders" if "\\" in written and os.sep == "/" else ""
            kind = "is no regular file" if resolved.exists() else "does not exist"
            raise RowError(f"path: '{written}' {kind} (looked for {path}){hint}")
        lexical = PurePath(os.path.normpath(path))
        base = PurePath(os.path.normpath(self.base))
        return path, lexical.relative_to(base) if lexical.is_relative_to(base) else PurePath(lexical.name)


def _sayable(text: str) -> str:
    r"""Return a text with the bytes of file names that are not UTF-8 as \udchh: what we write is UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def _own_metadata(cells: Mapping[str, object], zone: ZoneInfo) -> CallMetadata:
    """Read the columns that a JSON transcript carries; it cannot name another file."""
    return read_metadata({name: cell for name, cell in cells.items() if name != "path"}, zone)


def _call_id(metadata: CallMetadata, relative_path: PurePath) -> str:
    call_id = metadata.row.call_id or call_id_from_path(relative_path)
    if fault := call_id_fault(call_id):
        raise RowError(f"the call id '{call_id[:60]}…' {fault}")
    return call_id


def _fallback_id(row: ManifestRow) -> str:
    """Name a call that has no id of its own, for the list of failures."""
    written = row.fields.get("path")
    if isinstance(written, str) and written.strip():
        return call_id_from_path(PurePath(written))
    return _fallback_id_of(row.place)


def _fallback_id_of(place: Place) -> str:
    """Name a call by its list and line; it stays the same as long as the list does."""
    return call_id_from_path(PurePath(place.path.name)) + ("" if place.line is None else f"-line{place.line}")
