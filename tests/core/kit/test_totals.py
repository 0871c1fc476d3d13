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
    return builder.build()


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


def test_a_start_is_taken_along() -> None:
    """What the columns choose their totals say."""
    model = random_model(3)
    best = solve(model).values
    wider, start = with_totals(model, start=best)
    activity = wider.activity(start)
    assert (activity >= wider.row_lower - 1e-6).all()
    assert (activity <= wider.row_upper + 1e-6).all()
    assert float(wider.objective @ start) == pytest.approx(float(model.objective @ best))
