"""Turning laid-out pages into HTML: every text escaped, every script and style bound by its hash."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qa_analyzer.kpi.kpis import MIN_RANKED_N
from qa_analyzer.report import formats
from qa_analyzer.report.agent_page import AgentPage
from qa_analyzer.report.call_page import CallPage
from qa_analyzer.report.figures import MIN_COMPARED_N
from qa_analyzer.report.overview import OverviewPage
from qa_analyzer.report.recordings import WAVE_COLUMNS
from qa_analyzer.report.report_data import ReportData, RunFacts
from qa_analyzer.report.wording import Wording

_PACKAGE = "qa_analyzer.report"
_SCRIPTS = {"index.html": "tables.js", "agent.html": "tables.js", "call.html": "call.js"}


class HtmlPages:
    """Renders the pages of one report."""

    def __init__(self, report_data: ReportData, wording: Wording) -> None:
        self._values: dict[str, object] = {
            "w": wording,
            "report_data": report_data,
            "run_label": _run_label(report_data.run),
            "scorecard_name": wording.name_of(
                report_data.scorecard.names, report_data.scorecard.scorecard_id
            ),
            "min_ranked_calls": MIN_RANKED_N,
            "min_compared_calls": MIN_COMPARED_N,
            "wave_columns": WAVE_COLUMNS,
        }

    def overview(self, page: OverviewPage) -> str:
        """Return the first page."""
        return self._render("index.html", page, root="")

    def agent(self, page: AgentPage) -> str:
        """Return an agent's page, for the folder ``agents``."""
        return self._render("agent.html", page, root="../")

    def call(self, page: CallPage, agent_page: str, agent_label: str) -> str:
        """Return a call's page, for the folder ``calls``; ``agent_page`` leads from the report's root."""
        return self._render("call.html", page, root="../", agent_page=agent_page, agent_label=agent_label)

    def _render(self, template: str, page: object, **values: object) -> str:
        script, style = _asset(_SCRIPTS[template]), _asset("report.css")
        return (
            _environment()
            .get_template(template)
            .render(
                self._values,
                page=page,
                # Our own files, bound by their hashes; everything else is escaped.
                style=Markup(style),
                script=Markup(script),
                policy=content_policy(script, style),
                **values,
            )
        )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Chinese stays readable and short; tojson still escapes <, >, & and quotes.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    for name in ("clock", "score", "points", "share", "decimal", "moment", "hours", "short_hash"):
        environment.filters[name] = getattr(formats, name)
    return environment


def _run_label(run: RunFacts) -> str:
    if run.started_at is None:
        return run.run_id
    named = run.run_id not in ("", run.started_at.isoformat())
    return f"{run.run_id} · {formats.moment(run.started_at)}" if named else formats.moment(run.started_at)


def content_policy(script: str, style: str) -> str:
    """Return the content security policy of a page: its script, style and recording, nothing else.

    ``file:`` lets a page opened from disk play its recording; to some browsers a file is not 'self'.
    """
    return (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}'; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return resources.files(_PACKAGE).joinpath("static", name).read_text(encoding="utf-8")
