"""The exception tree of qa_analyzer.

QAError
├── ConfigError                 stops before any call is opened (exit code 2)
│   ├── ScorecardError          a scorecard or lexicon file is wrong; carries every fault found
│   ├── ManifestError           the list of calls is wrong as a whole; carries every fault found
│   ├── ModelError              a model is missing, damaged or unknown
│   └── StoreAddressError       no store answers at its address, or not to us; a StoreError too
├── CallError                   one call cannot be judged; recorded as a CallFailure, the night goes on
│   ├── InputError              the manifest row or text call is unusable
│   ├── DecodeError             the recording cannot be opened or decoded
│   │   └── SpoolError          there was no room to decode it; the next run tries again
│   ├── FetchError              the recording cannot be fetched from where it lies
│   ├── TranscriptionError      recognition failed
│   └── TranscriptError         a stored transcript is damaged or of an unknown version
├── StoreError                  the KPI store cannot be read or written
├── OutputError                 the disk took no more; the night stops, and goes on when there is room
├── RunnerError                 the cluster that did the work is gone; the night stops, and can go on
└── MissingDependencyError      names the extra to install

Every class passes its own arguments to ``super().__init__`` so that it survives pickling between workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class QAError(Exception):
    """Base of every error that qa_analyzer raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a file that a human wrote.

    ``line`` is 1-based; None where the format has no lines. ``where`` is a path inside the document.
    """

    path: Path
    line: int | None
    where: str
    message: str

    def __str__(self) -> str:
        position = f"{self.path}:{self.line}" if self.line is not None else str(self.path)
        return f"{position}: {self.where}: {self.message}" if self.where else f"{position}: {self.message}"


class ConfigError(QAError):
    """Options, settings or files written by humans are wrong; nothing was started."""


class FaultsError(ConfigError):
    """A file written by a human has faults; all of them are listed."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class ScorecardError(FaultsError):
    """A scorecard or lexicon cannot be used."""


class ManifestError(FaultsError):
    """A manifest cannot be used."""


class ModelError(ConfigError):
    """A model is missing, damaged or unknown."""


class CallError(QAError):
    """One call cannot be processed. ``stage`` names the room that gave up."""

    stage = "call"

    def __init__(self, call_id: str, reason: str) -> None:
        super().__init__(call_id, reason)
        self.call_id = call_id
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.call_id}: {self.reason}"


class InputError(CallError):
    """The manifest row or the text call is unusable."""

    stage = "input"


class DecodeError(CallError):
    """The recording cannot be opened or decoded."""

    stage = "decode"


class SpoolError(DecodeError):
    """There was no room to decode into; the call is tried again by the next run."""


class FetchError(CallError):
    """The recording cannot be fetched from where it lies, or may not be."""

    stage = "fetch"


class TranscriptionError(CallError):
    """Recognition failed."""

    stage = "transcribe"


class TranscriptError(CallError):
    """A stored transcript is damaged or of an unknown version."""

    stage = "transcript"


class StoreError(QAError):
    """The KPI store cannot be read or written."""


class StoreAddressError(ConfigError, StoreError):
    """The store's address is wrong: unknown kind, nobody there, or a password that is refused."""


class OutputError(QAError):
    """The disk took no more: it is full, over its quota, or failing. What was finished is kept."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.path} cannot be written: {self.reason}; make room on that disk, then run the same "
            "command again: it goes on where it stopped"
        )


class RunnerError(QAError):
    """Where calls were processed is gone, such as a Ray cluster. What was finished is kept."""


class MissingDependencyError(ConfigError):
    """An optional library is needed: install the named extra."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(feature, extra)
        self.feature = feature
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.feature} needs an optional library: pip install 'qa_analyzer[{self.extra}]'"
