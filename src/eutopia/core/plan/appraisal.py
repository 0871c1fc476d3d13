"""What is a candidate worth over its whole life, and with what certainty?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from eutopia.core.records.money import Money
from eutopia.core.records.programme import Candidate, PortfolioRules

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What does a candidate bring and cost over its life, discounted to the first year?

    All in the candidate's currency, prices of its cost. `value` is the benefit weighted by side;
    `npv` is value less cost and upkeep, with an 80 % interval; `ratio` is value over cost and
    upkeep, likewise, None where both are nil. `by_side` are triples of side, its weight and its
    part of the value. `effects` are persons for whom a quality improves, in money or not.
    """

    value: Decimal
    cost: Decimal
    upkeep: Decimal
    npv: Decimal
    npv_low: Decimal
    npv_high: Decimal
    ratio: Decimal | None
    ratio_low: Decimal | None = None
    ratio_high: Decimal | None = None
    by_side: tuple[tuple[str, Decimal, Decimal], ...] = ()
    people: int = 0
    effects: tuple[tuple[str, Decimal], ...] = ()


def annuity(*, years: int, rate: Decimal) -> Decimal:
    """What are `years` yearly payments of 1, the first after a year, worth today?

    Parameters
    ----------
    years
        Number of payments, 0 or more.
    rate
        Yearly discount rate, above -1 (0.05 is 5 %).

    Notes
    -----
    (1 - (1 + r)^-n) / r, and n where r is 0.

    Examples
    --------
    >>> annuity(years=2, rate=Decimal("0.25"))
    Decimal('1.44')
    """
    if years < 0 or rate <= -1:
        raise ValueError(f"years {years} and rate {rate}: give years >= 0 and a rate above -1")
    if rate == 0:
        return Decimal(years)
    return (ONE - (ONE + rate) ** -years) / rate


def side_weight(candidate: Candidate, *, rules: PortfolioRules) -> Decimal:
    """How heavily does a candidate's benefit count, given whose benefit it is?

    Notes
    -----
    The mean of the weights of the sides, by their shares of the benefit; a side without a weight
    counts 1. A soft mandate multiplies by `rules.mandate_weight`.

    Examples
    --------
    See `docs/methods/portfolio.md`.
    """
    weights = dict(rules.weights)
    total = sum((share for _, share in candidate.sides), Decimal(0))
    weight = ONE
    if total > 0:
        weight = sum(
            (share / total * weights.get(side, ONE) for side, share in candidate.sides), Decimal(0)
        )
    if candidate.soft_mandate or (candidate.mandate and rules.mandates == "soft"):
        weight *= rules.mandate_weight
    return weight


def yearly_benefit_of(candidate: Candidate, *, rules: PortfolioRules) -> Decimal:
    """What does a candidate bring a year: what it saves, and the qualities that have a price?

    Examples
    --------
    See `docs/methods/portfolio.md`.
    """
    prices = dict(rules.quality_values)
    extra = (steps * prices.get(quality, Decimal(0)) for quality, steps in candidate.effects)
    return candidate.benefit + sum(extra, Decimal(0))


def whole_life_cost(candidate: Candidate, *, rules: PortfolioRules, year: int = 0) -> Decimal:
    """What does it cost to build in `year` and to keep up over its life, discounted?"""
    rate = rules.discount_rate
    kept = candidate.upkeep.amount * annuity(years=candidate.life_years, rate=rate)
    return (candidate.cost.amount + kept) / (ONE + rate) ** year


def discounted_value(
    candidate: Candidate, *, rules: PortfolioRules, year: int = 0, benefit: Decimal | None = None
) -> Decimal:
    """What is a candidate's benefit over its life worth today, weighted by side?

    Parameters
    ----------
    candidate
        Its yearly benefit flows from the year after it is built, through `life_years`.
    rules
        Discount rate and the weights of the sides.
    year
        Year offset it is built in.
    benefit
        Yearly benefit to use instead of the candidate's own (priced qualities left out).
    """
    yearly = yearly_benefit_of(candidate, rules=rules) if benefit is None else benefit
    rate = rules.discount_rate
    flow = yearly * annuity(years=candidate.life_years, rate=rate)
    return flow * side_weight(candidate, rules=rules) / (ONE + rate) ** year


