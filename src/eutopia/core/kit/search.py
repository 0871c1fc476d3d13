"""Large selection models: relaxation, kernels with repair, then the whole of what is left open."""

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
    with_shortfalls,
)
from eutopia.core.kit.splitting import (
    Split,
    best_elsewhere,
    on_likely_sides,
    settled,
    split_unsure,
)
from eutopia.core.kit.totals import alternatives, with_totals

SURE = (0.07, 0.1)
"""Shares of the columns that stay open in the very first kernels: those that would lose least by
moving. Nothing may be missed in them, so most give a near solution, or show at once that they
hold none."""
SURE_NODES, SURE_GAP = 200, 0.003
SOON = ((4, 1), (6, 1), (8, 1), (10, 1), (12, 1), (20, 40))
NEAR_BEST = ((60, 200), (90, 200))
"""Kernels one after another: how many columns stay open in each long row that binds (as many at 0
as at 1, and `EVERYWHERE` of all), and how many nodes each may take. Small ones until there is a
solution at all, wide ones for a near one. Nodes, not seconds: the same on a slow machine as on a
fast one."""
LIKELY, LIKELY_NODES = 0.25, 10
"""In small models: this share of the alternatives that the relaxation leaves stays open too, those
that would lose least. Most is found at the root."""
EVERYWHERE = 20
IN_MISSED = 300
"""How many stay open in the rows whose least amount was missed, shared between them."""
FIRST = 0.006
"""A first solution within this gap is good enough to go on from."""
ROUGH = 0.005
"""So near to its own best a kernel for a first solution is solved."""
DEARER = 4.0
"""What missing a least amount costs in the next kernel, where this one missed some."""
MARGIN = 0.008
"""Share of a least amount that the first kernels ask for on top: missing that misses nothing."""
PENALTY = 5.0
"""What missing a least amount costs in a kernel, at least: so many times the largest dual."""
SHORT_ROW = 64
"""Rows with at most so many entries tie columns together; longer ones only add up."""
SMALL = 2000
"""Models with fewer integer columns are solved whole after the first kernels."""
SPLIT = 8000
"""Models with more integer columns are not split first: no single one weighs much in them."""
TINY = 200
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
    elsewhere: float = -INFINITY
    """No solution outside of what is searched last is above this."""

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

    def begin(self, model: LinearModel, start: Array) -> None:
        """Take a solution to begin with, if it is one."""
        activity = model.activity(start)
        slack = 1e-6 * np.maximum(1.0, np.abs(activity))
        fits = (activity >= model.row_lower - slack) & (activity <= model.row_upper + slack)
        if fits.all():
            value = float(model.objective @ start)
            empty = np.zeros(0)
            self.take(Solution("stopped", start, value, INFINITY, 0.0, empty, empty))

    def listener(self, *, whole: bool, counts: bool = True, near: float = 0.0) -> Progress:
        """Tells the caller about the whole model, and stops a part when it is good enough.

        `counts` False: what the part finds is no solution of the model yet; it may stop `near`.
        """
        bound, seconds = self.bound, self.seconds

        def told(value: float, part_bound: float, spent: float) -> bool:
            best = max(self.found, value if counts else -INFINITY)
            limit = min(bound, max(part_bound, best, self.elsewhere)) if whole else bound
            if self.on_progress is not None and not self.on_progress(best, limit, seconds + spent):
                self.stopped = True
            enough = self.gap if counts else near
            return not self.stopped and relative_gap(best if counts else value, limit) > enough

        return told


