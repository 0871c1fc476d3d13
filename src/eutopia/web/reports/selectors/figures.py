"""Reports counted: by month, by state, by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import h3
import shapely
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import TruncMonth

from eutopia.web.reports.models import DuplicateGroup, Report
from eutopia.web.reports.selectors.lists import matching, overdue, present_moment
from eutopia.web.reports.selectors.views import ReportFigures, ReportFilter
from eutopia.web.territory.selectors import feature_collection

_MONTHS = 36
_RESOLUTION = 9
_COARSEST = 7
_FEWEST = 3
"""Fewer reports than this are not shown in a cell of their own."""


def figures(territory_id: int) -> ReportFigures:
    """How many reports, how many in time, how many still open?"""
    now = present_moment(territory_id)
    rows = Report.objects.filter(territory_id=territory_id)
    told = rows.aggregate(
        total=Count("pk"),
        open=Count("pk", filter=Q(closed__isnull=True)),
        overdue=Count("pk", filter=overdue(now)),
        in_time=Count("pk", filter=Q(closed__lte=F("due"))),
        with_deadline=Count("pk", filter=Q(closed__isnull=False, due__isnull=False)),
        first=Min("opened"),
        last=Max("opened"),
    )
    groups = DuplicateGroup.objects.filter(territory_id=territory_id).exclude(state="rejected")
    members = groups.aggregate(n=Count("members"), g=Count("pk", distinct=True))
    by_status = rows.order_by().values_list("status").annotate(n=Count("pk"))
    return ReportFigures(
        total=told["total"],
        open=told["open"],
        overdue=told["overdue"],
        closed_in_time=told["in_time"],
        closed_with_deadline=told["with_deadline"],
        duplicates=members["n"] - members["g"],
        first=told["first"].astimezone(now.tzinfo).date() if told["first"] else None,
        last=told["last"].astimezone(now.tzinfo).date() if told["last"] else None,
        by_month=_opened_and_closed(rows, now),
        by_status=tuple(sorted(by_status, key=lambda pair: -pair[1])),
    )


def _opened_and_closed(rows: Any, now: Any) -> tuple[tuple[date, int, int], ...]:
    opened = _by_month(rows, "opened", now.tzinfo)
    closed = _by_month(rows.filter(closed__isnull=False), "closed", now.tzinfo)
    months = _months(set(opened) | set(closed))[-_MONTHS:]
    return tuple((month, opened.get(month, 0), closed.get(month, 0)) for month in months)


def _by_month(rows: Any, column: str, zone: Any) -> dict[date, int]:
    counted = (
        rows.order_by()
        .annotate(month=TruncMonth(column, tzinfo=zone))
        .values_list("month")
        .annotate(n=Count("pk"))
    )
    return {month.date(): n for month, n in counted}


def _months(seen: set[date]) -> list[date]:
    """Every month from the first seen to the last, gaps filled.

    >>> [m.month for m in _months({date(2026, 1, 1), date(2025, 11, 1)})]
    [11, 12, 1]
    """
    if not seen:
        return []
    month, last, filled = min(seen), max(seen), []
    while month <= last:
        filled.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return filled


def monthly_counts(territory_id: int, report_ids: Sequence[int]) -> tuple[tuple[date, int], ...]:
    """How many of these reports were opened in each month, gaps filled with 0?"""
    zone = present_moment(territory_id).tzinfo
    counts = _by_month(
        Report.objects.filter(territory_id=territory_id, pk__in=report_ids), "opened", zone
    )
    return tuple((month, counts.get(month, 0)) for month in _months(set(counts)))


def cells_layer(territory_id: int, wanted: ReportFilter) -> str:
    """How many reports lie in each H3 cell, as GeoJSON hexagons?

    Notes
    -----
    Properties: `cell`, `reports`, `open`. Resolution 9 (0.1 km²); the reports of a cell that has
    fewer than three are counted in the cell around it (resolution 8, then 7), and not shown at
    all if even that has fewer: no single report can be placed. Reports without a place are not
    on the map.
    """
    rows = (
        matching(territory_id, wanted, present_moment(territory_id))
        .filter(cell__isnull=False)
        .order_by()
        .values_list("cell")
        .annotate(n=Count("pk"), still=Count("pk", filter=Q(closed__isnull=True)))
    )
    shown = merge_sparse([(h3.int_to_str(cell), n, still) for cell, n, still in rows])
    shapes = [shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(c)]) for c, _, _ in shown]
    return feature_collection(
        shapes, [{"cell": c, "reports": n, "open": still} for c, n, still in shown]
    )


def merge_sparse(counted: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Which cells may be shown, so that none has fewer than three reports?

    Parameters
    ----------
    counted
        Cell (of resolution 9 or finer), reports, of these open.

    Examples
    --------
    >>> cell = h3.latlng_to_cell(55.75, 37.6, 10)
    >>> [(h3.get_resolution(c), n) for c, n, _ in merge_sparse([(cell, 3, 1)])]
    [(9, 3)]
    >>> merge_sparse([(cell, 2, 1)])
    []
    """
    shown: list[tuple[str, int, int]] = []
    left = list(counted)
    for resolution in range(_RESOLUTION, _COARSEST - 1, -1):
        reports: Counter[str] = Counter()
        still: Counter[str] = Counter()
        for cell, n, open_ in left:
            parent = h3.cell_to_parent(cell, resolution)
            reports[parent] += n
            still[parent] += open_
        shown += [(c, n, still[c]) for c, n in sorted(reports.items()) if n >= _FEWEST]
        left = [(c, n, still[c]) for c, n in reports.items() if n < _FEWEST]
    return shown
