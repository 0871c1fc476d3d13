"""What pages read about communal services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum

from eutopia.web.territory.models import Building
from eutopia.web.territory.selectors import Page, organisation_names, page_bounds, wording
from eutopia.web.utilities.models import Charge, Connection, Correction, Interruption, ReductionLine
from eutopia.web.utilities.selectors.outages import WhereView, where_out


@dataclass(frozen=True, slots=True)
class InterruptionView:
    """A service out or off its norm."""

    id: int
    code: str
    service: str
    organisation: str
    organisation_name: str
    started: datetime
    ended: datetime | None
    hours: float | None
    planned: bool
    parameter: str
    measured: Decimal | None
    cause: str
    where: WhereView
    customers: int
    notice_given: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """How much is taken off for what, by which article."""

    norm_path: str
    article: str
    verification: str
    interruptions: tuple[InterruptionView, ...]
    supplied: str
    permitted: Decimal
    excess: Decimal
    unit: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class FormerView:
    """What was owed back for a charge before a correction, and why it was corrected."""

    made: datetime
    reason: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A month computed anew after something it rests on was corrected."""

    id: int
    period: date
    made: datetime
    reason: str
    touched: int
    changed: int
    difference: Decimal
    currency: str
    run_id: int


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A month's charge for a service and what is owed back of it."""

    id: int
    dwelling: str
    address: str
    service: str
    period: date
    fee: Decimal
    currency: str
    owed: Decimal
    """0.00 where nothing is owed."""
    capped: bool
    lines: tuple[LineView, ...]
    set_aside: tuple[tuple[str, str], ...]
    """Interruption code and why it could not be used."""
    edition: str
    run_id: int | None
    """None: not recalculated yet."""
    former: tuple[FormerView, ...] = ()
    """What was owed before each correction, the latest first."""
    answerable: tuple[str, ...] = ()
    """Names of who answers for the service at the house: whom a claim goes to."""

    @property
    def number(self) -> str:
        """Of the dwelling within its building; empty where the code is none of a building's."""
        return self.dwelling.partition("/")[2]

    @property
    def plain(self) -> bool:
        """Whether it was recalculated and there is nothing to tell of it."""
        return self.run_id is not None and not (self.lines or self.set_aside or self.former)


@dataclass(frozen=True, slots=True)
class PeriodView:
    """One month of one service, all dwellings together."""

    period: date
    service: str
    charges: int
    recalculated: int
    reduced: int
    """Dwellings that get something back."""
    fees: Decimal
    owed: Decimal
    currency: str


def interruptions(
    territory_id: int,
    *,
    service: str = "",
    building: str = "",
    buildings: Sequence[str] | None = None,
    ongoing: bool | None = None,
    page: int = 1,
    size: int = 25,
) -> Page[InterruptionView]:
    """Which interruptions were there, the latest first? Five queries, whatever the size.

    Parameters
    ----------
    buildings
        Only those that hit any of these; None for all.
    """
    rows = Interruption.objects.filter(territory_id=territory_id)
    if service:
        rows = rows.filter(service=service)
    if building:
        rows = rows.filter(buildings__contains=[building])
    if buildings is not None:
        rows = rows.filter(buildings__overlap=list(buildings)) if buildings else rows.none()
    if ongoing is not None:
        rows = rows.filter(ended__isnull=ongoing)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    names = organisation_names(territory_id)
    shown = list(rows.order_by("-started", "code")[cut])
    places = where_out(territory_id, ((row.pk, row.buildings) for row in shown))
    items = tuple(_interruption(row, names, places[row.pk]) for row in shown)
    return Page(items, number, pages, total, size)


def _interruption(
    row: Interruption, names: dict[str, str], where: WhereView | None = None
) -> InterruptionView:
    hours = None if row.ended is None else (row.ended - row.started).total_seconds() / 3600
    return InterruptionView(
        id=row.pk,
        code=row.code,
        service=row.service,
        organisation=row.organisation,
        organisation_name=names.get(row.organisation, row.organisation),
        started=row.started,
        ended=row.ended,
        hours=hours,
        planned=row.planned,
        parameter=row.parameter,
        measured=row.measured,
        cause=row.cause,
        where=where or WhereView(len(row.buildings)),
        customers=row.customers,
        notice_given=row.notice_given,
    )


def services(territory_id: int) -> tuple[tuple[str, int], ...]:
    """Which services were interrupted, how often, the most often first?"""
    rows = Interruption.objects.filter(territory_id=territory_id).order_by()
    counted = rows.values_list("service").annotate(n=Count("pk"))
    return tuple(sorted(counted, key=lambda told: (-told[1], told[0])))


def periods(territory_id: int) -> tuple[PeriodView, ...]:
    """What was charged and is owed back in each month, by service, the latest month first?"""
    rows = (
        Charge.objects.filter(territory_id=territory_id)
        .order_by()
        .values_list("period", "service", "currency")
        .annotate(
            n=Count("pk"),
            done=Count("recalculation"),
            less=Count("recalculation", filter=Q(recalculation__amount__gt=0)),
            fees=Sum("fee"),
            owed=Sum("recalculation__amount"),
        )
    )
    found = [
        PeriodView(period, service, n, done, less, fees, owed or Decimal(0), currency)
        for period, service, currency, n, done, less, fees, owed in rows
    ]
    return tuple(sorted(found, key=lambda told: (-told.period.toordinal(), told.service)))


