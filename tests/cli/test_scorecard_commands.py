from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

CARD = """
id: small_card
version: "1"
name: 小评分表
sections:
  - id: opening
    name: 开场
    criteria:
      - id: greeting
        name: 问候
        weight: 10
        pass_when: {{kind: phrases, say: ['您好'], scope: {{first_turns: 1}}}}
        examples:
          - {{verdict: pass, turns: ['坐席：您好']}}
          - {{verdict: {second}, turns: ['坐席：喂']}}
"""


def card(folder: Path, second: str) -> str:
    path = folder / "card.yaml"
    path.write_text(CARD.format(second=second), encoding="utf-8")
    return str(path)


def test_a_scorecard_whose_examples_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["scorecard", "test", card(tmp_path, "fail")]) == ExitCode.OK
    assert "2 of 2 examples as expected, 2 of 2 broken rules noticed" in capsys.readouterr().out


def test_an_example_that_does_not_hold_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["scorecard", "test", card(tmp_path, "pass")]) == ExitCode.FAILED_CALLS
    assert "greeting, example 2: expected pass, found fail" in capsys.readouterr().out


def test_check_sums_a_scorecard_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["scorecard", "check", card(tmp_path, "fail")]) == ExitCode.OK
    assert "1 criteria, 10 points, 0 red lines" in capsys.readouterr().out
