"""How many events are usual at a place, given what stands there and how much is reported there?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.spatial import as_one_number

Floats = NDArray[np.float64]

_NEAR_M = 35.0
_AROUND_M = 400.0
_TRIM = 0.97
_ROUNDS = 4
_LEAST_MEAN = 0.05
_ROW = 4_000_037
"""Cells in a row of the grid: more than there are from pole to pole."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is usual at each unit, and how far do counts stray from it?

    `mean` : shape (units,). `spread` is the negative binomial's: variance = mean + spread mean^2.
    """

    mean: Floats
    spread: float

    def chance(self, unit: int, count: int) -> float:
        """How likely are at least so many events at the unit, were it like the others?"""
        from scipy.special import betainc, gammainc

        if count <= 0:
            return 1.0
        mean = float(self.mean[unit])
        if self.spread < 1e-6:
            return float(gammainc(count, mean))
        size = 1 / self.spread
        return float(betainc(count, size, mean / (mean + size)))


def expected_counts(counts: Floats, size: Floats, habit: Floats, local: Floats) -> Expectation:
    """How many events are usual at each unit of a kind, the bad ones left out?

    Parameters
    ----------
    counts, size, habit, local : shape (units,)
        Events; size of what stands there (number of things or metres over 20); how much else is
        reported there (:func:`habits`); the rate of the kind around (:func:`local_rates`).

    Notes
    -----
    ln mean = a + b ln size + c ln(1 + habit) + d ln local, with negative binomial spread. Fitted
    four times, each time without the 3 % of units that exceed the last fit most: a few chronic
    places don't teach the model that being chronic is usual. Units without events take part:
    what never fails makes failing remarkable. O(units).
    """
    if counts.sum() == 0:
        return Expectation(np.full(len(counts), _LEAST_MEAN), 0.0)
    # A row a term: sums run along the units, which lie side by side.
    design = np.stack(
        (
            np.ones(len(counts)),
            np.log(size / size.mean() + 0.05),
            np.log1p(habit),
            np.log(np.maximum(local, 1e-9) / max(float(local.mean()), 1e-9)),
        )
    )
    # Of a lone unit nothing can be left out.
    share = max(0.0, min(_TRIM, 1 - 1.5 / len(counts)))
    rate = counts / size
    keep = rate <= np.quantile(rate, share)
    beta = None
    for _ in range(_ROUNDS):
        if counts[keep].any():
            beta = _poisson_fit(design[:, keep], counts[keep], start=beta)
            mean = np.maximum(np.exp(np.clip(beta @ design, -12, 9)), _LEAST_MEAN)
        else:
            # All events are at the units left out: a fit would run away.
            beta, mean = None, np.full(len(counts), _LEAST_MEAN)
        excess = (counts - mean) / np.sqrt(mean + 0.5 * mean**2)
        keep = excess <= np.quantile(excess, share)
    own, usual = counts[keep], mean[keep]
    spread = float(((own - usual) ** 2 - usual).sum() / (usual**2).sum())
    return Expectation(mean, max(0.0, spread))


def _poisson_fit(x: Floats, n: Floats, *, start: Floats | None) -> Floats:
    """Coefficients of ln mean, by Newton from the last round's: only a few units came or went."""
    if start is None:
        start = np.zeros(len(x))
        start[0] = np.log(max(float(n.mean()), 1e-3))
    beta = start
    ridge = np.eye(len(beta))
    ridge[0, 0] = 1e-6
    for _ in range(50):
        mean = np.exp(np.clip(beta @ x, -12, 9))
        step = np.linalg.solve((x * mean) @ x.T + ridge, x @ (n - mean) - ridge @ beta)
        beta = beta + np.clip(step, -1, 1)
        if float(np.abs(step).max()) < 1e-7:
            break
    return beta


