"""Deadlines on a real calendar: hours and days, calendar or working, across clock changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eutopia.core.records.deadlines import Deadline
from eutopia.core.records.norms import ServiceLevel, WorkingCalendar

_END_OF_DAY = time(23, 59, 59)
_LONGEST = timedelta(days=366 * 50)


def deadline(
    start: datetime, *, level: ServiceLevel, calendar: WorkingCalendar, time_zone: str
) -> Deadline:
    """By when must it be done, if the clock started then?

    Parameters
    ----------
    start
        When the clock started (registration, detection, end of snowfall ...), aware.
    level
        The amount and how it is counted.
    calendar
        Working hours and holidays; used by `working_hours` and `working_days` only.
    time_zone
        IANA name of the territory's zone; `due` is given in it.

    Raises
    ------
    ValueError
        For a naive start, an unknown zone, an unknown counting, a calendar without working hours,
        or a deadline more than fifty years away.

    Notes
    -----
    * `calendar_minutes` and `calendar_hours` are real time: when the clocks go forward, 24 hours
      from noon end at 13:00.
    * Days are counted from the day after the start (Civil Code of Russia, art. 191; the usual rule
      elsewhere too). `calendar_days` end with the last second of the last day; `working_days` end
      with the working hours of the last working day.
    * `working_hours` run in real time within working hours; a start outside them waits for the
      next opening. What is used up exactly at closing time is due at closing time.
    * An amount of 0 means at once: due at the start, whatever the calendar.
    * `calendar_complete` is False when working time was counted beyond the period for which the
      calendar's days off are known.

    Compare two `due` in UTC (or by `timestamp()`): Python compares times of one zone by the clock
    on the wall, which goes wrong in the hour that comes twice.

    O(days counted) a call; `deadlines` prepares the calendar once for many starts.

    Examples
    --------
    >>> from eutopia.core.norms import load_norms
    >>> norms = load_norms(["calendar-us", "us-311-service-levels"]).at(date(2026, 6, 30))
    >>> due = deadline(
    ...     datetime(2026, 7, 2, 15, tzinfo=ZoneInfo("America/Chicago")),
    ...     level=norms.service_level("chicago.pothole.resolve"),
    ...     calendar=norms.calendar("calendar-us"),
    ...     time_zone="America/Chicago",
    ... )
    >>> due.due.isoformat()
    '2026-07-09T23:59:59-05:00'
    """
    return deadlines((start,), level=level, calendar=calendar, time_zone=time_zone)[0]


def deadlines(
    starts: Iterable[datetime], *, level: ServiceLevel, calendar: WorkingCalendar, time_zone: str
) -> tuple[Deadline, ...]:
    """By when must each be done? As `deadline`, for many starts under one level."""
    office = _Office.of(calendar, time_zone)
    found = []
    for start in starts:
        if start.tzinfo is None:
            raise ValueError(f"start {start.isoformat()} has no time zone; give an aware datetime")
        due = _due(start, level, office)
        found.append(
            Deadline(
                clock=level.clock,
                due=due.astimezone(office.zone),
                service_level=level.path,
                counting=level.counting,
                calendar=calendar.id,
                calendar_complete=_is_complete(start, due, level, office),
            )
        )
    return tuple(found)


def service_levels_for(
    levels: Iterable[ServiceLevel], *, problem_type: str, attributes: Mapping[str, str]
) -> tuple[ServiceLevel, ...]:
    """Which deadlines apply to a problem of this type, at a place with these attributes?

    Parameters
    ----------
    levels
        Service levels in force, in the order of the packs.
    problem_type
        Code; a level for `*` applies to every type.
    attributes
        What is known of the place: road category, street group ...

    Notes
    -----
    A level applies when all its conditions hold; one whose condition is not known does not apply.
    Of several for one clock and start, a named type beats `*`, then more conditions beat fewer,
    then the later pack beats the earlier. Result in the order of clocks first met.
    """
    best: dict[tuple[str, str], tuple[tuple[bool, int], ServiceLevel]] = {}
    for level in levels:
        if level.problem_type not in (problem_type, "*"):
            continue
        if any(attributes.get(name) not in wanted.split("|") for name, wanted in level.conditions):
            continue
        rank = (level.problem_type != "*", len(level.conditions))
        key = (level.clock, level.starts)
        if key not in best or rank >= best[key][0]:
            best[key] = (rank, level)
    return tuple(level for _, level in best.values())


@dataclass(frozen=True, slots=True)
class _Office:
    """A calendar made ready for looking days up, in its time zone."""

    calendar: WorkingCalendar
    exceptions: dict[date, tuple[tuple[time, time], ...]]
    zone: ZoneInfo

    @classmethod
    def of(cls, calendar: WorkingCalendar, time_zone: str) -> _Office:
        try:
            zone = ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"no time zone '{time_zone}'; use an IANA name like 'Europe/Moscow'"
            ) from error
        if not any(calendar.hours):
            raise ValueError(f"calendar '{calendar.id}' has no working hours in the week; add some")
        return cls(calendar, dict(calendar.exceptions), zone)

    def hours(self, day: date) -> tuple[tuple[time, time], ...]:
        """Working hours of one day, local time."""
        if day in self.exceptions:
            return self.exceptions[day]
        return self.calendar.hours[day.weekday()]

    def instant(self, day: date, moment: time) -> datetime:
        """A local time as an instant; `time.max` is the midnight that ends the day."""
        if moment == time.max:
            day, moment = day + timedelta(days=1), time(0)
        return datetime.combine(day, moment, self.zone).astimezone(UTC)

    def working_days_after(self, day: date) -> Iterator[date]:
        """Working days later than `day`, for up to fifty years."""
        last = day + _LONGEST
        while day < last:
            day += timedelta(days=1)
            if self.hours(day):
                yield day
        raise ValueError("the deadline is more than fifty years away; mend the amount")


def _due(start: datetime, level: ServiceLevel, office: _Office) -> datetime:
    if level.amount == 0:
        return start
    if level.counting == "calendar_minutes":
        return start.astimezone(UTC) + timedelta(minutes=level.amount)
    if level.counting == "calendar_hours":
        return start.astimezone(UTC) + timedelta(hours=level.amount)
    if level.counting == "working_hours":
        return _after_working_hours(start, timedelta(hours=level.amount), office)
    today = start.astimezone(office.zone).date()
    if level.counting == "calendar_days":
        return office.instant(today + timedelta(days=level.amount), _END_OF_DAY)
    if level.counting == "working_days":
        days = office.working_days_after(today)
        for _ in range(level.amount - 1):
            next(days)
        last = next(days)
        return office.instant(last, min(office.hours(last)[-1][1], _END_OF_DAY))
    raise ValueError(f"level '{level.path}' counts in '{level.counting}', which is not known")


def _after_working_hours(start: datetime, left: timedelta, office: _Office) -> datetime:
    now = start.astimezone(UTC)
    today = start.astimezone(office.zone).date()
    yesterday = today - timedelta(days=1)
    for day in office.working_days_after(yesterday):
        for opens, closes in office.hours(day):
            begin, end = max(now, office.instant(day, opens)), office.instant(day, closes)
            if begin >= end:
                continue
            if left <= end - begin:
                return begin + left
            left -= end - begin
    raise AssertionError("working_days_after raises before it ends")


def _is_complete(start: datetime, due: datetime, level: ServiceLevel, office: _Office) -> bool:
    if level.amount == 0 or not level.counting.startswith("working"):
        return True
    covers = office.calendar.covers
    if covers is None:
        return False
    first, last = (moment.astimezone(office.zone).date() for moment in (start, due))
    return covers[0] <= first and last <= covers[1]
