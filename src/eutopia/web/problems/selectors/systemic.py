"""How systemic is what comes in, and how long do closures hold?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from eutopia.web.problems.models import Recurrence, SystemicMonth
from eutopia.web.reports.selectors import type_titles
from eutopia.web.territory.selectors import district_names, organisation_names, place_words


@dataclass(frozen=True, slots=True)
class MonthView:
    """One month of one district (empty: everywhere)."""

    district: str
    month: date
    reports: int
    explained: int
    events: int
    repeats: int
    repeat_cost: Decimal
    problems: int
    funded: int
    median_age_days: float | None

    @property
    def explained_share(self) -> float | None:
        """Share of its reports that a known problem explains; None without reports."""
        return self.explained / self.reports if self.reports else None

    @property
    def repetition_rate(self) -> float | None:
        """Share of its events that followed a closure at their place; None without events."""
        return self.repeats / self.events if self.events else None


@dataclass(frozen=True, slots=True)
class SystemicView:
    """The systemic indicators of an area over the last twelve months, and its months.

    `funded_share` and `median_age_days` are today's; `repeat_cost` is of the twelve months.
    """

    district: str
    name: str
    explained_share: float | None
    repetition_rate: float | None
    repeat_cost: Decimal
    problems: int
    funded_share: float | None
    median_age_days: float | None
    months: tuple[MonthView, ...]
    run_id: int


@dataclass(frozen=True, slots=True)
class ChronicView:
    """From how many events on a place of a type is chronic, and how often that is by chance."""

    places: int
    least_events: int
    chronic: int
    false_alarms: float
    false_share: float


@dataclass(frozen=True, slots=True)
class RecurrenceView:
    """How often closures come back. The curve is empty where there are too few closures."""

    by: str
    code: str
    title: str
    problem_type: str
    type_title: str
    events: int
    repeats: int
    closures: int
    returned: int
    share: float
    low: float
    high: float
    days: tuple[float, ...]
    holding: tuple[float, ...]
    band: tuple[tuple[float, float], ...]
    median_days: float | None
    chronic: ChronicView | None
    run_id: int


def systemic(territory_id: int, *, district: str = "") -> SystemicView | None:
    """How systemic is what comes in, everywhere or in one district? None before it was counted."""
    rows = SystemicMonth.objects.filter(territory_id=territory_id, district=district)
    found = list(rows.order_by("month"))
    return _area(territory_id, district, found) if found else None


def systemic_by_district(territory_id: int) -> tuple[SystemicView, ...]:
    """The same for each district that has reports, by name."""
    by_district: dict[str, list[SystemicMonth]] = {}
    rows = SystemicMonth.objects.filter(territory_id=territory_id).exclude(district="")
    for row in rows.order_by("month"):
        by_district.setdefault(row.district, []).append(row)
    areas = (_area(territory_id, code, found) for code, found in by_district.items())
    return tuple(sorted(areas, key=lambda area: area.name))


def _area(territory_id: int, district: str, rows: list[SystemicMonth]) -> SystemicView:
    names = district_names(territory_id) if district else {}
    months = tuple(_month(row) for row in rows)
    year, now = months[-12:], months[-1]
    reports, events = sum(m.reports for m in year), sum(m.events for m in year)
    return SystemicView(
        district=district,
        name=names.get(district, district),
        explained_share=sum(m.explained for m in year) / reports if reports else None,
        repetition_rate=sum(m.repeats for m in year) / events if events else None,
        repeat_cost=sum((m.repeat_cost for m in year), Decimal(0)),
        problems=now.problems,
        funded_share=now.funded / now.problems if now.problems else None,
        median_age_days=now.median_age_days,
        months=months,
        run_id=rows[0].run_id,
    )


def _month(row: SystemicMonth) -> MonthView:
    return MonthView(
        row.district, row.month, row.reports, row.explained, row.events, row.repeats,
        row.repeat_cost, row.problems, row.funded, row.median_age_days,
    )  # fmt: skip


def systemic_rows(territory_id: int) -> Iterable[MonthView]:
    """Every month of every area, for a download."""
    rows = SystemicMonth.objects.filter(territory_id=territory_id)
    return (_month(row) for row in rows.order_by("district", "month").iterator())


def recurrence(territory_id: int, by: str) -> tuple[RecurrenceView, ...]:
    """How often do closures come back: `all`, by `problem_type`, `organisation` or chronic `place`?

    Most repeats first, ties by code.
    """
    rows = list(
        Recurrence.objects.filter(territory_id=territory_id, by=by).order_by("-repeats", "code")
    )
    types = type_titles(territory_id)
    names: dict[str, str] = {}
    if by == "problem_type":
        names = types
    elif by == "organisation":
        names = organisation_names(territory_id)
    elif by == "place":
        said = place_words(territory_id)
        names = {row.code: said(row.code) for row in rows}
    return tuple(_recurrence(row, names, types) for row in rows)


def _recurrence(row: Recurrence, names: dict[str, str], types: dict[str, str]) -> RecurrenceView:
    curve: dict[str, Any] = row.curve
    rule = {n: v for n, v in row.chronic.items() if n in ChronicView.__dataclass_fields__}
    return RecurrenceView(
        by=row.by,
        code=row.code,
        title=names.get(row.code, row.code),
        problem_type=row.problem_type,
        type_title=types.get(row.problem_type, row.problem_type),
        events=row.events,
        repeats=row.repeats,
        closures=row.closures,
        returned=row.returned,
        share=row.share,
        low=row.low,
        high=row.high,
        days=tuple(curve.get("days", ())),
        holding=tuple(curve.get("holding", ())),
        band=tuple(zip(curve.get("low", ()), curve.get("high", ()), strict=True)),
        median_days=curve.get("median"),
        chronic=ChronicView(**rule) if rule else None,
        run_id=row.run_id,
    )