def cell_keys(x: Floats, y: Floats, *, side: float) -> NDArray[np.int64]:
    """Number the square cell of each point; the cells beside it are 1 and `_ROW` away."""
    i = np.floor(x / side).astype(np.int64)
    return i * _ROW + np.floor(y / side).astype(np.int64)


AROUND = np.array([i * _ROW + j for i in (-1, 0, 1) for j in (-1, 0, 1)])
"""From the number of a cell to its own and those of its eight neighbours."""


class _Cells:
    """Cells of points that are looked up again and again: in order, which is much faster."""

    def __init__(self, x: Floats, y: Floats, *, side: float) -> None:
        keys = cell_keys(x, y, side=side)
        self.order = np.argsort(keys)
        self.keys = keys[self.order]


class CellSums:
    """Sums over square cells and their eight neighbours, looked up for any point."""

    def __init__(self, keys: NDArray[np.int64], weight: Floats) -> None:
        own, inverse = np.unique(keys, return_inverse=True)
        sums = np.bincount(inverse.ravel(), weight, len(own))
        # Each cell gives to the nine around it once, so that a point is looked up once.
        self.keys, cell = np.unique((own[:, None] + AROUND).ravel(), return_inverse=True)
        self.sums = np.bincount(cell.ravel(), np.repeat(sums, 9), len(self.keys))

    def around(self, cells: _Cells) -> Floats:
        """Sum over the cell of each point and the eight around it."""
        total = np.zeros(len(cells.keys))
        if len(self.keys):
            at = np.minimum(np.searchsorted(self.keys, cells.keys), len(self.keys) - 1)
            total[cells.order] = np.where(self.keys[at] == cells.keys, self.sums[at], 0.0)
        return total


class Habits:
    """How much is reported at a place, other kinds than the one asked about?

    Each kind counts at most three times a cell of 35 m, so that one chronic problem does not pass
    for a habit of reporting.
    """

    def __init__(self, x: Floats, y: Floats, kind: NDArray[np.int32]) -> None:
        cell = np.floor(x / _NEAR_M), np.floor(y / _NEAR_M)
        _, first, count = np.unique(
            as_one_number(*cell, kind), return_index=True, return_counts=True
        )
        trimmed = np.minimum(count, 3).astype(np.float64)
        keys, kinds = cell_keys(x[first], y[first], side=_NEAR_M), kind[first]
        self.all = CellSums(keys, trimmed)
        self.of_kind = {
            int(k): CellSums(keys[own := kinds == k], trimmed[own]) for k in np.unique(kind)
        }

    def at(self, x: Floats, y: Floats, leave_out: Sequence[int]) -> Floats:
        """Trimmed number of reports of kinds not left out in the nine cells around each point."""
        cells = _Cells(x, y, side=_NEAR_M)
        total = self.all.around(cells)
        for kind in leave_out:
            if kind in self.of_kind:
                total = total - self.of_kind[kind].around(cells)
        return total


def local_rates(x: Floats, y: Floats, counts: Floats, size: Floats) -> Floats:
    """Which rate has the kind around each unit, itself left out?

    Counts in the nine cells of 400 m, each trimmed at the kind's 90th percentile plus one, over
    size there; three average units are added, so that a lone one is judged by all.
    """
    trimmed = np.minimum(counts, np.quantile(counts, 0.9) + 1)
    own, cell = np.unique(cell_keys(x, y, side=_AROUND_M), return_inverse=True)
    in_cell = np.stack([np.bincount(cell, weight, len(own)) for weight in (trimmed, size)])
    around = np.zeros_like(in_cell)
    for step in AROUND:
        beside = np.minimum(np.searchsorted(own, own + step), len(own) - 1)
        around += np.where(own[beside] == own + step, in_cell[:, beside], 0.0)
    events, room = around[0, cell] - trimmed, around[1, cell] - size
    return np.asarray((events + 3 * trimmed.mean()) / (room + 3 * size.mean()), dtype=np.float64)
