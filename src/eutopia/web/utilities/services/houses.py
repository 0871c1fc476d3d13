"""Which building does somebody mean, and what is owed there so far?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.cache import cache

from eutopia.core.evaluate.recalculation import recalculate
from eutopia.core.evaluate.serving import tariff_on
from eutopia.core.listen.addresses import AddressBook
from eutopia.core.records import Charge, Money, ReductionLine
from eutopia.web.reports.services import all_norms, norms_of
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.selectors import wording
from eutopia.web.territory.services import forms, territory_row, town_clock
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import Connection

_KEPT_S = 600
_WHOLE = Decimal(1000)


MOST_FOUND = 12


def find_houses(territory_id: int, words: str, *, limit: int = MOST_FOUND) -> tuple[str, ...]:
    """Which buildings (codes) may be meant by an address, the likeliest first?

    Parameters
    ----------
    words
        In either alphabet, with slips; see `AddressBook.find`.

    Notes
    -----
    The address book is made anew every ten minutes.
    """
    return _book(territory_id).find(words, limit=limit) if words.strip() else ()


def houses_of_street(territory_id: int, words: str, *, limit: int = MOST_FOUND) -> tuple[str, ...]:
    """Which buildings stand in the street of an address, where its number is not in the register?

    As `find_houses`.
    """
    return _book(territory_id).street(words, limit=limit) if words.strip() else ()


def _book(territory_id: int) -> AddressBook:
    key = f"address-book-{territory_id}"
    book: AddressBook | None = cache.get(key)
    if book is None:
        rows = Building.objects.filter(territory_id=territory_id).order_by("code")
        book = AddressBook.of(
            (code, tuple(wording for _language, wording in address))
            for code, address in rows.values_list("code", "address")
        )
        cache.set(key, book, _KEPT_S)
    return book


@dataclass(frozen=True, slots=True)
class OwedSoFar:
    """What a month's outages take off the bill for a service up to now, by which articles?

    `share` is of the bill (0.033); nothing is owed where there are no `lines`. `set_aside` pairs
    an outage's code with why it could not be judged; `assumed` are circumstances taken for granted.
    """

    service: str
    month: date
    share: Decimal
    lines: tuple[ReductionLine, ...]
    set_aside: tuple[tuple[str, str], ...]
    assumed: tuple[tuple[str, str], ...]


def owed_so_far(territory: Territory | int, building: str) -> tuple[OwedSoFar, ...]:
    """What is owed to the dwellings of a building for this month and the last, up to now?

    Notes
    -----
    Computed on a bill of 1,000 by the method of the recalculation itself: exact for what is a
    share of the bill. What already was recalculated from real bills is on the page of what is owed.
    """
    row = territory_row(territory)
    now = town_clock(row)
    zone = ZoneInfo(row.time_zone)
    this = now.astimezone(zone).date().replace(day=1)
    last = date(this.year - (this.month == 1), (this.month - 2) % 12 + 1, 1)
    first = datetime.combine(last, time.min, zone).astimezone(UTC)
    events = bridge.of_building(row.pk, building, first, now)
    norms = all_norms(tuple(row.packs))
    charged = {norm.charge for norm in norms.at(this).service_norms()}
    found = []
    for month in (this, last):
        prices = _prices(row, building, month)
        for service in sorted({one.service for one in events} & charged):
            told = recalculate(
                Charge(building, service, month, Money(_WHOLE, row.currency)),
                [one for one in events if one.service == service],
                norms=norms,
                time_zone=row.time_zone,
                tariffs=prices,
                as_of=now,
            )
            if told.lines or told.set_aside:
                found.append(
                    OwedSoFar(
                        service,
                        month,
                        told.amount.amount / _WHOLE,
                        told.lines,
                        tuple(pair for pair in told.set_aside if pair[1] != "outside_period"),
                        told.assumed,
                    )
                )
    return tuple(found)


def remedy_notes(territory: Territory | int) -> dict[str, str]:
    """What do the packs explain of a remedy that may puzzle, by its path, to this reader?"""
    told = norms_of(territory_row(territory)).remedy_notes()
    return {path: wording(forms(note)) for path, note in told.items()}


def _prices(territory: Territory, building: str, month: date) -> dict[str, Money]:
    """What do the services of a building cost in a month, where a tariff says so?"""
    tariffs = bridge.tariffs(territory.pk)
    rows = Connection.objects.filter(territory=territory, building=building)
    prices = {}
    for service, supplier in rows.values_list("service", "supplier"):
        found = tariff_on(tariffs, service=service, provider=supplier, day=month)
        if found is not None:
            prices[service] = found.price
    return prices
