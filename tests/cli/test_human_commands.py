"""People's verdicts: handed in, shown beside the machine's, and compared with it."""

import json
import shutil
from pathlib import Path

import pytest

from qa_analyzer.cli.exit_codes import ExitCode
from qa_analyzer.cli.main import run_cli

ROOT = Path(__file__).parents[2]
SAID = ["--reviewer", "李组长", "--reason", "<b>重听录音</b>：有问候"]


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("night") / "out"
    source = str(ROOT / "samples" / "text_calls.jsonl")
    assert run_cli(["run", source, "--out", str(out), "--sentiment", "lexicon", "-q"]) == ExitCode.OK
    return out


@pytest.fixture
def out(night: Path, tmp_path: Path) -> Path:
    shutil.copytree(night, tmp_path / "out")
    return tmp_path / "out"


def page_of(out: Path, call_id: str) -> str:
    (page,) = [
        text
        for text in map(_read, (out / "report" / "calls").glob("*.html"))
        if f"<h1>{call_id}</h1>" in text
    ]
    return page


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_an_override_stands_beside_the_machine_s_verdict(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(["override", str(out), "S2", "greeting", "pass", *SAID]) == ExitCode.OK
    assert "1 of 1 decisions were new" in capsys.readouterr().out
    assert "李组长" not in page_of(out, "S2")
    assert run_cli(["report", str(out)]) == ExitCode.OK
    page = page_of(out, "S2")
    box = page[page.index('id="criterion-greeting"') :]
    box = box[: box.index("</details>")]
    assert "v-fail" in box  # the machine's verdict stays
    assert "v-pass" in box
    assert "李组长" in box
    assert "&lt;b&gt;重听录音&lt;/b&gt;" in box
    assert "人工复核后" in page
    assert "李组长" not in page_of(out, "S1")
    capsys.readouterr()
    assert run_cli(["kpi", str(out), "--by", "agent"]) == ExitCode.OK
    assert "qa_score_reviewed" in capsys.readouterr().out


def test_without_people_s_verdicts_the_kpis_are_the_machine_s(
    night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(["kpi", str(night)]) == ExitCode.OK
    assert "qa_score_reviewed" not in capsys.readouterr().out


def test_a_table_of_overrides_is_read_once(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "decisions.csv"
    rows = [
        "call_id,criterion_id,verdict,reviewer,reason",
        "S1,greeting,fail,王,太快",
        "S2,abuse,pass,王,不算辱骂",
    ]
    table.write_text("\n".join(rows), encoding="gb18030")
    for expected in ("2 of 2", "0 of 2"):
        assert run_cli(["override", str(out), "--from", str(table)]) == ExitCode.OK
        assert expected in capsys.readouterr().out
    assert run_cli(["audit", str(out), "--json"]) == ExitCode.OK
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(entry["action"], entry["subject"]) for entry in entries] == [
        ("override", "S1"),
        ("override", "S2"),
    ]
    assert "太快" not in json.dumps(entries, ensure_ascii=False)  # reasons may quote the call


@pytest.mark.parametrize(
    "arguments",
    [
        ["S1", "greeting", "maybe", *SAID],
        ["S1", "greeting", "pass"],
        ["S1", "greeting", *SAID],
        ["S9", "greeting", "pass", *SAID],
        ["S1", "moon", "pass", *SAID],
        ["S1", "greeting", "pass", *SAID, "--from", "x.csv"],
        ["--from", "nowhere.csv"],
        [],
    ],
)
def test_what_cannot_be_a_decision_is_a_configuration_error(night: Path, arguments: list[str]) -> None:
    assert run_cli(["override", str(night), *arguments]) == ExitCode.CONFIG


def test_calibration_compares_with_blind_grades(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grades = tmp_path / "grades.csv"
    lines = [
        *("call_id,criterion_id,verdict,reviewer", "S1,greeting,pass,甲", "S2,greeting,fail,甲"),
        *("S1,abuse,pass,甲", "S2,abuse,pass,甲", "S2,hold_courtesy,unscorable,甲", "S7,greeting,pass,甲"),
    ]
    grades.write_text("\n".join(lines), encoding="utf-8")
    assert run_cli(["calibrate", str(out), str(grades), "--json"]) == ExitCode.OK
    found = {row["criterion_id"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (found["greeting"]["n"], found["greeting"]["raw"], found["greeting"]["kappa"]) == (2, 1.0, 1.0)
    assert found["greeting"]["not_judged"] == 1
    assert found["hold_courtesy"]["abstained"] == 1
    assert found[""]["n"] == 4
    assert found["greeting"]["confusion"]["fail / fail"] == 1
    assert run_cli(["calibrate", str(out), str(grades)]) == ExitCode.OK
    assert "too few grades" in capsys.readouterr().out
    assert run_cli(["calibrate", str(out), str(tmp_path / "nowhere.csv")]) == ExitCode.CONFIG
