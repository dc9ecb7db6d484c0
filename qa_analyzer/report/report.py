"""Writing the HTML report of a run."""

from __future__ import annotations

from pathlib import Path

from qa_analyzer.report.agent_names import agents_of
from qa_analyzer.report.agent_page import build_agent_page
from qa_analyzer.report.call_page import build_call_page
from qa_analyzer.report.html_pages import HtmlPages
from qa_analyzer.report.overview import build_overview
from qa_analyzer.report.page_names import Pages, agent_of
from qa_analyzer.report.recordings import add_recording
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.report_files import ReportFiles
from qa_analyzer.report.team_figures import group_figures, grouped, team_of
from qa_analyzer.report.wording import Wording


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
    for evaluation in report_data.evaluations:
        agent_id = agent_of(evaluation)
        recorded = evaluation.analysis.transcript.audio
        recording = add_recording(
            report_data.audio_paths.get(evaluation.call_id),
            files,
            call_id=evaluation.call_id,
            judged_sha256=recorded.sha256 if recorded else None,
        )
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
