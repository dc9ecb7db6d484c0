"""The Excel workbook: summary, agents, calls, criteria and evidence, linked to the call pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from qa_analyzer.errors import ConfigError
from qa_analyzer.report.page_names import Pages
from qa_analyzer.report.report_data import ReportData
from qa_analyzer.report.sheet import Cell, Column, Kind, Link, Sheet
from qa_analyzer.report.wording import Wording
from qa_analyzer.report.workbook_sheets import sheets_of
from qa_analyzer.whole_files import draft, make_folder

# Excel refuses longer texts and more rows.
MAX_CELL_CHARACTERS = 32_767
MAX_ROWS = 1_048_575
MAX_LINKS = 65_530

_VERDICT_COLOURS = {
    "pass": ("#DFF2EC", "#0F6E56"),
    "fail": ("#FBE4E2", "#B3261E"),
    "unscorable": ("#FDF0D7", "#8A5200"),
}
_RED, _AMBER, _GREEN = "#F3B8B2", "#FBE9C4", "#B6E0CB"


def write_workbook(report_data: ReportData, path: Path, lang: str = "zh", *, pages_dir: str = "") -> Path:
    """Write the workbook and return its path; it is put in place when it is whole.

    Links to the call pages start with ``pages_dir``, the way from the workbook's folder to the report's (""
    beside index.html). Every text is written as text: no cell is ever a formula, whatever was said.

    Raises:
        ValueError: an unknown language, or two evaluations of one call.
        ConfigError: the workbook cannot be written, or is open in a program that locks it.
    """
    wording = Wording(lang)
    pages = Pages.of(report_data.evaluations)
    sheets = sheets_of(report_data, pages, wording, pages_dir=pages_dir)
    try:
        make_folder(path.parent)
        with draft(path) as part:
            _write(part, sheets, report_data, wording)
    except (OSError, FileCreateError) as error:
        raise ConfigError(f"the workbook {path} cannot be written: {error}") from error
    return path


def _write(part: Path, sheets: Iterable[Sheet], report_data: ReportData, wording: Wording) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(part), options) as workbook:
        started_at = report_data.run.started_at
        properties: dict[str, object] = {"title": wording("title.overview")}
        if started_at is not None:
            # Otherwise the moment of writing makes equal reports differ.
            properties["created"] = started_at
        workbook.set_properties(properties)
        formats = _Formats(workbook)
        for sheet in sheets:
            _write_sheet(workbook.add_worksheet(sheet.name), sheet, formats, wording)


class _Formats:
    """The cell styles of one workbook."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
        self.head = workbook.add_format(
            {
                **base,
                "bold": True,
                "bg_color": "#0B5CAD",
                "font_color": "#FFFFFF",
                "text_wrap": True,
                "valign": "vcenter",
            }
        )
        self.by_kind: dict[Kind, Format] = {
            Kind.TEXT: workbook.add_format({**base}),
            Kind.LONG: workbook.add_format({**base, "text_wrap": True}),
            Kind.COUNT: workbook.add_format({**base, "num_format": "0"}),
            Kind.SCORE: workbook.add_format({**base, "num_format": "0.0"}),
            Kind.SHARE: workbook.add_format({**base, "num_format": "0%"}),
            Kind.SECONDS: workbook.add_format({**base, "num_format": "0.0"}),
            Kind.VERDICT: workbook.add_format({**base}),
        }
        self.link = workbook.add_format({**base, "font_color": "#0B5CAD", "underline": 1})
        self.verdicts = {
            verdict: workbook.add_format({"bg_color": ground, "font_color": ink})
            for verdict, (ground, ink) in _VERDICT_COLOURS.items()
        }
        self.low = workbook.add_format({"bg_color": _RED})


def _write_sheet(sheet_file: Worksheet, sheet: Sheet, formats: _Formats, wording: Wording) -> None:
    rows = sheet.rows[:MAX_ROWS]
    for index, column in enumerate(sheet.columns):
        sheet_file.write_string(0, index, column.title, formats.head)
        sheet_file.set_column(index, index, column.width)
    links = 0
    for number, row in enumerate(rows, start=1):
        for index, (column, cell) in enumerate(zip(sheet.columns, row, strict=True)):
            linked = isinstance(cell, Link) and links < MAX_LINKS
            links += linked
            _write_cell(sheet_file, number, index, column, cell, formats, linked=linked)
    sheet_file.set_row(0, 30)
    sheet_file.freeze_panes(1, sheet.frozen_columns)
    if rows and sheet.filtered:
        sheet_file.autofilter(0, 0, len(rows), len(sheet.columns) - 1)
    for index, column in enumerate(sheet.columns):
        if rows:
            _colour(sheet_file, index, len(rows), column, formats, wording)
    sheet_file.set_landscape()
    sheet_file.fit_to_pages(1, 0)
    sheet_file.repeat_rows(0)


def _write_cell(
    sheet_file: Worksheet,
    row: int,
    index: int,
    column: Column,
    cell: Cell,
    formats: _Formats,
    *,
    linked: bool,
) -> None:
    style = formats.by_kind[column.kind]
    if cell is None:
        sheet_file.write_blank(row, index, None, style)
    elif isinstance(cell, Link):
        text = cell.text[:MAX_CELL_CHARACTERS]
        if linked:
            sheet_file.write_url(row, index, f"external:{cell.target}", formats.link, text)
        else:
            sheet_file.write_string(row, index, text, style)
    elif isinstance(cell, str):
        sheet_file.write_string(row, index, cell[:MAX_CELL_CHARACTERS], style)
    else:
        sheet_file.write_number(row, index, cell, style)


def _colour(
    sheet_file: Worksheet, index: int, row_count: int, column: Column, formats: _Formats, wording: Wording
) -> None:
    area = (1, index, row_count, index)
    if column.kind is Kind.VERDICT:
        for verdict, style in formats.verdicts.items():
            text = wording(f"verdict.{verdict}")
            criteria = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": style}
            sheet_file.conditional_format(*area, criteria)
    elif column.scaled:
        top = 1.0 if column.kind is Kind.SHARE else 100.0
        scale = {
            "type": "3_color_scale",
            "min_type": "num",
            "min_value": 0.5 * top,
            "mid_type": "num",
            "mid_value": 0.8 * top,
            "max_type": "num",
            "max_value": top,
            "min_color": _RED,
            "mid_color": _AMBER,
            "max_color": _GREEN,
        }
        sheet_file.conditional_format(*area, scale)
    elif column.alarming:
        sheet_file.conditional_format(
            *area, {"type": "cell", "criteria": ">", "value": 0, "format": formats.low}
        )
