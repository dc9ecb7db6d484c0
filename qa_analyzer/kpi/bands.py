"""A site's own limits for figures, from the calls it has already had."""

from __future__ import annotations

import math

import pandas as pd

from qa_analyzer.errors import ConfigError

#: Fewer calls say little about the tails.
MIN_CALLS = 200
#: Shares of calls below the lower and the upper limit.
LOWER, UPPER = 0.1, 0.9


def speech_rate_band(calls: pd.DataFrame) -> tuple[int, int]:
    """Return P10 and P90 of the agents' characters per minute over ``Facts.calls``, in whole characters.

    A call that several scorecards judged counts once. Raises ConfigError with fewer than ``MIN_CALLS`` calls.
    """
    rates = calls.drop_duplicates("call_id")["agent_speech_rate_cpm"].dropna()
    if len(rates) < MIN_CALLS:
        raise ConfigError(
            f"only {len(rates)} calls with a measured speech rate: at least {MIN_CALLS} are needed, "
            "until then the scorecard's own limits hold"
        )
    return math.floor(rates.quantile(LOWER)), math.ceil(rates.quantile(UPPER))
