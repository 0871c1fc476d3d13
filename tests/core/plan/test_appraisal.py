"""Net present value, benefit-cost ratio with intervals, and whose value it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from eutopia.core.plan.appraisal import appraise
from tests.core.plan.cases import candidate, fund, rub, rules


def test_ratio_and_its_interval() -> None:
    """Rate nil, ten years: 100 (60 to 140) for 50 (40 to 80): errors of 40 % and 60 % or 20 %."""
    one = candidate(
        "a", 50, 10, benefit_low=Decimal(6), benefit_high=Decimal(14),
        cost_low=rub(40), cost_high=rub(80),
    )  # fmt: skip
    found = appraise(one, rules=rules(fund("city", 9), discount_rate=Decimal(0)))
    assert (found.value, found.npv, found.ratio) == (100, 50, 2)
    assert float(found.npv_low) == pytest.approx(0)  # 50 less the root of 40² + 30²
    assert float(found.npv_high) == pytest.approx(50 + (40**2 + 10**2) ** 0.5)
    assert float(found.ratio_low or 0) == pytest.approx(2 * (1 - (0.4**2 + 0.6**2) ** 0.5))
    assert float(found.ratio_high or 0) == pytest.approx(2 * (1 + (0.4**2 + 0.2**2) ** 0.5))


def test_what_costs_nothing_has_no_ratio() -> None:
    """Nothing over nothing is no number."""
    found = appraise(candidate("a", 0, 10), rules=rules(fund("city", 9)))
    assert (found.ratio, found.ratio_low, found.ratio_high) == (None, None, None)


def test_sides_add_up_to_the_value() -> None:
    """Business counts double: of 100 weighed, its half becomes two thirds."""
    half = Decimal("0.5")
    one = candidate("a", 50, 10, sides=(("residents", half), ("business", half)))
    r = rules(fund("city", 9), discount_rate=Decimal(0), weights=(("business", Decimal(2)),))
    found = appraise(one, rules=r)
    assert found.value == 150
    assert found.by_side == (("residents", 1, 50), ("business", 2, 100))


def test_priced_qualities_are_in_the_value_and_shown_apart() -> None:
    """Twenty persons safer at 3 a year for ten years are 600; greenery has no price."""
    effects = (("safety", Decimal(20)), ("greenery", Decimal(7)))
    one = candidate("a", 50, 10, effects=effects, people_reached=20)
    r = rules(fund("city", 9), discount_rate=Decimal(0), quality_values=(("safety", Decimal(3)),))
    found = appraise(one, rules=r)
    assert (found.value, found.people, found.effects) == (700, 20, effects)
