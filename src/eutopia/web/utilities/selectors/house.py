"""My house: which building is meant, what is out there, until when, whom to call, what is owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q, Sum

from eutopia.web.territory.models import Building, Organisation
from eutopia.web.territory.selectors import wording
from eutopia.web.utilities.models import Charge, Connection, Interruption, Tariff
from eutopia.web.utilities.selectors.episodes import episodes
from eutopia.web.utilities.selectors.outages import OutageView, where_out

_RECENT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class HouseLine:
    """One building in a list of answers."""

    code: str
    address: str
    district: str
    out: int
    """How many services are out there now."""


@dataclass(frozen=True, slots=True)
class ServedView:
    """Who serves the building with what, and at which price."""

    service: str
    provider: str
    provider_name: str
    phone: str
    supplier_name: str
    boundary: str
    price: Decimal | None
    currency: str
    unit: str
    since: date | None
    out: bool


@dataclass(frozen=True, slots=True)
class OwedView:
    """What is owed back at the building for a service over the last twelve months."""

    service: str
    dwellings: int
    owed: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class HouseView:
    """All that is known of one building's services."""

    code: str
    address: str
    district: str
    built: int | None
    storeys: int | None
    dwellings: int
    manager: str
    manager_name: str
    manager_phone: str
    now: tuple[OutageView, ...]
    ahead: tuple[OutageView, ...]
    past: tuple[OutageView, ...]
    past_total: int
    served: tuple[ServedView, ...]
    owed: tuple[OwedView, ...]
    lon: float
    lat: float
    facts: tuple[tuple[str, str], ...] = ()
    """What the house register tells besides: code and words of the source."""


def house_lines(
    territory_id: int, codes: tuple[str, ...], *, now: datetime
) -> tuple[HouseLine, ...]:
    """What do a list's lines say of these buildings, in the order given?"""
    rows = {
        row.code: row for row in Building.objects.filter(territory_id=territory_id, code__in=codes)
    }
    on = Interruption.objects.filter(
        territory_id=territory_id, started__lte=now, buildings__overlap=list(codes)
    ).exclude(ended__lte=now)
    out: dict[str, set[str]] = defaultdict(set)
    for service, buildings in on.values_list("service", "buildings"):
        for code in rows.keys() & set(buildings):
            out[code].add(service)
    return tuple(
        HouseLine(code, wording(rows[code].address), rows[code].district, len(out[code]))
        for code in codes
        if code in rows
    )


def house(territory_id: int, code: str, *, now: datetime) -> HouseView | None:
    """What is known of the services of a building at a moment? None where there is none such."""
    row = Building.objects.filter(territory_id=territory_id, code=code).first()
    if row is None:
        return None
    bodies = _bodies(territory_id)
    rows = Interruption.objects.filter(territory_id=territory_id, buildings__contains=[code])
    on = rows.filter(started__lte=now).filter(Q(ended__isnull=True) | Q(ended__gt=now))
    over = rows.filter(ended__lte=now, ended__gt=now - _RECENT).order_by("-started")
    outages = tuple(outage(one, bodies) for one in on.order_by("-started"))
    past = episodes(outage(one, bodies) for one in over)
    manager = row.housing_manager or ""
    return HouseView(
        code=row.code,
        address=wording(row.address),
        district=row.district,
        built=row.built,
        storeys=row.storeys,
        dwellings=row.dwellings,
        manager=manager,
        manager_name=bodies.get(manager, ("", ""))[0],
        manager_phone=bodies.get(manager, ("", ""))[1],
        now=outages,
        ahead=tuple(
            outage(one, bodies) for one in rows.filter(started__gt=now).order_by("started")[:20]
        ),
        past=past[:20],
        past_total=len(past),
        served=_served(territory_id, code, bodies, now, {one.service for one in outages}),
        owed=_owed(territory_id, code, now),
        lon=(float(row.west or 0) + float(row.east or 0)) / 2,
        lat=(float(row.south or 0) + float(row.north or 0)) / 2,
        facts=tuple((code, words) for code, words in row.facts),
    )


def house_address(territory_id: int, code: str) -> str:
    """How is a building called? By its code where it has no address."""
    row = Building.objects.filter(territory_id=territory_id, code=code).first()
    return (wording(row.address) if row else "") or code


def outages_by_code(territory_id: int, codes: Sequence[str]) -> tuple[OutageView, ...]:
    """Which of these outages are there, the earliest first?"""
    bodies = _bodies(territory_id)
    rows = Interruption.objects.filter(territory_id=territory_id, code__in=codes)
    return tuple(outage(row, bodies) for row in rows.order_by("started", "code"))


