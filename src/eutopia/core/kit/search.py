"""Large selection models: relaxation, small kernels, then the whole of what is left open."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.optimise import (
    INFINITY,
    Array,
    LinearModel,
    Progress,
    Solution,
    relative_gap,
    solve,
)

KERNELS = ((150, 100), (600, 1_000_000))
"""How many columns at 0, and at 1, in the relaxation stay open in each kernel."""
SHORT_ROW = 64
"""Rows with at most so many entries tie columns together; longer ones only add up."""
SMALL = 2000
"""Models with fewer integer columns are solved whole at once."""
NEAR = 1e-7


@dataclass(slots=True)
class _Race:
    """What the search has found so far, and what it may still spend."""

    time_limit_s: float
    gap: float
    on_progress: Progress | None
    best: Solution | None = None
    bound: float = INFINITY
    seconds: float = 0.0
    stopped: bool = False

    @property
    def left(self) -> float:
        return self.time_limit_s - self.seconds

    @property
    def found(self) -> float:
        return -INFINITY if self.best is None else self.best.objective

    @property
    def done(self) -> bool:
        near = self.best is not None and relative_gap(self.found, self.bound) <= self.gap
        return near or self.stopped or self.left <= 0

    def take(self, solution: Solution) -> None:
        """Count its time and keep it if it is the best so far."""
        self.seconds += solution.seconds
        if len(solution.values) and solution.objective > self.found:
            self.best = solution

    def listener(self, *, whole: bool) -> Progress:
        """Tells the caller about the whole model, and stops a part when it is good enough."""
        bound, seconds = self.bound, self.seconds

        def told(value: float, part_bound: float, spent: float) -> bool:
            best = max(self.found, value)
            limit = min(bound, max(part_bound, best)) if whole else bound
            if self.on_progress is not None and not self.on_progress(best, limit, seconds + spent):
                self.stopped = True
            return not self.stopped and relative_gap(best, limit) > self.gap

        return told


def search(
    model: LinearModel,
    *,
    time_limit_s: float = INFINITY,
    gap: float = 0.0,
    start: Array | None = None,
    on_progress: Progress | None = None,
) -> Solution:
    """What is a good solution of a large selection model, soon, and the best in the end?

    Parameters
    ----------
    model
        Mostly columns that are 0 or 1; maximised.
    time_limit_s, gap, start, on_progress
        As in `optimise.solve`; the bound is that of the whole model at every moment.

    Returns
    -------
    Solution
        As from `optimise.solve`; `status` optimal means within `gap`.

    Notes
    -----
    The linear relaxation gives a bound and reduced costs. Kernels, in which most columns are held
    at the relaxation's 0 or 1, give solutions near it in seconds. If that is not near enough, the
    whole model is solved from the best solution, without the columns that reduced costs prove to
    be settled. The first two steps decide most large cases; the last makes the answer exact.
    Source: Angelelli, Mansini and Speranza, "Kernel search: a general heuristic for the
    multi-dimensional knapsack problem", Computers & Operations Research 37 (2010); reduced-cost
    fixing: Nemhauser and Wolsey, *Integer and Combinatorial Optimization* (1988), II.5.

    Examples
    --------
    >>> from eutopia.core.kit.optimise import ModelBuilder
    >>> builder = ModelBuilder()
    >>> columns = [builder.add_column(objective=v) for v in (6, 5, 4)]
    >>> _ = builder.add_row(columns, [5, 4, 3], upper=7)
    >>> search(builder.build()).objective
    9.0
    """
    race = _Race(time_limit_s, gap, on_progress)
    if int(model.integer.sum()) <= SMALL:
        return solve(
            model, time_limit_s=time_limit_s, gap=gap, start=start, on_progress=on_progress
        )
    relaxed = solve(model, relax=True, time_limit_s=time_limit_s)
    race.seconds += relaxed.seconds
    if relaxed.status != "optimal":
        return replace(relaxed, values=np.zeros(0), objective=-INFINITY, bound=INFINITY)
    race.bound = relaxed.objective
    columns = int(model.integer.sum())
    for zeros, ones in KERNELS:
        # A kernel that is half of the model is no easier than the model.
        if not race.done and columns > 2 * zeros:
            _solve_kernel(model, relaxed, race, zeros, ones)
    if not race.done:
        return _solve_whole(model, relaxed, race)
    return _verdict(race)


def _solve_kernel(
    model: LinearModel, relaxed: Solution, race: _Race, zeros: int, ones: int
) -> None:
    """Solve with only the columns open that the relaxation is least sure of."""
    lower, upper = model.lower.copy(), model.upper.copy()
    values, reduced = relaxed.values, relaxed.reduced
    at_lower = np.flatnonzero(model.integer & (values <= model.lower + NEAR))
    at_upper = np.flatnonzero(model.integer & (values >= model.upper - NEAR))
    at_upper = at_upper[model.lower[at_upper] < model.upper[at_upper]]
    low = at_lower[np.argsort(-reduced[at_lower], kind="stable")]
    high = at_upper[np.argsort(reduced[at_upper], kind="stable")]
    upper[low[zeros:]] = model.lower[low[zeros:]]
    lower[high[ones:]] = model.upper[high[ones:]]
    tied = _tied_to_fractions(model, values)
    lower[tied], upper[tied] = model.lower[tied], model.upper[tied]
    part = solve(
        model.with_bounds(lower, upper),
        # A kernel is there to be quick: it gets a part of the time only.
        time_limit_s=min(race.left, max(1.0, race.time_limit_s / 10)),
        gap=race.gap / 4,
        start=None if race.best is None else race.best.values,
        on_progress=race.listener(whole=False),
    )
    race.take(part)


def _tied_to_fractions(model: LinearModel, values: Array) -> NDArray[np.bool_]:
    """Columns in a short row with one that the relaxation splits: all of them must stay open."""
    split = model.integer & (values > model.lower + NEAR) & (values < model.upper - NEAR)
    lengths = np.diff(model.starts)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    touched = np.zeros(len(lengths), dtype=bool)
    touched[rows[split[model.columns]]] = True
    tied = np.zeros(len(values), dtype=bool)
    tied[model.columns[(touched & (lengths <= SHORT_ROW))[rows]]] = True
    return tied & model.integer


def _solve_whole(model: LinearModel, relaxed: Solution, race: _Race) -> Solution:
    """Solve the model itself, without the columns that cannot be in anything better."""
    lower, upper = _settled(model, relaxed, race.found)
    start = None if race.best is None else race.best.values
    whole = solve(
        model.with_bounds(lower, upper),
        time_limit_s=race.left,
        gap=race.gap,
        start=start,
        on_progress=race.listener(whole=True),
    )
    race.take(whole)
    if whole.status == "infeasible" and race.best is not None:
        race.bound = race.found  # Nothing better is left: the one at hand is proved best.
    elif whole.status == "infeasible":
        return replace(whole, seconds=race.seconds)
    else:
        race.bound = min(race.bound, max(whole.bound, race.found))
    return _verdict(race)


def _settled(model: LinearModel, relaxed: Solution, found: float) -> tuple[Array, Array]:
    """Bounds in which columns are held that no solution better than `found` can move."""
    lower, upper = model.lower.copy(), model.upper.copy()
    if not np.isfinite(found):
        return lower, upper
    room = max(0.0, relaxed.objective - found) * (1 + 1e-6) + 1e-9
    values, reduced = relaxed.values, relaxed.reduced
    down: NDArray[np.bool_] = model.integer & (values <= model.lower + NEAR) & (reduced < -room)
    up: NDArray[np.bool_] = model.integer & (values >= model.upper - NEAR) & (reduced > room)
    upper[down] = model.lower[down]
    lower[up] = model.upper[up]
    return lower, upper


def _verdict(race: _Race) -> Solution:
    """The best found, judged by the bound of the whole model."""
    if race.best is None:
        empty = np.zeros(0)
        return Solution("none", empty, -INFINITY, race.bound, race.seconds, empty, empty)
    bound = max(race.bound, race.found)
    near = relative_gap(race.found, bound) <= max(race.gap, 1e-9)
    status = "optimal" if near else "stopped"
    return replace(race.best, status=status, bound=bound, seconds=race.seconds)
