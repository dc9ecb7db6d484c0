import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from qa_analyzer.analysis.analyze import Analyzer
from qa_analyzer.batch.what_if import what_if
from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli
from qa_analyzer.kpi.store import open_store, sqlite_url
from qa_analyzer.settings import load_settings

CARD = """
id: small_card
version: "{version}"
name: 小评分表
sections:
  - id: opening
    name: 开场
    criteria:
      - id: greeting
        name: 问候
        weight: 10
        pass_when: {{kind: phrases, say: ['您好'], scope: {{first_turns: {turns}}}}}
      - id: thanks
        name: 致谢
        weight: 10
        pass_when: {{kind: phrases, say: ['谢谢']}}
      - id: rude
        name: 禁语
        auto_fail: true
        fail_when: {{kind: phrases, say: ['{rude}'], sound: false}}
"""
QUIET = ["--sentiment", "lexicon", "--workers", "1", "-q"]


def card(folder: Path, version: str, *, turns: int = 1, rude: str = "滚蛋") -> Path:
    path = folder / f"card-{version}.yaml"
    path.write_text(CARD.format(version=version, turns=turns, rude=rude), encoding="utf-8")
    return path


def call(call_id: str, agent: str, *texts: str) -> dict[str, Any]:
    roles = ("agent", "customer")
    turns = [{"role": roles[place % 2], "text": text} for place, text in enumerate(texts)]
    return {"call_id": call_id, "agent_id": agent, "turns": turns}


CALLS = (
    call("c1", "A1", "喂", "查话费", "您好，请讲", "嗯", "谢谢"),
    call("c2", "A1", "您好", "查话费", "自己看去", "哦", "谢谢"),
    call("c3", "A2", "您好", "查话费", "四十", "哦", "谢谢"),
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    source = tmp_path / "calls.jsonl"
    source.write_text(
        "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in CALLS), encoding="utf-8"
    )
    out = tmp_path / "out"
    old = card(tmp_path, "1")
    code = run_cli(["run", str(source), "--out", str(out), "--scorecard", str(old), *QUIET])
    assert code == ExitCode.OK
    return out


def diff(capsys: pytest.CaptureFixture[str], old: Path, new: Path, on: object, *more: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run_cli(["scorecard", "diff", str(old), str(new), "--on", str(on), *QUIET[:4], *more])
    return code, capsys.readouterr().out


def test_flips_red_lines_agents_and_means(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = card(tmp_path, "2", turns=2, rude="自己看去")
    table = tmp_path / "flips.csv"
    code, told = diff(capsys, card(tmp_path, "1"), new, run, "--csv", str(table))
    assert code == ExitCode.OK
    assert "共比较 3 通，有变化 2 通" in told
    assert "平均分：83.3 → 66.7（-16.7，n=3）" in told
    assert "红线：新增 1 (rude 1)，消失 0" in told
    assert "greeting：不合格→合格 1" in told
    assert "A1：75.0 → 50.0（-25.0，n=2）" in told
    assert "A2：" not in told
    assert told.index("c2：100 → 0") < told.index("c1：50 → 100")
    assert "rude 合格→不合格：“自己看去”（第 3 段）" in told
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert [
        (row["call_id"], row["criterion_id"], row["old_verdict"], row["new_verdict"]) for row in rows
    ] == [
        ("c1", "greeting", "fail", "pass"),
        ("c2", "rude", "pass", "fail"),
    ]
    assert rows[0]["quote"] == "您好"


def test_the_same_scorecard_changes_nothing(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = card(tmp_path, "1")
    code, told = diff(capsys, old, old, run, "--exit-code")
    assert code == ExitCode.OK
    assert "有变化 0 通" in told


def test_scripts_can_ask_for_an_exit_code(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = card(tmp_path, "2", turns=2)
    assert diff(capsys, card(tmp_path, "1"), new, run)[0] == ExitCode.OK
    assert diff(capsys, card(tmp_path, "1"), new, run, "--exit-code")[0] == ExitCode.FAILED_CALLS


def test_verdicts_as_they_were_given_count_when_their_scorecard_is_gone(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = card(tmp_path, "1")
    new = card(tmp_path, "2", turns=2)
    expected = diff(capsys, old, new, run)
    old.unlink()
    assert diff(capsys, run, new, run) == expected
    assert diff(capsys, run / "evaluations.jsonl", new, run / "qa.sqlite") == expected
    assert "small_card 1（" in expected[1]
    assert "small_card 2（" in expected[1]


def test_old_evaluations_keep_version_and_fingerprint(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (run / "evaluations.jsonl").read_bytes()
    new = card(tmp_path, "2", turns=2)
    diff(capsys, card(tmp_path, "1"), new, run)
    assert (run / "evaluations.jsonl").read_bytes() == before
    assert run_cli(["score", str(run), "--scorecard", str(new), *QUIET]) == ExitCode.OK
    with open_store(sqlite_url(run / "qa.sqlite")) as store, store.snapshot() as moment:
        current = {each.head["scorecard_version"] for each in moment.evaluations()}
    assert current == {"2"}
    with closing(sqlite3.connect(run / "qa.sqlite")) as database:
        rows = database.execute(
            "select scorecard_version, scorecard_fingerprint, is_current, count(*) from evaluations "
            "group by 1, 2, 3 order by 1"
        ).fetchall()
    old_fingerprint = json.loads(before.splitlines()[0])["fingerprints"]["scorecard"]
    assert [(row[0], row[2], row[3]) for row in rows] == [("1", 0, 3), ("2", 1, 3)]
    assert rows[0][1] == old_fingerprint != rows[1][1]


def test_each_call_is_analyzed_once_or_not_at_all(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyzed: list[str] = []
    original = Analyzer.analyze

    def counting(self: Analyzer, transcript: Any) -> Any:
        analyzed.append(transcript.call_id)
        return original(self, transcript)

    monkeypatch.setattr(Analyzer, "analyze", counting)
    settings = load_settings(sentiment_model="lexicon")
    old, new = card(tmp_path, "1"), card(tmp_path, "2", turns=2)
    assert what_if(str(run), old, new, settings).diff.compared == 3
    assert analyzed == []
    assert what_if(str(tmp_path / "calls.jsonl"), old, new, settings).diff.compared == 3
    assert sorted(analyzed) == ["c1", "c2", "c3"]


def test_a_damaged_transcript_is_named_and_the_others_are_compared(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "transcripts" / "c1.json").write_text("{", encoding="utf-8")
    code, told = diff(capsys, card(tmp_path, "1"), card(tmp_path, "2", turns=2), run)
    assert code == ExitCode.FAILED_CALLS
    assert "c1" in told
    assert "共比较 2 通" in told


def test_workers_give_the_same_answer(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(sentiment_model="lexicon")
    old, new = card(tmp_path, "1"), card(tmp_path, "2", turns=2)
    alone = what_if(str(run), old, new, settings)
    monkeypatch.setattr("qa_analyzer.batch.what_if.SMALL", 1)
    monkeypatch.setattr("qa_analyzer.batch.what_if.CHUNK", 2)
    assert what_if(str(run), old, new, settings, workers=2) == alone


def test_what_cannot_be_used_is_a_wrong_configuration(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = card(tmp_path, "2")
    assert diff(capsys, tmp_path / "missing.yaml", new, run)[0] == ExitCode.CONFIG
    assert diff(capsys, tmp_path, new, run)[0] == ExitCode.CONFIG
    assert diff(capsys, new, new, tmp_path / "nowhere")[0] == ExitCode.CONFIG
