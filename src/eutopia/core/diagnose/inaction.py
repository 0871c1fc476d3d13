"""What does going on as before cost?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from eutopia.core.diagnose.losses import OutagesAYear
from eutopia.core.records.money import Money
from eutopia.core.records.problems import CostOfInaction


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """What does one event take: the municipality's money, and the residents' hours at a price?"""

    response: Money
    resident_hours: Decimal
    hour_value: Money


NO_OUTAGES = OutagesAYear()


def cost_of_inaction(
    shape: float,
    rate: float,
    *,
    unit: UnitCosts,
    horizon_years: int,
    discount_rate: Decimal,
    outages: OutagesAYear = NO_OUTAGES,
) -> CostOfInaction:
    """What will the repeats cost over the horizon if nothing else is done?

    Parameters
    ----------
    shape, rate
        The gamma posterior of the yearly number of events (see `kit.stats.gamma_poisson`).
    unit
        Cost of one event.
    horizon_years
        Whole years from now; money of year k is discounted at mid-year, by (1 + r) to the k - 1/2.
    discount_rate
        A year, in real terms.
    outages
        What the outages behind it cost a year besides their repair.

    Raises
    ------
    ValueError
        The horizon is below one year, the discount rate is not above -1, or the money is of two
        currencies.

    Notes
    -----
    The number of events a year is Poisson with a gamma rate. The discounted number over the horizon
    has mean E A and variance E B + V A^2 (A the sum of discount factors, B of their squares, E
    and V the posterior's mean and variance); a gamma law of that mean and variance gives the
    80 % interval (10th and 90th percentile). Outages recur as the events do, so that their money
    has the same interval. Money is rounded half up to two decimals at the end. O(1).

    Examples
    --------
    >>> unit = UnitCosts(Money(Decimal(1000), "RUB"), Decimal("0.5"), Money(Decimal(400), "RUB"))
    >>> cost = cost_of_inaction(6, 2, unit=unit, horizon_years=1, discount_rate=Decimal(0))
    >>> cost.repeats_per_year, cost.response.amount, cost.residents_time.amount
    (3.0, Decimal('3000.00'), Decimal('600.00'))
    """
    if horizon_years < 1:
        raise ValueError("the horizon is at least one year")
    if discount_rate <= -1:
        raise ValueError("the discount rate is above -1")
    from scipy.special import gammaincinv

    factors = [float(1 + discount_rate) ** -(k + 0.5) for k in range(horizon_years)]
    annuity = sum(factors)
    mean_rate = shape / rate
    mean = mean_rate * annuity
    spread = mean_rate * sum(f * f for f in factors) + shape / rate**2 * annuity**2
    low, high = (float(gammaincinv(mean * mean / spread, q)) * spread / mean for q in (0.1, 0.9))
    hours = unit.hour_value * unit.resident_hours
    back, sent = (
        None if money is None else _times(money, annuity)
        for money in (outages.given_back, outages.call_outs)
    )
    parts = [_times(unit.response, mean), _times(hours, mean)]
    parts += [money for money in (back, sent) if money is not None]
    total = sum(parts, Money.zero(unit.response.currency))
    yearly = [money for money in (outages.given_back, outages.call_outs) if money is not None]
    one = sum((m * Decimal(repr(float(annuity / mean))) for m in yearly), unit.response + hours)
    return CostOfInaction(
        repeats_per_year=round(mean_rate, 4),
        horizon_years=horizon_years,
        discount_rate=discount_rate,
        response=parts[0],
        residents_time=parts[1],
        total=total,
        low=_times(one, low),
        high=_times(one, high),
        given_back=back,
        call_outs=sent,
    )


def _times(money: Money, factor: float) -> Money:
    return (money * Decimal(repr(round(float(factor), 9)))).rounded()
