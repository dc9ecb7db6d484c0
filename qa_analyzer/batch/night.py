"""The jobs behind the commands: settings and an input become a plan, a runner, a store and a report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from qa_analyzer.batch.publish import publish_report, read_results, scorecard_view
from qa_analyzer.batch.recipe import Recipe
from qa_analyzer.batch.run import FinishedRun, Listener, RunPlan, execute
from qa_analyzer.batch.runners import InProcessRunner, PoolRunner, open_runner, workers_for_this_machine
from qa_analyzer.batch.work import StoredTranscript, WorkItem
from qa_analyzer.calls.call import Call
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.errors import ConfigError, InputError
from qa_analyzer.kpi.store import open_store
from qa_analyzer.report.report_data import ScorecardView
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.settings import Settings
from qa_analyzer.speech.writers import write_formats

TRANSCRIPTS = "transcripts"
STORE = "qa.sqlite"
READABLE = ("txt", "srt", "vtt", "csv")
Reporting = Callable[[int], AbstractContextManager[Listener]]


@dataclass(frozen=True, slots=True)
class NightOptions:
    """What one invocation is about; ``limit`` is None for all calls."""

    source: Path
    out_dir: Path
    retry_failed: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """A finished job; ``report_page`` and ``scorecard`` are None when calls were only transcribed."""

    finished: FinishedRun
    report_page: Path | None = None
    scorecard: ScorecardView | None = None


def run_night(settings: Settings, options: NightOptions, reporting: Reporting) -> Night:
    """Transcribe, score and report the calls of an input."""
    finished = _run(settings, options, reporting, *_calls(settings, options), evaluate=True)
    return _published(finished, settings, options)


def transcribe_night(settings: Settings, options: NightOptions, reporting: Reporting) -> Night:
    """Transcribe the calls of an input; write the readable forms beside the JSON."""
    finished = _run(settings, options, reporting, *_calls(settings, options), evaluate=False)
    for result in finished.results:
        if result.transcript is not None:
            write_formats(result.transcript, options.out_dir / TRANSCRIPTS, READABLE)
    return Night(finished)


def rescore(settings: Settings, options: NightOptions, reporting: Reporting) -> Night:
    """Score the transcripts of an earlier run again; audio is not touched."""
    finished = _run(settings, options, reporting, stored_transcripts(options.source), (), evaluate=True)
    return _published(finished, settings, options)


def rebuild_report(settings: Settings, out_dir: Path) -> Path:
    """Write the report of an earlier run again, from its evaluations and transcripts."""
    return publish_report(*read_results(out_dir, out_dir / TRANSCRIPTS), settings, out_dir)


def stored_transcripts(folder: Path) -> tuple[StoredTranscript, ...]:
    """Return the transcripts of an earlier run; raises ConfigError when there are none."""
    transcripts = folder / TRANSCRIPTS if (folder / TRANSCRIPTS).is_dir() else folder
    paths = sorted(path for path in transcripts.glob("*.json") if not path.name.startswith("."))
    if not paths:
        raise ConfigError(
            f"{folder} holds no transcripts: give the --out folder of an earlier run or transcribe"
        )
    return tuple(StoredTranscript(path.stem, path) for path in paths)


def _published(finished: FinishedRun, settings: Settings, options: NightOptions) -> Night:
    page = publish_report(finished.results, finished.facts, settings, options.out_dir)
    return Night(finished, page, scorecard_view(load_scorecard(settings.scorecard)))


def _calls(settings: Settings, options: NightOptions) -> tuple[tuple[Call, ...], tuple[InputError, ...]]:
    listed = read_calls(
        options.source,
        InputOptions(
            timezone=settings.timezone,
            filename_pattern=settings.filename_pattern,
            root=settings.input_root,
            allow_outside=settings.allow_outside,
        ),
    )
    if not listed.calls and not listed.rejected:
        raise ConfigError(f"{options.source} holds no calls: expected recordings, a manifest or text calls")
    return listed.calls[: options.limit], listed.rejected


def _run(
    settings: Settings,
    options: NightOptions,
    reporting: Reporting,
    work: tuple[WorkItem, ...],
    rejected: tuple[InputError, ...],
    *,
    evaluate: bool,
) -> FinishedRun:
    recordings = any(isinstance(each, Call) and each.audio_path is not None for each in work)
    workers = settings.workers or workers_for_this_machine(len(work))
    recipe = Recipe(
        settings=settings,
        transcripts_dir=options.out_dir / TRANSCRIPTS,
        recordings=recordings,
        evaluate=evaluate,
        threads=settings.threads,
    )
    recipe.check()
    name = settings.runner or (InProcessRunner.name if workers == 1 else PoolRunner.name)
    runner = open_runner(name, workers=workers, seconds_per_audio_second=settings.seconds_per_audio_second)
    plan = RunPlan(work, rejected, options.out_dir, recipe, workers, options.retry_failed)
    options.out_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = open_store(settings.store or f"sqlite:///{options.out_dir / STORE}") if evaluate else None
    try:
        with reporting(len(work) + len(rejected)) as listener:
            return execute(plan, runner, store, listener)
    finally:
        if store is not None:
            store.close()
