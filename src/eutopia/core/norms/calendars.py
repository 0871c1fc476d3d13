"""Working calendars read from packs: weekly hours, yearly holidays, single exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta

from eutopia.core.norms import fields
from eutopia.core.norms.documents import Entry, PackError
from eutopia.core.records.norms import Source, WorkingCalendar

Hours = tuple[tuple[time, time], ...]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OBSERVED = ("none", "nearest_weekday", "next_weekday")
LAST = -1


def read_calendar(found: Mapping[str, Entry], acts: Mapping[str, Source]) -> WorkingCalendar:
    """Which working calendar does a row of `calendars/*.yaml` describe?

    Notes
    -----
    Exceptions named for a day win over the yearly holidays.
    """
    hours = _weekly_hours(found["hours"])
    exceptions: dict[date, Hours] = {}
    if "yearly" in found:
        for day in _yearly_days(found["yearly"]):
            exceptions[day] = ()
    named: set[date] = set()
    if "exceptions" in found:
        for item in found["exceptions"].items():
            for day, special in _exception(item, acts):
                if day in named:
                    raise item.fault(f"{day} is given twice", "keep one exception for a day")
                named.add(day)
                exceptions[day] = special
    return WorkingCalendar(
        id=fields.code(found["id"]),
        title=fields.text(found["title"]),
        hours=hours,
        exceptions=tuple(sorted(exceptions.items())),
        covers=_covers(found["covers"]) if "covers" in found else None,
        source=fields.source(found["source"], acts),
    )


def _spans(entry: Entry) -> Hours:
    spans: list[tuple[time, time]] = []
    for item in entry.items():
        start_text, _, end_text = item.text.partition("-")
        if not end_text:
            raise item.fault(f"'{item.text}' is not a span of hours", 'write it like "09:00-18:00"')
        start, end = (_clock(item, part) for part in (start_text, end_text))
        if end <= start or (spans and start < spans[-1][1]):
            raise item.fault(f"'{item.text}' runs backwards or overlaps", "put the hours in order")
        spans.append((start, end))
    return tuple(spans)


def _clock(item: Entry, text: str) -> time:
    hour, _, minute = text.strip().partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(minute) < 60 and int(hour) <= 24):
        raise item.fault(f"'{item.text}' is not a span of hours", 'write it like "09:00-18:00"')
    return time.max if int(hour) == 24 else time(int(hour), int(minute))


def _weekly_hours(entry: Entry) -> tuple[Hours, ...]:
    found = entry.fields(WEEKDAYS)
    week = tuple(_spans(found[name]) for name in WEEKDAYS)
    if not any(week):
        raise entry.fault("no working hours in the week", "give at least one working day")
    return week


def _covers(entry: Entry) -> tuple[date, date]:
    found = entry.fields(("from", "to"))
    since, until = fields.day(found["from"]), fields.day(found["to"])
    if until < since:
        raise found["to"].fault(f"ends {until}, before it starts {since}", "swap or mend the dates")
    return since, until


def _exception(item: Entry, acts: Mapping[str, Source]) -> Iterator[tuple[date, Hours]]:
    found = item.fields(("hours",), ("day", "days", "why", "source"))
    if ("day" in found) == ("days" in found):
        raise item.fault("give either 'day' or 'days'", "write day: 2026-01-09")
    if "source" in found:
        fields.source(found["source"], acts)
    hours = _spans(found["hours"])
    days = [found["day"]] if "day" in found else list(found["days"].items())
    for day in days:
        yield fields.day(day), hours


def _yearly_days(entry: Entry) -> Iterator[date]:
    found = entry.fields(("first_year", "last_year", "holidays"))
    years = range(fields.integer(found["first_year"]), fields.integer(found["last_year"]) + 1)
    if not years:
        raise entry.fault("no year between first_year and last_year", "swap or mend the years")
    for item in found["holidays"].items():
        for year in years:
            yield from _holiday(item, year)


def _holiday(item: Entry, year: int) -> Iterator[date]:
    rule = item.fields(("month",), ("day", "weekday", "nth", "observed", "why", "from", "to"))
    if "from" in rule and year < fields.integer(rule["from"]):
        return
    if "to" in rule and year > fields.integer(rule["to"]):
        return
    month = fields.integer(rule["month"])
    if "day" in rule and not {"weekday", "nth"} & set(rule):
        try:
            day = date(year, month, fields.integer(rule["day"]))
        except ValueError as error:
            raise item.fault("no such day in the year", "mend month and day") from error
    elif "day" not in rule and {"weekday", "nth"} <= set(rule):
        weekday = WEEKDAYS.index(fields.choice(rule["weekday"], WEEKDAYS))
        day = _nth_weekday(item, year, month, weekday, fields.integer(rule["nth"]))
    else:
        raise item.fault("give 'day', or 'weekday' with 'nth'", "write {month: 5, day: 9}")
    yield day
    observed = fields.choice(rule["observed"], OBSERVED) if "observed" in rule else "none"
    moved = _observed(day, observed)
    if moved != day:
        yield moved


def _nth_weekday(item: Entry, year: int, month: int, weekday: int, nth: int) -> date:
    if not (1 <= nth <= 4 or nth == LAST):
        raise _nth_fault(item)
    if nth == LAST:
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _nth_fault(item: Entry) -> PackError:
    return item.fault("'nth' is 1 to 4, or -1 for the last", "mend 'nth'")


def _observed(day: date, rule: str) -> date:
    """Where a holiday on a weekend is taken: nearest goes Saturday to Friday, Sunday to Monday."""
    weekday = day.weekday()
    if rule == "none" or weekday < 5:
        return day
    if rule == "nearest_weekday":
        return day + timedelta(days=-1 if weekday == 5 else 1)
    return day + timedelta(days=7 - weekday)
