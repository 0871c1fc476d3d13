"""Time on the bill: billing periods, interruptions made usable, spells and their pieces.

All instants are whole seconds since 1970 (UTC), so that sums are exact; local days and hours of
the day come from the time zone, across clock changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eutopia.core.records.utilities import Interruption


@dataclass(frozen=True, slots=True)
class Period:
    """Which calendar month, and at which instants do its local days begin?

    `midnights` has one more entry than days: the last is the end of the month.
    """

    first: date
    midnights: tuple[int, ...]
    zone: ZoneInfo

    @property
    def start(self) -> int:
        """First instant."""
        return self.midnights[0]

    @property
    def end(self) -> int:
        """Instant after the last."""
        return self.midnights[-1]

    @property
    def days(self) -> int:
        """Number of days."""
        return len(self.midnights) - 1

    def day_of(self, instant: int) -> int:
        """On which day of the month (from 0) does an instant fall?"""
        return bisect_right(self.midnights, instant) - 1


@lru_cache(maxsize=512)
def billing_period(first: date, time_zone: str) -> Period:
    """Which instants does a billing month span, in a time zone?

    Raises
    ------
    ValueError
        When `first` is not the first day of a month or the zone is unknown.
    """
    if first.day != 1:
        raise ValueError(f"period {first} is not the first day of a month; give {first:%Y-%m}-01")
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"no time zone '{time_zone}'; use an IANA name like 'Europe/Moscow'"
        ) from error
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    days = [first + timedelta(days=n) for n in range((after - first).days + 1)]
    return Period(first, tuple(instant(day, time(0), zone) for day in days), zone)


def instant(day: date, moment: time, zone: ZoneInfo) -> int:
    """At which instant is it this local time? `time.max` is the midnight that ends the day."""
    if moment == time.max:
        day, moment = day + timedelta(days=1), time(0)
    return int(datetime.combine(day, moment, zone).timestamp())


@dataclass(frozen=True, slots=True)
class Event:
    """An interruption with usable times."""

    start: int
    end: int
    interruption: Interruption


@dataclass(frozen=True, slots=True)
class Spell:
    """Events that touch or overlap, taken as one."""

    start: int
    end: int
    events: tuple[Event, ...]


def vet(
    interruptions: Iterable[Interruption], *, until: int
) -> tuple[list[Event], list[tuple[str, str]], list[tuple[str, str]]]:
    """Which interruptions have usable times, which are set aside and why, what is to be noted?

    Parameters
    ----------
    interruptions
        In any order.
    until
        Instant up to which an interruption still going on is counted.

    Notes
    -----
    Fractions of a second are dropped from start and end.
    """
    usable: list[Event] = []
    aside: list[tuple[str, str]] = []
    notes: list[tuple[str, str]] = []
    seen: set[str] = set()
    for one in interruptions:
        if one.id in seen:
            aside.append((one.id, "given_twice"))
            continue
        seen.add(one.id)
        if one.started.tzinfo is None or (one.ended is not None and one.ended.tzinfo is None):
            aside.append((one.id, "time_without_zone"))
            continue
        start = int(one.started.timestamp() // 1)
        end = until if one.ended is None else int(one.ended.timestamp() // 1)
        if one.ended is None:
            notes.append((one.id, "still_going_on"))
            end = max(end, start)
        if end < start:
            aside.append((one.id, "ends_before_it_starts"))
        elif end == start:
            aside.append((one.id, "no_length"))
        else:
            usable.append(Event(start, end, one))
    usable.sort(key=lambda event: (event.start, event.end, event.interruption.id))
    return usable, aside, notes


def join_spells(events: Sequence[Event]) -> list[Spell]:
    """Which spells do events form when those that touch or overlap are taken as one?

    `events` must be sorted by start.
    """
    spells: list[Spell] = []
    group: list[Event] = []
    end = 0
    for event in events:
        if group and event.start <= end:
            group.append(event)
            end = max(end, event.end)
        else:
            if group:
                spells.append(Spell(group[0].start, end, tuple(group)))
            group, end = [event], event.end
    if group:
        spells.append(Spell(group[0].start, end, tuple(group)))
    return spells


def band_edges(bands: Sequence[tuple[str, time, time]], period: Period) -> list[int]:
    """At which instants of the period does the band of the day change?"""
    days = [period.first + timedelta(days=n) for n in range(period.days)]
    return sorted({instant(day, opens, period.zone) for day in days for _, opens, _ in bands})


def band_at(bands: Sequence[tuple[str, time, time]], at: int, zone: ZoneInfo) -> str:
    """In which band of the day does an instant fall?"""
    local = datetime.fromtimestamp(at, zone).time()
    for name, opens, closes in bands:
        if opens <= local < closes:
            return name
    return bands[-1][0]


def pieces(
    spells: Iterable[Spell], *, cuts: Sequence[int], period: Period
) -> Iterator[tuple[int, int, Spell, tuple[Event, ...]]]:
    """Which stretches of the period have the same events and no cut within?

    Yields start, end, the spell and the events going on, in order of time.
    """
    for spell in spells:
        start, end = max(spell.start, period.start), min(spell.end, period.end)
        if start >= end:
            continue
        edges = {start, end, *(cut for cut in cuts if start < cut < end)}
        for event in spell.events:
            edges.update(at for at in (event.start, event.end) if start < at < end)
        ordered = sorted(edges)
        for begin, finish in pairwise(ordered):
            here = tuple(e for e in spell.events if e.start <= begin and e.end >= finish)
            yield begin, finish, spell, here
