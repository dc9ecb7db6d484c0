from __future__ import annotations

from datetime import datetime

import pytest

from qa_analyzer.report import formats


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "—"),
        (0, "0:00"),
        (59.9, "0:59"),
        (61, "1:01"),
        (3600, "1:00:00"),
        (3725.4, "1:02:05"),
        (-0.2, "0:00"),
    ],
)
def test_clock(seconds: float | None, shown: str) -> None:
    assert formats.clock(seconds) == shown


@pytest.mark.parametrize(
    ("percent", "shown"), [(None, "—"), (0.0, "0"), (100.0, "100"), (89.4736, "89.5"), (80.04, "80")]
)
def test_score_has_no_needless_zero_and_none_is_no_zero(percent: float | None, shown: str) -> None:
    assert formats.score(percent) == shown


def test_shares_and_moments() -> None:
    assert formats.share(0.835) == "84%"
    assert formats.share(None) == "—"
    assert formats.moment(datetime(2026, 11, 20, 9, 5)) == "2026-11-20 09:05"  # noqa: DTZ001
    assert formats.moment(None) == "—"
    assert formats.short_hash("0123456789abcdef") == "0123456789ab"
    assert formats.short_hash("sha256:0123456789abcdef") == "0123456789ab"
    assert formats.short_hash(None) == "—"
