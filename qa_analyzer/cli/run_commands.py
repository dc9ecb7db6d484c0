"""The commands that process calls: run, transcribe, score and report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from qa_analyzer.batch.night import (
    Night,
    NightOptions,
    Reporting,
    rebuild_report,
    rescore,
    run_night,
    transcribe_night,
)
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.progress import configure_logs, reporting
from qa_analyzer.report.console import print_summary
from qa_analyzer.settings import Settings, load_settings

Job = Callable[[Settings, NightOptions, Reporting], Night]

Input = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="Folder of recordings, manifest (.csv, .jsonl) or text calls (.jsonl, .txt, .srt …).",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", "-o", help="Folder for everything that is written; made if missing.")
]
Scorecard = Annotated[Path | None, typer.Option("--scorecard", help="Scorecard YAML [telecom_etiquette].")]
Store = Annotated[str | None, typer.Option("--store", help="KPI store URL [a SQLite file in OUT].")]
AsrModel = Annotated[
    str | None, typer.Option("--asr-model", help="Recogniser: a name in the model list, or a folder.")
]
Sentiment = Annotated[
    str | None, typer.Option("--sentiment", help="Sentiment model: a name, a folder, or 'lexicon'.")
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (YAML).")]
Pattern = Annotated[
    str | None, typer.Option("--filename-pattern", help="Regex with named groups: metadata from file names.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", help="Worker processes [as many as the machine fits].")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but failures.")]
JsonLogs = Annotated[bool, typer.Option("--json-logs", help="One JSON object a line on stderr, for cron.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of reports and summary: zh or en [zh].")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Do calls again that failed in an earlier run.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N calls.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (run, transcribe, score, report):
        app.command()(command)


def run(
    source: Input,
    out: Out,
    scorecard: Scorecard = None,
    store: Store = None,
    asr_model: AsrModel = None,
    sentiment: Sentiment = None,
    config: Config = None,
    filename_pattern: Pattern = None,
    workers: Workers = None,
    lang: Lang = None,
    retry_failed: RetryFailed = False,
    limit: Limit = None,
    quiet: Quiet = False,
    json_logs: JsonLogs = False,
) -> None:
    """Transcribe, score and report calls. Run it again on the same OUT to go on after an interruption."""
    settings = load_settings(
        config,
        scorecard=scorecard,
        store=store,
        asr_model=asr_model,
        sentiment_model=sentiment,
        filename_pattern=filename_pattern,
        workers=workers,
        language=lang,
    )
    options = NightOptions(source=source, out_dir=out, retry_failed=retry_failed, limit=limit)
    _finish(run_night, settings, options, quiet=quiet, json_logs=json_logs)


def transcribe(
    source: Input,
    out: Out,
    asr_model: AsrModel = None,
    config: Config = None,
    filename_pattern: Pattern = None,
    workers: Workers = None,
    retry_failed: RetryFailed = False,
    limit: Limit = None,
    quiet: Quiet = False,
    json_logs: JsonLogs = False,
) -> None:
    """Write transcripts only (JSON, TXT, SRT, VTT, CSV); `score` can go on from them."""
    settings = load_settings(config, asr_model=asr_model, filename_pattern=filename_pattern, workers=workers)
    options = NightOptions(source=source, out_dir=out, retry_failed=retry_failed, limit=limit)
    _finish(transcribe_night, settings, options, quiet=quiet, json_logs=json_logs)


def score(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="OUT of an earlier run or transcribe.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write [DIR].")] = None,
    scorecard: Scorecard = None,
    store: Store = None,
    sentiment: Sentiment = None,
    config: Config = None,
    workers: Workers = None,
    lang: Lang = None,
    quiet: Quiet = False,
    json_logs: JsonLogs = False,
) -> None:
    """Score stored transcripts again, without touching audio."""
    settings = load_settings(
        config,
        scorecard=scorecard,
        store=store,
        sentiment_model=sentiment,
        workers=workers,
        language=lang,
    )
    options = NightOptions(source=source, out_dir=out if out is not None else source)
    _finish(rescore, settings, options, quiet=quiet, json_logs=json_logs)


def report(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="OUT of an earlier run.")],
    config: Config = None,
    lang: Lang = None,
) -> None:
    """Write the HTML report of an earlier run again."""
    settings = load_settings(config, language=lang)
    typer.echo(rebuild_report(settings, source))


def _finish(job: Job, settings: Settings, options: NightOptions, *, quiet: bool, json_logs: bool) -> None:
    configure_logs(json_logs=json_logs, quiet=quiet)
    try:
        night = job(settings, options, lambda total: reporting(total, quiet=quiet, json_logs=json_logs))
    except KeyboardInterrupt:
        typer.echo(
            "已中断；再次运行同一命令即从断点继续。Interrupted: the same command goes on from here.", err=True
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if not quiet and not json_logs:
        print_summary(
            night.finished, lang=settings.language, scorecard=night.scorecard, report_page=night.report_page
        )
    raise typer.Exit(ExitCode.FAILED_CALLS if night.finished.summary.failed else ExitCode.OK)
