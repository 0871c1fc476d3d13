"""Totals change no answer: the model with them has the same best and takes the same starts."""

from __future__ import annotations

import numpy as np
import pytest

from eutopia.core.kit.optimise import INFINITY, LinearModel, ModelBuilder, solve
from eutopia.core.kit.search import search
from eutopia.core.kit.totals import with_totals


def random_model(seed: int) -> LinearModel:
    """Groups of which one is chosen, a budget, least amounts over all or a part, signs mixed."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    groups = []
    for _ in range(7):
        size = int(rng.integers(1, 5))
        groups.append(
            [builder.add_column(objective=float(rng.integers(1, 30))) for _ in range(size)]
        )
        builder.add_row(groups[-1], [1.0] * size, upper=1.0)
    columns = [column for group in groups for column in group]
    spare = builder.add_column(objective=-1.0, upper=INFINITY, integer=False)
    weights = rng.integers(1, 12, len(columns)).astype(float)
    builder.add_row(columns, weights.tolist(), upper=float(weights.sum() / 5))
    for share in (0.5, 1.0):
        part = [column for column in columns if rng.random() < share]
        signed = rng.integers(-4, 9, len(part)).astype(float).tolist()
        builder.add_row([*part, spare], [*signed, 1.0], lower=float(rng.integers(0, 12)))
    # A share of what is spent goes to the first groups: mostly a multiple of the budget's row.
    cost = [float(3 + k) for k, group in enumerate(groups) for _ in group]
    most = sum(cost) / 4
    flow = builder.add_column(upper=most, integer=False)
    builder.add_row([*columns, flow], [*cost, -1.0], lower=0.0, upper=0.0)
    favoured = {*groups[0], *groups[1]}
    entries = [c * ((k in favoured) - 0.3) for k, c in zip(columns, cost, strict=True)]
    builder.add_row(columns, entries, lower=0.0)
    return builder.build(implied=[(columns, cost, -INFINITY, most)])


@pytest.mark.parametrize("seed", range(60))
def test_totals_change_no_answer(seed: int) -> None:
    """Same value with and without, and the values without the totals keep every row."""
    model = random_model(seed)
    plain, found = solve(model), search(model)
    assert found.status == plain.status
    assert found.objective == pytest.approx(plain.objective, abs=1e-6)
    assert found.bound == pytest.approx(plain.bound, abs=1e-6)
    activity = model.activity(found.values)
    assert (activity >= model.row_lower - 1e-6).all()
    assert (activity <= model.row_upper + 1e-6).all()


def test_rows_in_common_are_told_once() -> None:
    """The floor has only the groups it favours and the sum; totals stand for whole groups."""
    model = random_model(3)
    wider, _ = with_totals(model)
    groups = int(wider.integer.sum() - model.integer.sum())
    sum_of = wider.size[1] - 1
    assert wider.upper[sum_of] == model.implied[0][3]
    lengths = [
        int(wider.starts[row + 1] - wider.starts[row])
        for row in range(wider.size[0])
        if sum_of in wider.columns[wider.starts[row] : wider.starts[row + 1]]
    ]
    # The flow and the sum; the floor: two groups and the sum; the sum: every group and itself.
    assert set(lengths) == {2, 3, groups + 1}


def test_a_start_is_taken_along() -> None:
    """What the columns choose their totals say."""
    model = random_model(3)
    best = solve(model).values
    wider, start = with_totals(model, start=best)
    activity = wider.activity(start)
    assert (activity >= wider.row_lower - 1e-6).all()
    assert (activity <= wider.row_upper + 1e-6).all()
    assert float(wider.objective @ start) == pytest.approx(float(model.objective @ best))
