"""What each aim costs: by hand, against enumeration, and in the order that fairness implies."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from eutopia.core.plan.aims import cost_of_aims
from tests.core.plan.cases import candidate, fund, rules
from tests.core.plan.test_fairness import fair_case, gains, programmes

EXACT = 1e-6


def test_the_price_of_fairness_by_hand() -> None:
    """10 of money. A1 and A2 (district A) cost 5 and bring 8 each, B1 costs 5 and brings 2 a year.

    The total takes A1 and A2: 16, and B gets nothing of its 2. Fair between districts takes one
    of A (half of all that A could get) and B1 (all of its own): 10. A life of one year without
    discounting makes the yearly benefit the whole.
    """
    found = (
        candidate("A1", 5, 8, life_years=1),
        candidate("A2", 5, 8, life_years=1),
        candidate("B1", 5, 2, life_years=1, district="B"),
    )
    told = cost_of_aims(
        found,
        rules=rules(fund("city", 10), discount_rate=Decimal(0)),
        objectives=("benefit", "fair_districts"),
        gap=0.0,
    )
    assert [(one.objective, one.value) for one in told] == [
        ("benefit", pytest.approx(16)),
        ("fair_districts", pytest.approx(10)),
    ]
    assert [one.districts for one in told] == [pytest.approx(0), pytest.approx(0.5, abs=EXACT)]
    # Everything is for residents, and they could get 18.
    assert [one.sides for one in told] == [pytest.approx(16 / 18), pytest.approx(10 / 18)]


@pytest.mark.parametrize("seed", range(430, 436))
def test_no_programme_is_fairer_and_none_brings_more(seed: int) -> None:
    """Against all programmes: the fair aim's worst district is the best possible, and the total
    of no aim is above that of `benefit`."""
    found, r = fair_case(seed, "benefit")
    objectives = ("benefit", "fair_districts", "fair_sides", "nash", "nash_sides")
    told = {o.objective: o for o in cost_of_aims(found, rules=r, objectives=objectives, gap=0.0)}
    best = max(min(gains(found, chosen, r).values(), default=0) for chosen in programmes(found, r))
    if told:
        assert told["fair_districts"].districts == pytest.approx(best, abs=1e-4)
        most = told["benefit"].value
        assert all(one.value <= most * (1 + EXACT) for one in told.values())
        assert told["fair_sides"].sides >= max(o.sides for o in told.values()) - 1e-4


def test_an_aim_without_a_programme_is_left_out() -> None:
    """Two that must both be built and exclude one another: no aim has a programme."""
    found = (candidate("a", 5, 8, excludes=("b",)), candidate("b", 5, 8))
    r = replace(rules(fund("city", 10)), must=("a", "b"))
    assert cost_of_aims(found, rules=r, objectives=("benefit", "net")) == ()
