"""What is owed back to a dwelling for a month's communal service, line by line with its article."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from eutopia.core.evaluate.exposure import Exposure, measure_exposure, services_judged
from eutopia.core.evaluate.ledger import Share, shown
from eutopia.core.norms import Norms, NormsInForce
from eutopia.core.records.money import Money
from eutopia.core.records.utilities import (
    AdvisoryLine,
    Charge,
    Interruption,
    Recalculation,
    ReductionLine,
)


def recalculate(
    charge: Charge,
    interruptions: Iterable[Interruption],
    *,
    norms: Norms | NormsInForce,
    time_zone: str,
    circumstances: Mapping[str, Decimal | str | bool] | None = None,
    tariffs: Mapping[str, Money] | None = None,
    options: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
) -> Recalculation:
    """What is owed back for one dwelling, service and month, and by which article?

    Parameters
    ----------
    charge
        What was charged for the month.
    interruptions
        Events that hit the dwelling, in any order; those of other services or months take no part.
    norms
        `Norms` follows a change of the norm within the month; `NormsInForce` holds for all of it.
    time_zone, circumstances, tariffs, options, as_of
        As for `measure_exposure`. The charge's own tariff is known already.

    Raises
    ------
    ValueError
        For a negative fee, an unknown option or zone, or a period that is not a first day.

    Notes
    -----
    Each line is rounded half up to the hundredth of the currency, and only there; the amount is
    the sum of the lines. Reductions never exceed the fee: where they would, the last lines are cut
    and `capped` is set. Fixed sums (compensations) are paid on top of that.

    Source: for `ru-354`, Appendix 1 of the Rules for communal services (Decree 354 of 2011); for
    the other packs see their manifests.

    Examples
    --------
    Thirty hours without cold water, eight permitted: 22 x 0.15 % = 3.30 % of the fee.

    >>> from datetime import UTC, date
    >>> from eutopia.core.norms import load_norms
    >>> out = Interruption("e1", "cold_water", "vodokanal", datetime(2026, 3, 2, 6, tzinfo=UTC),
    ...                    datetime(2026, 3, 3, 12, tzinfo=UTC), planned=False)
    >>> fee = Charge("flat 1", "cold_water", date(2026, 3, 1), Money(Decimal("1000.00"), "RUB"))
    >>> owed = recalculate(fee, [out], norms=load_norms(["ru-354"]), time_zone="Europe/Moscow")
    >>> owed.amount.amount, owed.lines[0].percent, owed.lines[0].article
    (Decimal('33.00'), Decimal('3.3'), 'Приложение № 1, п. 1')
    """
    if charge.fee.amount < 0:
        raise ValueError(f"fee of {charge.dwelling} is negative; recalculate what was charged")
    known = dict(tariffs or {})
    if charge.tariff is not None:
        known[charge.service] = charge.tariff
    exposure = measure_exposure(
        charge.service,
        charge.period,
        interruptions,
        norms=norms,
        time_zone=time_zone,
        circumstances=circumstances,
        tariffs=known,
        options=options,
        as_of=as_of,
    )
    return apply_exposure(charge, exposure)


def recalculate_month(
    charges: Sequence[Charge],
    buildings: Sequence[str],
    interruptions: Iterable[Interruption],
    *,
    norms: Norms | NormsInForce,
    time_zone: str,
    as_of: datetime | None = None,
) -> tuple[Recalculation, ...]:
    """What is owed back for each of many charges of a month, in the order given?

    Parameters
    ----------
    charges
        Of any dwellings and services; all of a dwelling's together, since hot water that is cold
        is charged as cold water: what one service costs there may count for another.
    buildings
        Building of each charge; events hit it by their `building_ids`. Empty: no event is known.
    interruptions, norms, time_zone, as_of
        As for `recalculate`.

    Raises
    ------
    ValueError
        As `recalculate`.

    Notes
    -----
    Equal to `recalculate` charge by charge. What was supplied and permitted is judged once for all
    charges of a service that the same events hit under the same tariffs; only money is theirs
    alone. O(n) in charges plus what the distinct combinations of events take.
    """
    hit: dict[str, list[int]] = defaultdict(list)
    events = tuple(interruptions)
    for position, event in enumerate(events):
        for building in dict.fromkeys(event.building_ids):
            hit[building].append(position)
    tariffs: dict[str, dict[str, Money]] = defaultdict(dict)
    for charge in charges:
        if charge.tariff is not None:
            tariffs[charge.dwelling][charge.service] = charge.tariff
    judged: dict[tuple[object, ...], Exposure] = {}
    counting: dict[tuple[str, date], frozenset[str]] = {}
    found = []
    for charge, building in zip(charges, buildings, strict=True):
        if charge.fee.amount < 0:
            raise ValueError(f"fee of {charge.dwelling} is negative; recalculate what was charged")
        bill = (charge.service, charge.period)
        if bill not in counting:
            counting[bill] = services_judged(*bill, norms=norms, time_zone=time_zone)
        here = tuple(k for k in hit.get(building, ()) if events[k].service in counting[bill])
        known = tariffs.get(charge.dwelling, {})
        same = (*bill, here, tuple(sorted(known.items())))
        if same not in judged:
            judged[same] = measure_exposure(
                *bill,
                [events[k] for k in here],
                norms=norms,
                time_zone=time_zone,
                tariffs=known,
                as_of=as_of,
            )
        found.append(apply_exposure(charge, judged[same]))
    return tuple(found)


def apply_exposure(charge: Charge, exposure: Exposure) -> Recalculation:
    """What does an exposure come to for one charge?"""
    left = charge.fee.rounded()
    capped = False
    lines: list[ReductionLine] = []
    for share in exposure.shares:
        if share.high is not None:
            continue
        amount = share.fixed or portion(charge.fee, share.share)
        if share.fixed is None:
            if left < amount:
                amount, capped = left, True
            left = left - amount
        lines.append(_line(share, amount))
    total = sum((line.amount for line in lines), Money.zero(charge.fee.currency))
    return Recalculation(
        charge=charge,
        lines=tuple(lines),
        amount=total.rounded(),
        capped=capped,
        set_aside=exposure.set_aside,
        edition=exposure.edition,
        advisory=tuple(_advisory(share, charge.fee) for share in exposure.shares if share.high),
        assumed=exposure.assumed,
        notes=exposure.notes,
    )


def portion(fee: Money, share: Fraction) -> Money:
    """How much is a share of a fee, rounded half up to the hundredth?

    Examples
    --------
    >>> portion(Money(Decimal("0.10"), "RUB"), Fraction(1, 20))
    Money(amount=Decimal('0.01'), currency='RUB')
    """
    exact = Fraction(fee.amount) * share * 100
    minor = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return Money(Decimal(minor).scaleb(-2), fee.currency)


def _line(share: Share, amount: Money) -> ReductionLine:
    return ReductionLine(
        norm_path=share.norm_path,
        article=share.article,
        verification=share.verification,
        interruption_ids=share.interruption_ids,
        supplied=share.supplied,
        permitted=share.permitted,
        excess=share.excess,
        unit=share.unit,
        percent=shown(share.share * 100),
        amount=amount,
    )


def _advisory(share: Share, fee: Money) -> AdvisoryLine:
    high = share.high or share.share
    return AdvisoryLine(
        norm_path=share.norm_path,
        article=share.article,
        verification=share.verification,
        interruption_ids=share.interruption_ids,
        supplied=share.supplied,
        hours=share.excess,
        low=shown(share.share * 100),
        high=shown(high * 100),
        amount_low=portion(fee, share.share),
        amount_high=portion(fee, high),
    )
