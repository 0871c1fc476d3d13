"""A stronger form of selection models: what is chosen at all, before when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eutopia.core.kit.optimise import INFINITY, Array, LinearModel, Row, extend


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
        The model with a whole column a group after the n, and `start` for it. Values of its first
        n columns solve `model`, to the same objective and bound.

    Notes
    -----
    Branching on a total settles a candidate in every year at once, on a year it hardly settles
    anything. Least amounts are told in totals too, each with the largest entry of its group: that
    follows from the model, but only so do solvers see which totals must not all be missing.
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
    n = model.size[1]
    groups = _groups(model)
    given = np.zeros(0) if start is None else start
    if not groups:
        return model, given
    total_of = np.arange(n)
    rows: list[Row] = []
    for k, members in enumerate(groups):
        total_of[members] = n + k
        rows.append(([*members.tolist(), n + k], [*[1.0] * len(members), -1.0], 0.0, 0.0))
    wider = extend(
        model, columns=[(0.0, 0.0, 1.0)] * len(groups), rows=rows + _least(model, total_of)
    )
    whole = np.concatenate([model.integer, np.ones(len(groups), dtype=bool)])
    if len(given):
        given = np.concatenate([given, [given[members].sum() for members in groups]])
    return replace(wider, integer=whole), given


def _groups(model: LinearModel) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Columns of which at most one is 1, as rows say; no column in two groups."""
    taken = np.zeros(model.size[1], dtype=bool)
    lengths = np.diff(model.starts)
    likely = (model.row_upper == 1) & np.isneginf(model.row_lower) & (lengths > 1)
    groups = []
    for row in np.flatnonzero(likely).tolist():
        part = slice(model.starts[row], model.starts[row + 1])
        members = model.columns[part]
        alike = (model.entries[part] == 1).all() and model.integer[members].all()
        if alike and (model.lower[members] >= 0).all() and not taken[members].any():
            taken[members] = True
            groups.append(members)
    return groups


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
