"""What keeps failing at a house, and what outages have given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Min

from eutopia.web.utilities.models import Charge, Interruption, ReductionLine

_YEAR = timedelta(days=365)
REPEATED = 2
"""So many unplanned outages of a service within a year are a repeat."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What outages took off the bills, as far as charges are known.

    A norm adds up a month's hours: a sum that rests on other outages too is known as a whole only.
    `low` are the sums that rest on these outages alone, `high` all in which they count.
    """

    low: Decimal
    high: Decimal
    currency: str
    dwellings: int
    first: date
    last: date
    """First days of the first and the last month charged."""


def given_back(territory_id: int, codes: Collection[str]) -> GivenBack | None:
    """What did these outages take off the bills? None where no month is recalculated."""
    done = Charge.objects.filter(territory_id=territory_id, recalculation__isnull=False)
    months = done.aggregate(first=Min("period"), last=Max("period"))
    if months["first"] is None or not codes:
        return None
    rows = ReductionLine.objects.filter(
        recalculation__charge__territory_id=territory_id, interruptions__has_any_keys=list(codes)
    ).values_list(
        "interruptions",
        "amount",
        "recalculation__charge__dwelling",
        "recalculation__charge__currency",
    )
    low, high, dwellings, currency = Decimal(0), Decimal(0), set(), ""
    for named, amount, dwelling, currency in rows:  # noqa: B007 - one currency a municipality
        high += amount
        low += amount if set(named) <= set(codes) else Decimal(0)
        dwellings.add(dwelling)
    return GivenBack(low, high, currency, len(dwellings), months["first"], months["last"])


@dataclass(frozen=True, slots=True)
class RepeatView:
    """A service that failed again and again at a house within a year."""

    service: str
    times: int
    codes: tuple[str, ...]


def repeats(territory_id: int, building: str, *, now: datetime) -> tuple[RepeatView, ...]:
    """Which services failed unplanned at a house again within a year, the most often first?"""
    rows = Interruption.objects.filter(
        territory_id=territory_id,
        buildings__contains=[building],
        planned=False,
        started__gt=now - _YEAR,
        started__lte=now,
    )
    told = list(rows.order_by("started").values_list("service", "code"))
    return tuple(_repeated(told))


def _repeated(told: list[tuple[str, str]]) -> Iterable[RepeatView]:
    for service, times in Counter(service for service, _code in told).most_common():
        if times >= REPEATED:
            codes = tuple(code for one, code in told if one == service)
            yield RepeatView(service, times, codes)
