"""Who serves a building on a day, and is the register of it without contradictions?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from eutopia.core.records.utilities import Connection, Tariff


@dataclass(frozen=True, slots=True)
class Serving:
    """Which part of the network serves a building with a service, and where is that unclear?

    `network` maps building and service to an asset. `two_providers` are pairs of building and
    service with more than one provider on that day: nobody guesses which of them it is.
    """

    network: dict[tuple[str, str], str]
    two_providers: tuple[tuple[str, str], ...]


def serving_on(connections: Iterable[Connection], day: date) -> Serving:
    """Which part of the network serves which building on a day?

    Parameters
    ----------
    connections
        In any order; those that begin after the day or ended before it take no part.

    Notes
    -----
    A building that two providers claim for one service, or two parts of the network feed, is in
    no part of it here. O(n).

    Examples
    --------
    >>> rows = [
    ...     Connection("b1", "gas", "north", "north", "g1"),
    ...     Connection("b2", "gas", "north", "north", "g1"),
    ...     Connection("b2", "gas", "south", "south", "g9"),
    ... ]
    >>> serving_on(rows, date(2026, 1, 1))
    Serving(network={('b1', 'gas'): 'g1'}, two_providers=(('b2', 'gas'),))
    """
    found: dict[tuple[str, str], list[Connection]] = defaultdict(list)
    for one in connections:
        begun = one.since is None or one.since <= day
        if begun and (one.until is None or day <= one.until):
            found[one.building, one.service].append(one)
    network = {}
    doubtful = []
    for key, rows in sorted(found.items()):
        assets = {one.asset_id for one in rows if one.asset_id is not None}
        if len({one.provider for one in rows}) > 1:
            doubtful.append(key)
        elif len(assets) == 1:
            network[key] = assets.pop()
    return Serving(network, tuple(doubtful))


@dataclass(frozen=True, slots=True)
class TariffFault:
    """Between which days is a provider's tariff missing, or are there two, or is it no time?

    `code`: tariff_gap, tariff_overlap, ends_before_it_starts.
    """

    service: str
    provider: str
    code: str
    first: date
    last: date


def check_tariffs(tariffs: Iterable[Tariff]) -> tuple[TariffFault, ...]:
    """Where are the tariffs of a service not one after the other without a gap?

    Notes
    -----
    Days before the first tariff and after the last are no gap: nothing is said of them.
    O(n log n).

    Examples
    --------
    >>> from decimal import Decimal
    >>> from eutopia.core.records import Money
    >>> price = Money(Decimal("48.30"), "RUB")
    >>> rows = [
    ...     Tariff("gas", "g", date(2026, 1, 1), date(2026, 6, 30), price, "m3"),
    ...     Tariff("gas", "g", date(2026, 7, 2), None, price, "m3"),
    ... ]
    >>> [(one.code, one.first.isoformat()) for one in check_tariffs(rows)]
    [('tariff_gap', '2026-07-01')]
    """
    of: dict[tuple[str, str], list[Tariff]] = defaultdict(list)
    faults = []
    for one in tariffs:
        if one.until is not None and one.until < one.since:
            faults.append(
                TariffFault(
                    one.service, one.provider, "ends_before_it_starts", one.until, one.since
                )
            )
        else:
            of[one.service, one.provider].append(one)
    for (service, provider), rows in of.items():
        rows.sort(key=lambda row: row.since)
        reached: date | None = rows[0].until
        for row in rows[1:]:
            before = row.since - timedelta(days=1)
            if reached is None or reached > before:
                last = row.until if reached is None else min(reached, row.until or reached)
                overlap_end = last if last is not None else row.since
                faults.append(
                    TariffFault(service, provider, "tariff_overlap", row.since, overlap_end)
                )
            elif reached < before:
                first = reached + timedelta(days=1)
                faults.append(TariffFault(service, provider, "tariff_gap", first, before))
            reached = None if reached is None or row.until is None else max(reached, row.until)
    return tuple(sorted(faults, key=lambda f: (f.service, f.provider, f.first, f.code)))


def tariff_on(
    tariffs: Iterable[Tariff], *, service: str, provider: str, day: date
) -> Tariff | None:
    """What does a unit of a service cost on a day? None where nothing, or two things, are said."""
    found = [
        one
        for one in tariffs
        if (one.service, one.provider) == (service, provider)
        and one.since <= day
        and (one.until is None or day <= one.until)
    ]
    return found[0] if len(found) == 1 else None
