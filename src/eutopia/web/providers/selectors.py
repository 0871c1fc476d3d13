"""What pages read about providers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, Sum

from eutopia.web.providers.models import Comparison, Reply, Standing, SupplyReliability
from eutopia.web.reports.models import Report, StatusChange
from eutopia.web.reports.workflow import ACCEPTED, CLOSING, CONFIRMED
from eutopia.web.territory.models import Building, Organisation
from eutopia.web.territory.selectors import organisation_names, wording
from eutopia.web.utilities.models import Charge, Connection, Interruption
from eutopia.web.utilities.selectors import ShiftView, shift

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class StandingView:
    """Where one provider stands in a comparison."""

    organisation: str
    name: str
    events: int
    exposure: float
    expected: float
    ratio: float
    shrunk: float
    low: float
    high: float
    verdict: str
    rank: int
    rank_low: int
    rank_high: int

    @property
    def per_thousand(self) -> float:
        """Events for 1,000 units of exposure: of complaints, for 1,000 dwellings and a year."""
        return 1000 * self.events / self.exposure


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """Providers of one kind beside each other in one respect."""

    kind: str
    measure: str
    first: date
    last: date
    overdispersion: float
    spread: float
    effects: tuple[tuple[str, float, float], ...]
    limits: tuple[tuple[float, ...], ...]
    """The funnel: expected events, low and high at 95 per cent, low and high at 99.8."""
    run_id: int
    standings: tuple[StandingView, ...]


@dataclass(frozen=True, slots=True)
class SupplyView:
    """How reliable one service of one supplier is."""

    service: str
    organisation: str
    name: str
    first: date
    last: date
    customers: int
    saidi: float
    saifi: float
    caidi: float | None
    maifi: float
    asai: float
    sustained: int
    momentary: int
    normal_saidi: float
    normal_saifi: float
    planned_saidi: float
    threshold_minutes: float | None
    threshold_from_period: bool
    major_days: tuple[tuple[date, float], ...]
    set_aside: int
    run_id: int

    @property
    def hours(self) -> float:
        """SAIDI in hours."""
        return self.saidi / 60

    @property
    def hours_each(self) -> float | None:
        """CAIDI in hours."""
        return None if self.caidi is None else self.caidi / 60

    @property
    def normal_hours(self) -> float:
        """SAIDI of all but major event days, in hours."""
        return self.normal_saidi / 60

    @property
    def planned_hours(self) -> float:
        """SAIDI of what was planned, in hours."""
        return self.planned_saidi / 60


@dataclass(frozen=True, slots=True)
class NormView:
    """How much of what a supplier was paid for did not keep the norm, over twelve months."""

    service: str
    charges: int
    """Of the homes that it serves."""
    reduced: int
    fees: Decimal
    owed: Decimal
    currency: str

    @property
    def share(self) -> float:
        """Of the charges, how many were reduced?"""
        return self.reduced / self.charges if self.charges else 0.0


@dataclass(frozen=True, slots=True)
class BillingMonth:
    """One month of charges, all services together, as a billing system takes it over."""

    period: date
    charges: int
    recalculated: int
    reduced: int
    owed: Decimal
    currency: str

    @property
    def ready(self) -> bool:
        """Whether every charge has been recalculated."""
        return self.recalculated == self.charges


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What a provider said, when, of what."""

    organisation: str
    measure: str
    text: str
    language: str
    written: datetime
    run_id: int | None


@dataclass(frozen=True, slots=True)
class ClosureView:
    """What became of the reports that a provider closed within a year."""

    closed: int
    """Closed then, and not open again."""
    confirmed: int
    """Somebody else looked at the place and found it done."""
    contested: int
    """Sent back after they were closed."""