def search(
    model: LinearModel,
    *,
    time_limit_s: float = INFINITY,
    gap: float = 0.0,
    start: Array | None = None,
    near: Array | None = None,
    soon: bool = False,
    on_progress: Progress | None = None,
) -> Solution:
    """What is a good solution of a large selection model, soon, and the best in the end?

    Parameters
    ----------
    model
        Mostly columns that are 0 or 1; maximised.
    time_limit_s, gap, start, on_progress
        As in `optimise.solve`; the bound is that of the whole model at every moment.
    near
        What was good before the model changed; it need not be a solution any more.
    soon
        Look into the first kernels only: a solution at once, or none.

    Returns
    -------
    Solution
        As from `optimise.solve`; `status` optimal means within `gap`.

    Notes
    -----
    The linear relaxation gives a bound and reduced costs; what it splits most dearly is decided
    first (`splitting`). Kernels, in which most columns are held at the relaxation's 0 or 1, give
    solutions near it in seconds; open are those the relaxation is least sure of: first over all,
    then, in a small model, all alternatives that may be in, in a large one those of each long row
    that binds. In these, until a solution is known, a little more than the least amounts is asked
    for and may be missed at a price; the next kernel opens more where they were. If that is not
    near enough, the whole model is solved, without what is proved to be settled (of large models,
    by reduced costs too): that makes the answer exact. What is `near` is looked
    around first: open is where it and the relaxation differ (Danna, Rothberg and Le Pape,
    "Exploring relaxation induced neighborhoods", Mathematical Programming 102, 2005).
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
    columns = int(model.integer.sum())
    if columns <= TINY:
        return _solve_in_totals(
            model, time_limit_s=time_limit_s, gap=gap, start=start, on_progress=on_progress
        )
    relaxed = solve(model, relax=True, time_limit_s=time_limit_s)
    race.seconds += relaxed.seconds
    if relaxed.status != "optimal":
        return replace(relaxed, values=np.zeros(0), objective=-INFINITY, bound=INFINITY)
    race.bound = relaxed.objective
    if start is not None:
        race.begin(model, start)
    likely = _on_likely_sides(model, relaxed, race)
    kernels = _Kernels(likely.model, likely.relaxed, race)
    if near is not None:
        kernels.solve_between(near)
    kernels.solve_surest()
    if soon:
        return _verdict(race)
    if columns > SMALL:
        kernels.solve_rows()
    else:
        kernels.solve_alternatives()
    if race.done:
        return _verdict(race)
    left = _what_is_left(model, relaxed, likely, race)
    if columns > SMALL and race.best is not None:
        start = race.best.values
    # From a solution the solver looks around it; a small model it searches better without.
    return _solve_whole(left, race, start=start)


@dataclass(frozen=True, slots=True)
class _Likely:
    """The model on the likely sides of `splits`, and its relaxation."""

    splits: tuple[Split, ...]
    model: LinearModel
    relaxed: Solution


def _on_likely_sides(model: LinearModel, relaxed: Solution, race: _Race) -> _Likely:
    if int(model.integer.sum()) > SPLIT:
        return _Likely((), model, relaxed)
    splits, seconds = split_unsure(model)
    race.seconds += seconds
    if not splits:
        return _Likely((), model, relaxed)
    likely = on_likely_sides(model, splits)
    found = solve(likely, relax=True, time_limit_s=race.left)
    race.seconds += found.seconds
    if found.status != "optimal":
        return _Likely((), model, relaxed)
    race.bound = min(race.bound, max(found.objective, best_elsewhere(splits)))
    return _Likely(splits, likely, found)


def _what_is_left(
    model: LinearModel, relaxed: Solution, likely: _Likely, race: _Race
) -> LinearModel:
    """What may hold anything better than what was found, by more than the gap."""
    known = race.best is not None
    splits = settled(likely.splits, race.found + race.gap * abs(race.found) if known else -INFINITY)
    race.elsewhere = best_elsewhere(splits)
    left = on_likely_sides(model, splits)
    if int(model.integer.sum()) <= SMALL or not known:
        return left
    tight = likely.relaxed if len(splits) == len(likely.splits) else relaxed
    return left.with_bounds(*_fixed_by_costs(left, tight, race.found))


class _Kernels:
    """Small models around the relaxation, then around the solution at hand.

    A kernel seldom holds a solution that keeps every least amount to the last unit, so a strict
    one often has no solution at all. Until a solution is known, a margin more is asked for, and
    may be missed at a price; the next kernel opens more in the rows where too much was.
    """

    def __init__(self, model: LinearModel, relaxed: Solution, race: _Race) -> None:
        self.model, self.relaxed, self.race = model, relaxed, race
        self.long = np.diff(model.starts) > SHORT_ROW
        asked = np.isfinite(model.row_lower) & (model.row_lower < model.row_upper)
        self.rows = np.flatnonzero(self.long & asked)
        dual = float(np.abs(relaxed.duals[self.rows]).max(initial=0.0))
        moved = replace(model, entries=np.abs(model.entries)).activity(relaxed.values)
        worth = abs(relaxed.objective) / (float(moved[self.rows].sum()) or 1.0)
        self.price = max(PENALTY * dual, worth, 1e-3)
        self.missed: set[int] = set()
        self.values = relaxed.values
        self.tied = _tied_to_fractions(model, relaxed.values)
        activity = model.activity(relaxed.values)
        tight = (activity >= model.row_upper - NEAR) | (activity <= model.row_lower + NEAR)
        self.binding = np.flatnonzero(tight & self.long)

    def open(self, in_row: int) -> NDArray[np.bool_]:
        """The columns least sure to stay as they are: over all, and in each long row that binds."""
        model, reduced, values = self.model, self.relaxed.reduced, self.values
        whole = model.integer & (model.lower < model.upper)
        at_lower: NDArray[np.bool_] = whole & (values <= model.lower + NEAR)
        at_upper: NDArray[np.bool_] = whole & (values >= model.upper - NEAR)
        open_: NDArray[np.bool_] = whole & ~at_lower & ~at_upper
        open_ |= whole & (np.abs(values - self.relaxed.values) > NEAR) | self.tied

        def loosen(columns: NDArray[np.intp], most: int) -> None:
            for side, loss in ((at_lower, -reduced), (at_upper, reduced)):
                those = columns[side[columns]]
                open_[those[np.argsort(loss[those], kind="stable")[:most]]] = True

        loosen(np.flatnonzero(whole), EVERYWHERE)
        more = IN_MISSED // max(len(self.missed), 1)
        for row in {*self.binding.tolist(), *self.missed}:
            part = slice(model.starts[row], model.starts[row + 1])
            loosen(model.columns[part], more if row in self.missed else in_row)
        return open_

    def solve_between(self, near: Array) -> None:
        """Solve the kernel of what was good before and the relaxation have otherwise."""
        same = np.abs(self.relaxed.values - near) <= NEAR
        self.solve_strict(self.model.integer & ~same | self.tied, near)

    def solve_surest(self) -> None:
        """Solve kernels of the columns that would lose least, until there is a solution."""
        race = self.race
        for share in SURE:
            if not race.done and race.best is None:
                self.solve_strict(self.surest(share), self.relaxed.values)

    def solve_rows(self) -> None:
        """Solve kernels that open in each long row, until there is a solution, then a near one."""
        race, most = self.race, int(self.model.integer.sum()) / 2
        for rounds, until_found in ((SOON, True), (NEAR_BEST, False)):
            for in_row, most_nodes in rounds:
                if race.done or (until_found and race.best is not None):
                    break
                open_ = self.open(in_row)
                # A kernel that is half of the model is no easier than the model.
                if int(open_.sum()) < most:
                    self.solve(open_, most_nodes)

    def solve_alternatives(self) -> None:
        """Solve the kernel of whole groups of alternatives: which, stays open, as does when."""
        race, model, reduced = self.race, self.model, self.relaxed.reduced
        if race.done:
            return
        groups = [members for _, members in alternatives(model)]
        used = self.relaxed.values + np.abs(self.values) > NEAR
        loss = np.array([0.0 if used[g].any() else -reduced[g].max() for g in groups])
        most = sum(bool(used[g].any()) for g in groups) + int(LIKELY * len(groups))
        upper = model.upper.copy()
        for k in np.argsort(loss, kind="stable")[most:].tolist():
            upper[groups[k]] = model.lower[groups[k]]
        part = _solve_in_totals(
            model.with_bounds(model.lower, upper),
            time_limit_s=race.left,
            gap=max(race.gap / 4, SURE_GAP),
            most_nodes=LIKELY_NODES,
            start=None if race.best is None else race.best.values,
            on_progress=race.listener(whole=False),
        )
        race.take(part)

    def surest(self, share: float) -> NDArray[np.bool_]:
        """The share of the columns that would lose least by leaving the relaxation's 0 or 1."""
        model, relaxed = self.model, self.relaxed
        at_upper = relaxed.values >= model.upper - NEAR
        loss = np.where(at_upper, relaxed.reduced, -relaxed.reduced)
        enough = np.quantile(loss[model.integer], share)
        split = np.abs(relaxed.values - np.rint(relaxed.values)) > NEAR
        open_: NDArray[np.bool_] = model.integer & ((loss <= enough) | split)
        return open_

    def solve_strict(self, open_: NDArray[np.bool_], values: Array) -> None:
        """Solve a kernel in which every least amount is kept, around these values."""
        race, gap = self.race, max(self.race.gap / 4, SURE_GAP)
        part = solve(
            self._held(open_, values),
            time_limit_s=race.left,
            gap=gap,
            most_nodes=SURE_NODES,
            on_progress=race.listener(whole=False),
        )
        race.take(part)
        if race.best is not None:
            self.values = race.best.values

    def _held(self, open_: NDArray[np.bool_], values: Array) -> LinearModel:
        lower, upper = self.model.lower.copy(), self.model.upper.copy()
        held = self.model.integer & ~open_
        lower[held] = upper[held] = np.rint(values[held])
        return self.model.with_bounds(lower, upper)

    def solve(self, open_: NDArray[np.bool_], most_nodes: int) -> None:
        """Solve a kernel from the solution at hand and keep what it gives."""
        race = self.race
        kernel, start = self._held(open_, self.values), self.values
        elastic = race.best is None and len(self.rows) > 0
        if elastic:
            kernel = with_shortfalls(kernel, self.rows, price=self.price, margin=MARGIN)
            start = np.concatenate([start, self._short(start, margin=MARGIN)])
        part = solve(
            kernel,
            time_limit_s=race.left,
            gap=max(race.gap / 4, ROUGH) if elastic else race.gap / 4,
            most_nodes=most_nodes,
            # From a solution the solver looks around it; without one around the relaxation, where
            # better ones lie.
            start=start if elastic else None,
            on_progress=race.listener(
                whole=False, counts=not elastic, near=0.0 if self.missed else FIRST
            ),
        )
        if elastic and len(part.values):
            self._keep(part)
            return
        race.take(part)
        if race.best is not None:
            self.values = race.best.values

    def _keep(self, part: Solution) -> None:
        """Keep an elastic kernel's solution: as a solution if nothing is missed, or to go on."""
        self.values = part.values[: len(self.model.objective)]
        short = self._short(self.values)
        self.missed = set(self.rows[short > NEAR].tolist())
        if self.missed:
            self.race.seconds += part.seconds
            self.price *= DEARER
        else:
            value = float(self.model.objective @ self.values)
            self.race.take(replace(part, values=self.values, objective=value))

    def _short(self, values: Array, *, margin: float = 0.0) -> Array:
        least = self.model.row_lower[self.rows]
        missing = least + margin * np.abs(least) - self.model.activity(values)[self.rows]
        return np.asarray(np.maximum(missing, 0.0))


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


