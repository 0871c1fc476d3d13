"""A problem of another type costs what its events cost under that type."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from eutopia.core.diagnose.inaction import UnitCosts, cost_of_inaction
from eutopia.core.diagnose.losses import OutagesAYear
from eutopia.core.diagnose.retyping import Prices, retype
from eutopia.core.records import Money
from tests.core.diagnose.test_problems import TYPES, problems_of, town_reports

RUB = "RUB"
HOUR = Money(Decimal(400), RUB)


@pytest.mark.parametrize("a_year", [None, Money(Decimal(300), RUB)])
def test_the_price_is_that_of_a_cost_computed_under_the_other_type(a_year: Money | None) -> None:
    """Golden: one posterior, priced by each type itself; they meet to the rounding lost. What the
    outages cost is the same under both."""
    old = TYPES[0]
    new = replace(
        old,
        code="other",
        response_cost=Money(Decimal(7), RUB),
        resident_hours=Decimal("2.5"),
        severity=Decimal("0.9"),
    )
    prices = Prices({one.code: one for one in (old, new)}, HOUR)

    def cost(code: str):
        unit = prices.unit(code)
        assert isinstance(unit, UnitCosts)
        return cost_of_inaction(
            9.0,
            2.0,
            unit=unit,
            horizon_years=5,
            discount_rate=Decimal("0.05"),
            outages=OutagesAYear(a_year, a_year),
        )

    (found,) = problems_of(town_reports())
    told = retype(replace(found, cost=cost(old.code)), "other", prices=prices)
    expected = cost("other")
    for name in ("response", "residents_time", "total", "low", "high"):
        amounts = [float(getattr(one, name).amount) for one in (told.cost, expected)]
        assert amounts[0] == pytest.approx(amounts[1], abs=0.05), name
    assert told.cost.repeats_per_year == expected.repeats_per_year
    assert told.severity == pytest.approx(found.severity * 0.9 / float(old.severity), abs=1e-4)
    back = retype(told, old.code, prices=prices)
    assert float(back.cost.total.amount) == pytest.approx(float(cost(old.code).total.amount), 1e-3)


def test_what_cost_nothing_is_priced_by_its_expected_number() -> None:
    free = replace(TYPES[0], response_cost=Money.zero(RUB), resident_hours=Decimal(0))
    dear = replace(TYPES[0], code="dear", response_cost=Money(Decimal(100), RUB))
    prices = Prices({free.code: free, "dear": dear})
    (found,) = problems_of(town_reports(), problem_types=(free, *TYPES[1:]))
    assert found.cost.total.amount == 0
    told = retype(found, "dear", prices=prices)
    years = sum(1.05 ** -(k + 0.5) for k in range(5))
    expected = 100 * found.cost.repeats_per_year * years
    assert float(told.cost.total.amount) == pytest.approx(expected, abs=0.01)
    assert told.cost.low == told.cost.total == told.cost.high


def test_unknown_types_keep_the_cost_and_the_same_type_everything() -> None:
    (found,) = problems_of(town_reports())
    prices = Prices({one.code: one for one in TYPES}, HOUR)
    assert retype(found, found.problem_type, prices=prices) is found
    assert retype(found, "new", prices=prices) == replace(found, problem_type="new")
