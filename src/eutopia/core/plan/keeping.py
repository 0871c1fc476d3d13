"""Among programmes of nearly one value: which keeps most of what was planned before?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eutopia.core.kit.optimise import INFINITY, Array, LinearModel, Solution, extend, solve
from eutopia.core.plan.model import PortfolioModel

TIE = 0.001
"""Share of the value that may be given up for keeping more of what was planned before."""
OTHER_YEAR = 0.5
"""What a work that is kept in another year counts, where in its year counts 1."""
NODES = 100
Kept = Sequence[tuple[str, int]]
"""Works planned before: candidate and year offset."""


def keep_most(
    model: PortfolioModel,
    linear: LinearModel,
    found: Solution,
    *,
    kept: Kept,
    gap: float,
    time_limit_s: float,
) -> Solution:
    """Which solution of nearly the same value keeps most of what was planned before?

    Parameters
    ----------
    model, linear
        The portfolio model, and what of it was solved: columns of its own come after the model's.
    found
        A solution of `linear`.
    kept
        What was planned before; what is no candidate any more is left aside.
    gap
        Where `found` is within this gap of its bound, what is given back is too.
    time_limit_s
        Seconds of solver time.

    Returns
    -------
    Solution
        `found` itself where nothing keeps more; never worth less than `found` by more than `TIE`.
        The bound stays: it is that of the value, in which keeping counts nothing.

    Notes
    -----
    A second stage: only works that `found` and the plan before have otherwise may change, so what
    is given back lies between the two; another programme might keep more still.
    Source: lexicographic optimisation as in Ehrgott, *Multicriteria Optimization* (2005), 5.1.
    """
    counts = _counts(model, len(found.values), kept)
    if not counts.any():
        return found
    lower, upper = linear.lower.copy(), linear.upper.copy()
    held = linear.integer.copy()
    for starts in model.by_candidate.values():
        columns = [start.column for start in starts]
        if (np.rint(found.values[columns]) != (counts[columns] == 1)).any():
            held[columns] = False
    lower[held] = upper[held] = found.values[held]
    worth = np.flatnonzero(linear.objective)
    row = (worth.tolist(), linear.objective[worth].tolist(), _least(found, gap), INFINITY)
    between = extend(linear.with_bounds(lower, upper), rows=[row], objective=counts)
    near = solve(between, start=found.values, most_nodes=NODES, time_limit_s=time_limit_s)
    seconds = found.seconds + near.seconds
    if not len(near.values) or near.objective < float(counts @ found.values) + OTHER_YEAR / 2:
        return replace(found, seconds=seconds)
    value = float(linear.objective @ near.values)
    bound = max(found.bound, value)
    return replace(found, values=near.values, objective=value, bound=bound, seconds=seconds)


def planned_before(model: PortfolioModel, columns: int, kept: Kept) -> Array | None:
    """Which columns hold what was planned before, in its year? None where nothing was."""
    before = (_counts(model, columns, kept) == 1).astype(np.float64)
    return before if before.any() else None


def _counts(model: PortfolioModel, columns: int, kept: Kept) -> Array:
    """What does each column keep: 1 in the year of before, half in another."""
    year_of = dict(kept)
    counts = np.zeros(columns)
    for start in model.starts:
        before = year_of.get(model.candidates[start.candidate].id)
        if before is not None:
            counts[start.column] = 1.0 if before == start.year else OTHER_YEAR
    return counts


def _least(found: Solution, gap: float) -> float:
    """The least value that counts as the same and is within the gap that was promised."""
    value = found.objective
    least = value - TIE * abs(value)
    return max(least, found.bound / (1 + gap)) if found.gap <= gap and value > 0 else least
