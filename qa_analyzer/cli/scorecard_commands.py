"""The commands for people who write scorecards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa_analyzer.cli.bands_command import site_bands
from qa_analyzer.cli.diff_command import diff_scorecards
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.explain_command import explain_call
from qa_analyzer.scoring.scorecard import load_scorecard
from qa_analyzer.scoring.scorecard_examples import mutate, run_examples
from qa_analyzer.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Check, test, explain and compare scorecards.")
app.command("explain")(explain_call)
app.command("diff")(diff_scorecards)
app.command("bands")(site_bands)

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE...", help="Scorecards [the configured one].")
]


@app.command("check")
def check(files: Files = None) -> None:
    """Read scorecards as a run would; list every fault with its line."""
    for path in files or [load_settings().scorecard]:
        scorecard = load_scorecard(path)
        weight = sum(criterion.weight for criterion in scorecard.criteria)
        red_lines = sum(criterion.auto_fail for criterion in scorecard.criteria)
        typer.echo(
            f"{path}: {scorecard.id} {scorecard.version}: {len(scorecard.criteria)} criteria, "
            f"{weight:g} points, {red_lines} red lines, {scorecard.fingerprint[:19]}"
        )


@app.command("test")
def run_tests(files: Files = None) -> None:
    """Judge the examples in scorecards; break every rule in turn and see whether an example notices."""
    faults = 0
    for path in files or [load_settings().scorecard]:
        scorecard = load_scorecard(path)
        results, mutants = run_examples(scorecard), mutate(scorecard)
        wrong = [result for result in results if not result.good]
        unnoticed = [mutant for mutant in mutants if not mutant.noticed]
        for result in wrong:
            where = f"{path}: {result.criterion_id}, example {result.number}"
            typer.echo(
                f"{where}: expected {result.expected.value}, found {result.found.value}: {result.explanation}"
            )
        for mutant in unnoticed:
            broken = f"{mutant.rule} always {'hits' if mutant.always else 'misses'}"
            typer.echo(f"{path}: {mutant.criterion_id}: no example notices when {broken}")
        typer.echo(
            f"{path}: {len(results) - len(wrong)} of {len(results)} examples as expected, "
            f"{len(mutants) - len(unnoticed)} of {len(mutants)} broken rules noticed"
        )
        faults += len(wrong) + len(unnoticed)
    if faults:
        raise typer.Exit(ExitCode.FAILED_CALLS)
