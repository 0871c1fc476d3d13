"""What funds can pay together: true of every programme, and hidden in no flow of money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from eutopia.core.kit.optimise import solve
from eutopia.core.plan.model import build_model
from tests.core.plan.cases import candidate, fund, random_case, rich_case, rules


@pytest.mark.parametrize("seed", range(40))
def test_true_of_every_programme(seed: int) -> None:
    """No programme at all breaks one of the rows: the largest sum of each is within its limit."""
    found, r = (rich_case if seed % 2 else random_case)(seed, n=7, years=2)
    linear = build_model(found, rules=r).linear
    for columns, entries, _, most in linear.implied:
        objective = np.zeros(linear.size[1])
        objective[list(columns)] = entries
        largest = solve(replace(linear, objective=objective))
        if largest.status == "optimal":
            assert largest.objective <= most + 1e-6


def test_what_others_cannot_pay() -> None:
    """The state pays half of each at most, so the town's 30 must carry half of 40 and half of 30.

    Alone the state's fund need not pay anything: the town could. Together they have 50 for 70.
    """
    found = (candidate("a", 40, 10), candidate("b", 30, 9))
    r = rules(fund("town", 30), fund("state", 20, max_share=Decimal("0.5")))
    model = build_model(found, rules=r)
    told = [
        (sorted(e * model.money_unit for e in row[1]), row[3] * model.money_unit)
        for row in model.linear.implied
    ]
    assert [(pytest.approx(e), pytest.approx(m)) for e, m in told] == [
        ([15.0, 20.0], 30.0),
        ([30.0, 40.0], 50.0),
    ]