def _solve_whole(model: LinearModel, race: _Race, *, start: Array | None) -> Solution:
    """Solve what of the model is open to the end."""
    whole = _solve_in_totals(
        model,
        time_limit_s=race.left,
        gap=race.gap,
        start=start,
        on_progress=race.listener(whole=True),
    )
    race.take(whole)
    if whole.status == "infeasible" and race.best is not None:
        # Nothing better is left: the one at hand is proved best.
        race.bound = min(race.bound, max(race.found, race.elsewhere))
    elif whole.status == "infeasible":
        return replace(whole, seconds=race.seconds)
    else:
        race.bound = min(race.bound, max(whole.bound, race.found, race.elsewhere))
    return _verdict(race)


def _solve_in_totals(
    model: LinearModel,
    *,
    time_limit_s: float,
    gap: float,
    start: Array | None,
    on_progress: Progress | None,
    most_nodes: int | None = None,
) -> Solution:
    wider, begun = with_totals(model, start=start)
    found = solve(
        wider,
        time_limit_s=time_limit_s,
        gap=gap,
        most_nodes=most_nodes,
        start=begun if len(begun) else None,
        on_progress=on_progress,
    )
    return replace(found, values=found.values[: model.size[1]])


def _fixed_by_costs(model: LinearModel, relaxed: Solution, found: float) -> tuple[Array, Array]:
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
