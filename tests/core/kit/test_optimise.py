"""Optimisation: HiGHS against enumeration and against another solver, exact flows against scipy."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from eutopia.core.kit import search as search_module
from eutopia.core.kit.flow import exact_flow
from eutopia.core.kit.optimise import (
    INFINITY,
    LinearModel,
    ModelBuilder,
    extend,
    relative_gap,
    solve,
    with_shortfalls,
)
from eutopia.core.kit.search import search


def knapsacks(seed: int, *, n: int, m: int) -> LinearModel:
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    columns = [builder.add_column(objective=float(v)) for v in rng.integers(5, 60, n)]
    for row in rng.integers(1, 40, (m, n)).astype(float):
        builder.add_row(columns, row.tolist(), upper=float(row.sum() * 0.4))
    return builder.build()


def by_enumeration(model: LinearModel) -> float:
    best = 0.0
    for pick in itertools.product((0.0, 1.0), repeat=model.size[1]):
        values = np.array(pick)
        if (model.activity(values) <= model.row_upper + 1e-9).all():
            best = max(best, float(model.objective @ values))
    return best


@pytest.mark.parametrize("seed", range(10))
def test_best_of_all(seed: int) -> None:
    """Of 4,096 subsets none is better."""
    model = knapsacks(seed, n=12, m=3)
    found = solve(model)
    assert (found.status, found.objective) == ("optimal", by_enumeration(model))
    assert found.gap == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_kernels_end_at_the_same_best(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forced onto a small model, relaxation, kernels and reduced costs lose nothing."""
    monkeypatch.setattr(search_module, "TINY", 0)
    monkeypatch.setattr(search_module, "SMALL", 0)
    monkeypatch.setattr(search_module, "SOON", ((4, 20),))
    monkeypatch.setattr(search_module, "NEAR_BEST", ((8, 20),))
    model = knapsacks(seed, n=60, m=4)
    whole, parts = solve(model), search(model)
    assert parts.objective == pytest.approx(whole.objective)
    assert parts.status == "optimal"
    near = search(model, gap=0.02)
    assert near.objective <= whole.objective <= near.bound + 1e-6
    assert near.gap <= 0.02