def dwellings(
    territory_id: int,
    period: date,
    *,
    service: str = "",
    building: str = "",
    page: int = 1,
    size: int = 25,
) -> Page[ChargeView]:
    """Which dwellings get something back for a month, the most first (without lines)?"""
    rows = Charge.objects.filter(
        territory_id=territory_id, period=period, recalculation__amount__gt=0
    )
    if service:
        rows = rows.filter(service=service)
    if building:
        rows = rows.filter(building=building)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    ordered = rows.order_by("-recalculation__amount", "dwelling", "service")
    chosen = list(ordered.select_related("recalculation")[cut])
    addresses = _addresses(territory_id, chosen)
    items = tuple(_charge(row, addresses, ()) for row in chosen)
    return Page(items, number, pages, total, size)


def _addresses(territory_id: int, rows: Sequence[Charge]) -> dict[str, str]:
    codes = {row.building for row in rows}
    found = Building.objects.filter(territory_id=territory_id, code__in=codes)
    return {code: wording(address) for code, address in found.values_list("code", "address")}


def _charge(
    row: Charge,
    addresses: dict[str, str],
    lines: tuple[LineView, ...],
    former: tuple[FormerView, ...] = (),
    answerable: tuple[str, ...] = (),
) -> ChargeView:
    told = getattr(row, "recalculation", None)
    return ChargeView(
        id=row.pk,
        dwelling=row.dwelling,
        address=addresses.get(row.building, ""),
        service=row.service,
        period=row.period,
        fee=row.fee,
        currency=row.currency,
        owed=Decimal("0.00") if told is None else told.amount,
        capped=told is not None and told.capped,
        lines=lines,
        set_aside=() if told is None else tuple((code, why) for code, why in told.set_aside),
        edition="" if told is None else told.edition,
        run_id=None if told is None else told.run_id,
        former=former,
        answerable=answerable,
    )


def corrections(territory_id: int, *, months: int = 12) -> tuple[CorrectionView, ...]:
    """Which corrections were made of the latest charged months, the latest correction first?"""
    charged = Charge.objects.filter(territory_id=territory_id).order_by("-period")
    latest = list(charged.values_list("period", "currency").distinct()[:months])
    currency = dict(latest)
    rows = Correction.objects.filter(territory_id=territory_id, period__in=list(currency))
    return tuple(
        CorrectionView(
            id=row.pk,
            period=row.period,
            made=row.made,
            reason=row.reason,
            touched=row.touched,
            changed=row.changed,
            difference=row.difference,
            currency=currency[row.period],
            run_id=row.run_id,
        )
        for row in rows.annotate(changed=Count("former")).order_by("-pk")
    )


def dwelling(territory_id: int, code: str) -> tuple[ChargeView, ...]:
    """What was charged to a dwelling and what is owed back, with every line, the latest first?"""
    rows = list(
        Charge.objects.filter(territory_id=territory_id, dwelling=code)
        .select_related("recalculation")
        .prefetch_related("recalculation__lines", "former__correction")
        .order_by("-period", "service")
    )
    addresses = _addresses(territory_id, rows)
    stored = {
        row.pk: list(row.recalculation.lines.all()) for row in rows if hasattr(row, "recalculation")
    }
    events = _events(territory_id, [line for lines in stored.values() for line in lines])
    answerable = _answerable(territory_id, {row.building for row in rows})
    return tuple(
        _charge(
            row,
            addresses,
            tuple(_line(line, events) for line in stored.get(row.pk, ())),
            _former(row),
            tuple(sorted(answerable.get((row.building, row.service), ()))),
        )
        for row in rows
    )


def _answerable(territory_id: int, buildings: Collection[str]) -> dict[tuple[str, str], set[str]]:
    """Names of who answers for each service of these buildings, as far as connections are known."""
    names = organisation_names(territory_id)
    rows = Connection.objects.filter(territory_id=territory_id, building__in=buildings)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for building, service, code in rows.values_list("building", "service", "provider"):
        found[building, service].add(names.get(code, code))
    return found


def _former(row: Charge) -> tuple[FormerView, ...]:
    rows = sorted(row.former.all(), key=lambda one: -one.correction_id)
    return tuple(
        FormerView(one.correction.made, one.correction.reason, one.amount, one.corrected)
        for one in rows
    )


def _events(territory_id: int, lines: Sequence[ReductionLine]) -> dict[str, InterruptionView]:
    codes = {code for line in lines for code in line.interruptions}
    rows = Interruption.objects.filter(territory_id=territory_id, code__in=codes)
    names = organisation_names(territory_id)
    return {row.code: _interruption(row, names) for row in rows}


def _line(row: ReductionLine, events: dict[str, InterruptionView]) -> LineView:
    return LineView(
        norm_path=row.norm_path,
        article=row.article,
        verification=row.verification,
        interruptions=tuple(events[code] for code in row.interruptions if code in events),
        supplied=row.supplied,
        permitted=row.permitted,
        excess=row.excess,
        unit=row.unit,
        percent=row.percent,
        amount=row.amount,
    )