def owed_by_month(territory_id: int, building: str) -> dict[date, Decimal]:
    """What do the dwellings of a building get back for each month, all services together?"""
    rows = Charge.objects.filter(
        territory_id=territory_id, building=building, recalculation__amount__gt=0
    )
    found = rows.order_by("period").values_list("period")
    return dict(found.annotate(owed=Sum("recalculation__amount")))


def outages_at(territory_id: int, moment: datetime) -> tuple[OutageView, ...]:
    """Which outages were on in the whole town at a moment, the widest first?"""
    rows = Interruption.objects.filter(territory_id=territory_id, started__lte=moment)
    rows = rows.filter(Q(ended__isnull=True) | Q(ended__gt=moment))
    bodies = _bodies(territory_id)
    found = list(rows.order_by("-customers", "code"))
    places = where_out(territory_id, ((row.pk, row.buildings) for row in found))
    return tuple(replace(outage(row, bodies), where=places[row.pk]) for row in found)


def buildings_out(territory_id: int, moment: datetime) -> tuple[tuple[float, float, int], ...]:
    """Where do how many services fail at a moment? Longitude, latitude and number of each house."""
    rows = Interruption.objects.filter(territory_id=territory_id, started__lte=moment)
    rows = rows.filter(Q(ended__isnull=True) | Q(ended__gt=moment))
    out: dict[str, set[str]] = defaultdict(set)
    for service, buildings in rows.values_list("service", "buildings"):
        for code in buildings:
            out[code].add(service)
    found = (
        Building.objects.filter(territory_id=territory_id, code__in=out, west__isnull=False)
        .order_by("code")
        .annotate(lon=(F("west") + F("east")) / 2, lat=(F("south") + F("north")) / 2)
        .values_list("code", "lon", "lat")
    )
    return tuple((lon, lat, len(out[code])) for code, lon, lat in found)


Bodies = dict[str, tuple[str, str]]


def _bodies(territory_id: int) -> Bodies:
    """Name and telephone of every organisation, by code."""
    rows = Organisation.objects.filter(territory_id=territory_id)
    return {code: (wording(name), phone) for code, name, phone in rows.values_list(
        "code", "name", "phone")}  # fmt: skip


def outage(row: Interruption, bodies: Bodies) -> OutageView:
    """Show one interruption with whom to call about it."""
    name, phone = bodies.get(row.organisation, (row.organisation, ""))
    return OutageView(
        id=row.pk,
        code=row.code,
        service=row.service,
        parameter=row.parameter,
        measured=row.measured,
        planned=row.planned,
        started=row.started,
        ended=row.ended,
        promised=row.promised,
        cause=row.cause,
        confirmed=row.confirmed,
        notice_given=row.notice_given,
        organisation=row.organisation,
        organisation_name=name,
        phone=phone,
        buildings=len(row.buildings),
        customers=row.customers,
        conditions=tuple((name, value) for name, value in row.conditions),
    )


def _served(
    territory_id: int, code: str, bodies: Bodies, now: datetime, out: set[str]
) -> tuple[ServedView, ...]:
    rows = Connection.objects.filter(territory_id=territory_id, building=code)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gte=now.date())).order_by("service")
    prices = {
        (one.service, one.provider): one
        for one in Tariff.objects.filter(territory_id=territory_id, since__lte=now.date())
        .filter(Q(until__isnull=True) | Q(until__gte=now.date()))
        .order_by("since")
    }
    found = []
    for row in rows:
        price = prices.get((row.service, row.supplier)) or prices.get((row.service, row.provider))
        name, phone = bodies.get(row.provider, (row.provider, ""))
        found.append(
            ServedView(
                service=row.service,
                provider=row.provider,
                provider_name=name,
                phone=phone,
                supplier_name=bodies.get(row.supplier, (row.supplier, ""))[0],
                boundary=row.boundary,
                price=None if price is None else price.price,
                currency="" if price is None else price.currency,
                unit="" if price is None else price.unit,
                since=None if price is None else price.since,
                out=row.service in out,
            )
        )
    return tuple(found)


def _owed(territory_id: int, code: str, now: datetime) -> tuple[OwedView, ...]:
    rows = (
        Charge.objects.filter(
            territory_id=territory_id,
            building=code,
            period__gt=(now - _RECENT).date(),
            recalculation__amount__gt=0,
        )
        .order_by("service")
        .values_list("service", "currency")
        .annotate(owed=Sum("recalculation__amount"))
    )
    counted: dict[str, set[str]] = defaultdict(set)
    for service, dwelling in Charge.objects.filter(
        territory_id=territory_id,
        building=code,
        period__gt=(now - _RECENT).date(),
        recalculation__amount__gt=0,
    ).values_list("service", "dwelling"):
        counted[service].add(dwelling)
    return tuple(
        OwedView(service, len(counted[service]), owed, currency) for service, currency, owed in rows
    )
