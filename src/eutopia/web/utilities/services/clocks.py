"""By when must the dispatcher do what? The clocks of a call, and whether notice was in time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from eutopia.core.evaluate.notice import Notice, judge_notice
from eutopia.core.listen.deadlines import deadline, service_levels_for
from eutopia.core.norms import NormsInForce
from eutopia.core.records import WorkingCalendar
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

_CHANNEL = ("channel", "dispatch_service")
# Which kind of problem is reported when a service fails: some kinds have clocks of their own.
_KIND = {"sewage": "sewer_blockage", "solid_waste": "waste_chute_blockage"}
_NOTICE = "planned_outage.notice.working_days"


def call_clocks(territory: Territory, service: str, received: datetime) -> list[dict[str, Any]]:
    """By when must what be done about a call about this service, received then?

    Notes
    -----
    The levels of the packs for the channel `dispatch_service`; where one clock has two levels, the
    one for the very kind of failure goes first. Empty where no pack sets any.
    """
    norms = norms_of(territory)
    calendar = _calendar(norms)
    if calendar is None:
        return []
    levels = service_levels_for(
        (one for one in norms.service_levels() if _CHANNEL in one.conditions),
        problem_type=_KIND.get(service, service),
        attributes=dict([_CHANNEL]),
    )
    found: dict[str, dict[str, Any]] = {}
    for level in levels:
        due = deadline(received, level=level, calendar=calendar, time_zone=territory.time_zone)
        found[level.clock] = {
            "clock": level.clock,
            "due": due.due.isoformat(),
            "level": level.path,
            "article": level.source.article,
            "verification": level.source.verification,
        }
    return list(found.values())


def _calendar(norms: NormsInForce) -> WorkingCalendar | None:
    return next(iter(norms.calendars()), None)


def notice_of(
    territory: Territory | int, starts: datetime, given: datetime | None
) -> Notice | None:
    """Was a planned outage announced in time? None where no pack says how long ahead."""
    territory = territory_row(territory)
    norms = norms_of(territory)
    calendar = _calendar(norms)
    days = next((v for v in norms.values(_NOTICE)), None)
    if calendar is None or days is None:
        return None
    return judge_notice(
        starts,
        given,
        working_days=int(days.value),
        calendar=calendar,
        time_zone=territory.time_zone,
    )
