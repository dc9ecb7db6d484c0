"""The commands for people's own verdicts: override and calibrate."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from qa_analyzer.cli.opening import Source, open_settings, store_url
from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.calibration import ALL_CRITERIA, Agreement, Interval, read_grades
from qa_analyzer.kpi.calibration import calibrate as agreements_of
from qa_analyzer.kpi.decisions import Decision, evaluations_of, read_decisions, save_decisions, verdict_of
from qa_analyzer.kpi.store import open_store

Card = Annotated[str, typer.Option("--scorecard-id", help="Needed where several scorecards judged the call.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("override")(override)
    app.command("calibrate")(calibrate)


def override(
    source: Source,
    call_id: Annotated[str | None, typer.Argument(metavar="CALL")] = None,
    criterion_id: Annotated[str | None, typer.Argument(metavar="CRITERION")] = None,
    verdict: Annotated[
        str | None, typer.Argument(metavar="VERDICT", help="pass, fail, na or unscorable.")
    ] = None,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who decided.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    scorecard_id: Card = "",
    table: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="CSV instead: call_id, criterion_id, verdict, reviewer, reason; optionally decided_at, "
            "scorecard_id.",
        ),
    ] = None,
) -> None:
    """Put a person's verdict beside the machine's, which stays. `report` then shows both."""
    now = datetime.now(UTC)
    zone = ZoneInfo(open_settings().timezone)
    given = (call_id, criterion_id, verdict)
    if (table is None) == (None in given) or (table is not None and any(given)):
        raise ConfigError("give CALL CRITERION VERDICT, or --from FILE.csv")
    if table is not None:
        decisions = [*read_decisions(table, now=now, zone=zone)]
    elif not reviewer.strip() or not reason.strip():
        raise ConfigError("--reviewer and --reason are needed: others must be able to follow the decision")
    else:
        try:
            decided = verdict_of(verdict or "")
        except ValueError as problem:
            raise ConfigError(f"VERDICT: {problem}") from problem
        named = (call_id or "", criterion_id or "", decided, reviewer.strip(), reason.strip())
        decisions = [(0, Decision(*named, now, scorecard_id))]
    with open_store(store_url(source)) as store:
        saved = save_decisions(store, decisions, table)
    typer.echo(f"{saved} of {len(decisions)} decisions were new; `qa-analyzer report` shows them")


def calibrate(
    source: Source,
    grades: Annotated[
        Path, typer.Argument(metavar="GRADES", help="CSV: call_id, criterion_id, verdict, reviewer.")
    ],
    scorecard_id: Card = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Compare the machine with people who graded calls without seeing its verdicts."""
    handed_in = read_grades(grades)
    judged = {}
    with open_store(store_url(source)) as store:
        for evaluation in evaluations_of(store, {grade.call_id for grade in handed_in}):
            card = str(evaluation.head["scorecard_id"])
            if scorecard_id not in ("", card):
                continue
            graded = str(evaluation.call["call_id"])
            if graded in judged:
                raise ConfigError(f"call {graded} was judged by several scorecards: name --scorecard-id")
            judged[graded] = evaluation.criteria
    agreements = agreements_of(handed_in, judged)
    if as_json:
        for agreement in agreements:
            confusion = {f"{human} / {machine}": n for (human, machine), n in agreement.confusion.items()}
            typer.echo(json.dumps({**_plain(agreement), "confusion": confusion}, ensure_ascii=False))
        return
    table = Table(
        "criterion", "n", "agreement", "kappa", "AC1", "fails more", "abstained", "not judged", "note"
    )
    for agreement in agreements:
        table.add_row(*_cells(agreement))
    Console().print(table)


def _plain(agreement: Agreement) -> dict[str, object]:
    return {name: value for name, value in asdict(agreement).items() if name != "confusion"}


def _cells(agreement: Agreement) -> tuple[str, ...]:
    name = "all together" if agreement.criterion_id == ALL_CRITERIA else agreement.criterion_id
    bias = "–" if agreement.fail_bias is None else f"{agreement.fail_bias:+.1%}"
    return (
        name,
        str(agreement.n),
        _figure(agreement.raw, agreement.raw_interval),
        _figure(agreement.kappa, agreement.kappa_interval),
        _figure(agreement.ac1, agreement.ac1_interval),
        bias,
        str(agreement.abstained),
        str(agreement.not_judged),
        "" if agreement.enough else "too few grades to trust",
    )


def _figure(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if interval is None else f"{value:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"
