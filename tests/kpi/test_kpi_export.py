from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest
from kpi_builders import evaluate
from nights import a_night

from qa_analyzer.errors import MissingDependencyError, StoreError
from qa_analyzer.kpi import export as export_module
from qa_analyzer.kpi.dictionary import TABLES
from qa_analyzer.kpi.document import document_schema
from qa_analyzer.kpi.export import Format, export, export_changes
from qa_analyzer.kpi.records import Override, Selection
from qa_analyzer.kpi.store import KpiStore
from qa_analyzer.scoring.evaluation import Verdict

CHECKER = jsonschema.Draft202012Validator.FORMAT_CHECKER


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def json_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_document_keeps_the_published_schema(store: KpiStore, tmp_path: Path) -> None:
    store.save_results(a_night(60))
    store.save_override(
        Override(
            *("call-00003", "card-1", "t-call-00003", "greeting", Verdict.PASS, "李督导"),
            decided_at=datetime(2026, 3, 30, tzinfo=UTC),
        )
    )
    exported = export(store, tmp_path / "out", Format.JSONL)
    schema = json.loads((tmp_path / "out" / "evaluation_export.schema.json").read_text("utf-8"))
    assert schema == document_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=CHECKER)
    documents = json_lines(tmp_path / "out" / "evaluations.jsonl")
    assert [error.message for each in documents for error in validator.iter_errors(each)] == []
    assert len(documents) == exported.rows["evaluations"] == 60
    reviewed = next(each for each in documents if each["call_id"] == "call-00003")
    assert reviewed["criteria"]["greeting"]["overrides"] == [  # type: ignore[index]
        {"reviewer": "李督导", "decided_at": "2026-03-30T00:00:00Z", "verdict": "pass", "reason": ""}
    ]


@pytest.mark.parametrize(
    "fault", [{"grade": "good"}, {"percent": "80"}, {"call_id": None}, {"local_day": "3 Mar"}]
)
def test_the_schema_refuses_what_is_wrong(store: KpiStore, tmp_path: Path, fault: dict[str, object]) -> None:
    store.save_result(evaluate(started_at="2026-03-01T09:00:00"))
    export(store, tmp_path, Format.JSONL)
    (document,) = json_lines(tmp_path / "evaluations.jsonl")
    validator = jsonschema.Draft202012Validator(document_schema(), format_checker=CHECKER)
    assert validator.is_valid(document)
    assert not validator.is_valid({**document, **fault})
    del document["grade"]
    assert not validator.is_valid(document)


def test_a_document_in_full(store: KpiStore, tmp_path: Path) -> None:
    store.save_result(
        evaluate(
            *("c1", "a1"),
            agent_name="李娜",
            team="北组",
            started_at="2026-03-01T09:00:00",
            verdicts={"time_commitment": "pass"},
            quotes={"time_commitment": "24小时内回电"},
            tags=("signal", "churn"),
            duration_s=100.0,
            interruptions=2,
            customer_id="13800000000",
        )
    )
    export(store, tmp_path, Format.JSONL)
    (document,) = json_lines(tmp_path / "evaluations.jsonl")
    golden = json.loads((Path(__file__).parent / "golden" / "evaluation_export.json").read_text("utf-8"))
    assert {**document, "evaluation_id": 0, "revision": 0} == golden


def test_csv_tables_hold_every_row_and_blank_what_is_unknown(store: KpiStore, tmp_path: Path) -> None:
    night = a_night(40)
    store.save_results(night)
    exported = export(store, tmp_path, Format.CSV)
    tables = {name: csv_rows(tmp_path / f"{name}.csv") for name in TABLES}
    assert {name: len(rows) for name, rows in tables.items()} == exported.rows
    assert exported.rows["criteria"] == sum(len(each.criteria) for each in night)
    assert exported.rows["complaints"] == sum(
        len(each.analysis.complaints + each.analysis.risks) for each in night
    )
    by_call = {row["call_id"]: row for row in tables["evaluations"]}
    for each in night:
        row = by_call[each.call_id]
        assert row["percent"] == ("" if each.percent is None else str(each.percent))
        assert row["agent_id"] == (each.analysis.transcript.call.agent_id or "")
        assert row["acts_fingerprint"] == "acts-1"
    ids = {row["evaluation_id"] for row in tables["evaluations"]}
    assert {row["evaluation_id"] for row in tables["evidence"]} == ids


def test_where_no_model_of_acts_read_a_call_its_fingerprint_is_missing(
    store: KpiStore, tmp_path: Path
) -> None:
    store.save_result(evaluate(acts=None))
    export(store, tmp_path, Format.CSV)
    export(store, tmp_path, Format.JSONL)
    (row,) = csv_rows(tmp_path / "evaluations.csv")
    assert row["acts_fingerprint"] == ""
    (document,) = json_lines(tmp_path / "evaluations.jsonl")
    assert document["fingerprints"]["acts"] is None  # type: ignore[index]
    described = {(each["table"], each["column"]): each for each in csv_rows(tmp_path / "data_dictionary.csv")}
    assert "earlier releases" in str(described["evaluations", "acts_fingerprint"])