@pytest.mark.parametrize("seed", range(6))
def test_what_was_good_before_is_looked_around(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Money was cut since: the best is the same, and a near one is there before any kernel."""
    monkeypatch.setattr(search_module, "TINY", 0)
    model = knapsacks(seed, n=60, m=4)
    before = solve(replace(model, row_upper=model.row_upper * 1.05)).values
    whole, parts = solve(model), search(model, near=before)
    assert parts.objective == pytest.approx(whole.objective)
    monkeypatch.setattr(search_module, "SURE", ())
    near = search(model, near=before, gap=0.05)
    assert near.objective <= whole.objective <= near.bound + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_least_amounts_are_kept_by_repair(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Floors that kernels miss at first are kept in the end; nothing of the best is lost."""
    monkeypatch.setattr(search_module, "TINY", 0)
    monkeypatch.setattr(search_module, "SMALL", 0)
    monkeypatch.setattr(search_module, "SHORT_ROW", 4)
    monkeypatch.setattr(search_module, "EVERYWHERE", 2)
    monkeypatch.setattr(search_module, "SOON", ((1, 20), (2, 20)))
    base = knapsacks(seed, n=60, m=3)
    rng = np.random.default_rng(seed)
    rows = [
        (list(range(start, 60, 4)), rng.uniform(1, 5, 15).tolist(), 9.0, np.inf)
        for start in range(4)
    ]
    model = extend(base, rows=rows)
    whole, parts = solve(model), search(model)
    assert (whole.status, parts.status) == ("optimal", "optimal")
    assert parts.objective == pytest.approx(whole.objective)
    assert (model.activity(parts.values) >= model.row_lower - 1e-6).all()
    begun = search(model, start=whole.values, gap=0.05)
    assert begun.objective >= whole.objective - 1e-6


def test_a_row_may_miss_its_least_amount_at_a_price() -> None:
    """Two of which one is allowed, three asked: two are missed at 10 each."""
    builder = ModelBuilder()
    columns = [builder.add_column(objective=1), builder.add_column(objective=2)]
    builder.add_row(columns, [1, 1], upper=1)
    builder.add_row(columns, [1, 1], lower=3)
    model = builder.build()
    assert solve(model).status == "infeasible"
    found = solve(with_shortfalls(model, np.array([1]), price=10.0))
    assert found.values.tolist() == [0.0, 1.0, 2.0]
    assert found.objective == pytest.approx(2 - 20)


def test_a_margin_asks_for_more_and_may_be_missed() -> None:
    """Four asked with a quarter on top: five; two can be had, so three are missed."""
    builder = ModelBuilder()
    columns = [builder.add_column(objective=1), builder.add_column(objective=2)]
    builder.add_row(columns, [1, 1], lower=4)
    found = solve(with_shortfalls(builder.build(), np.array([0]), price=10.0, margin=0.25))
    assert found.values.tolist() == [1.0, 1.0, 3.0]


def test_a_search_cut_off_by_nodes_ends_alike_each_time() -> None:
    """Nodes are counted, not seconds: twice the same solution and bound."""
    model = knapsacks(1, n=150, m=8)
    first, again = (solve(model, most_nodes=1) for _ in range(2))
    assert first.status == "stopped"
    assert first.values.tolist() == again.values.tolist()
    assert first.objective <= first.bound == again.bound


def test_progress_is_told_and_stops() -> None:
    """The caller sees value, bound and seconds, and what was found is kept when it stops."""
    model = knapsacks(1, n=150, m=8)
    seen: list[tuple[float, float, float]] = []

    def tell(value: float, bound: float, seconds: float) -> bool:
        seen.append((value, bound, seconds))
        return len(seen) < 20

    found = solve(model, on_progress=tell)
    assert len(seen) == 20
    assert found.status == "stopped"
    assert found.objective <= found.bound


def test_infeasible_unbounded_and_empty() -> None:
    """Each is named, none raises."""
    builder = ModelBuilder()
    column = builder.add_column(objective=1.0, upper=INFINITY, integer=False)
    assert solve(builder.build()).status == "unbounded"
    builder.add_row([column], [1.0], lower=3.0, upper=2.0)
    assert solve(builder.build()).status == "infeasible"
    assert search(builder.build()).status == "infeasible"
    nothing = ModelBuilder()
    assert solve(nothing.build()).status == "optimal"
    nothing.add_row([], [], lower=1.0)
    assert solve(nothing.build()).status == "infeasible"


def test_extended_model_has_both() -> None:
    """A new column and a new row bind as if they had been there."""
    builder = ModelBuilder()
    a = builder.add_column(objective=3.0)
    model = extend(
        builder.build(), columns=[(1.0, 0.0, 5.0)], rows=[([a, 1], [2.0, 1.0], -INFINITY, 4.0)]
    )
    found = solve(model)
    assert (found.objective, found.values.tolist()) == (5.0, [1.0, 2.0])


@pytest.mark.parametrize(
    ("objective", "bound", "gap"), [(100, 101, 0.01), (100, 99, 0.0), (-INFINITY, 5, INFINITY)]
)
def test_gap(objective: float, bound: float, gap: float) -> None:
    """Relative to what was found; nothing found is infinitely far."""
    assert relative_gap(objective, bound) == pytest.approx(gap)


@pytest.mark.parametrize("seed", range(40))
def test_flow_exists_exactly_when_scipy_finds_it(seed: int) -> None:
    """All demands can be met if and only if the greatest flow is their sum; capacities hold."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    rng = np.random.default_rng(seed)
    n, sinks = 8, [6, 7]
    arcs = [
        (int(t), int(h), Decimal(int(rng.integers(1, 9))))
        for t in range(7)
        for h in range(1, 8)
        if t < h and t not in sinks and rng.random() < 0.5
    ]
    needs = [Decimal(int(rng.integers(1, 8))) for _ in sinks]
    flow = exact_flow(arcs, source=0, demands=list(zip(sinks, needs, strict=True)))
    capacity = np.zeros((n + 1, n + 1), dtype=np.int32)
    for tail, head, most in arcs:
        capacity[tail, head] += int(most)
    for sink, need in zip(sinks, needs, strict=True):
        capacity[sink, n] = int(need)
    greatest = maximum_flow(csr_array(capacity), 0, n).flow_value
    assert (flow is not None) == (greatest == sum(needs))
    if flow is None:
        return
    balance = [Decimal(0)] * n
    for (tail, head, most), amount in zip(arcs, flow, strict=True):
        assert 0 <= amount <= most
        balance[tail] -= amount
        balance[head] += amount
    assert [balance[sink] for sink in sinks] == needs
    assert all(balance[node] == 0 for node in range(1, 6))


def test_flow_is_exact_in_kopecks() -> None:
    """A third of a rouble more than there is cannot be paid."""
    arcs = [(0, 1, Decimal("99.99")), (1, 2, None)]
    assert exact_flow(arcs, source=0, demands=[(2, Decimal("99.99"))]) is not None
    assert exact_flow(arcs, source=0, demands=[(2, Decimal("100.00"))]) is None