@dataclass(frozen=True, slots=True)
class ProviderView:
    """One provider: who it is, what it keeps, and all that is told of it."""

    code: str
    name: str
    kind: str
    buildings: int
    dwellings: int
    standings: tuple[tuple[ComparisonView, StandingView], ...]
    supplies: tuple[SupplyView, ...]
    norms: tuple[NormView, ...]
    calls: ShiftView
    closures: ClosureView
    replies: tuple[ReplyView, ...]

    @property
    def supplied(self) -> tuple[str, ...]:
        """Services it supplies, as far as they were measured."""
        return tuple(dict.fromkeys(one.service for one in self.supplies))


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One provider in a list."""

    code: str
    name: str
    kind: str
    outside: int
    """In how many comparisons it has more than could be expected."""
    replies: int


def customers_served(
    territory_id: int, supplies: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """How many dwellings does each organisation supply with a service?

    Parameters
    ----------
    supplies
        Pairs of service and organisation.

    Notes
    -----
    The dwellings of the buildings connected to it, as the one who answers or the one who supplies.
    Where no connection is known, buildings count that were ever charged for the service or hit by
    an interruption of it; where that is less than a tenth of all dwellings, all count. Two
    queries, and two more where connections are missing.
    """
    asked = set(supplies)
    homes = Building.objects.filter(territory_id=territory_id)
    dwellings = dict(homes.values_list("code", "dwellings"))
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    connected = Connection.objects.filter(territory_id=territory_id)
    for service, building, *who in connected.values_list(
        "service", "building", "provider", "supplier"
    ):
        for organisation in who:
            known[service, organisation].add(building)
    found = {
        pair: sum(dwellings.get(code, 0) for code in known[pair]) for pair in asked & set(known)
    }
    lacking = asked - set(found)
    if lacking:
        touched = _touched(territory_id, {service for service, _organisation in lacking})
        whole = sum(dwellings.values())
        for pair in lacking:
            number = sum(dwellings.get(code, 0) for code in touched[pair[0]])
            found[pair] = whole if number * 10 < whole else number
    return found


def _touched(territory_id: int, services: Collection[str]) -> dict[str, set[str]]:
    """Buildings that were ever charged for a service, or hit by an interruption of it."""
    found: dict[str, set[str]] = {service: set() for service in services}
    charged = Charge.objects.filter(territory_id=territory_id, service__in=services).order_by()
    for service, building in charged.values_list("service", "building").distinct():
        found[service].add(building)
    hit = Interruption.objects.filter(territory_id=territory_id, service__in=services)
    for service, buildings in hit.values_list("service", "buildings"):
        found[service].update(buildings)
    return found


def comparisons(territory_id: int, *, kind: str = "") -> tuple[ComparisonView, ...]:
    """How do providers compare, by kind and measure, the fewest events for what was expected first?

    Three queries.
    """
    rows = Comparison.objects.filter(territory_id=territory_id)
    if kind:
        rows = rows.filter(kind=kind)
    names = organisation_names(territory_id)
    return tuple(
        ComparisonView(
            kind=row.kind,
            measure=row.measure,
            first=row.first,
            last=row.last,
            overdispersion=row.overdispersion,
            spread=row.spread,
            effects=tuple((name, ratio, error) for name, ratio, error in row.effects),
            limits=tuple(tuple(point) for point in row.limits),
            run_id=row.run_id,
            standings=tuple(_standing(one, names) for one in row.standings.all()),
        )
        for row in rows.prefetch_related("standings")
    )


def _standing(row: Standing, names: dict[str, str]) -> StandingView:
    return StandingView(
        organisation=row.organisation,
        name=names.get(row.organisation, row.organisation),
        events=row.events,
        exposure=row.exposure,
        expected=row.expected,
        ratio=row.ratio,
        shrunk=row.shrunk,
        low=row.low,
        high=row.high,
        verdict=row.verdict,
        rank=row.rank,
        rank_low=row.rank_low,
        rank_high=row.rank_high,
    )


def supplies(territory_id: int, *, organisation: str = "") -> tuple[SupplyView, ...]:
    """How reliable is each service, the one that was out longest first? Two queries."""
    rows = SupplyReliability.objects.filter(territory_id=territory_id)
    if organisation:
        rows = rows.filter(organisation=organisation)
    names = organisation_names(territory_id)
    return tuple(
        SupplyView(
            service=row.service,
            organisation=row.organisation,
            name=names.get(row.organisation, row.organisation),
            first=row.first,
            last=row.last,
            customers=row.customers,
            saidi=row.saidi,
            saifi=row.saifi,
            caidi=row.caidi,
            maifi=row.maifi,
            asai=row.asai,
            sustained=row.sustained,
            momentary=row.momentary,
            normal_saidi=row.normal_saidi,
            normal_saifi=row.normal_saifi,
            planned_saidi=row.planned_saidi,
            threshold_minutes=row.threshold_minutes,
            threshold_from_period=row.threshold_from_period,
            major_days=tuple((date.fromisoformat(day), minutes) for day, minutes in row.major_days),
            set_aside=len(row.set_aside),
            run_id=row.run_id,
        )
        for row in rows.order_by("-saidi", "service")
    )


def norms_kept(
    territory_id: int, organisation: str, services: Iterable[str]
) -> tuple[NormView, ...]:
    """How many charges to homes it serves were reduced, over the last twelve months charged?

    Where no connection of it is known for a service, all homes charged for it count.
    """
    served = Connection.objects.filter(territory_id=territory_id).filter(
        Q(provider=organisation) | Q(supplier=organisation)
    )
    known = set(served.order_by().values_list("service", flat=True).distinct())
    rows = Charge.objects.filter(territory_id=territory_id, service__in=tuple(services)).filter(
        Exists(served.filter(building=OuterRef("building"), service=OuterRef("service")))
        | ~Q(service__in=known)
    )
    months = sorted(set(rows.order_by().values_list("period", flat=True).distinct()))[-12:]
    counted = (
        rows.filter(period__in=months, recalculation__isnull=False)
        .order_by("service")
        .values_list("service", "currency")
        .annotate(
            n=Count("pk"),
            less=Count("pk", filter=Q(recalculation__amount__gt=0)),
            fees=Sum("fee"),
            owed=Sum("recalculation__amount"),
        )
    )
    return tuple(
        NormView(service, n, less, fees, owed, currency)
        for service, currency, n, less, fees, owed in counted
    )


def billing_months(territory_id: int) -> tuple[BillingMonth, ...]:
    """Which months were charged, the latest first?"""
    rows = (
        Charge.objects.filter(territory_id=territory_id)
        .order_by("-period")
        .values_list("period", "currency")
        .annotate(
            n=Count("pk"),
            done=Count("recalculation"),
            less=Count("pk", filter=Q(recalculation__amount__gt=0)),
            owed=Sum("recalculation__amount"),
        )
    )
    return tuple(
        BillingMonth(period, n, done, less, owed or Decimal(0), currency)
        for period, currency, n, done, less, owed in rows
    )


def replies(territory_id: int, *, organisation: str = "") -> tuple[ReplyView, ...]:
    """What did providers say, the latest first?"""
    rows = Reply.objects.filter(territory_id=territory_id)
    if organisation:
        rows = rows.filter(organisation=organisation)
    return tuple(
        ReplyView(r.organisation, r.measure, r.text, r.language, r.written, r.run_id)
        for r in rows.order_by("-written", "-pk")
    )


def closures(territory_id: int, organisation: str, *, since: datetime) -> ClosureView:
    """How many reports did it close since then, and how did these closures fare?"""
    own = Report.objects.filter(territory_id=territory_id, organisation=organisation)
    told = own.filter(closed__gte=since).aggregate(
        closed=Count("pk"), confirmed=Count("pk", filter=Q(status=CONFIRMED))
    )
    sent_back = StatusChange.objects.filter(
        report__territory_id=territory_id,
        report__organisation=organisation,
        before__in=CLOSING,
        after=ACCEPTED,
        at__gte=since,
    )
    contested = sent_back.values("report").distinct().count()
    return ClosureView(told["closed"], told["confirmed"], contested)


def providers(territory_id: int) -> tuple[ProviderLine, ...]:
    """Which providers is something told of, by kind and name?"""
    compared = Standing.objects.filter(comparison__territory_id=territory_id)
    measured = SupplyReliability.objects.filter(territory_id=territory_id)
    told = {
        *compared.values_list("organisation", flat=True),
        *measured.values_list("organisation", flat=True),
    }
    outside = dict(
        compared.filter(verdict__in=("more_than_expected", "far_more_than_expected"))
        .values_list("organisation")
        .annotate(n=Count("pk"))
        .order_by()
    )
    said = dict(
        Reply.objects.filter(territory_id=territory_id)
        .values_list("organisation")
        .annotate(n=Count("pk"))
        .order_by()
    )
    rows = Organisation.objects.filter(territory_id=territory_id, code__in=told)
    lines = [
        ProviderLine(row.code, wording(row.name), row.kind, outside.get(row.code, 0),
                     said.get(row.code, 0))
        for row in rows
    ]  # fmt: skip
    return tuple(sorted(lines, key=lambda one: (one.kind, one.name)))


def provider(territory_id: int, code: str, *, now: datetime) -> ProviderView | None:
    """What is told of one provider? None where there is no such organisation.

    Calls and closures are those of the 365 days before `now`.
    """
    row = Organisation.objects.filter(territory_id=territory_id, code=code).first()
    if row is None:
        return None
    kept = Building.objects.filter(territory_id=territory_id, housing_manager=code).aggregate(
        n=Count("pk"), dwellings=Sum("dwellings")
    )
    shown = supplies(territory_id, organisation=code)
    return ProviderView(
        code=row.code,
        name=wording(row.name),
        kind=row.kind,
        buildings=kept["n"],
        dwellings=kept["dwellings"] or 0,
        standings=tuple(
            (compared, one)
            for compared in comparisons(territory_id, kind=row.kind)
            for one in compared.standings
            if one.organisation == code
        ),
        supplies=shown,
        norms=norms_kept(territory_id, code, [one.service for one in shown]),
        calls=shift(territory_id, now=now, days=_YEAR.days, organisation=code),
        closures=closures(territory_id, code, since=now - _YEAR),
        replies=replies(territory_id, organisation=code),
    )
