"""Meters, what they said, what was set aside, and who may send: for the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, OuterRef, Q, Subquery

from eutopia.web.territory.models import Building
from eutopia.web.territory.selectors import organisation_names, wording
from eutopia.web.utilities.models import FeedToken, Meter, Reading, SetAside

_UNITS = {"temperature": "°C", "pressure": "MPa", "voltage": "V"}
Owners = tuple[str, ...] | None
"""Whose meters are asked for; None for everybody's."""


@dataclass(frozen=True, slots=True)
class MeterLine:
    """A meter, and the last that it said."""

    id: int
    code: str
    service: str
    parameter: str
    unit: str
    organisation: str
    organisation_name: str
    address: str
    buildings: int
    last_at: datetime | None
    last_value: Decimal | None
    readings: int


@dataclass(frozen=True, slots=True)
class AsideLine:
    """What could not be used, and why. `undone`: by a dispatcher, who can take that back."""

    kind: str
    subject: str
    code: str
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class TokenLine:
    """The right of a machine to send; the secret is kept nowhere."""

    id: int
    name: str
    organisation_name: str
    made: datetime
    revoked: datetime | None


def meters(
    territory_id: int, *, organisations: Owners = None, only: int | None = None
) -> tuple[MeterLine, ...]:
    """Which meters are there, those that spoke last first?"""
    rows = Meter.objects.filter(territory_id=territory_id)
    if organisations is not None:
        rows = rows.filter(organisation__in=organisations)
    if only is not None:
        rows = rows.filter(pk=only)
    last = Reading.objects.filter(meter=OuterRef("pk")).order_by("-at", "-value")
    told = rows.annotate(
        last_at=Max("readings__at"),
        last_value=Subquery(last.values("value")[:1]),
        heard=Count("readings"),
    ).order_by("-last_at", "code")
    found = list(told)
    names = organisation_names(territory_id)
    first = {row.buildings[0] for row in found if row.buildings}
    homes = Building.objects.filter(territory_id=territory_id, code__in=first)
    addresses = {code: wording(words) for code, words in homes.values_list("code", "address")}
    return tuple(
        MeterLine(
            id=row.pk,
            code=row.code,
            service=row.service,
            parameter=row.parameter,
            unit=_UNITS.get(row.parameter, ""),
            organisation=row.organisation,
            organisation_name=names.get(row.organisation, row.organisation),
            address=addresses.get(row.buildings[0], "") if row.buildings else "",
            buildings=len(row.buildings),
            last_at=row.last_at,
            last_value=row.last_value,
            readings=row.heard,
        )
        for row in found
    )


def readings(
    territory_id: int, meter_id: int, *, since: datetime | None = None
) -> tuple[tuple[datetime, Decimal], ...]:
    """What did a meter say, in order of time?"""
    rows = Reading.objects.filter(meter_id=meter_id, meter__territory_id=territory_id)
    if since is not None:
        rows = rows.filter(at__gte=since)
    return tuple(rows.order_by("at", "value").values_list("at", "value"))


def set_aside(
    territory_id: int, *, organisations: Owners = None, subject: str = "", limit: int = 100
) -> tuple[tuple[AsideLine, ...], int]:
    """What was set aside, the latest first, and how much is it in all?

    Parameters
    ----------
    organisations
        Who acts for some sees of meters and feeds theirs alone.
    subject
        Only what begins so.
    """
    rows = SetAside.objects.filter(territory_id=territory_id)
    if organisations is not None:
        own = Meter.objects.filter(territory_id=territory_id, organisation__in=organisations)
        mine = Q(pk=None)
        for code in own.values_list("code", flat=True):
            mine |= Q(kind="reading", subject__startswith=f"{code} ")
        for code in organisations:
            mine |= Q(kind="signal", subject__startswith=f"{code}/")
        rows = rows.filter(mine)
    if subject:
        rows = rows.filter(subject__startswith=subject)
    lines = tuple(
        AsideLine(row.kind, row.subject, row.code, row.at, row.code == "undone_at_the_desk")
        for row in rows.order_by("-at", "pk")[:limit]
    )
    return lines, rows.count()


def feed_tokens(territory_id: int, *, organisations: Owners = None) -> tuple[TokenLine, ...]:
    """Which tokens were given, those that hold first?"""
    rows = FeedToken.objects.filter(territory_id=territory_id)
    if organisations is not None:
        rows = rows.filter(organisation__in=organisations)
    names = organisation_names(territory_id)
    lines = [
        TokenLine(
            row.pk, row.name, names.get(row.organisation, row.organisation), row.made, row.revoked
        )
        for row in rows.order_by("-made", "-pk")
    ]
    return tuple(sorted(lines, key=lambda one: one.revoked is not None))