def overlapping_pairs(candidates: Sequence[Candidate]) -> dict[tuple[int, int], Decimal]:
    """Which pairs of candidates (by position) bring which yearly benefit only once?

    Named by either; where both name it, the larger counts. Others than candidates are left out.
    """
    position = {candidate.id: i for i, candidate in enumerate(candidates)}
    pairs: dict[tuple[int, int], Decimal] = {}
    for i, candidate in enumerate(candidates):
        for other, benefit in candidate.overlaps:
            j = position.get(other, i)
            if j != i and benefit > 0:
                pair = (min(i, j), max(i, j))
                pairs[pair] = max(pairs.get(pair, Decimal(0)), benefit)
    return pairs


def counted_twice(
    pair: tuple[Candidate, Candidate], benefit: Decimal, *, rules: PortfolioRules, year: int
) -> Decimal:
    """What is the benefit two candidates have in common worth, both built by `year`?

    It ends with the shorter life and weighs as the lighter of the two.
    """
    return min(
        discounted_value(candidate, rules=rules, year=year, benefit=benefit) for candidate in pair
    )


def donated(candidate: Candidate) -> Money:
    """How much of the cost do donors carry? Never more than the cost."""
    offered = sum((gift for _, gift in candidate.co_funding), Money.zero(candidate.cost.currency))
    return min(offered, candidate.cost)


def net_cost(candidate: Candidate) -> Money:
    """What is left for the funds to pay?"""
    return candidate.cost - donated(candidate)


def appraise(candidate: Candidate, *, rules: PortfolioRules, year: int = 0) -> Appraisal:
    """What does a candidate bring and cost over its whole life if built in `year`?

    Parameters
    ----------
    candidate
        With bounds of benefit (80 %) and, where known, of cost.
    rules
        Discount rate and weights.
    year
        Year offset it is built in; cost falls in that year, benefit and upkeep in the years after.

    Notes
    -----
    The intervals take the errors of benefit and cost as independent and add their half-widths (of
    the ratio: relative ones) in squares. Upkeep and priced qualities are taken as certain.
    Source: HM Treasury, *The Green Book* (2022), chapters 5 and 6.
    """
    factor = (ONE + rules.discount_rate) ** -year
    value = discounted_value(candidate, rules=rules, year=year)
    cost = candidate.cost.amount * factor
    upkeep = (
        candidate.upkeep.amount
        * annuity(years=candidate.life_years, rate=rules.discount_rate)
        * factor
    )
    npv = value - cost - upkeep
    extra = yearly_benefit_of(candidate, rules=rules) - candidate.benefit
    low, high = (
        discounted_value(candidate, rules=rules, year=year, benefit=bound + extra)
        for bound in (candidate.benefit_low, candidate.benefit_high)
    )
    dear = (candidate.cost_high or candidate.cost).amount * factor
    cheap = (candidate.cost_low or candidate.cost).amount * factor
    spent = cost + upkeep
    ratios = _ratios((low, value, high), (cheap + upkeep, spent, dear + upkeep))
    return Appraisal(
        value=value,
        cost=cost,
        upkeep=upkeep,
        npv=npv,
        npv_low=npv - _root_sum(value - low, dear - cost),
        npv_high=npv + _root_sum(high - value, cost - cheap),
        ratio=None if ratios is None else ratios[1],
        ratio_low=None if ratios is None else ratios[0],
        ratio_high=None if ratios is None else ratios[2],
        by_side=_by_side(candidate, value, rules),
        people=candidate.people_reached,
        effects=candidate.effects,
    )


def _ratios(
    value: tuple[Decimal, Decimal, Decimal], spent: tuple[Decimal, Decimal, Decimal]
) -> tuple[Decimal, Decimal, Decimal] | None:
    """Low, likely and high of value over what is spent; relative errors added in squares."""
    (low, likely, high), (cheap, cost, dear) = value, spent
    if cost <= 0:
        return None
    ratio = likely / cost
    if likely <= 0:
        return min(low / cost, ratio), ratio, high / cost
    down = _root_sum((likely - low) / likely, (dear - cost) / cost)
    up = _root_sum((high - likely) / likely, (cost - cheap) / cost)
    return ratio * (1 - down), ratio, ratio * (1 + up)


def _by_side(
    candidate: Candidate, value: Decimal, rules: PortfolioRules
) -> tuple[tuple[str, Decimal, Decimal], ...]:
    """Whose value is it, after the weights of the sides?"""
    weights = dict(rules.weights)
    weighed = [(side, weights.get(side, ONE), share) for side, share in candidate.sides]
    total = sum((weight * share for _, weight, share in weighed), Decimal(0))
    if total <= 0:
        return ()
    return tuple((side, weight, value * weight * share / total) for side, weight, share in weighed)


def _root_sum(one: Decimal, two: Decimal) -> Decimal:
    return (one * one + two * two).sqrt()
