"""What a run shows while it goes: a progress bar for people, JSON lines for cron, or nothing."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import structlog
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from qa_analyzer.batch.outputs import RunSummary
from qa_analyzer.batch.run import Listener
from qa_analyzer.batch.work import CallResult


def configure_logs(*, json_logs: bool, quiet: bool) -> None:
    """Send structured logs to stderr: one JSON object a line, or short lines for people."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_logs
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@contextmanager
def reporting(total: int, *, quiet: bool, json_logs: bool) -> Iterator[Listener]:
    """Yield a listener that shows each finished call in the way that was asked for."""
    log = structlog.get_logger()

    def log_call(result: CallResult) -> None:
        if result.failure is not None:
            failure = result.failure
            log.warning("call_failed", call_id=result.call_id, stage=failure.stage, reason=failure.message)
        else:
            seconds = round(sum(result.stage_seconds.values()), 3)
            log.info(
                "call_done",
                call_id=result.call_id,
                audio_s=result.audio_s,
                wall_s=seconds,
                resumed=result.resumed,
            )

    if json_logs:
        yield log_call
    elif quiet:
        yield lambda result: log_call(result) if result.failure is not None else None
    else:
        with _bar(total) as listener:
            yield listener


def log_summary(summary: RunSummary, report_page: Path | None) -> None:
    """Write the figures of a finished run as one line of the log."""
    log = structlog.get_logger()
    figures = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in asdict(summary).items()
        if not isinstance(value, dict)
    }
    tell = log.warning if summary.failed else log.info
    tell("run_done", **figures, report=str(report_page) if report_page is not None else None)


@contextmanager
def _bar(total: int) -> Iterator[Listener]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[audio_h]:.2f} h audio, {task.fields[speed]:.1f}x real time"),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("[red]{task.fields[failed]} failed[/]"),
    )
    started, audio_s, failed = time.perf_counter(), 0.0, 0
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("calls", total=total, audio_h=0.0, speed=0.0, failed=0)

        def show(result: CallResult) -> None:
            nonlocal audio_s, failed
            if result.failure is not None:
                failed += 1
                progress.console.print(
                    f"失败 {result.call_id}: {result.failure.message}", style="red", markup=False
                )
            audio_s += (result.audio_s or 0.0) * (not result.resumed)
            speed = audio_s / (time.perf_counter() - started)
            progress.update(task, advance=1, audio_h=audio_s / 3600, speed=speed, failed=failed)

        yield show
