"""A run in a few plain lines that survive being pasted into a chat."""

from __future__ import annotations

from pathlib import Path

from qa_analyzer.report import formats
from qa_analyzer.report.agent_names import Agent, agents_of
from qa_analyzer.report.complaint_mix import complaint_mix
from qa_analyzer.report.naming import criterion_names
from qa_analyzer.report.overview import red_line_rows
from qa_analyzer.report.page_names import Pages
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.review import review_queue
from qa_analyzer.report.team_figures import GroupFigures, group_figures
from qa_analyzer.report.wording import Wording

SHOWN_AGENTS = 20
SHOWN_RED_LINES = 5
SHOWN_FAILURES = 5
SHOWN_CRITERIA = 3
SHOWN_CODES = 4
# A quote in a chat is a pointer, not the evidence.
QUOTE_CHARACTERS = 40


def summary_lines(
    report_data: ReportData, wording: Wording, *, report_page: Path | None = None
) -> tuple[str, ...]:
    """Return the lines: figures first, then what somebody must look at."""
    evaluations = report_data.evaluations
    names = _all_names(report_data, wording)
    total = group_figures(evaluations, list(names))
    run = report_data.run
    lines = [
        wording(
            "console.head",
            when=formats.moment(run.started_at) if run.started_at else run.run_id,
            calls=total.calls + len(report_data.failures),
            scored=total.scored,
            failed=len(report_data.failures),
        )
    ]
    if evaluations:
        lines.append(_figures(report_data, total, wording))
        lines += _weakest(total, names, wording)
        lines += _counted("complaints", report_data, wording)
        lines += _counted("risks", report_data, wording)
        lines += _red_lines(report_data, names, wording)
        lines += _agents(report_data, wording)
    shown = report_data.failures[:SHOWN_FAILURES]
    lines += [
        wording(
            "console.failure",
            call=failure.call_id,
            stage=wording.known(f"stage.{failure.stage}", failure.stage),
            message=failure.message,
        )
        for failure in shown
    ]
    if len(report_data.failures) > len(shown):
        lines.append(wording("console.failures_more", n=len(report_data.failures) - len(shown)))
    if report_page is not None:
        lines.append(wording("console.report", path=report_page))
    # Names and ids come from files that anyone may have written.
    return tuple(formats.printable(line) for line in lines)


def _all_names(report_data: ReportData, wording: Wording) -> dict[str, str]:
    names = criterion_names(report_data, wording)
    for evaluation in report_data.evaluations:
        for result in evaluation.criteria:
            names.setdefault(result.criterion_id, result.criterion_id)
    return names


def _figures(report_data: ReportData, total: GroupFigures, wording: Wording) -> str:
    interval = ""
    if total.score.low is not None:
        interval = wording(
            "console.interval", low=formats.decimal(total.score.low), high=formats.decimal(total.score.high)
        )
    return wording(
        "console.figures",
        score=formats.decimal(total.score.value),
        interval=interval,
        passing=formats.share(total.passing.value),
        red_lines=total.red_lines,
        review=len(review_queue(report_data.evaluations, report_data.scorecard)),
    )


def _weakest(total: GroupFigures, names: dict[str, str], wording: Wording) -> list[str]:
    failing = [figures for figures in total.criteria.values() if figures.failed]
    failing.sort(key=lambda figures: (figures.passed / figures.judged, -figures.judged, figures.criterion_id))
    entries = [
        wording(
            "console.weakest_entry",
            name=names[figures.criterion_id],
            share=formats.share(figures.met.value),
            failed=figures.failed,
            judged=figures.judged,
        )
        for figures in failing[:SHOWN_CRITERIA]
    ]
    return [wording("console.weakest", criteria=wording("list_separator").join(entries))] if entries else []


def _counted(kind: str, report_data: ReportData, wording: Wording) -> list[str]:
    rows = complaint_mix(report_data.evaluations, report_data, wording, risks=kind == "risks")
    entries = [wording("console.count_entry", name=row.name, n=row.calls) for row in rows[:SHOWN_CODES]]
    return [wording(f"console.{kind}", entries=wording("list_separator").join(entries))] if entries else []


def _red_lines(report_data: ReportData, names: dict[str, str], wording: Wording) -> list[str]:
    pages = Pages.of(report_data.evaluations)
    labels = {agent.agent_id: agent.label for agent in agents_of(report_data.evaluations, pages, wording)}
    rows = red_line_rows(report_data.evaluations, names, labels, pages, wording)
    lines = []
    for row in rows[:SHOWN_RED_LINES]:
        values = {"call": row.evaluation.call_id, "agent": row.agent, "name": row.name}
        if row.evidence is None:
            lines.append(wording("console.red_line_bare", **values))
        else:
            quote = formats.printable(row.evidence.evidence.quote)
            if len(quote) > QUOTE_CHARACTERS:
                quote = quote[:QUOTE_CHARACTERS] + "…"
            lines.append(wording("console.red_line", **values, when=row.evidence.when, quote=quote))
    if len(rows) > SHOWN_RED_LINES:
        lines.append(wording("console.red_lines_more", n=len(rows) - SHOWN_RED_LINES))
    return lines


def _agents(report_data: ReportData, wording: Wording) -> list[str]:
    agents = agents_of(report_data.evaluations, Pages.of(report_data.evaluations), wording)
    rows: list[tuple[Agent, GroupFigures]] = [
        (agent, group_figures(agent.evaluations, ())) for agent in agents
    ]
    rows.sort(
        key=lambda row: (row[1].score.value if row[1].score.value is not None else 101.0, row[0].agent_id)
    )
    lines = [wording("console.agents")]
    for agent, figures in rows[:SHOWN_AGENTS]:
        note = wording("console.agent_red", n=figures.red_lines) if figures.red_lines else ""
        lines.append(
            wording(
                "console.agent_entry",
                agent=agent.label,
                score=formats.decimal(figures.score.value),
                calls=figures.calls,
                note=note,
            )
        )
    if len(rows) > SHOWN_AGENTS:
        lines.append(wording("console.agents_more", n=len(rows) - SHOWN_AGENTS))
    return lines
