"""How long a report takes to write, how large it is, and how soon its pages can be used. Prints Markdown.

    python benchmarks/report.py [--calls 2000] [--agents 50] [--recordings DIR]

The evaluations are those of the tests, made up. With --recordings, the .wav files of DIR take turns as the
calls' recordings. Times in the browser need Chromium and Playwright; without them those rows are left out.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from types import ModuleType

from qa_analyzer.report.report import write_report
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.workbook import write_workbook

MADE_UP = Path(__file__).parents[1] / "tests" / "report" / "made_up.py"
OPENINGS = 5
# Reading a height makes the browser lay the page out before the clock stops.
STEPS = {
    "filter by a criterion": """
        const field = document.querySelector('[data-filter=criterion]');
        field.value = '0';
        field.dispatchEvent(new Event('change'));
        document.body.offsetHeight""",
    "sort by score": """
        document.querySelectorAll('table.calls th button')[5].click();
        document.body.offsetHeight""",
}


def main() -> None:
    """Write the report and measure it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--recordings", type=Path)
    options = parser.parse_args()
    report_data = _report_data(options.calls, options.agents, options.recordings)
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        out_dir = Path(folder)
        rows.append(("write the pages", _timed(lambda: write_report(report_data, out_dir))))
        if options.recordings:
            rows.append(
                ("write them again (waveforms known)", _timed(lambda: write_report(report_data, out_dir)))
            )
        rows.append(
            ("write the workbook", _timed(lambda: write_workbook(report_data, out_dir / "report.xlsx")))
        )
        rows += _sizes(out_dir)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(("peak memory, evaluations included", f"{peak_mb:.0f} MB"))
        rows += _openings(out_dir)
    print(f"| {options.calls} calls, {options.agents} agents | |\n| --- | --- |")
    for name, figure in rows:
        print(f"| {name} | {figure} |")


def _report_data(calls: int, agents: int, recordings: Path | None) -> ReportData:
    made_up = _made_up()
    evaluations = list(made_up.evaluations(calls, agents=agents))
    paths: dict[str, Path] = {}
    files = sorted(recordings.glob("*.wav")) if recordings else []
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    for number, evaluation in enumerate(evaluations):
        transcript = evaluation.analysis.transcript
        if not files or transcript.audio is None:
            continue
        path = files[number % len(files)]
        audio = replace(transcript.audio, sha256=digests[path])
        analysis = replace(evaluation.analysis, transcript=replace(transcript, audio=audio))
        evaluations[number] = replace(evaluation, analysis=analysis)
        paths[evaluation.call_id] = path
    report_data: ReportData = made_up.report_data(evaluations, audio_paths=paths)
    return report_data


def _made_up() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made_up", MADE_UP)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{MADE_UP} is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules["made_up"] = module
    spec.loader.exec_module(module)
    return module


def _timed(work: Callable[[], object]) -> str:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return f"{time.perf_counter() - wall_s:.1f} s ({time.process_time() - cpu_s:.1f} s CPU)"


def _sizes(out_dir: Path) -> Iterator[tuple[str, str]]:
    def megabytes(paths: Iterator[Path]) -> str:
        return f"{sum(path.stat().st_size for path in paths) / 1e6:.1f} MB"

    yield "all pages", megabytes(out_dir.rglob("*.html"))
    yield "overview page", megabytes(iter([out_dir / "index.html"]))
    yield (
        "a call page, median",
        f"{median(p.stat().st_size for p in (out_dir / 'calls').iterdir()) / 1e3:.0f} kB",
    )
    yield "workbook", megabytes(iter([out_dir / "report.xlsx"]))


def _openings(out_dir: Path) -> Iterator[tuple[str, str]]:
    executable = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if executable is None or importlib.util.find_spec("playwright") is None:
        return
    from playwright.sync_api import sync_playwright

    agent = min((out_dir / "agents").iterdir())
    call = min((out_dir / "calls").iterdir())
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, path in (("overview", out_dir / "index.html"), ("agent page", agent), ("call page", call)):
            times_ms = []
            for _ in range(OPENINGS):
                page = chromium.new_page()
                page.goto(path.as_uri())
                times_ms.append(page.evaluate("performance.getEntriesByType('navigation')[0].domComplete"))
                page.close()
            yield f"{name}: opened and usable, median of {OPENINGS}", f"{median(times_ms) / 1000:.2f} s"
        page = chromium.new_page()
        page.goto((out_dir / "index.html").as_uri())
        for name, step in STEPS.items():
            taken_ms = page.evaluate(
                f"() => {{ const start = performance.now(); {step}; return performance.now() - start; }}"
            )
            yield f"overview: {name}", f"{taken_ms:.0f} ms"
        chromium.close()


if __name__ == "__main__":
    main()
