"""The command that tells how the verdicts on one call came about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa_analyzer.batch.stored_calls import StoredCalls
from qa_analyzer.cli.opening import open_settings
from qa_analyzer.errors import ConfigError
from qa_analyzer.report.story_lines import story_lines
from qa_analyzer.report.wording import Wording
from qa_analyzer.scoring.explain import explain

On = Annotated[
    str,
    typer.Option(
        "--on",
        help="OUT of an earlier run, its store (file or URL), or a file of text calls.",
        metavar="SOURCE",
    ),
]


def explain_call(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="The call's id.")],
    on: On,
    criterion: Annotated[
        list[str] | None, typer.Option("--criterion", "-c", help="Only this criterion; may repeat.")
    ] = None,
    scorecard: Annotated[
        Path | None, typer.Option("--scorecard", help="Scorecard YAML [the configured one].")
    ] = None,
    sentiment: Annotated[
        str | None, typer.Option("--sentiment", help="Sentiment model: a name, a folder, or 'lexicon'.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (YAML).")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="zh or en [zh].")] = None,
) -> None:
    """Tell how each verdict on one call came about: every rule that was asked, in order, with its answer."""
    settings = open_settings(config, scorecard=scorecard, sentiment_model=sentiment, language=lang)
    calls = StoredCalls(on, settings)
    transcript = calls.find(call_id)
    scorer = calls.scorer()
    known = [each.id for each in scorer.scorecard.criteria]
    if unknown := [name for name in criterion or () if name not in known]:
        raise ConfigError(f"no criterion {', '.join(unknown)}; the scorecard has: {', '.join(known)}")
    story = explain(scorer, calls.analyzer().analyze(transcript), criterion or ())
    for line in story_lines(story, scorer.scorecard, Wording(settings.language)):
        typer.echo(line)
