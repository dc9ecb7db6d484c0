"""From the results of a run to its report, and back from the files of a run to its results."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from qa_analyzer.analysis.complaints import load_lexicon
from qa_analyzer.analysis.rising_terms import RisingTerm, rising_terms, weeks_of
from qa_analyzer.batch.outputs import evaluations_of, failures_of
from qa_analyzer.batch.recipe import read_scorecard
from qa_analyzer.batch.run_store import people_s_verdicts
from qa_analyzer.batch.work import CallResult
from qa_analyzer.errors import ConfigError, TranscriptError
from qa_analyzer.report.report import write_report
from qa_analyzer.report.report_data import CriterionView, ReportData, RunFacts, ScorecardView, SectionView
from qa_analyzer.report.workbook import write_workbook
from qa_analyzer.scoring.evaluation import CallFailure, Evaluation, Grade
from qa_analyzer.scoring.evaluation_json import evaluation_from_json
from qa_analyzer.scoring.scorecard import Scorecard
from qa_analyzer.settings import Settings
from qa_analyzer.speech.transcript_json import read_transcript

WORKBOOK = "report.xlsx"
SMALL_RECOGNISERS = ("tiny", "base", "small")


def publish_report(
    results: tuple[CallResult, ...], facts: Mapping[str, Any], settings: Settings, out_dir: Path
) -> Path:
    """Write the HTML report and the workbook of a run; return the first page."""
    evaluations = evaluations_of(results)
    paths = {
        each.call_id: Path(each.analysis.transcript.audio.path)
        for each in evaluations
        if each.analysis.transcript.audio is not None
    }
    report_data = ReportData(
        run=replace(_run_facts(facts, settings, recordings=bool(paths)), heard_s=_heard_s(results)),
        scorecard=scorecard_view(read_scorecard(settings.scorecard)),
        evaluations=evaluations,
        failures=failures_of(results),
        audio_paths={call_id: path for call_id, path in paths.items() if path.is_file()},
        rising_terms=_rising_terms(evaluations, settings),
        overrides=people_s_verdicts(settings, out_dir),
    )
    page = write_report(report_data, out_dir / "report", lang=settings.language)
    write_workbook(report_data, out_dir / WORKBOOK, settings.language, pages_dir="report")
    return page


def _heard_s(results: tuple[CallResult, ...]) -> float:
    return math.fsum(result.audio_s or 0.0 for result in results)


def _rising_terms(evaluations: tuple[Evaluation, ...], settings: Settings) -> tuple[RisingTerm, ...] | None:
    now, before = weeks_of(evaluation.analysis.transcript for evaluation in evaluations)
    if not now or not before:
        return None
    return rising_terms(now, before, load_lexicon(settings.lexicon, settings.lexicon_overrides))


def read_results(out_dir: Path, transcripts_dir: Path) -> tuple[tuple[CallResult, ...], dict[str, Any]]:
    """Return the results and facts of an earlier run; raises ConfigError when they are not all there."""
    try:
        facts: dict[str, Any] = json.loads((out_dir / "run.json").read_text(encoding="utf-8"))
        lines = (out_dir / "evaluations.jsonl").read_bytes().splitlines()
        failed = (out_dir / "failures.jsonl").read_bytes().splitlines()
        results = [_result(json.loads(line), transcripts_dir) for line in lines]
        failures = [CallFailure(**json.loads(line)) for line in failed]
    except (OSError, ValueError, TypeError, TranscriptError) as problem:
        raise ConfigError(
            f"{out_dir} does not hold a whole run ({problem}): run the same command again"
        ) from problem
    results += [CallResult(each.call_id, None, None, each, None, {}) for each in failures]
    return tuple(results), facts


def _result(line: dict[str, Any], transcripts_dir: Path) -> CallResult:
    transcript = read_transcript(transcripts_dir / f"{line['call_id']}.json")
    evaluation = evaluation_from_json(line, transcript)
    audio_s = transcript.audio.duration_s if transcript.audio is not None else None
    return CallResult(transcript.call_id, transcript, evaluation, None, audio_s, {})


def scorecard_view(scorecard: Scorecard) -> ScorecardView:
    """Return the scorecard as reports show it; English names are the ids, which are English."""
    return ScorecardView(
        scorecard_id=scorecard.id,
        version=scorecard.version,
        names=_names(scorecard.name, scorecard.id),
        sections=tuple(
            SectionView(
                section_id=section.id,
                names=_names(section.name, section.id),
                criteria=tuple(
                    CriterionView(
                        criterion_id=criterion.id,
                        names=_names(criterion.name, criterion.id),
                        weight=criterion.weight,
                        auto_fail=criterion.auto_fail,
                        descriptions={"zh": criterion.guidance},
                    )
                    for criterion in section.criteria
                ),
            )
            for section in scorecard.sections
        ),
        fingerprint=scorecard.fingerprint,
        bands={
            Grade.EXCELLENT: scorecard.grades.excellent,
            Grade.PASS: scorecard.grades.pass_,
            Grade.TO_IMPROVE: scorecard.grades.to_improve,
        },
    )


def _names(chinese: str, identifier: str) -> dict[str, str]:
    return {"zh": chinese, "en": identifier.replace("_", " ").capitalize()}


def _run_facts(facts: Mapping[str, Any], settings: Settings, *, recordings: bool) -> RunFacts:
    summary = facts["summary"]
    return RunFacts(
        run_id=facts["started_at"],
        version=facts["versions"]["qa_analyzer"],
        started_at=datetime.fromisoformat(facts["started_at"]),
        asr_model=settings.asr_model if recordings else None,
        sentiment_model=settings.sentiment_model,
        audio_s=summary["audio_s"],
        wall_s=summary["wall_s"],
        warnings=_warnings(settings, recordings=recordings),
    )


def _warnings(settings: Settings, *, recordings: bool) -> tuple[str, ...]:
    if not recordings or not any(size in Path(settings.asr_model).name for size in SMALL_RECOGNISERS):
        return ()
    if settings.language == "en":
        return (
            f"Verdicts rest on a small recogniser ({settings.asr_model}), which gets about every 5th to 10th "
            "character wrong: listen to the evidence before deciding anything about an agent.",
        )
    return (
        f"本报告的判定基于小型识别模型（{settings.asr_model}），大约每 5–10 个字就有一个识别错误："
        "在对坐席作出任何决定之前，请先听证据录音。",
    )
