"""Recalculation of a whole town: a million dwellings, every service, every month, in whole kopecks.

Equal to `recalculate` for every dwelling. Law is judged once for each distinct situation
(`situations`), time is added up in arrays (`town_shares`), money is computed in whole minor units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eutopia.core.evaluate.situations import (
    Bools,
    Ints,
)
from eutopia.core.evaluate.spells import Period, billing_period, vet
from eutopia.core.evaluate.town_shares import Dwellings, Lines, TownShares
from eutopia.core.norms import Norms
from eutopia.core.records.money import Money
from eutopia.core.records.utilities import Interruption

Fees = NDArray[np.int64] | NDArray[np.int32]
_BIGGEST = 2**62


@dataclass(frozen=True, slots=True)
class ServiceRecalculation:
    """What is owed back for one service: `amounts` (dwellings, months) in minor units.

    `capped` (dwellings, months) tells where the fee was the limit. `unit` (n,) is each dwelling's
    position for `lines`.
    """

    service: str
    amounts: NDArray[np.int64]
    capped: Bools
    unit: Ints
    lines: Lines
    set_aside: tuple[tuple[str, str], ...]
    edition: str


def recalculate_town(
    services: Sequence[str],
    months: Sequence[date],
    interruptions: Sequence[Interruption],
    *,
    dwellings: Dwellings,
    fees: Mapping[str, Fees] | Callable[[str], Fees],
    norms: Norms,
    time_zone: str,
    tariffs: Mapping[str, Money] | None = None,
    options: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Iterator[ServiceRecalculation]:
    """What is owed back to every dwelling, for every service and month?

    Parameters
    ----------
    services, months
        Codes of the charges, and consecutive first days of months.
    interruptions
        Events with `building_ids`; in any order.
    dwellings
        n dwellings in buildings, with the circumstances norms ask for.
    fees
        For each service (n, months) in minor units of the currency (kopecks), not negative.
    tariffs, options, as_of
        As for `recalculate`; one tariff for all months given.
    progress
        Told after each service which share of the work is done.

    Yields
    ------
    ServiceRecalculation
        One a service, so that a town needs memory for one service at a time.

    Raises
    ------
    ValueError
        For months with a gap, fees of another shape or negative, or norms that award fixed sums or
        ranges (compute those dwelling by dwelling with `recalculate`).

    Notes
    -----
    Integer arithmetic throughout; where 62 bits would not hold a product, Python's own integers
    are used for those rows. O(p log p) in pairs of event and building, plus O(n) a month.
    After a correction, call it again for `touched_dwellings` only.
    """
    periods = _periods(months, time_zone)
    until = periods[-1].end if as_of is None else min(int(as_of.timestamp()), periods[-1].end)
    events, aside, _ = vet(interruptions, until=until)
    units, unit_of = _units(dwellings)
    for done, service in enumerate(services, start=1):
        town = TownShares(service, periods, units, dwellings, norms, tariffs or {}, options)
        lines, named = town.lines([e for e in events if e.interruption.service in town.services])
        of_service = fees(service) if callable(fees) else fees[service]
        amounts, capped = _amounts(of_service, unit_of, lines, len(units), len(periods))
        of_service_aside = {one.id for one in interruptions if one.service in town.services}
        yield ServiceRecalculation(
            service=service,
            amounts=amounts,
            capped=capped,
            unit=unit_of,
            lines=lines,
            set_aside=tuple(
                dict.fromkeys((*(pair for pair in aside if pair[0] in of_service_aside), *named))
            ),
            edition=norms.at(periods[0].first).edition,
        )
        if progress is not None:
            progress(service, done / len(services))


def changed_events(
    before: Sequence[Interruption], after: Sequence[Interruption]
) -> tuple[Interruption, ...]:
    """Which events came, went or changed: as they were, then as they are now?

    Examples
    --------
    >>> from datetime import UTC
    >>> event = Interruption("e1", "gas", "p", datetime(2026, 3, 1, tzinfo=UTC), None, planned=True)
    >>> changed_events([event], [event]), len(changed_events([event], []))
    ((), 1)
    """
    then, now = ({one.id: one for one in side} for side in (before, after))
    return tuple(one for one in (*before, *after) if then.get(one.id) != now.get(one.id))


def touched_dwellings(interruptions: Sequence[Interruption], dwellings: Dwellings) -> Bools:
    """Which dwellings must be computed again when these events came, went or changed?

    Parameters
    ----------
    interruptions
        The events as they were and as they are now: those that changed are enough.
    dwellings
        All n dwellings.

    Returns
    -------
    (n,) of bool. Recalculate these with all events of their buildings; the others keep what they
    have.
    """
    names = {name for one in interruptions for name in one.building_ids}
    hit = np.array([name in names for name in dwellings.buildings], bool)
    found: Bools = hit[dwellings.building]
    return found


def _periods(months: Sequence[date], time_zone: str) -> tuple[Period, ...]:
    if not months:
        raise ValueError("no month given; name at least one")
    periods = tuple(billing_period(month, time_zone) for month in months)
    for earlier, later in pairwise(periods):
        if earlier.end != later.start:
            raise ValueError(f"{later.first} does not follow {earlier.first}; give all months")
    return periods


def _units(dwellings: Dwellings) -> tuple[list[tuple[int, int]], Ints]:
    """Which pairs of building and circumstances are there, and which has each dwelling?"""
    kinds = len(dwellings.circumstances)
    kind = np.zeros(len(dwellings.building), np.int64)
    if dwellings.circumstance is not None:
        kind = dwellings.circumstance.astype(np.int64)
    codes, unit = np.unique(dwellings.building.astype(np.int64) * kinds + kind, return_inverse=True)
    return [(int(code) // kinds, int(code) % kinds) for code in codes], unit.astype(np.int64)


def _amounts(
    fees: Fees, unit_of: Ints, lines: Lines, units: int, months: int
) -> tuple[NDArray[np.int64], Bools]:
    """Turn shares into money, line by line, half up, never above the fee."""
    if fees.shape != (len(unit_of), months):
        raise ValueError(f"fees have shape {fees.shape}, expected {(len(unit_of), months)}")
    if fees.size and int(fees.min()) < 0:
        raise ValueError("a fee is negative; recalculate what was charged")
    amounts = np.zeros(fees.shape, np.int64)
    capped = np.zeros(fees.shape, bool)
    for month in range(months):
        here = np.flatnonzero(lines.month == month)
        if not len(here):
            continue
        order = here[np.argsort(lines.unit[here], kind="stable")]
        unit = lines.unit[order]
        count = np.bincount(unit, minlength=units)
        first = np.cumsum(count) - count
        rows = np.flatnonzero(count[unit_of])
        of_row = unit_of[rows]
        fee = fees[rows, month].astype(np.int64)
        left = fee.copy()
        for slot in range(int(count.max())):
            has = slot < count[of_row]
            line = order[first[of_row[has]] + slot]
            amount = portions(fee[has], lines.numerator[line], lines.denominator[line])
            cut_off = amount > left[has]
            capped[rows[has], month] |= cut_off
            left[has] -= np.where(cut_off, left[has], amount)
        amounts[rows, month] = fee - left
    return amounts, capped


def portions(fee: Ints, numerator: Ints, denominator: Ints) -> Ints:
    """How much is each share of each fee in minor units, rounded half up?

    What is more than 62 bits hold (far above any fee) comes as the largest they hold.

    Examples
    --------
    >>> portions(np.array([10, 10]), np.array([1, 49]), np.array([20, 1000])).tolist()
    [1, 0]
    """
    common = np.gcd(numerator, denominator)
    top, bottom = numerator // common, denominator // common
    if not len(fee):
        return fee
    if 2 * int(fee.max()) * int(top.max()) + int(bottom.max()) < _BIGGEST:
        return (2 * fee * top + bottom) // (2 * bottom)
    exact = [
        min(_BIGGEST, (2 * f * t + b) // (2 * b))
        for f, t, b in zip(fee.tolist(), top.tolist(), bottom.tolist(), strict=True)
    ]
    return np.array(exact, np.int64)
