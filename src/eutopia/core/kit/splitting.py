"""Which yes or no costs the relaxation most? Looked at before anything else is searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eutopia.core.kit.optimise import INFINITY, Array, Integers, LinearModel, Relaxation
from eutopia.core.kit.totals import alternatives, with_totals

LEAST = 0.0005
"""A split that lowers the bound by less than this share of it is not worth making."""
MOST = 12
"""So many splits are made one after another."""
MOST_ASKED = 60
"""Of so many unsure groups, those nearest to a half, both sides are looked at."""
NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Split:
    """One of `columns` is chosen, or none is; no solution on the other side is above `other`.

    `row` is the row that allows only one of them; -1 for a single column.
    """

    columns: Integers
    row: int
    chosen: bool
    other: float


def split_unsure(model: LinearModel) -> tuple[tuple[Split, ...], float]:
    """Which alternatives does the relaxation split most dearly, and which side is likely?

    Parameters
    ----------
    model
        n columns, most of them 0 or 1; maximised.

    Returns
    -------
    tuple
        Splits one after another, each on the likely sides of those before it, so that the other
        sides and the last likely one hold all solutions; and the seconds of solver time.

    Notes
    -----
    Where a least amount for a district needs one large work, the relaxation builds a hundredth of
    it; with all of it and without it less can be reached, and cutting planes do not show that.
    Each round asks of all that is split what is lost without it and with it, and splits where the
    lesser loss is largest. Two short solves each.
    Source: Achterberg, Koch and Martin, "Branching rules revisited", Operations Research Letters
    33 (2005), on strong branching.

    Examples
    --------
    >>> from eutopia.core.kit.optimise import ModelBuilder
    >>> builder = ModelBuilder()
    >>> large = builder.add_column(objective=-30)
    >>> small = builder.add_column(objective=5)
    >>> _ = builder.add_row([large, small], [100, -1], lower=0)
    >>> splits, _ = split_unsure(builder.build())
    >>> [(split.columns.tolist(), split.chosen, split.other) for split in splits]
    [([0], False, -25.0)]
    """
    units = _units(model)
    relaxation = Relaxation(with_totals(model)[0])
    splits: list[Split] = []
    value = root = relaxation.solve()
    while np.isfinite(value) and len(splits) < MOST:
        asked = _unsure(relaxation.stand(), units)
        sides = [_sides(relaxation, units[k][0]) for k in asked]
        if not sides:
            break
        dearest = min(range(len(asked)), key=lambda k: max(sides[k]))
        without, within = sides[dearest]
        if value - max(without, within) < LEAST * abs(root):
            break
        column, columns, row = units[asked[dearest]]
        chosen = within > without
        relaxation.hold(column, float(chosen), float(chosen))
        value = relaxation.solve()
        splits.append(Split(columns, row, chosen, min(without, within)))
    return tuple(splits), relaxation.seconds


def on_likely_sides(model: LinearModel, splits: Sequence[Split]) -> LinearModel:
    """Which model holds only what is on the likely sides of these splits?"""
    lower, upper, least = model.lower.copy(), model.upper.copy(), model.row_lower.copy()
    for split in splits:
        if not split.chosen:
            upper[split.columns] = 0.0
        elif split.row < 0:
            lower[split.columns] = 1.0
        else:
            least[split.row] = 1.0
    return replace(model, lower=lower, upper=upper, row_lower=least)


def settled(splits: Sequence[Split], worth: float) -> tuple[Split, ...]:
    """Which splits, from the first on, have nothing above this worth on their other sides?"""
    for k, split in enumerate(splits):
        if split.other > worth:
            return tuple(splits[:k])
    return tuple(splits)


def best_elsewhere(splits: Sequence[Split]) -> float:
    """What is above all that the other sides hold? -inf where they hold nothing."""
    return max((split.other for split in splits), default=-INFINITY)


def _units(model: LinearModel) -> list[tuple[int, Integers, int]]:
    """What is decided: groups by their totals, then single columns. Column, its columns, row."""
    groups = alternatives(model)
    single = model.integer.copy()
    for _, members in groups:
        single[members] = False
    n = model.size[1]
    units = [(n + k, members, row) for k, (row, members) in enumerate(groups)]
    return units + [(c, np.array([c]), -1) for c in np.flatnonzero(single).tolist()]


def _unsure(values: Array, units: Sequence[tuple[int, Integers, int]]) -> list[int]:
    """Units that the relaxation splits, those nearest to a half first."""
    parts = values[[column for column, _, _ in units]]
    split = np.flatnonzero((parts > NEAR) & (parts < 1 - NEAR))
    order = np.argsort(np.abs(parts[split] - 0.5), kind="stable")
    return [int(k) for k in split[order][:MOST_ASKED]]


def _sides(relaxation: Relaxation, column: int) -> tuple[float, float]:
    """How much can the objective be without it, and with it?"""
    found = []
    for side in (0.0, 1.0):
        relaxation.hold(column, side, side)
        found.append(relaxation.solve())
    relaxation.hold(column, 0.0, 1.0)
    return found[0], found[1]
