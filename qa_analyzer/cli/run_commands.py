"""The commands that process calls: run, transcribe, score and report."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from qa_analyzer.batch.forecast import Forecast
from qa_analyzer.batch.night import (
    Night,
    NightOptions,
    Reporting,
    forecast_night,
    rebuild_report,
    rescore,
    run_night,
    transcribe_night,
)
from qa_analyzer.batch.watch import DropFolder
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.opening import Config, Store, open_settings
from qa_analyzer.cli.progress import configure_logs, log_summary, reporting
from qa_analyzer.cli.stopping import ctrl_c_asks
from qa_analyzer.report.console import print_summary
from qa_analyzer.settings import Settings

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
AsrModel = Annotated[
    str | None, typer.Option("--asr-model", help="Recogniser: a name in the model list, or a folder.")
]
Sentiment = Annotated[
    str | None, typer.Option("--sentiment", help="Sentiment model: a name, a folder, or 'lexicon'.")
]
Pattern = Annotated[
    str | None, typer.Option("--filename-pattern", help="Regex with named groups: metadata from file names.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", help="Worker processes [as many as the machine fits].")
]
Runner = Annotated[
    str | None,
    typer.Option("--runner", help="in-process, pool or ray [pool when workers > 1]."),
]
RayAddress = Annotated[
    str | None, typer.Option("--ray-address", help="An existing Ray cluster [this machine].")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but failures.")]
JsonLogs = Annotated[bool, typer.Option("--json-logs", help="One JSON object a line on stderr, for cron.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of reports and summary: zh or en [zh].")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Do calls again that failed in an earlier run.")
]
Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only later calls."),
]
MaxFailureRate = Annotated[
    float,
    typer.Option("--max-failure-rate", min=0, max=1, help="Exit 0 while at most this share of calls failed."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done and how long it would take.")]
KeepPii = Annotated[bool, typer.Option("--keep-pii", help="Keep personal data in transcripts and reports.")]
NoReport = Annotated[
    bool,
    typer.Option("--no-report", help="Leave the report and the workbook out; `report` can write them later."),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N calls.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (run, transcribe, score, report, watch):
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
    runner: Runner = None,
    ray_address: RayAddress = None,
    lang: Lang = None,
    keep_pii: KeepPii = False,
    retry_failed: RetryFailed = False,
    limit: Limit = None,
    since: Since = None,
    max_failure_rate: MaxFailureRate = 0.0,
    dry_run: DryRun = False,
    no_report: NoReport = False,
    quiet: Quiet = False,
    json_logs: JsonLogs = False,
) -> None:
    """Transcribe, score and report calls. Run it again on the same OUT to go on after an interruption."""
    settings = open_settings(
        config,
        scorecard=scorecard,
        store=store,
        asr_model=asr_model,
        sentiment_model=sentiment,
        filename_pattern=filename_pattern,
        workers=workers,
        runner=runner,
        ray_address=ray_address,
        keep_pii=keep_pii or None,
        language=lang,
    )
    options = NightOptions(
        source=source,
        out_dir=out,
        retry_failed=retry_failed,
        limit=limit,
        since=since.replace(tzinfo=ZoneInfo(settings.timezone)) if since is not None else None,
        report=not no_report,
    )
    if dry_run:
        typer.echo(forecast_lines(forecast_night(settings, options)))
        return
    _finish(run_night, settings, options, quiet=quiet, json_logs=json_logs, max_failure_rate=max_failure_rate)


def transcribe(
    source: Input,
    out: Out,
    asr_model: AsrModel = None,
    config: Config = None,
    filename_pattern: Pattern = None,
    workers: Workers = None,
    keep_pii: KeepPii = False,
    retry_failed: RetryFailed = False,
    limit: Limit = None,
    quiet: Quiet = False,
    json_logs: JsonLogs = False,
) -> None:
    """Write transcripts only (JSON, TXT, SRT, VTT, CSV); `score` can go on from them."""
    settings = open_settings(
        config,
        asr_model=asr_model,
        filename_pattern=filename_pattern,
        workers=workers,
        keep_pii=keep_pii or None,
    )
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
    no_report: NoReport = False,
    quiet: Quiet = False,
    json_logs: JsonLogs = False,
) -> None:
    """Score stored transcripts again, without touching audio."""
    settings = open_settings(
        config,
        scorecard=scorecard,
        store=store,
        sentiment_model=sentiment,
        workers=workers,
        language=lang,
    )
    out_dir = out if out is not None else source
    options = NightOptions(source=source, out_dir=out_dir, report=not no_report)
    _finish(rescore, settings, options, quiet=quiet, json_logs=json_logs)


def report(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="OUT of an earlier run.")],
    config: Config = None,
    lang: Lang = None,
    store: Store = None,
) -> None:
    """Write the HTML report of an earlier run again, with what people have decided since."""
    settings = open_settings(config, language=lang, store=store)
    typer.echo(rebuild_report(settings, source))


def watch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that recordings are dropped into.")],
    out: Out,
    config: Config = None,
    settle_s: Annotated[
        float, typer.Option("--settle", min=1, help="Seconds a file must stand still.")
    ] = 30.0,
    poll_s: Annotated[float, typer.Option("--poll", min=1, help="Seconds between looks.")] = 10.0,
    filename_pattern: Pattern = None,
    workers: Workers = None,
    json_logs: JsonLogs = False,
) -> None:
    """Process recordings as they arrive in a folder, each once it has stopped growing; stop with Ctrl-C."""
    settings = open_settings(config, filename_pattern=filename_pattern, workers=workers)
    configure_logs(json_logs=json_logs, quiet=False)
    drop = DropFolder(folder, settle_s)
    try:
        while True:
            settled = drop.settled()
            if settled:
                options = NightOptions(source=folder, out_dir=out, only=settled)
                with ctrl_c_asks(options.stop):
                    run_night(
                        settings, options, lambda total: reporting(total, quiet=False, json_logs=json_logs)
                    )
                if options.stop.asked:
                    raise typer.Exit(ExitCode.OK)
            time.sleep(poll_s)
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.OK) from None


def forecast_lines(ahead: Forecast) -> str:
    """Return a forecast in words."""
    basis = "上次运行实测" if ahead.measured else "估计值"
    lines = [
        f"共 {ahead.calls} 通，已完成 {ahead.done} 通，清单中不可用 {ahead.rejected} 通",
        f"待处理录音 {ahead.audio_s / 3600:.2f} 小时，预计 {ahead.expected_s / 60:.1f} 分钟"
        f"（{ahead.speed:.1f} 倍实时，{basis}）",
    ]
    if ahead.left_out:
        lines.append(f"另有 {ahead.left_out} 通已按保存期限清除（purge），不再处理")
    if ahead.unknown_length:
        lines.append(f"{ahead.unknown_length} 个录音的文件头没有写明时长，未计入")
    return "\n".join(lines)


def _finish(
    job: Job,
    settings: Settings,
    options: NightOptions,
    *,
    quiet: bool,
    json_logs: bool,
    max_failure_rate: float = 0.0,
) -> None:
    configure_logs(json_logs=json_logs, quiet=quiet)
    try:
        with ctrl_c_asks(options.stop):
            night = job(settings, options, lambda total: reporting(total, quiet=quiet, json_logs=json_logs))
    except KeyboardInterrupt:
        typer.echo(
            "已中断；再次运行同一命令即从断点继续。Interrupted: the same command goes on from here.", err=True
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    summary, left_out = night.finished.summary, night.finished.facts["left_out_as_purged"]
    if left_out:
        typer.echo(
            f"{left_out} 通此前已按保存期限清除，未再处理。{left_out} calls, purged earlier, left out.",
            err=True,
        )
    if json_logs:
        log_summary(summary, night.report_page)
    elif not quiet:
        print_summary(
            night.finished, lang=settings.language, scorecard=night.scorecard, report_page=night.report_page
        )
    too_many = summary.failed > max_failure_rate * summary.calls
    raise typer.Exit(ExitCode.FAILED_CALLS if too_many else ExitCode.OK)
