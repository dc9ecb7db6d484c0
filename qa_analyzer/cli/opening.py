"""What commands open before they start: the settings and the store of a run, and how these are named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qa_analyzer.batch.run_store import STORE
from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.store import sqlite_url
from qa_analyzer.settings import Settings, load_settings
from qa_analyzer.whole_files import share

Source = Annotated[str, typer.Argument(metavar="STORE", help="OUT of a run, or the URL of a store.")]
Store = Annotated[str | None, typer.Option("--store", help="KPI store URL [a SQLite file in OUT].")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (YAML).")]


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
