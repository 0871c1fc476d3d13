"""Splits lose nothing: every solution is on the likely side, or below what its other side tells."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from eutopia.core.kit import search as search_module
from eutopia.core.kit import splitting
from eutopia.core.kit.optimise import LinearModel, ModelBuilder, solve
from eutopia.core.kit.search import search
from eutopia.core.kit.splitting import best_elsewhere, on_likely_sides, settled, split_unsure


def lumpy(seed: int, *, works: int, years: int = 2) -> LinearModel:
    """Works that start in one of some years; budgets by year; floors met by one large work alone.

    Every fifth is large and brings little, and something of each fifth must be built.
    """
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    starts = []
    for work in range(works):
        worth = 1.0 if work % 5 == 0 else float(rng.integers(5, 40))
        starts.append([builder.add_column(objective=worth * 0.95**t) for t in range(years)])
        builder.add_row(starts[-1], [1.0] * years, upper=1)
    cost = [40.0 if work % 5 == 0 else float(rng.integers(3, 20)) for work in range(works)]
    for year in range(years):
        columns = [own[year] for own in starts]
        builder.add_row(columns, cost, upper=0.6 * sum(cost) / years)
    for part in range(works // 5):
        inside = range(5 * part, 5 * part + 5)
        columns = [column for work in inside for column in starts[work]]
        entries = [cost[work] for work in inside for _ in range(years)]
        builder.add_row(columns, entries, lower=float(rng.integers(25, 50)))
    return builder.build()


def solutions(model: LinearModel) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    found = []
    for pick in itertools.product((0.0, 1.0), repeat=model.size[1]):
        values = np.array(pick)
        activity = model.activity(values)
        if (activity <= model.row_upper + 1e-9).all() and (
            activity >= model.row_lower - 1e-9
        ).all():
            found.append(values)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_no_solution_is_above_what_its_side_tells(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all 65,536 choices those that hold are on the likely sides or no better than told."""
    monkeypatch.setattr(splitting, "LEAST", 0.0)
    model = lumpy(seed, works=8)
    splits, _ = split_unsure(model)
    likely = on_likely_sides(model, splits)
    for values in solutions(model):
        worth = float(model.objective @ values)
        left = next((s for s in splits if (values[s.columns].sum() > 0.5) != s.chosen), None)
        if left is None:
            assert (values <= likely.upper).all()
            assert (likely.activity(values) >= likely.row_lower - 1e-9).all()
        else:
            assert worth <= left.other + 1e-6


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("small", [0, 2000])
def test_search_with_splits_ends_at_the_best(
    seed: int, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through splits and kernels of alternatives, or rows and reduced costs: the same best."""
    monkeypatch.setattr(search_module, "TINY", 0)
    monkeypatch.setattr(search_module, "SMALL", small)
    model = lumpy(seed, works=20)
    whole, parts = solve(model), search(model)
    assert parts.status == whole.status
    assert parts.objective == pytest.approx(whole.objective)
    near = search(model, gap=0.05)
    if whole.status == "optimal":
        assert near.objective <= whole.objective + 1e-6
        assert near.bound >= whole.objective - 1e-6
        assert near.gap <= 0.05


def test_a_floor_that_only_a_large_work_meets_is_split_on_it() -> None:
    """Cut before anything is searched: the bound falls from nearly all to what is left."""
    builder = ModelBuilder()
    large = builder.add_column(objective=1)
    others = [builder.add_column(objective=10) for _ in range(10)]
    builder.add_row([large, *others], [80.0, *[10.0] * 10], upper=100)
    builder.add_row([large], [80.0], lower=1)
    model = builder.build()
    assert solve(model, relax=True).objective > 98
    splits, _ = split_unsure(model)
    assert [(s.columns.tolist(), s.chosen, s.other) for s in splits] == [([0], True, -np.inf)]
    assert solve(on_likely_sides(model, splits), relax=True).objective == pytest.approx(21)


def test_splits_are_settled_from_the_first_on() -> None:
    """The other side of the second may still hold more: it and those after it stay open."""
    column = np.array([0])
    splits = tuple(splitting.Split(column, -1, True, other) for other in (5.0, 9.0, 1.0))
    assert [s.other for s in settled(splits, 6.0)] == [5.0]
    assert settled(splits, 9.0) == splits
    assert best_elsewhere(settled(splits, 6.0)) == 5.0
    assert best_elsewhere(()) == -np.inf
