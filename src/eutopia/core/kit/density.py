"""Dense groups in space and time, and local concentration, over millions of points.

Points are sorted into cells as large as the reach; those that may be near are then one run of the
sorted points for each row of cells beside them, looked at in blocks: the memory is that of the
points, of one block of pairs, and of the pairs that are near where groups are made of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PAIR_BLOCK = 2_000_000


def dense_groups(
    x: Floats, y: Floats, t: Floats, *, within: float, span: float, least: int
) -> NDArray[np.int32]:
    """Which points lie in one dense group in space and time? -1: in none.

    Parameters
    ----------
    x, y, t : shape (n,)
        Metres and time in any unit, finite.
    within, span
        Neighbours are at most so far apart in metres and in time, inclusive.
    least
        A point is a core where so many points, itself included, are its neighbours.

    Returns
    -------
    labels : shape (n,)
        Groups by the position of their first core; a point at the edge of several belongs to the
        first of these.

    Raises
    ------
    ValueError
        A reach or `least` that is not above zero, or a point that is not finite.

    Notes
    -----
    ST-DBSCAN: cores that are neighbours are one group, points beside a core belong to it.
    O(n log n + pairs). Source: Birant, D. and Kut, A. (2007), *ST-DBSCAN: An algorithm for
    clustering spatial-temporal data*, Data & Knowledge Engineering 60(1).

    Examples
    --------
    >>> x = np.array([0.0, 5.0, 9.0, 500.0])
    >>> dense_groups(x, np.zeros(4), np.zeros(4), within=10, span=1, least=2).tolist()
    [0, 0, 0, -1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _check(x, y, t, within, span)
    if least < 1:
        raise ValueError("least must be above zero")
    n = len(x)
    pairs = [
        (i.astype(np.int32), j.astype(np.int32))
        for i, j in near_pairs(x, y, t, within=within, span=span)
    ]
    a = np.concatenate([p[0] for p in pairs]) if pairs else np.empty(0, np.int32)
    b = np.concatenate([p[1] for p in pairs]) if pairs else np.empty(0, np.int32)
    core = np.bincount(a, minlength=n) + np.bincount(b, minlength=n) + 1 >= least
    both = core[a] & core[b]
    graph = coo_array((np.ones(int(both.sum()), np.int8), (a[both], b[both])), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    cores = np.flatnonzero(core)
    labels = np.full(n, n, dtype=np.int64)
    # Number the groups by their first core.
    _, first, inverse = np.unique(part[cores], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    labels[cores] = rank[inverse]
    known = labels.copy()
    for core_side, edge_side in ((a, b), (b, a)):
        edge = core[core_side] & ~core[edge_side]
        np.minimum.at(labels, edge_side[edge], known[core_side[edge]])
    labels[labels == n] = -1
    return labels.astype(np.int32)


def local_concentration(x: Floats, y: Floats, value: Floats, *, within: float) -> Floats:
    """Where are high values among high ones? Getis and Ord's Gi*, in standard deviations.

    Parameters
    ----------
    x, y : shape (n,)
        Metres, finite.
    value : shape (n,)
        What is concentrated: reports at a point, their cost.
    within
        Neighbours are at most so far apart, inclusive; each point is its own neighbour.

    Returns
    -------
    score : shape (n,)
        z of the sum around each point; 0 where all are neighbours or all values are alike.

    Notes
    -----
    (sum of the neighbours - W mean) / (s sqrt((n W - W^2) / (n - 1))) with W neighbours and s the
    deviation with divisor n. O(n log n + pairs). Source: Ord, J. K. and Getis, A. (1995), *Local
    spatial autocorrelation statistics*, Geographical Analysis 27(4).

    Examples
    --------
    >>> score = local_concentration(
    ...     np.array([0.0, 1.0, 9.0, 10.0]), np.zeros(4), np.array([5.0, 5.0, 1.0, 1.0]), within=2
    ... )
    >>> score.round(3).tolist()
    [1.732, 1.732, -1.732, -1.732]
    """
    nowhere = np.zeros(len(x))
    _check(x, y, nowhere, within, 1.0)
    n = len(x)
    if not n:
        return nowhere
    total, count = value.astype(np.float64), np.ones(n)
    for i, j in near_pairs(x, y, None, within=within, span=1.0):
        total = total + np.bincount(i, value[j], n) + np.bincount(j, value[i], n)
        count += np.bincount(i, minlength=n) + np.bincount(j, minlength=n)
    spread = float(value.std()) * np.sqrt(np.maximum(n * count - count**2, 0.0) / max(n - 1, 1))
    score: Floats = np.divide(
        total - count * float(value.mean()), spread, out=np.zeros(n), where=spread > 0
    )
    return score


def near_pairs(
    x: Floats, y: Floats, t: Floats | None, *, within: float, span: float
) -> Iterator[tuple[Ints, Ints]]:
    """Which pairs lie within so many metres and so much time? Each once, block by block.

    Notes
    -----
    Cells of the size of the reach; a point is compared with those after it in its own cell and with
    those of the cells after it: along a row of cells these are one run of the sorted points.
    """
    cells = _Cells(x, y, t, within, span)
    for start, stop in cells.runs():
        length = np.maximum(stop - start, 0)
        until = np.cumsum(length)
        at = 0
        while at < len(length):
            base = int(until[at - 1]) if at else 0
            end = max(int(np.searchsorted(until, base + _PAIR_BLOCK, side="right")), at + 1)
            yield from cells.near(np.arange(at, end), start[at:end], length[at:end])
            at = end


class _Cells:
    """Points sorted by cell: column, row, and in it by time (by x where there is none)."""

    def __init__(self, x: Floats, y: Floats, t: Floats | None, within: float, span: float) -> None:
        self.within, self.span = within, span
        column = np.floor((x - x.min(initial=0.0)) / within).astype(np.int64)
        row = np.floor((y - y.min(initial=0.0)) / within).astype(np.int64)
        rows = int(row.max(initial=0)) + 3
        along = x if t is None else t
        step = within if t is None else span
        if t is None:
            column = np.zeros_like(column)
        along = along - along.min(initial=0.0)
        # One number orders the points: cell first, then along; gaps keep the cells apart.
        self.width = float(along.max(initial=0.0)) + 2 * step
        key = (column * rows + row + 1) * self.width + along
        self.order = np.argsort(key)
        self.key = key[self.order]
        self.x, self.y = x[self.order], y[self.order]
        self.t = None if t is None else t[self.order]
        self.step, self.rows = step, rows
        self.flat = t is None

    def runs(self) -> Iterator[tuple[Ints, Ints]]:
        """For each point the run of points after it that may be near, cell by cell beside it."""
        here = np.arange(len(self.key))
        reach = self.step * (1 + 1e-9) + 8 * float(np.spacing(self.key.max(initial=1.0)))
        yield here + 1, np.searchsorted(self.key, self.key + reach, side="right")
        beside = (1,) if self.flat else (1, self.rows - 1, self.rows, self.rows + 1)
        for cell in beside:
            middle = self.key + cell * self.width
            low = np.searchsorted(self.key, middle - reach)
            yield low, np.searchsorted(self.key, middle + reach, side="right")

    def near(self, rows: Ints, start: Ints, length: Ints) -> Iterator[tuple[Ints, Ints]]:
        """Pairs that are near, of the points `rows` with the runs that begin at `start`."""
        i = np.repeat(rows, length)
        j = np.arange(len(i)) - np.repeat(np.cumsum(length) - length, length)
        j += np.repeat(start, length)
        gap = self.x[i] - self.x[j]
        square = gap * gap
        gap = self.y[i] - self.y[j]
        square += gap * gap
        near = square <= self.within * self.within
        if self.t is not None:
            near &= np.abs(self.t[i] - self.t[j]) <= self.span
        if near.any():
            yield self.order[i[near]], self.order[j[near]]


def _check(x: Floats, y: Floats, t: Floats, within: float, span: float) -> None:
    if within <= 0 or span <= 0:
        raise ValueError("within and span must be above zero")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and np.isfinite(t).all()):
        raise ValueError("every point needs a finite place and time: set the others aside first")
