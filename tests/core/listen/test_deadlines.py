"""By when: hours and days, calendar and working, across holidays and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.listen.deadlines import deadline, deadlines, service_levels_for
from eutopia.core.norms import load_norms
from eutopia.core.records import ServiceLevel, Source, Text, WorkingCalendar

NORMS = load_norms(
    ["calendar-ru", "calendar-us", "calendar-plain", "ru-service-levels", "us-311-service-levels"]
).at(date(2026, 6, 30))
RU, US = NORMS.calendar("calendar-ru"), NORMS.calendar("calendar-us")
MOSCOW, BERLIN, BOSTON = "Europe/Moscow", "Europe/Berlin", "America/New_York"
SOURCE = Source("an act", "1", "https://example.org", "A")


def level(amount: int, counting: str) -> ServiceLevel:
    return ServiceLevel(
        "a.level", "pothole", "resolve", amount, counting, "registration", (), SOURCE
    )


def due(start: str, amount: int, counting: str, calendar: WorkingCalendar, zone: str) -> str:
    moment = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    found = deadline(moment, level=level(amount, counting), calendar=calendar, time_zone=zone)
    return found.due.strftime("%Y-%m-%d %H:%M")


# Russian office hours: 9-13 and 14-18, eight hours a day.
CASES = [
    # Friday at closing time, four working hours: Monday, before lunch.
    ("2025-06-20 18:00", 4, "working_hours", RU, MOSCOW, "2025-06-23 13:00"),
    # ... and a fifth hour starts after lunch.
    ("2025-06-20 18:00", 5, "working_hours", RU, MOSCOW, "2025-06-23 15:00"),
    # Used up exactly at closing time: due at closing time, not next morning.
    ("2025-06-23 09:00", 8, "working_hours", RU, MOSCOW, "2025-06-23 18:00"),
    # Night waits for the opening.
    ("2025-06-23 03:00", 1, "working_hours", RU, MOSCOW, "2025-06-23 10:00"),
    # The eve of Russia Day is an hour shorter, then 12 to 15 June are off.
    ("2025-06-11 16:00", 2, "working_hours", RU, MOSCOW, "2025-06-16 10:00"),
    # Saturday 1 November 2025 is worked (an hour less); 2 to 4 November are off.
    ("2025-11-01 16:30", 1, "working_hours", RU, MOSCOW, "2025-11-05 09:30"),
    # New Year: one working day from 30 December 2025 ends after the holidays, on 12 January.
    ("2025-12-30 12:00", 1, "working_days", RU, MOSCOW, "2026-01-12 18:00"),
    # A Saturday start counts from the next working day: Monday is day one.
    ("2025-06-21 12:00", 1, "working_days", RU, MOSCOW, "2025-06-23 18:00"),
    # 30 days to answer an appeal: the day of registration is not counted.
    ("2025-06-20 12:00", 30, "calendar_days", RU, MOSCOW, "2025-07-20 23:59"),
    # 23 February 2025 (Sunday) was moved to May: Monday the 24th is worked.
    ("2025-02-21 17:00", 2, "working_hours", RU, MOSCOW, "2025-02-24 10:00"),
    # 9 May 2026 is a Saturday: Monday the 11th is off.
    ("2026-05-08 16:00", 2, "working_hours", RU, MOSCOW, "2026-05-12 10:00"),
    # Five minutes to answer the telephone run at any hour.
    ("2025-12-31 23:58", 5, "calendar_minutes", RU, MOSCOW, "2026-01-01 00:03"),
    # At once.
    ("2025-12-31 23:58", 0, "working_days", RU, MOSCOW, "2025-12-31 23:58"),
    # Clocks go forward on 30 March 2025 in Berlin: 24 real hours end at 13:00.
    ("2025-03-29 12:00", 24, "calendar_hours", US, BERLIN, "2025-03-30 13:00"),
    # Clocks go back on 26 October 2025: they end at 11:00.
    ("2025-10-25 12:00", 24, "calendar_hours", US, BERLIN, "2025-10-26 11:00"),
    # Days do not care about clock changes.
    ("2025-03-29 12:00", 1, "calendar_days", US, BERLIN, "2025-03-30 23:59"),
    # Independence Day 2026 is a Saturday: Friday the 3rd is off.
    ("2026-07-02 16:00", 2, "working_hours", US, BOSTON, "2026-07-06 10:00"),
    # Thanksgiving.
    ("2025-11-26 10:00", 1, "working_days", US, BOSTON, "2025-11-28 17:00"),
]


@pytest.mark.parametrize(("start", "amount", "counting", "calendar", "zone", "expected"), CASES)
def test_the_deadline_is_what_a_clerk_would_count(
    start: str, amount: int, counting: str, calendar: WorkingCalendar, zone: str, expected: str
) -> None:
    assert due(start, amount, counting, calendar, zone) == expected


def test_the_calendar_says_when_its_holidays_are_not_known() -> None:
    def complete(start: datetime, counting: str) -> bool:
        found = deadline(start, level=level(3, counting), calendar=RU, time_zone=MOSCOW)
        return found.calendar_complete

    assert complete(datetime(2026, 6, 1, tzinfo=UTC), "working_days")
    assert not complete(datetime(2026, 12, 30, tzinfo=UTC), "working_days")
    assert not complete(datetime(2022, 12, 1, tzinfo=UTC), "working_hours")
    assert complete(datetime(2026, 12, 30, tzinfo=UTC), "calendar_days")
    plain = NORMS.calendar("calendar-plain")
    start = datetime(2026, 6, 1, tzinfo=UTC)
    found = deadline(start, level=level(1, "working_days"), calendar=plain, time_zone=MOSCOW)
    assert not found.calendar_complete


def test_an_office_that_never_closes_ends_its_day_before_midnight() -> None:
    always = WorkingCalendar("always", Text.of(en="always"), (((time(0), time.max),),) * 7)
    start = datetime(2026, 6, 1, 12, tzinfo=UTC)
    found = deadline(start, level=level(1, "working_days"), calendar=always, time_zone=MOSCOW)
    assert found.due.isoformat() == "2026-06-02T23:59:59+03:00"
    hours = deadline(start, level=level(30, "working_hours"), calendar=always, time_zone=MOSCOW)
    assert hours.due.timestamp() == (start + timedelta(hours=30)).timestamp()


def test_what_cannot_be_counted_is_refused() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time zone; give an aware datetime"):
        deadline(
            datetime.fromisoformat("2026-06-01"),
            level=level(1, "working_days"),
            calendar=RU,
            time_zone=MOSCOW,
        )
    with pytest.raises(ValueError, match="use an IANA name"):
        deadline(start, level=level(1, "working_days"), calendar=RU, time_zone="Moscow/Europe")
    with pytest.raises(ValueError, match="'moons', which is not known"):
        deadline(start, level=level(1, "moons"), calendar=RU, time_zone=MOSCOW)
    closed = WorkingCalendar("closed", Text.of(en="closed"), ((),) * 7)
    with pytest.raises(ValueError, match="has no working hours"):
        deadline(start, level=level(1, "working_days"), calendar=closed, time_zone=MOSCOW)
    with pytest.raises(ValueError, match="fifty years"):
        deadline(start, level=level(10**6, "working_days"), calendar=RU, time_zone=MOSCOW)


def paths(problem_type: str, **attributes: str) -> list[str]:
    found = service_levels_for(
        NORMS.service_levels(), problem_type=problem_type, attributes=attributes
    )
    return [level.path for level in found]


def test_the_most_particular_level_applies() -> None:
    assert paths("pothole") == ["pothole.resolve", "pothole.fence_off"]
    assert paths("pothole", road_category="III")[0] == "pothole.resolve.road_III"
    assert paths("barrier_damaged", road_category="II") == ["barrier_missing.resolve.road_middle"]
    assert paths("barrier_damaged", road_category="II", position="bridge") == [
        "barrier_missing.resolve.road_middle.bridge"
    ]
    assert paths("street_light_out") == []
    assert "dispatch.resolve.sewer_blockage" in paths("sewer_blockage", channel="dispatch_service")
    assert "dispatch.resolve" in paths("no_heating", channel="dispatch_service")


moments = st.datetimes(
    datetime.fromisoformat("2023-01-01"),
    datetime.fromisoformat("2027-06-01"),
    timezones=st.just(UTC),
)
zones = st.sampled_from([MOSCOW, BERLIN, BOSTON, "Asia/Vladivostok", "Australia/Lord_Howe"])
countings = st.sampled_from(
    ["calendar_minutes", "calendar_hours", "working_hours", "calendar_days", "working_days"]
)
calendars = st.sampled_from([RU, US])


@settings(deadline=None)
@given(moments, moments, st.integers(0, 60), countings, calendars, zones)
def test_who_starts_later_is_never_due_earlier(
    one: datetime,
    other: datetime,
    amount: int,
    counting: str,
    calendar: WorkingCalendar,
    zone: str,
) -> None:
    first, second = sorted((one, other))
    found = deadlines(
        (first, second), level=level(amount, counting), calendar=calendar, time_zone=zone
    )
    assert found[0].due.timestamp() <= found[1].due.timestamp()
    assert found[0].due >= first


@settings(deadline=None)
@given(moments, st.integers(1, 60), countings, calendars, zones)
def test_more_time_is_never_due_earlier(
    start: datetime, amount: int, counting: str, calendar: WorkingCalendar, zone: str
) -> None:
    shorter = deadline(start, level=level(amount, counting), calendar=calendar, time_zone=zone)
    longer = deadline(start, level=level(amount + 1, counting), calendar=calendar, time_zone=zone)
    # Two times of one zone compare by the clock on the wall: wrongly in the hour that comes twice.
    assert shorter.due.timestamp() < longer.due.timestamp()


@settings(deadline=None)
@given(moments, st.integers(1, 60), calendars, zones)
def test_working_deadlines_never_land_outside_working_time(
    start: datetime, amount: int, calendar: WorkingCalendar, zone: str
) -> None:
    special = dict(calendar.exceptions)
    for counting in ("working_hours", "working_days"):
        found = deadline(start, level=level(amount, counting), calendar=calendar, time_zone=zone)
        local = found.due
        hours = special.get(local.date(), calendar.hours[local.weekday()])
        assert any(opens <= local.time() <= closes for opens, closes in hours)


@settings(deadline=None)
@given(moments, st.integers(1, 40), calendars, zones)
def test_working_hours_agree_with_counting_minute_by_minute(
    start: datetime, amount: int, calendar: WorkingCalendar, zone: str
) -> None:
    start = start.replace(second=0, microsecond=0)
    found = deadline(start, level=level(amount, "working_hours"), calendar=calendar, time_zone=zone)
    special, tz = dict(calendar.exceptions), ZoneInfo(zone)
    now, left = start, amount * 60
    while left:
        local = now.astimezone(tz)
        hours = special.get(local.date(), calendar.hours[local.weekday()])
        left -= any(opens <= local.time() < closes for opens, closes in hours)
        now += timedelta(minutes=1)
    assert found.due == now
