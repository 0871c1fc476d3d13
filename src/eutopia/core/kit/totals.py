"""A stronger form of selection models: what is chosen at all, before when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eutopia.core.kit.optimise import INFINITY, Array, Integers, LinearModel, Row, extend

ROUNDING = 1e-9
"""Entries that differ by no more than this share are multiples of one another."""


def with_totals(model: LinearModel, *, start: Array | None = None) -> tuple[LinearModel, Array]:
    """Which model also decides whether anything is chosen of what excludes one another?

    Parameters
    ----------
    model
        n columns. Rows that allow at most one of several whole columns make groups; a column is
        in the first such row only.
    start
        Values of its columns, shape (n); may be empty.

    Returns
    -------
    tuple
        The model and its implied rows, with a whole column a group after the n and one for each
        sum that rows have in common, and `start` for it. Values of its first n columns solve
        `model`, to the same objective and bound.

    Notes
    -----
    Branching on a total settles a candidate in every year at once, on a year it hardly settles
    anything. Rows that ask the same of all columns of a group ask it of the total; rows that are
    mostly a multiple of an implied one ask it of what that adds up to: so they are short. Least
    amounts are told in totals too, each with the largest entry of its group: that follows from
    the model, but only so do solvers see which totals must not all be missing.
    Source: Vielma, "Mixed integer linear programming formulation techniques", SIAM Review 57
    (2015), on branching by general disjunctions.

    Examples
    --------
    >>> from eutopia.core.kit.optimise import ModelBuilder, solve
    >>> builder = ModelBuilder()
    >>> years = [builder.add_column(objective=v) for v in (3, 2)]
    >>> _ = builder.add_row(years, [1, 1], upper=1)
    >>> wider, _ = with_totals(builder.build())
    >>> wider.size, solve(wider).values.tolist()
    ((2, 3), [1.0, 0.0, 1.0])
    """
    n, own = model.size[1], model.size[0]
    groups = [members for _, members in alternatives(model)]
    begun = np.zeros(0) if start is None else start
    model = model.with_implied()
    if not groups:
        return model, begun
    total_of = np.arange(n)
    rows: list[Row] = []
    for k, members in enumerate(groups):
        total_of[members] = n + k
        rows.append(([*members.tolist(), n + k], [*[1.0] * len(members), -1.0], 0.0, 0.0))
    wider = extend(
        _in_totals(model, total_of),
        columns=[(0.0, 0.0, 1.0)] * len(groups),
        rows=rows + _least(model, total_of),
    )
    whole = np.concatenate([model.integer, np.ones(len(groups), dtype=bool)])
    wider = replace(wider, integer=whole)
    if len(begun):
        begun = np.concatenate([begun, [begun[members].sum() for members in groups]])
    for row in range(own, model.size[0]):
        wider, begun = _with_sum(wider, row, begun)
    return wider, begun


def alternatives(model: LinearModel) -> list[tuple[int, Integers]]:
    """Of which columns is at most one 1? The rows that say so and their columns, none in two."""
    taken = np.zeros(model.size[1], dtype=bool)
    lengths = np.diff(model.starts)
    likely = (model.row_upper == 1) & (model.row_lower <= 1) & (lengths > 1)
    groups = []
    for row in np.flatnonzero(likely).tolist():
        part = slice(model.starts[row], model.starts[row + 1])
        members = model.columns[part]
        alike = (model.entries[part] == 1).all() and model.integer[members].all()
        if alike and (model.lower[members] >= 0).all() and not taken[members].any():
            taken[members] = True
            groups.append((row, members))
    return groups


def _in_totals(
    model: LinearModel, total_of: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> LinearModel:
    """Rows with one entry for all columns of a group have it once, for the total."""
    totals = total_of[model.columns]
    rows = np.repeat(np.arange(model.size[0]), np.diff(model.starts))
    _, first, part, there = np.unique(
        rows * (total_of.max() + 1) + totals,
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    other = np.zeros(len(first), dtype=bool)
    np.logical_or.at(other, part, model.entries != model.entries[first][part])
    told = (there > 1) & (there == np.bincount(total_of)[totals[first]]) & ~other
    kept = ~told[part]
    kept[first[told]] = True
    return replace(
        model,
        starts=np.concatenate([[0], np.cumsum(kept)])[model.starts],
        columns=np.where(told[part], totals, model.columns)[kept],
        entries=model.entries[kept],
    )


def _with_sum(model: LinearModel, row: int, start: Array) -> tuple[LinearModel, Array]:
    """The model with a column for what a row adds up to, in rows that are mostly multiples of it.

    Such a row keeps the few entries in which it differs.
    """
    n = model.size[1]
    part = slice(model.starts[row], model.starts[row + 1])
    own = np.zeros(n)
    own[model.columns[part]] = model.entries[part]
    there = own != 0
    if not there.any():
        return model, start
    lengths = np.diff(model.starts)
    told: dict[int, Row] = {}
    for other in np.flatnonzero(2 * lengths > there.sum()).tolist():
        span = slice(model.starts[other], model.starts[other + 1])
        entries = np.zeros(n)
        entries[model.columns[span]] = model.entries[span]
        times = float(np.median(entries[there] / own[there]))
        left = entries - times * own
        left[np.abs(left) <= ROUNDING * np.abs(entries)] = 0.0
        differ = np.flatnonzero(left)
        if other != row and times and 2 * len(differ) < lengths[other]:
            bounds = float(model.row_lower[other]), float(model.row_upper[other])
            told[other] = ([*differ.tolist(), n], [*left[differ].tolist(), times], *bounds)
    if not told:
        return model, start
    sum_of = np.flatnonzero(there)
    told[row] = ([*sum_of.tolist(), n], [*own[sum_of].tolist(), -1.0], 0.0, 0.0)
    bare = _without(model, list(told))
    column = (0.0, float(model.row_lower[row]), float(model.row_upper[row]))
    model = extend(bare, columns=[column], rows=list(told.values()))
    if len(start):
        start = np.append(start, float(own @ start))
    return model, start


def _without(model: LinearModel, rows: list[int]) -> LinearModel:
    """The model with these rows empty: the others keep their positions."""
    lengths = np.diff(model.starts)
    kept = ~np.isin(np.repeat(np.arange(len(lengths)), lengths), rows)
    lower, upper = model.row_lower.copy(), model.row_upper.copy()
    lower[rows], upper[rows] = -INFINITY, INFINITY
    return replace(
        model,
        starts=np.concatenate([[0], np.cumsum(kept)])[model.starts],
        columns=model.columns[kept],
        entries=model.entries[kept],
        row_lower=lower,
        row_upper=upper,
    )


def _least(model: LinearModel, total_of: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Row]:
    """Least amounts in totals: a group counts with its largest entry."""
    sizes = np.bincount(total_of)
    rows: list[Row] = []
    asked = np.isfinite(model.row_lower) & (model.row_lower < model.row_upper)
    for row in np.flatnonzero(asked).tolist():
        part = slice(model.starts[row], model.starts[row + 1])
        totals, where, there = np.unique(
            total_of[model.columns[part]], return_inverse=True, return_counts=True
        )
        if len(totals) in (1, len(model.columns[part])):
            continue
        most = np.full(len(totals), -INFINITY)
        np.maximum.at(most, where, model.entries[part])
        # A group of which only a part is in the row can be chosen without touching it.
        partly = there < sizes[totals]
        most[partly] = np.maximum(most[partly], 0.0)
        rows.append((totals.tolist(), most.tolist(), float(model.row_lower[row]), INFINITY))
    return rows
