"""Reports as staff see them: what waits, which are one event, what was imported."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from eutopia.web.reports import workflow
from eutopia.web.reports.models import DuplicateGroup, Import, KeptGrouping, Report
from eutopia.web.reports.selectors.lists import lines, paged, present_moment
from eutopia.web.reports.selectors.views import GroupLine, ImportLine, ReportLine
from eutopia.web.territory.selectors import Page, page_bounds

_SOON = timedelta(days=2)
_NEAR_DEGREES = 0.0018
"""Of latitude: 200 m."""
_NEAR_TIME = timedelta(days=60)
_MOST_NEAR = 20
_ORDER = {"new": ("opened", "id"), "working": ("due", "opened", "id")}


def _queues(now: datetime) -> dict[str, Q]:
    waiting = Q(closed__isnull=True)
    return {
        "new": waiting & Q(status=workflow.RECEIVED),
        "overdue": waiting & Q(due__lt=now),
        "due_soon": waiting & Q(due__gte=now, due__lt=now + _SOON),
        "working": waiting & Q(status__in=(workflow.ACCEPTED, workflow.SCHEDULED)),
    }


def _seen_by(territory_id: int, organisations: tuple[str, ...] | None) -> QuerySet[Report]:
    rows = Report.objects.filter(territory_id=territory_id)
    return rows if organisations is None else rows.filter(organisation__in=organisations)


def inbox(
    territory_id: int,
    *,
    organisations: tuple[str, ...] | None = None,
    queue: str = "new",
    page: int = 1,
    size: int = 25,
) -> Page[ReportLine]:
    """What waits for staff?

    Parameters
    ----------
    organisations
        Codes of the organisations a provider or contractor may see; None for all.
    queue
        `new` (received, the oldest first), `overdue` (open past the deadline, the longest overdue
        first), `due_soon` (within two days), `working` (accepted or scheduled, by deadline).

    Raises
    ------
    KeyError
        No such queue.
    """
    now = present_moment(territory_id)
    rows = _seen_by(territory_id, organisations).filter(_queues(now)[queue])
    ordered = rows.order_by(*_ORDER.get(queue, ("due", "id")))
    return paged(territory_id, ordered, now, page=page, size=size)


def inbox_counts(
    territory_id: int, *, organisations: tuple[str, ...] | None = None
) -> dict[str, int]:
    """How many wait in each queue: new, overdue, due_soon, working, groups?"""
    rows = _seen_by(territory_id, organisations)
    queues = _queues(present_moment(territory_id))
    counts = {name: rows.filter(condition).count() for name, condition in queues.items()}
    suggested = DuplicateGroup.objects.filter(territory_id=territory_id, state="suggested")
    return {**counts, "groups": suggested.count()}


def groups(
    territory_id: int, *, state: str = "suggested", page: int = 1, size: int = 50
) -> Page[GroupLine]:
    """Which groups of duplicates are in this state, the largest first?"""
    rows = DuplicateGroup.objects.filter(territory_id=territory_id, state=state)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    chosen = list(rows.order_by("-size", "id").select_related("first__group")[cut])
    now = present_moment(territory_id)
    firsts: Any = [row.first for row in chosen]
    items = tuple(
        _group_line(row, first)
        for row, first in zip(chosen, lines(territory_id, firsts, now), strict=True)
    )
    return Page(items, number, pages, total, size)


def _group_line(row: DuplicateGroup, first: ReportLine) -> GroupLine:
    return GroupLine(row.pk, first, row.size, row.score, row.state, row.reason)


def group(territory_id: int, group_id: int) -> GroupLine | None:
    """How does one group read? None where there is no such group."""
    rows = DuplicateGroup.objects.filter(territory_id=territory_id, pk=group_id)
    row = rows.select_related("first__group").first()
    if row is None:
        return None
    (first,) = lines(territory_id, [row.first], present_moment(territory_id))
    return _group_line(row, first)


def last_full_grouping(territory_id: int) -> datetime | None:
    """When were all reports compared anew, rather than only new and changed ones?"""
    rows = KeptGrouping.objects.filter(territory_id=territory_id)
    return rows.values_list("full_run__started", flat=True).first()


def group_reports(territory_id: int, group_id: int) -> tuple[ReportLine, ...]:
    """Which reports are in a group, the earliest first?"""
    group = DuplicateGroup.objects.filter(territory_id=territory_id, pk=group_id).first()
    rows = Report.objects.filter(
        territory_id=territory_id, pk__in=group.member_ids if group is not None else []
    )
    return lines(territory_id, rows.order_by("opened", "id"), present_moment(territory_id))


def reports_near(territory_id: int, report_id: int) -> tuple[ReportLine, ...]:
    """Which other reports may tell of the same event? At most 20, those of its kind first.

    Notes
    -----
    Within about 200 m and 60 days, not in its group already; the nearest in time first.
    """
    row = Report.objects.filter(territory_id=territory_id, pk=report_id).first()
    if row is None or row.lon is None or row.lat is None:
        return ()
    east = _NEAR_DEGREES / max(math.cos(math.radians(row.lat)), 0.1)
    near = (
        Report.objects.filter(
            territory_id=territory_id,
            opened__range=(row.opened - _NEAR_TIME, row.opened + _NEAR_TIME),
            lon__range=(row.lon - east, row.lon + east),
            lat__range=(row.lat - _NEAR_DEGREES, row.lat + _NEAR_DEGREES),
        )
        .exclude(pk=row.pk)
        .exclude(group__isnull=False, group=row.group_id)
        .select_related("group")
    )
    chosen = sorted(
        near,
        key=lambda one: (
            one.problem_type != row.problem_type,
            abs(one.opened - row.opened),
            one.pk,
        ),
    )
    return lines(territory_id, chosen[:_MOST_NEAR], present_moment(territory_id))


def imports(territory_id: int) -> tuple[ImportLine, ...]:
    """Which files were read, the latest first?"""
    rows = Import.objects.filter(territory_id=territory_id).order_by("-started")
    return tuple(
        ImportLine(
            file_name=row.file_name,
            source=row.source,
            started=row.started,
            seconds=row.seconds,
            read=row.read,
            added=row.added,
            changed=row.changed,
            rejected=row.rejected,
        )
        for row in rows
    )
