from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import openpyxl
import pytest

from qa_analyzer.errors import ConfigError
from qa_analyzer.report.report import write_report
from qa_analyzer.report.workbook import MAX_CELL_CHARACTERS, write_workbook
from qa_analyzer.scoring.evaluation import Verdict

WORDS = {
    Verdict.PASS: "合格",
    Verdict.FAIL: "不合格",
    Verdict.UNSCORABLE: "无法判断",
    Verdict.NOT_APPLICABLE: "不适用",
}


@pytest.fixture(scope="module")
def folder(made_up: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with its workbook."""
    folder = tmp_path_factory.mktemp("workbook")
    report_data = made_up.report_data(made_up.evaluations(24))
    write_report(report_data, folder)
    write_workbook(report_data, folder / "report.xlsx")
    return folder


@pytest.fixture(scope="module")
def workbook(folder: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(folder / "report.xlsx")


def test_sheets_have_frozen_headers_and_filters(workbook: openpyxl.Workbook) -> None:
    assert workbook.sheetnames == ["汇总", "坐席", "通话", "评分项", "证据"]
    for sheet in workbook.worksheets:
        assert sheet.freeze_panes == "B2"
    summary, *tables = workbook.worksheets
    assert summary.auto_filter.ref is None
    assert all(sheet.auto_filter.ref and sheet.conditional_formatting for sheet in tables)


def test_every_call_is_there_with_its_score_and_verdicts(
    made_up: ModuleType, workbook: openpyxl.Workbook
) -> None:
    rows = list(workbook["通话"].iter_rows(values_only=True))
    by_call = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    for evaluation in made_up.evaluations(24):
        row = by_call[evaluation.call_id]
        assert row["得分"] == pytest.approx(evaluation.percent)
        verdicts = {result.criterion_id: result.verdict for result in evaluation.criteria}
        assert row["先安抚后处理"] == WORDS[verdicts["empathy_before_solution"]]
    assert len(by_call) == 24


def test_links_lead_to_pages_that_are_there(workbook: openpyxl.Workbook, folder: Path) -> None:
    for name in ("坐席", "通话", "证据"):
        sheet = workbook[name]
        links = [row[0].hyperlink for row in sheet.iter_rows(min_row=2)]
        assert len(links) == sheet.max_row - 1
        for link in links:
            assert link is not None
            page = folder / link.target.replace("\\", "/")
            assert page.is_file()
            if link.location:
                assert f'id="{link.location}"' in page.read_text("utf-8")


HOSTILE = (
    "=1+1",
    "+cmd|'/c calc'!A1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    '=HYPERLINK("x")',
    "http://example.invalid",
    "{=A1}",
)


def test_no_text_is_ever_a_formula(made_up: ModuleType, tmp_path: Path) -> None:
    calls = []
    for number, words in enumerate(HOSTILE):
        plot = replace(
            made_up.REPAIR,
            turns=tuple((role, words) for role, _ in made_up.REPAIR.turns),
            fails={"greeting": words},
        )
        plot = replace(
            plot,
            quotes={"greeting": (0, words), "offer_help": (0, words)},
            complaints=((words, words, 1, words),),
        )
        calls.append(
            made_up.evaluation(plot, call_id=f"{words}#{number}", agent=(f"{words}{number}", words, words))
        )
    failure = replace(made_up.report_data().failures[0], call_id="=2", message="=3")
    path = write_workbook(made_up.report_data(calls, failures=(failure,)), tmp_path / "hostile.xlsx")
    with ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert b"<f>" not in archive.read(name).split(b"<conditionalFormatting")[0], name
        relations = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".rels"))
    # Said in a call, so no link either.
    assert b"example.invalid" not in relations
    sheet = openpyxl.load_workbook(path)["证据"]
    quotes = {row[9] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert quotes >= {words for words in HOSTILE if not words.startswith("\t")}
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_a_long_quote_is_cut_where_excel_would_refuse_it(made_up: ModuleType, tmp_path: Path) -> None:
    long = "长" * (MAX_CELL_CHARACTERS + 5)
    evaluation = made_up.evaluation(replace(made_up.REPAIR, fails={"greeting": long}))
    path = write_workbook(made_up.report_data((evaluation,)), tmp_path / "long.xlsx")
    explanations = [row[5] for row in openpyxl.load_workbook(path)["证据"].iter_rows(values_only=True)]
    assert max(len(text) for text in explanations) == MAX_CELL_CHARACTERS


def test_what_is_unknown_is_blank(made_up: ModuleType, tmp_path: Path) -> None:
    evaluation = made_up.evaluation(
        flips=dict.fromkeys(made_up.WEIGHTS, Verdict.UNSCORABLE), agent=(None, None, None), started_at=None
    )
    path = write_workbook(made_up.report_data((evaluation,)), tmp_path / "blank.xlsx", lang="en")
    header, row = openpyxl.load_workbook(path)["Calls"].iter_rows(values_only=True)
    call = dict(zip(header, row, strict=True))
    assert (call["Score"], call["Team"], call["Time"]) == (None, None, None)
    assert call["Agent"] == "Agent not named"


def test_a_start_with_a_zone_is_written(made_up: ModuleType, tmp_path: Path) -> None:
    report_data = made_up.report_data()
    run = replace(report_data.run, started_at=datetime(2026, 11, 20, 22, tzinfo=UTC))
    path = write_workbook(replace(report_data, run=run), tmp_path / "zone.xlsx")
    assert openpyxl.load_workbook(path).properties.created.hour == 22


def test_a_report_without_calls_is_a_workbook_too(made_up: ModuleType, tmp_path: Path) -> None:
    path = write_workbook(made_up.report_data(()), tmp_path / "new" / "empty.xlsx")
    assert openpyxl.load_workbook(path)["通话"].max_row == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["empty.xlsx"]


def test_links_follow_the_way_to_the_report(made_up: ModuleType, tmp_path: Path) -> None:
    path = write_workbook(made_up.report_data(), tmp_path / "w.xlsx", pages_dir="report")
    assert (
        openpyxl.load_workbook(path)["坐席"]["A2"].hyperlink.target.replace("\\", "/")
        == "report/agents/A101.html"
    )


def test_a_place_that_cannot_be_written_is_said_so(made_up: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match="taken"):
        write_workbook(made_up.report_data(()), tmp_path / "taken" / "report.xlsx")
