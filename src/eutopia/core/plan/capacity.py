"""What crews can do: by the year, and month by month within the seasons of works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from eutopia.core.plan.rules import building_months
from eutopia.core.records.programme import Candidate, CrewCalendar, PortfolioRules

Label = tuple[str, str, int]
"""Kind of rule, its key, year offset (-1: the whole period)."""
Row = tuple[list[tuple[int, float]], Label, float]
"""Columns with entries, what the row stands for, the most it may add up to."""


class Start(NamedTuple):
    """Column of a candidate built in a year."""

    candidate: int
    year: int
    column: int


def crew_work(candidate: Candidate, group: str) -> Decimal:
    """How many months of one crew of a group does a candidate take?"""
    return sum((months for code, months in candidate.crew_months if code == group), Decimal(0))


def crew_rows(
    candidates: Sequence[Candidate], starts: Mapping[int, Sequence[Start]], rules: PortfolioRules
) -> Iterator[Row]:
    """Which rows keep a programme within what crews can do? Rows that cannot bind are left out."""
    for group, most in rules.crews:
        for year in range(rules.years):
            terms = [
                (s.column, 1.0)
                for i, own in starts.items()
                if group in (*candidates[i].work_groups, candidates[i].measure)
                for s in own
                if s.year == year
            ]
            if len(terms) > most:
                yield terms, ("crew", group, year), float(most)
    for calendar in rules.crew_calendars:
        work = {i: crew_work(candidates[i], calendar.group) for i in starts}
        for year in range(rules.years):
            doing = [
                (s.column, float(work[i]), months)
                for i, own in starts.items()
                if work[i] > 0
                for s in own
                if s.year == year
                for months in [building_months(candidates[i], year)]
                if months is not None
            ]
            yield from _season_rows(doing, calendar, year)


def _season_rows(
    doing: Sequence[tuple[int, float, tuple[int, int]]], calendar: CrewCalendar, year: int
) -> Iterator[Row]:
    """In every stretch of months, what must be done within it is no more than its crews can.

    Over all stretches that is enough for a timetable to exist: works may be split between months
    and crews, and seasons are intervals, so the smallest cut of the transport problem is one
    stretch (Gale, "A theorem on flows in networks", Pacific Journal of Mathematics 7, 1957).
    """
    for first in sorted({months[0] for _, _, months in doing}):
        for last in sorted({months[1] for _, _, months in doing}):
            terms = [
                (column, amount)
                for column, amount, months in doing
                if first <= months[0] and months[1] <= last
            ]
            can = float(sum(calendar.by_month[first - 1 : last], Decimal(0)))
            if sum(amount for _, amount in terms) > can:
                yield terms, ("season", calendar.group, year), can
