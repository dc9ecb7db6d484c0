"""The figures of a run in the Prometheus text format, for a node exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qa_analyzer.batch.outputs import RunSummary
from qa_analyzer.whole_files import write_lines

METRICS_FILE = "metrics.prom"


def write_metrics(summary: RunSummary, finished_at_s: float, path: Path) -> None:
    """Write one gauge a figure; ``finished_at_s`` is Unix time: an alert can see a night that never ran."""
    write_lines(path, _lines(summary, finished_at_s))


def _lines(summary: RunSummary, finished_at_s: float) -> Iterator[str]:
    gauges: tuple[tuple[str, str, float | None], ...] = (
        ("calls", "Calls in the input.", summary.calls),
        ("calls_scored", "Calls with an evaluation.", summary.scored),
        ("calls_failed", "Calls that could not be processed.", summary.failed),
        ("calls_resumed", "Calls taken over from an interrupted run.", summary.resumed),
        ("red_line_calls", "Calls zeroed by a red line.", summary.red_lines),
        ("unscorable_criteria", "Criteria left to a human.", summary.unscorable_criteria),
        ("mean_percent", "Mean score of the judged calls.", summary.mean_percent),
        ("audio_seconds", "Audio processed in this run.", summary.audio_s),
        ("wall_seconds", "Duration of this run.", summary.wall_s),
        ("finished_timestamp_seconds", "When the run ended.", finished_at_s),
    )
    for name, meaning, value in gauges:
        if value is not None:
            yield f"# HELP qa_analyzer_{name} {meaning}"
            yield f"# TYPE qa_analyzer_{name} gauge"
            yield f"qa_analyzer_{name} {value:g}" if value < 1e6 else f"qa_analyzer_{name} {value:.3f}"
    for stage, seconds in summary.stage_seconds.items():
        yield f'qa_analyzer_stage_seconds{{stage="{stage}"}} {seconds:.3f}'
