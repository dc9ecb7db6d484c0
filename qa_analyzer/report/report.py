"""Writing the HTML report of a run."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from qa_analyzer.analysis.pii import masked_times
from qa_analyzer.report.agent_names import agents_of
from qa_analyzer.report.agent_page import build_agent_page
from qa_analyzer.report.call_page import build_call_page
from qa_analyzer.report.html_pages import HtmlPages
from qa_analyzer.report.overview import build_overview
from qa_analyzer.report.page_names import Pages, agent_of
from qa_analyzer.report.recordings import Recording, add_recording
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.report_files import ReportFiles
from qa_analyzer.report.team_figures import group_figures, grouped, team_of
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.evaluation import Evaluation

RECORDING_THREADS = min(4, os.cpu_count() or 1)
CALLS_AHEAD = 2 * RECORDING_THREADS


def write_report(report_data: ReportData, out_dir: Path, lang: str = "zh") -> Path:
    """Write the pages of a report and return ``out_dir/index.html``.

    Every page is a file of its own that opens without network or server. The index is written last, so that
    it never leads to a page that is not there yet.

    Raises:
        ValueError: an unknown language, or two evaluations of one call.
        ConfigError: the folder cannot be made.
    """
    wording = Wording(lang)
    pages = Pages.of(report_data.evaluations)
    agents = agents_of(report_data.evaluations, pages, wording)
    labels = {agent.agent_id: agent.label for agent in agents}
    criterion_ids = [criterion.criterion_id for criterion in report_data.scorecard.criteria]
    teams = grouped(report_data.evaluations, team_of)
    team_figures = {team: group_figures(calls, criterion_ids) for team, calls in teams.items()}
    everyone = group_figures(report_data.evaluations, criterion_ids)
    html = HtmlPages(report_data, wording)
    files = ReportFiles(out_dir)
    for evaluation, recording in _with_recordings(report_data, files):
        agent_id = agent_of(evaluation)
        call_page = build_call_page(evaluation, report_data, wording, recording=recording)
        files.write_text(
            pages.call(evaluation), html.call(call_page, pages.agent(agent_id), labels[agent_id])
        )
    for agent in agents:
        peers = teams[agent.team] if agent.team else report_data.evaluations
        figures = team_figures[agent.team] if agent.team else everyone
        agent_page = build_agent_page(agent, peers, figures, report_data, pages, wording)
        files.write_text(agent.page, html.agent(agent_page))
    index = files.write_text("index.html", html.overview(build_overview(report_data, agents, pages, wording)))
    files.finish()
    return index


def _with_recordings(report_data: ReportData, files: ReportFiles) -> Iterator[tuple[Evaluation, Recording]]:
    """Yield each call with its recording, in order; threads prepare a few calls ahead, never all of them."""
    ahead: deque[tuple[Evaluation, Future[Recording]]] = deque()
    with ThreadPoolExecutor(RECORDING_THREADS, thread_name_prefix="recording") as pool:
        for evaluation in report_data.evaluations:
            ahead.append((evaluation, pool.submit(_recording, evaluation, report_data, files)))
            if len(ahead) > CALLS_AHEAD:
                earliest, prepared = ahead.popleft()
                yield earliest, prepared.result()
        for earliest, prepared in ahead:
            yield earliest, prepared.result()


def _recording(evaluation: Evaluation, report_data: ReportData, files: ReportFiles) -> Recording:
    transcript = evaluation.analysis.transcript
    return add_recording(
        report_data.audio_paths.get(evaluation.call_id),
        files,
        call_id=evaluation.call_id,
        judged_sha256=transcript.audio.sha256 if transcript.audio else None,
        # What is said is masked unless somebody chose to keep it; then it may be heard as well.
        silence=masked_times(transcript.turns) if transcript.pii_masked else (),
    )
