"""The README cannot drift: its examples run, its commands exist, every rule kind is named."""

import re
import shlex
import shutil
from pathlib import Path
from typing import get_args

import pytest
import typer.main

from qa_analyzer.cli.main import app, run_cli
from qa_analyzer.scoring.rules.union import Rule

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Blocks marked "sh test" run here, line by line, in a folder that holds a copy of samples/.
BLOCKS = re.findall(r"^```sh test\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def example_lines() -> list[str]:
    return [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = example_lines()
    assert lines, "the README shows at least one example that is executed"
    shutil.copytree(ROOT / "samples", tmp_path / "samples", ignore=shutil.ignore_patterns("recordings"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_SENTIMENT_MODEL", "lexicon")
    monkeypatch.setenv("QA_WORKERS", "1")
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "qa-analyzer", line
        assert run_cli(arguments) == 0, line


def test_every_command_is_named() -> None:
    group = typer.main.get_command(app)
    names = [name for name, command in group.commands.items() if not hasattr(command, "commands")]  # type: ignore[attr-defined]
    assert names
    for name in names:
        assert f"qa-analyzer {name}" in README, name


def test_every_rule_kind_is_named() -> None:
    kinds = [kind.model_fields["kind"].default for kind in get_args(get_args(Rule)[0])]
    assert kinds
    for kind in kinds:
        assert f"`{kind}`" in README, kind
