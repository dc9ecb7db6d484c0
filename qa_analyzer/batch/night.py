"""The jobs behind the commands: settings and an input become a plan, a runner, a store and a report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from qa_analyzer.batch.forecast import Forecast, forecast
from qa_analyzer.batch.kept_analyses import ANALYSES
from qa_analyzer.batch.machine import threads_for_each, workers_for_this_machine
from qa_analyzer.batch.output_lock import sole_writer
from qa_analyzer.batch.outputs import write_outputs
from qa_analyzer.batch.pool_runner import PoolRunner
from qa_analyzer.batch.publish import publish_report, read_results, scorecard_view
from qa_analyzer.batch.recipe import Recipe, read_scorecard
from qa_analyzer.batch.run import FinishedRun, Listener, RunPlan, execute
from qa_analyzer.batch.run_store import STORE as STORE
from qa_analyzer.batch.run_store import run_store_url
from qa_analyzer.batch.runners import InProcessRunner, open_runner
from qa_analyzer.batch.stopping import Stop
from qa_analyzer.batch.tombstones import Tombstones
from qa_analyzer.batch.work import StoredTranscript, WorkItem
from qa_analyzer.calls.call import Call
from qa_analyzer.calls.inputs import InputOptions, read_calls
from qa_analyzer.errors import ConfigError, InputError, StoreAddressError, StoreError
from qa_analyzer.kpi.store import open_store
from qa_analyzer.report.report_data import ScorecardView
from qa_analyzer.settings import Settings
from qa_analyzer.speech.writers import write_formats
from qa_analyzer.whole_files import make_folder

TRANSCRIPTS = "transcripts"
READABLE = ("txt", "srt", "vtt", "csv")
Reporting = Callable[[int], AbstractContextManager[Listener]]


@dataclass(frozen=True, slots=True)
class NightOptions:
    """What one invocation is about; None leaves nothing out.

    ``since`` leaves out calls that started before it; a call that does not say when it started is kept.
    ``only`` keeps the calls of these recordings. Without ``report`` no report is written. When ``stop`` is
    asked, the job ends with KeyboardInterrupt as soon as the calls in hand are finished.
    """

    source: Path
    out_dir: Path
    retry_failed: bool = False
    limit: int | None = None
    since: datetime | None = None
    only: frozenset[Path] | None = None
    report: bool = True
    stop: Stop = field(default_factory=Stop, compare=False)


@dataclass(frozen=True, slots=True)
class Night:
    """A finished job; ``report_page`` and ``scorecard`` are None when calls were only transcribed."""

    finished: FinishedRun
    report_page: Path | None = None
    scorecard: ScorecardView | None = None


def run_night(settings: Settings, options: NightOptions, reporting: Reporting) -> Night:
    """Transcribe, score and report the calls of an input."""
    finished = _run(settings, _plan(settings, options, *_calls(settings, options)), reporting)
    return _published(finished, settings, options)


def transcribe_night(settings: Settings, options: NightOptions, reporting: Reporting) -> Night:
    """Transcribe the calls of an input; write the readable forms beside the JSON."""
    plan = _plan(settings, options, *_calls(settings, options), evaluate=False)
    finished = _run(settings, plan, reporting)
    for result in finished.results:
        if result.transcript is not None:
            write_formats(result.transcript, options.out_dir / TRANSCRIPTS, READABLE)
    return Night(finished)


def rescore(settings: Settings, options: NightOptions, reporting: Reporting) -> Night:
    """Score the transcripts of an earlier run again; audio is not touched."""
    finished = _run(settings, _plan(settings, options, stored_transcripts(options.source)), reporting)
    return _published(finished, settings, options)


def forecast_night(settings: Settings, options: NightOptions) -> Forecast:
    """Say what ``run_night`` would do, without doing it."""
    return forecast(_plan(settings, options, *_calls(settings, options)))


def rebuild_report(settings: Settings, out_dir: Path) -> Path:
    """Write the report of an earlier run again, from its evaluations and transcripts."""
    with sole_writer(_existing(out_dir)):
        return publish_report(*read_results(out_dir, out_dir / TRANSCRIPTS), settings, out_dir)


def rewrite_outputs(settings: Settings, out_dir: Path) -> None:
    """Write the summary files and, if there is one, the report again from what is left of an earlier run.

    The report is about the scorecard and models of that run. Raises ConfigError when it cannot be read.
    """
    results, facts = read_results(out_dir, out_dir / TRANSCRIPTS)
    write_outputs(results, out_dir, facts)
    if (out_dir / "report" / "index.html").is_file():
        judged_by = {
            name: Path(value) if name == "scorecard" else value
            for name, value in facts.get("settings", {}).items()
            if name in ("scorecard", "asr_model", "sentiment_model", "language")
        }
        publish_report(results, facts, settings.model_copy(update=judged_by), out_dir)


def _existing(out_dir: Path) -> Path:
    if not out_dir.is_dir():
        raise ConfigError(f"{out_dir} is not there: give the --out folder of a run")
    return out_dir


def stored_transcripts(folder: Path) -> tuple[StoredTranscript, ...]:
    """Return the transcripts of an earlier run; raises ConfigError when there are none."""
    transcripts = folder / TRANSCRIPTS if (folder / TRANSCRIPTS).is_dir() else folder
    paths = sorted(path for path in transcripts.glob("*.json") if not path.name.startswith("."))
    if not paths:
        raise ConfigError(
            f"{folder} holds no transcripts: give the --out folder of an earlier run or transcribe"
        )
    return tuple(StoredTranscript(path.stem, path) for path in paths)


def analyses_dir(options: NightOptions) -> Path:
    """Return where analyses are kept: beside the transcripts, which may be those of an earlier run."""
    earlier_run = (options.source / TRANSCRIPTS).is_dir()
    return (options.source if earlier_run else options.out_dir) / ANALYSES


def _published(finished: FinishedRun, settings: Settings, options: NightOptions) -> Night:
    """Write the report of a run, whose results are held in memory for it; else they stay on the disk."""
    view = scorecard_view(read_scorecard(settings.scorecard))
    if not options.report:
        return Night(finished, None, view)
    results = tuple(finished.results)
    try:
        page = publish_report(results, finished.facts, settings, options.out_dir)
    except StoreAddressError as problem:  # it was right when the run began: the store went away meanwhile
        raise StoreError(str(problem)) from problem
    return Night(replace(finished, results=results), page, view)


def _calls(settings: Settings, options: NightOptions) -> tuple[tuple[Call, ...], tuple[InputError, ...]]:
    listed = read_calls(
        options.source,
        InputOptions(
            timezone=settings.timezone,
            filename_pattern=settings.filename_pattern,
            root=settings.input_root,
            allow_outside=settings.allow_outside,
            allowed_urls=settings.allowed_urls,
        ),
    )
    if not listed.calls and not listed.rejected:
        raise ConfigError(f"{options.source} holds no calls: expected recordings, a manifest or text calls")
    return tuple(call for call in listed.calls if _wanted(call, options))[: options.limit], listed.rejected


def _wanted(call: Call, options: NightOptions) -> bool:
    if options.since is not None and call.started_at is not None and call.started_at < options.since:
        return False
    return options.only is None or call.audio_path in options.only


def _plan(
    settings: Settings,
    options: NightOptions,
    work: tuple[WorkItem, ...],
    rejected: tuple[InputError, ...] = (),
    *,
    evaluate: bool = True,
) -> RunPlan:
    tombstones = Tombstones(options.out_dir)
    left = tuple(each for each in work if each.call_id not in tombstones)
    workers = settings.workers or workers_for_this_machine(len(left))
    recipe = Recipe(
        settings=settings,
        transcripts_dir=options.out_dir / TRANSCRIPTS,
        recordings=any(isinstance(each, Call) and each.is_recording for each in work),
        evaluate=evaluate,
        threads=settings.threads or threads_for_each(workers),
        analyses_dir=analyses_dir(options),
    )
    recipe.check()
    return RunPlan(
        left,
        rejected,
        options.out_dir,
        recipe,
        workers,
        options.retry_failed,
        len(work) - len(left),
        options.stop,
    )


def _run(settings: Settings, plan: RunPlan, reporting: Reporting) -> FinishedRun:
    name = settings.runner or (InProcessRunner.name if plan.workers == 1 else PoolRunner.name)
    runner = open_runner(
        name,
        workers=plan.workers,
        seconds_per_audio_second=settings.seconds_per_audio_second,
        ray_address=settings.ray_address,
    )
    make_folder(plan.out_dir)
    url = run_store_url(settings, plan.out_dir)
    with ExitStack() as stack:
        store = (
            stack.enter_context(open_store(url, zone=ZoneInfo(settings.timezone)))
            if plan.recipe.evaluate
            else None
        )
        listener = stack.enter_context(reporting(len(plan.work) + len(plan.rejected)))
        return execute(plan, runner, store, listener)
