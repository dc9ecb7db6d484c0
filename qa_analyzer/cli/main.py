"""The command line: parses options, calls the rooms, turns errors into messages and exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from qa_analyzer import __version__
from qa_analyzer.cli import (
    doctor,
    human_commands,
    kpi_commands,
    models_commands,
    retention_commands,
    run_commands,
    scorecard_commands,
    terms_commands,
)
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.errors import ConfigError, OutputError, QAError, RunnerError, StoreError

app = typer.Typer(
    name="qa-analyzer",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Score recorded Mandarin customer-service calls, with the evidence for every verdict.

**Start here:** `qa-analyzer doctor` says whether everything is installed;
`qa-analyzer run FOLDER --out DIR` scores every recording in a folder and writes `DIR/report/index.html`.

Everything stays on this machine. Exit codes: 0 all calls scored, 1 finished with failed calls,
2 wrong options or configuration, 3 a bug of ours, 4 stopped by a full disk, a lost store or cluster.""",
)
run_commands.register(app)
kpi_commands.register(app)
terms_commands.register(app)
retention_commands.register(app)
human_commands.register(app)
app.add_typer(scorecard_commands.app, name="scorecard")
app.add_typer(models_commands.app, name="models")
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qa-analyzer {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run_cli(sys.argv[1:]))


def run_cli(arguments: list[str]) -> int:
    """Run one command; return its exit code, whatever happens."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        app(arguments, prog_name="qa-analyzer")
    except SystemExit as stop:  # how Typer ends: 0, a command's own code, or 2 for wrong options
        return stop.code if isinstance(stop.code, int) else ExitCode.OK
    except ConfigError as problem:
        errors.print(f"[bold red]配置有误 / configuration:[/]\n{_plain(problem)}")
        return ExitCode.CONFIG
    except (OutputError, StoreError, RunnerError) as problem:
        errors.print(f"[bold red]已停止，排除故障后重新运行同一命令即可继续 / stopped:[/] {_plain(problem)}")
        return ExitCode.STOPPED
    except QAError as problem:
        errors.print(f"[bold red]{type(problem).__name__}:[/] {_plain(problem)}")
        return ExitCode.BUG
    except Exception:  # noqa: BLE001 - the last line of defence: a message and a code, never a bare crash
        errors.print("[bold red]程序内部错误，请反馈 / a bug of ours, please report it:[/]")
        errors.print_exception(show_locals=False)  # locals may hold what customers said
        return ExitCode.BUG
    return ExitCode.OK


def _plain(problem: Exception) -> str:
    return str(problem).replace("[", r"\[")