def test_csv_cells_never_start_a_formula(store: KpiStore, tmp_path: Path) -> None:
    store.save_result(evaluate(agent_name="=1+1", quotes={"greeting": '@SUM("x"),\n二'}))
    export(store, tmp_path, Format.CSV)
    (evaluation,) = csv_rows(tmp_path / "evaluations.csv")
    (quote,) = csv_rows(tmp_path / "evidence.csv")
    assert evaluation["agent_name"] == "'=1+1"
    assert quote["quote"] == '\'@SUM("x"),\n二'
    assert quote["distance"] == "0.0"


def test_parquet_holds_the_same_with_types(store: KpiStore, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    store.save_results(a_night(30))
    store.save_result(
        evaluate("typed", started_at="2026-03-01T09:00:00", resolved=True, csat=4.0, team="北组")
    )
    exported = export(store, tmp_path, Format.PARQUET)
    export(store, tmp_path, Format.CSV)
    for name, fields in TABLES.items():
        table = parquet.read_table(tmp_path / f"{name}.parquet")
        assert table.num_rows == exported.rows[name] == len(csv_rows(tmp_path / f"{name}.csv"))
        assert table.column_names == [field.name for field in fields]
    rows = parquet.read_table(tmp_path / "evaluations.parquet").to_pylist()
    (typed,) = [row for row in rows if row["call_id"] == "typed"]
    assert typed["started_at"] == datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
    assert typed["local_day"] == date(2026, 3, 1)
    assert (typed["resolved"], typed["csat"], typed["team"], typed["queue"]) == (True, 4.0, "北组", None)


def test_parquet_without_its_library_names_the_extra(
    store: KpiStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r"qa_analyzer\[parquet\]"):
        export(store, tmp_path, Format.PARQUET)


def test_the_dictionary_names_every_column_once(store: KpiStore, tmp_path: Path) -> None:
    export(store, tmp_path, Format.CSV)
    rows = csv_rows(tmp_path / "data_dictionary.csv")
    listed = [(row["table"], row["column"]) for row in rows]
    assert len(set(listed)) == len(listed)
    for name in TABLES:
        header = (tmp_path / f"{name}.csv").read_text("utf-8-sig").splitlines()[0].split(",")
        assert header == [column for table, column in listed if table == name]
    assert all(row["meaning"] and row["meaning_zh"] for row in rows)


def test_exports_follow_the_selection(store: KpiStore, tmp_path: Path) -> None:
    store.save_results([evaluate("c1", team="north"), evaluate("c2", team="south")])
    export(store, tmp_path, Format.CSV, Selection(teams=("south",)))
    assert [row["call_id"] for row in csv_rows(tmp_path / "evaluations.csv")] == ["c2"]
    assert [row["call_id"] for row in csv_rows(tmp_path / "criteria.csv")] == ["c2"]


def test_changes_since_the_watermark(store: KpiStore, tmp_path: Path) -> None:
    assert export_changes(store, tmp_path, Format.JSONL) is None
    store.save_results([evaluate("c1"), evaluate("c2")])
    first = export_changes(store, tmp_path, Format.JSONL)
    assert first is not None
    assert first.rows == {"evaluations": 2}
    assert export_changes(store, tmp_path, Format.JSONL) is None
    store.save_results([evaluate("c1"), evaluate("c2", percent=1.0), evaluate("c3")])
    second = export_changes(store, tmp_path, Format.JSONL)
    assert second is not None
    assert [each["call_id"] for each in json_lines(second.files[0])] == ["c2", "c3"]
    assert second.files[0] != first.files[0]
    assert len(json_lines(first.files[0])) == 2


def test_a_crash_before_the_watermark_moves_repeats_and_never_skips(
    store: KpiStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_result(evaluate("c1"))

    def crash(_path: Path) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(export_module, "_write_dictionary", crash)
        with pytest.raises(OSError, match="disk full"):
            export_changes(store, tmp_path, Format.JSONL)
    assert not (tmp_path / "watermark.json").exists()
    again = export_changes(store, tmp_path, Format.JSONL)
    assert again is not None
    assert again.rows == {"evaluations": 1}


def test_no_half_file_is_left_behind(
    store: KpiStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_results([evaluate("c1"), evaluate("c2")])
    export(store, tmp_path, Format.JSONL)
    before = (tmp_path / "evaluations.jsonl").read_bytes()

    def crash(_stored: object) -> object:
        raise RuntimeError("bug")

    monkeypatch.setattr(export_module, "document", crash)
    with pytest.raises(RuntimeError, match="bug"):
        export(store, tmp_path, Format.JSONL)
    assert (tmp_path / "evaluations.jsonl").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("content", ["{", "[]", '{"revision": -1}', '{"revision": "x"}', '{"revision": 99}'])
def test_a_watermark_that_does_not_fit_is_refused(store: KpiStore, tmp_path: Path, content: str) -> None:
    store.save_result(evaluate())
    (tmp_path / "watermark.json").write_text(content)
    with pytest.raises(StoreError, match=r"watermark"):
        export_changes(store, tmp_path, Format.CSV)
