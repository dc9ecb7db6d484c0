import pandas as pd
import pytest

from qa_analyzer.errors import ConfigError
from qa_analyzer.kpi.bands import MIN_CALLS, speech_rate_band


def _calls(rates: list[float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "call_id": [f"c{number}" for number in range(len(rates))],
            "agent_speech_rate_cpm": pd.Series(rates, dtype="float64"),
        }
    )


def test_the_band_holds_the_middle_four_fifths() -> None:
    assert speech_rate_band(_calls([float(rate) for rate in range(100, 501)])) == (140, 460)


def test_a_call_judged_by_two_scorecards_counts_once() -> None:
    calls = _calls([200.0] * (MIN_CALLS - 1))
    with pytest.raises(ConfigError, match="only 199 calls"):
        speech_rate_band(pd.concat([calls, calls]))


def test_calls_without_a_rate_do_not_count() -> None:
    with pytest.raises(ConfigError, match="at least 200"):
        speech_rate_band(_calls([*([210.0] * (MIN_CALLS - 1)), None]))
