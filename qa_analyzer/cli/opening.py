"""What commands open before they start: the settings, and the store of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qa_analyzer.batch.night import STORE
from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.store import sqlite_url
from qa_analyzer.settings import Settings, load_settings
from qa_analyzer.whole_files import share


def open_settings(config: Path | None = None, **options: Any) -> Settings:
    """Read the settings, and write from now on for the readers that they name; raises ConfigError."""
    settings = load_settings(config, **options)
    share(settings.file_mode)
    return settings


def store_url(source: str) -> str:
    """Return the URL of a store given as such, as a SQLite file, or as the folder of a run."""
    if "://" in source:
        return source
    path = Path(source)
    file = path / STORE if path.is_dir() else path
    if not file.is_file():
        raise ConfigError(f"{file} is not there: give the --out folder of a run, or the URL of a store")
    return sqlite_url(file)
