"""One report on its page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from eutopia.web.reports.models import Report
from eutopia.web.reports.selectors.lists import lines, present_moment, type_titles
from eutopia.web.reports.selectors.views import (
    DeadlineView,
    PublicReport,
    ReportLine,
    ReportView,
    StatusStep,
)
from eutopia.web.reports.workflow import allowed_steps
from eutopia.web.territory.selectors import district_names, organisation_names, place_words

_SAME_EVENT = 20
_DECIMALS = 3
"""Of a degree: about a hundred metres, so that a place is not somebody's door."""


def report(territory_id: int, report_id: int) -> ReportView | None:
    """What is known of one report? None where there is no such report."""
    row = (
        Report.objects.filter(territory_id=territory_id, pk=report_id)
        .select_related("group")
        .prefetch_related("changes")
        .first()
    )
    if row is None:
        return None
    now = present_moment(territory_id)
    return ReportView(
        id=row.pk,
        number=row.number,
        source=row.source,
        problem_type=row.problem_type,
        title=type_titles(territory_id).get(row.problem_type, row.problem_type),
        text=row.text,
        language=row.language,
        opened=row.opened,
        closed=row.closed,
        closing_note=row.closing_note,
        status=row.status,
        next_statuses=tuple(step.after for step in allowed_steps(row.status)),
        district=row.district,
        district_name=district_names(territory_id).get(row.district, row.district),
        address=place_words(territory_id)(row.address),
        lon=None if row.lon is None else round(row.lon, _DECIMALS),
        lat=None if row.lat is None else round(row.lat, _DECIMALS),
        organisation=row.organisation,
        organisation_name=organisation_names(territory_id).get(row.organisation, row.organisation),
        channel=row.channel,
        deadline=_deadline(row, now),
        source_due=row.source_due,
        steps=_steps(row),
        group_id=row.group_id,
        group_state=row.group.state if row.group is not None else "",
        same_event=_same_event(row, now),
    )


def _deadline(row: Report, now: datetime) -> DeadlineView | None:
    if row.due is None or row.due_basis is None:
        return None
    met: bool | None = None
    if row.closed is not None:
        met = row.closed <= row.due
    elif now > row.due:
        met = False
    basis = row.due_basis
    return DeadlineView(
        due=row.due,
        service_level=basis["service_level"],
        clock=basis["clock"],
        counting=basis["counting"],
        calendar=basis["calendar"],
        provisional=not basis["calendar_complete"],
        met=met,
    )


def _steps(row: Report) -> tuple[StatusStep, ...]:
    return tuple(
        StatusStep(
            before=change.before,
            after=change.after,
            at=change.at,
            role=change.role,
            note=change.note,
            evidence=tuple((str(k), str(v)) for k, v in sorted(change.evidence.items())),
        )
        for change in row.changes.all()
    )


def _same_event(row: Report, now: datetime) -> tuple[ReportLine, ...]:
    if row.group is None or row.group.state == "rejected":
        return ()
    others = row.group.members.exclude(pk=row.pk).order_by("opened", "id")
    return lines(row.territory_id, others[:_SAME_EVENT], now)


def public_reports(territory_id: int, report_ids: Sequence[int]) -> tuple[PublicReport, ...]:
    """How do these reports read for programs, the newest first? Three queries."""
    titles = type_titles(territory_id)
    names = organisation_names(territory_id)
    rows = Report.objects.filter(territory_id=territory_id, pk__in=report_ids)
    return tuple(
        PublicReport(
            id=row.pk,
            problem_type=row.problem_type,
            title=titles.get(row.problem_type, row.problem_type),
            text=row.text,
            opened=row.opened,
            closed=row.closed,
            due=row.due,
            closing_note=row.closing_note,
            address=row.address,
            organisation_name=names.get(row.organisation, row.organisation),
            lon=None if row.lon is None else round(row.lon, _DECIMALS),
            lat=None if row.lat is None else round(row.lat, _DECIMALS),
        )
        for row in rows.order_by("-opened", "-id")
    )
