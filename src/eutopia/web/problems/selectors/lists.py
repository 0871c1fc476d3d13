"""Problems in lists, on the map, in figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import shapely
from django.db.models import Count, QuerySet, Sum

from eutopia.web.problems.models import Problem, ProblemReport
from eutopia.web.problems.selectors.views import ProblemFigures, ProblemFilter, ProblemLine
from eutopia.web.reports.selectors import type_titles
from eutopia.web.territory.selectors import (
    Page,
    district_names,
    feature_collection,
    organisation_names,
    page_bounds,
    place_words,
)

_ORDERS = {
    "cost": ("-cost_total", "number"),
    "recurrences": ("-recurrences", "number"),
    "people": ("-people_affected", "number"),
    "newest": ("-last_seen", "number"),
    "severity": ("-severity", "number"),
}


def matching(territory_id: int, wanted: ProblemFilter) -> QuerySet[Problem]:
    """Which rows answer the filter, in no order, without the record?

    Without a state, what people rejected or merged away is left out; with one, what the latest
    diagnosis no longer finds is in it.
    """
    rows = Problem.objects.filter(territory_id=territory_id).defer("record")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    else:
        rows = rows.filter(current=True, state__in=("found", "confirmed"))
    for name in ("problem_type", "district", "owner"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    return rows


def problems(
    territory_id: int, wanted: ProblemFilter, *, page: int = 1, size: int = 25
) -> Page[ProblemLine]:
    """Which problems answer the filter? Five queries, whatever the size."""
    rows = matching(territory_id, wanted)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    ordered = rows.order_by(*_ORDERS.get(wanted.order, _ORDERS["cost"]))
    return Page(lines(territory_id, ordered[cut]), number, pages, total, size)


def lines(territory_id: int, rows: Iterable[Problem]) -> tuple[ProblemLine, ...]:
    """How do these rows read in a list? Three queries besides the rows themselves."""
    titles = type_titles(territory_id)
    districts = district_names(territory_id)
    owners_ = organisation_names(territory_id)
    said = place_words(territory_id)
    return tuple(_line(row, titles, districts, owners_, said) for row in rows)


def _line(
    row: Problem,
    titles: dict[str, str],
    districts: dict[str, str],
    owners_: dict[str, str],
    said: Callable[[str], str],
) -> ProblemLine:
    return ProblemLine(
        id=row.pk,
        number=row.number,
        label=f"P-{row.number}",
        problem_type=row.problem_type,
        title=titles.get(row.problem_type, row.problem_type),
        place=said(row.place),
        district=row.district,
        district_name=districts.get(row.district, row.district),
        reports=row.reports,
        events=row.events,
        recurrences=row.recurrences,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        people_affected=row.people_affected,
        severity=row.severity,
        trend=row.trend,
        cost_total=row.cost_total,
        owner=row.owner,
        owner_name=owners_.get(row.owner, row.owner),
        state=row.state,
        lon=row.lon,
        lat=row.lat,
    )


def problem_lines(territory_id: int, problem_ids: Sequence[int]) -> tuple[ProblemLine, ...]:
    """How do these problems read in a list, the costliest first?"""
    rows = Problem.objects.filter(territory_id=territory_id, pk__in=problem_ids).defer("record")
    return lines(territory_id, rows.order_by(*_ORDERS["cost"]))


def problem_line(territory_id: int, number: int) -> ProblemLine | None:
    """How does one problem read in a list? None where there is no such number."""
    rows = Problem.objects.filter(territory_id=territory_id, number=number).defer("record")
    found = lines(territory_id, rows)
    return found[0] if found else None


def problems_of_report(territory_id: int, report_id: int) -> tuple[ProblemLine, ...]:
    """Which problems does a report speak for?"""
    links = ProblemReport.objects.filter(report_id=report_id).values("problem_id")
    rows = Problem.objects.filter(territory_id=territory_id, pk__in=links).defer("record")
    return lines(territory_id, rows.order_by(*_ORDERS["cost"]))


def layer(territory_id: int, wanted: ProblemFilter) -> str:
    """Where are the problems, as GeoJSON points?

    Properties: `number`, `label`, `title`, `problem_type`, `events`, `cost`, `severity`, `state`,
    `radius_m`.
    """
    titles = type_titles(territory_id)
    rows: list[Any] = list(
        matching(territory_id, wanted).filter(lon__isnull=False).order_by("number")
    )
    return feature_collection(
        [shapely.Point(row.lon, row.lat) for row in rows],
        [
            {
                "number": row.number,
                "label": f"P-{row.number}",
                "title": titles.get(row.problem_type, row.problem_type),
                "problem_type": row.problem_type,
                "events": row.events,
                "cost": float(round(row.cost_total)),
                "severity": round(row.severity, 3),
                "state": row.state,
                "radius_m": round(row.radius_m, 1),
            }
            for row in rows
        ],
    )


def figures(territory_id: int) -> ProblemFigures:
    """How many problems, what do they cost if nothing is done?"""
    rows = matching(territory_id, ProblemFilter())
    titles = type_titles(territory_id)
    by_type = rows.order_by().values_list("problem_type").annotate(n=Count("pk"))
    return ProblemFigures(
        total=rows.count(),
        confirmed=rows.filter(state="confirmed").count(),
        cost_total=rows.aggregate(total=Sum("cost_total"))["total"] or Decimal(0),
        reports_covered=ProblemReport.objects.filter(problem__in=rows.values("pk"))
        .values("report_id")
        .distinct()
        .count(),
        by_type=tuple(
            (code, titles.get(code, code), n)
            for code, n in sorted(by_type, key=lambda pair: (-pair[1], pair[0]))
        ),
    )


def owners(territory_id: int) -> tuple[tuple[str, str], ...]:
    """Which organisations own problems: code and name, by name?"""
    codes = (
        matching(territory_id, ProblemFilter())
        .exclude(owner="")
        .order_by()
        .values_list("owner", flat=True)
        .distinct()
    )
    names = organisation_names(territory_id)
    return tuple(sorted(((c, names.get(c, c)) for c in codes), key=lambda p: (p[1], p[0])))
