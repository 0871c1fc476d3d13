"""Was a planned outage announced in time?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from eutopia.core.records.norms import WorkingCalendar

_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Notice:
    """By which day had it to be announced, on which was it, how many working days lay between?

    `in_time` is False where nothing was announced. `calendar_complete` is False where days off
    beyond those the calendar knows may matter.
    """

    latest: date
    given: date | None
    working_days: int
    in_time: bool
    calendar_complete: bool


def judge_notice(
    starts: datetime,
    given: datetime | None,
    *,
    working_days: int,
    calendar: WorkingCalendar,
    time_zone: str,
) -> Notice:
    """Was a planned outage announced so many working days ahead?

    Parameters
    ----------
    starts, given
        When it begins and when it was announced (None: never), aware.
    working_days
        How many working days must lie between the two days, neither of them counted.
    calendar
        Working days and days off.
    time_zone
        IANA name of the territory's zone, whose days are meant.

    Raises
    ------
    ValueError
        For a naive time, a negative number, or a calendar without working days.

    Notes
    -----
    A day with any working hours is a working day, a shortened one too. O(days).

    Examples
    --------
    >>> from eutopia.core.norms import load_norms
    >>> office = load_norms(["calendar-plain"]).at(date(2026, 6, 30)).calendar("calendar-plain")
    >>> zone = ZoneInfo("Europe/Moscow")
    >>> told = judge_notice(
    ...     datetime(2026, 6, 22, 9, tzinfo=zone), datetime(2026, 6, 9, 12, tzinfo=zone),
    ...     working_days=10, calendar=office, time_zone="Europe/Moscow",
    ... )
    >>> told.latest, told.working_days, told.in_time
    (datetime.date(2026, 6, 7), 8, False)
    """
    if starts.tzinfo is None or (given is not None and given.tzinfo is None):
        raise ValueError("a time has no zone; give aware times")
    if working_days < 0:
        raise ValueError(f"working_days is {working_days}; give 0 or more")
    zone = ZoneInfo(time_zone)
    days_off = dict(calendar.exceptions)

    def works(day: date) -> bool:
        return bool(days_off.get(day, calendar.hours[day.weekday()]))

    first = starts.astimezone(zone).date()
    latest, counted = first - timedelta(days=1), 0
    while counted < working_days:
        counted += works(latest)
        latest -= timedelta(days=1)
        if (first - latest).days > _LONGEST:
            raise ValueError(f"calendar '{calendar.id}' has no {working_days} working days a year")
    day = None if given is None else given.astimezone(zone).date()
    between = 0
    if day is not None:
        span = (first - day).days
        between = sum(works(day + timedelta(days=n)) for n in range(1, min(span, _LONGEST)))
    covers = calendar.covers
    return Notice(
        latest=latest,
        given=day,
        working_days=between,
        in_time=day is not None and day <= latest,
        calendar_complete=covers is None or (covers[0] <= latest and first <= covers[1]),
    )
