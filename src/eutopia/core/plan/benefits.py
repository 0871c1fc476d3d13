"""What a measure saves a year: avoided cost of going on as before, and unplanned renewal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from eutopia.core.plan.appraisal import annuity
from eutopia.core.records.norms import Measure
from eutopia.core.records.problems import Problem
from eutopia.core.records.programme import PortfolioRules
from eutopia.core.records.territory import Asset


@dataclass(frozen=True, slots=True)
class DerivationSettings:
    """How are candidates derived? All assumptions in one place, to be shown beside the result.

    `reach_m`: assets so near (metres) are at a problem's place; where none is, the nearest within
    `farthest_m`. `same_place_m`: works nearer than this dig up the same ground. `worn_below`:
    condition under which an asset is proposed without any problem; at most `most_worn` such
    candidates are kept, the best by value for cost. `failure_rate`: yearly chance that an asset
    of condition 0 fails, falling with the square of what is left. `emergency_factor`: an
    unplanned renewal costs so many times the planned one. `approval_days`: days assumed for an
    approval whose law names none. `border_m`: works so near to a heritage object count as
    touching it. `walk_m`: residents within so long a walk are reached by works at a place; None
    leaves the people of the problem. `worst_share`: an indicator without a target is low in the
    worst such share of the districts; `most_gap`: so many places are proposed for a low
    indicator, a district and a measure, the worst first.
    """

    reach_m: float = 30.0
    farthest_m: float = 100.0
    same_place_m: float = 15.0
    worn_below: float = 30.0
    most_worn: int = 300
    failure_rate: Decimal = Decimal("0.25")
    emergency_factor: Decimal = Decimal("1.3")
    approval_days: int = 90
    border_m: float = 0.0
    walk_m: float | None = 400.0
    worst_share: float = 0.25
    most_gap: int = 3


DEFAULT_SETTINGS = DerivationSettings()


def yearly_benefit(problem: Problem, measure: Measure) -> tuple[Decimal, Decimal, Decimal]:
    """What does a measure save a year of a problem's cost of going on as before?

    Returns low, likely and high (80 %), in the problem's currency.

    Notes
    -----
    The discounted cost over its horizon is turned into an even yearly cost, times the share of
    events that disappears. Relative errors of cost and effect are taken as independent.
    """
    cost = problem.cost
    spread = annuity(years=cost.horizon_years, rate=cost.discount_rate)
    if spread == 0 or cost.total.amount <= 0:
        return Decimal(0), Decimal(0), Decimal(0)
    low, likely, high = measure.effect
    yearly = cost.total.amount / spread
    benefit = yearly * likely
    down = _relative(cost.total.amount, cost.low.amount, likely, low)
    up = _relative(cost.total.amount, cost.high.amount, likely, high)
    return max(Decimal(0), benefit * (1 - down)), benefit, benefit * (1 + up)


def _relative(cost: Decimal, cost_bound: Decimal, effect: Decimal, bound: Decimal) -> Decimal:
    of_cost = (cost_bound - cost) / cost
    of_effect = (bound - effect) / effect if effect else Decimal(0)
    return (of_cost * of_cost + of_effect * of_effect).sqrt()


def saved_renewal(
    assets: Sequence[Asset],
    measure: Measure,
    *,
    cost: Decimal,
    rules: PortfolioRules,
    settings: DerivationSettings = DEFAULT_SETTINGS,
) -> Decimal:
    """What unplanned renewal does a planned one save a year, given the assets' condition?

    Notes
    -----
    An asset of condition c fails in a year with chance p = `failure_rate` (1 - c/100)²; renewing it
    unplanned costs `emergency_factor` times the price, of which p / (p + r) is the present value
    with discount rate r. Spread evenly over the measure's life. Not inspected: nothing.
    """
    rate = rules.discount_rate
    known = [asset.condition for asset in assets if asset.condition is not None]
    if not known or measure.life_years < 1:
        return Decimal(0)
    share = Decimal(0)
    for condition in known:
        worn = 1 - Decimal(str(round(condition, 4))) / 100
        chance = settings.failure_rate * worn * worn
        share += chance / (chance + rate) if chance > 0 else Decimal(0)
    expected = settings.emergency_factor * cost * share / len(assets)
    return expected / annuity(years=measure.life_years, rate=rate)
