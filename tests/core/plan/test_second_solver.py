"""The same programme by another solver: CBC through PuLP finds no better and no worse."""

from __future__ import annotations

import numpy as np
import pulp
import pytest

from eutopia.core.kit.optimise import LinearModel, solve
from eutopia.core.plan.model import build_model
from tests.core.plan.cases import rich_case


def by_cbc(linear: LinearModel) -> float | None:
    """The best value, None where nothing keeps the rows."""
    problem = pulp.LpProblem("programme", pulp.LpMaximize)
    columns = [
        pulp.LpVariable(f"x{k}", float(low), float(high) if np.isfinite(high) else None,
                        "Integer" if whole else "Continuous")
        for k, (low, high, whole) in enumerate(
            zip(linear.lower, linear.upper, linear.integer, strict=True)
        )
    ]  # fmt: skip
    problem += pulp.lpDot(linear.objective.tolist(), columns)
    for row in range(linear.size[0]):
        part = slice(linear.starts[row], linear.starts[row + 1])
        mine = [columns[c] for c in linear.columns[part]]
        terms = pulp.lpDot(linear.entries[part].tolist(), mine)
        if np.isfinite(linear.row_upper[row]):
            problem += terms <= float(linear.row_upper[row])
        if np.isfinite(linear.row_lower[row]):
            problem += terms >= float(linear.row_lower[row])
    problem.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=0.0, threads=1))
    if pulp.LpStatus[problem.status] != "Optimal":
        return None
    return float(pulp.value(problem.objective) or 0.0)


@pytest.mark.parametrize("seed", range(900, 908))
def test_cbc_agrees(seed: int) -> None:
    """Twenty candidates in three years under every rule."""
    found, r = rich_case(seed, n=20, years=3)
    linear = build_model(found, rules=r).linear
    mine, theirs = solve(linear), by_cbc(linear)
    if theirs is None:
        assert mine.status == "infeasible"
    else:
        assert mine.objective == pytest.approx(theirs, rel=1e-6, abs=1e-6)
