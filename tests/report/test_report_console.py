from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType, SimpleNamespace

from rich.console import Console

from qa_analyzer.report.console import print_summary


def _finished(evaluations: object, failures: object = ()) -> SimpleNamespace:
    results = [SimpleNamespace(evaluation=each, failure=None) for each in evaluations]  # type: ignore[attr-defined]
    results += [SimpleNamespace(evaluation=None, failure=each) for each in failures]  # type: ignore[attr-defined]
    return SimpleNamespace(results=results, facts={"started_at": "2026-11-20T22:00"})


def _printed(
    finished: SimpleNamespace, *, terminal: bool = False, width: int = 100, **options: object
) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, color_system=None, width=width)
    print_summary(finished, console=console, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def test_the_lines_say_what_a_lead_must_know(made_up: ModuleType) -> None:
    calls = (
        made_up.evaluation(made_up.REPAIR, call_id="C1"),
        made_up.evaluation(made_up.RUDE, call_id="C2", agent=made_up.AGENTS[3]),
        made_up.evaluation(made_up.BILLING, call_id="C3"),
    )
    finished = _finished(calls, made_up.report_data().failures)
    lines = _printed(
        finished, scorecard=made_up.scorecard(), report_page=Path("out/report/index.html")
    ).splitlines()
    assert lines[0] == "【通话质检】2026-11-20 22:00 共 4 通：已评分 3 通，未能处理 1 通"
    assert lines[1].startswith("平均 44.4 分，")
    assert "合格率 33%，红线 1 通，待人工复核 2 通" in lines[1]
    assert "红线：C2 王大勇（A201） 服务禁语 0:17–0:21“跟你说了也不懂，爱用不用，想投诉随便你”" in lines
    assert "王大勇（A201）：0.0 分 / 1 通，红线 1" in lines
    assert "未能处理：C9001（打开录音）文件为空，请确认录音系统是否写完。" in lines
    assert lines[-1] == "报告：out/report/index.html"


def test_a_pipe_gets_no_table_and_no_line_is_broken(made_up: ModuleType) -> None:
    finished = _finished(made_up.evaluations(24))
    plain, terminal = _printed(finished, width=20), _printed(finished, terminal=True)
    assert "┃" not in plain
    assert "┃" in terminal
    assert len(plain.splitlines()[3]) > 30
    assert plain in terminal


def test_english(made_up: ModuleType) -> None:
    text = _printed(_finished(made_up.evaluations(6)), lang="en", scorecard=made_up.scorecard())
    assert text.startswith("[Call quality] 2026-11-20 22:00: 6 calls, 6 scored, 0 not processed\n")


def test_a_call_cannot_drive_the_terminal(made_up: ModuleType) -> None:
    words = "\x1b[2J\x1b]0;owned\x07[bold]爱用不用\n换行"
    plot = made_up.Plot(
        turns=(("agent", words), ("customer", "喂")), quotes={"abuse": (0, words)}, fails={"abuse": "辱骂"}
    )
    evaluation = made_up.evaluation(plot, agent=("\x1b[31mA1", "[red]x", None))
    for terminal in (False, True):
        text = _printed(_finished((evaluation,)), terminal=terminal)
        assert "\x1b[2J" not in text
        assert "\x1b]" not in text
        assert "\x1b[31mA1" not in text
    assert "[bold]爱用不用 换行" in _printed(_finished((evaluation,)))


def test_nothing_but_failures(made_up: ModuleType) -> None:
    text = _printed(_finished((), made_up.report_data().failures), terminal=True)
    assert text.startswith(
        "【通话质检】2026-11-20 22:00 共 1 通：已评分 0 通，未能处理 1 通\n未能处理：C9001"
    )


def test_a_long_night_is_cut_short(made_up: ModuleType) -> None:
    calls = made_up.evaluations(60, agents=30)
    rude = [made_up.evaluation(made_up.RUDE, call_id=f"R{number}") for number in range(20)]
    failures = made_up.report_data().failures * 8
    text = _printed(_finished((*calls, *rude), failures), terminal=True)
    assert text.count("另有 10 名坐席，见报告") == 2
    assert text.count("红线：") == 5
    assert "处红线，见报告" in text
    assert "另有 3 通未能处理，见报告" in text
