"""How does a problem read once staff say that it is of another type?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from eutopia.core.diagnose.inaction import UnitCosts
from eutopia.core.records.money import Money
from eutopia.core.records.norms import ProblemType
from eutopia.core.records.problems import CostOfInaction, Problem


@dataclass(frozen=True, slots=True)
class Prices:
    """What does one event of each type take? `hour_value` None leaves residents' time unpriced."""

    types: Mapping[str, ProblemType]
    hour_value: Money | None = None

    def unit(self, code: str) -> UnitCosts:
        """The cost of one event of a type.

        Raises
        ------
        KeyError
            A type that is not among them.
        """
        one = self.types[code]
        hour = self.hour_value or Money.zero(one.response_cost.currency)
        return UnitCosts(one.response_cost, one.resident_hours, hour)


def retype(problem: Problem, problem_type: str, *, prices: Prices) -> Problem:
    """How does a problem read under another type: its cost of going on as before, its severity?

    Parameters
    ----------
    problem_type
        Code of the type that staff gave.
    prices
        Of the types in force; a problem of a type that is not among them keeps cost and severity.

    Returns
    -------
    problem
        With the events, rate and evidence as they were found: people changed the name and the
        price of what happens, not how often it does.

    Notes
    -----
    The bounds of the number of repeats are read back from the cost found, or, where one event cost
    nothing, from the expected number alone (no interval). Severity moves with the type's own.
    Rounded half up to two decimals; it differs from a cost computed anew by what the rounding of
    the old one had lost. O(1).
    """
    if problem_type == problem.problem_type:
        return problem
    if not {problem_type, problem.problem_type} <= set(prices.types):
        return replace(problem, problem_type=problem_type)
    old, new = prices.types[problem.problem_type], prices.types[problem_type]
    severity = problem.severity
    if old.severity:
        severity = round(severity * float(new.severity) / float(old.severity), 4)
    return replace(
        problem,
        problem_type=problem_type,
        severity=severity,
        cost=_repriced(problem.cost, prices.unit(old.code), prices.unit(new.code)),
    )


def _repriced(cost: CostOfInaction, old: UnitCosts, new: UnitCosts) -> CostOfInaction:
    one = old.response + old.hour_value * old.resident_hours
    total = cost.total.amount
    # Low and high as parts of the total: what outages cost has the same bounds.
    parts = [bound.amount / total if total else Decimal(1) for bound in (cost.low, cost.high)]
    if one.amount:
        repeats = (cost.total - cost.outages).amount / one.amount
    else:
        years = (float(1 + cost.discount_rate) ** -(k + 0.5) for k in range(cost.horizon_years))
        repeats = Decimal(repr(float(cost.repeats_per_year) * sum(years)))
    hours = new.hour_value * new.resident_hours
    response, time = ((part * repeats).rounded() for part in (new.response, hours))
    low, high = (
        (((new.response + hours) * repeats + cost.outages) * part).rounded() for part in parts
    )
    total_now = response + time + cost.outages
    return replace(
        cost, response=response, residents_time=time, total=total_now, low=low, high=high
    )
