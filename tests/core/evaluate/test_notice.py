"""Notice of a planned outage, counted in working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.evaluate.notice import judge_notice
from eutopia.core.norms import load_norms

ZONE = "Europe/Moscow"
RUSSIA = load_norms(["calendar-ru"]).at(date(2026, 6, 30)).calendars()[0]


def judged(starts: date, told: date | None, days: int = 10) -> tuple[date, int, bool]:
    zone = ZoneInfo(ZONE)
    found = judge_notice(
        datetime(starts.year, starts.month, starts.day, 9, tzinfo=zone),
        None if told is None else datetime(told.year, told.month, told.day, 17, tzinfo=zone),
        working_days=days,
        calendar=RUSSIA,
        time_zone=ZONE,
    )
    return found.latest, found.working_days, found.in_time


CASES = [
    # 12 June 2026 is a holiday: 10 working days before Monday 22 June begin on Friday 5 June.
    (date(2026, 6, 22), date(2026, 6, 4), (date(2026, 6, 4), 10, True)),
    (date(2026, 6, 22), date(2026, 6, 5), (date(2026, 6, 4), 9, False)),
    # Never told; told on the day itself; told after it had begun.
    (date(2026, 6, 22), None, (date(2026, 6, 4), 0, False)),
    (date(2026, 6, 22), date(2026, 6, 22), (date(2026, 6, 4), 0, False)),
    (date(2026, 6, 22), date(2026, 6, 23), (date(2026, 6, 4), 0, False)),
]


@pytest.mark.parametrize(("starts", "told", "expected"), CASES)
def test_cases(starts: date, told: date | None, expected: tuple[date, int, bool]) -> None:
    assert judged(starts, told) == expected


@given(st.dates(date(2024, 3, 1), date(2026, 10, 1)), st.integers(0, 60), st.integers(0, 15))
def test_in_time_is_enough_days_between(starts: date, ahead: int, days: int) -> None:
    """In time exactly where so many working days lie between; a day later never helps."""
    told = starts - timedelta(days=ahead)
    latest, between, in_time = judged(starts, told, days)
    assert in_time == (between >= days and told < starts)
    assert judged(starts, latest, days)[2]
    assert not judged(starts, latest + timedelta(days=1), days)[2]


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        judge_notice(
            datetime(2026, 6, 22),  # noqa: DTZ001 - naive on purpose
            None,
            working_days=1,
            calendar=RUSSIA,
            time_zone=ZONE,
        )
    with pytest.raises(ValueError, match="give 0 or more"):
        judge_notice(
            datetime(2026, 6, 22, tzinfo=UTC), None, working_days=-1, calendar=RUSSIA,
            time_zone=ZONE,
        )  # fmt: skip
