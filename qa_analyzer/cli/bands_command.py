"""The command that turns a site's earlier calls into fixed limits."""

from __future__ import annotations

import typer

from qa_analyzer.cli.opening import Source, store_url
from qa_analyzer.kpi.bands import speech_rate_band
from qa_analyzer.kpi.store import open_store


def site_bands(source: Source) -> None:
    """Print, as lines for a settings file, the range in which most of the stored calls lie (P10 to P90).

    The range then holds until the file is changed: the same calls keep the same verdicts.
    """
    with open_store(store_url(source)) as store:
        low, high = speech_rate_band(store.facts().calls)
    typer.echo(f"bands:\n  speech_rate: [{low}, {high}]")
