"""Metres, neighbours and groups: the spatial mathematics that several rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyproj import Transformer
    from scipy.spatial import cKDTree
    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_PAIR_BLOCK = 50_000
"""Rows whose neighbours are looked up at once: bounds memory, not the result."""


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """Where is a place in metres east and north of a centre?

    Azimuthal equidistant projection on WGS 84 around (`lon`, `lat`): within 50 km of the centre
    distances are right to 1 part in 100,000.

    Examples
    --------
    >>> plane = LocalPlane(lon=37.6, lat=55.75)
    >>> x, y = plane.forward(np.array([37.6, 37.616]), np.array([55.75, 55.75]))
    >>> [round(float(v)) for v in x]
    [0, 1005]
    """

    lon: float
    lat: float

    @classmethod
    def around(cls, lon: Floats, lat: Floats) -> LocalPlane:
        """Centre the plane on the median of the places given (NaN ignored; 0, 0 for none).

        The centre is rounded to 0.1 degree so that tomorrow's rows do not move it.
        """
        known = np.isfinite(lon) & np.isfinite(lat)
        if not known.any():
            return cls(0.0, 0.0)
        return cls(
            round(float(np.median(lon[known])), 1),
            round(float(np.median(lat[known])), 1),
        )

    def forward(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Turn degrees into metres; NaN stays NaN."""
        x, y = _transformer(self.lon, self.lat).transform(
            np.asarray(lon, float), np.asarray(lat, float)
        )
        x, y = np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
        unknown = ~(np.isfinite(lon) & np.isfinite(lat) & np.isfinite(x) & np.isfinite(y))
        x[unknown] = np.nan
        y[unknown] = np.nan
        return x, y

    def flatten(self, geometry: BaseGeometry) -> BaseGeometry:
        """Turn a geometry in degrees into the same in metres."""
        import shapely

        return shapely.transform(
            geometry, lambda points: np.column_stack(self.forward(points[:, 0], points[:, 1]))
        )

    def inverse(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Turn metres back into degrees."""
        lon, lat = _transformer(self.lon, self.lat).transform(
            np.asarray(x, float), np.asarray(y, float), direction="INVERSE"
        )
        return np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)


@cache
def _transformer(lon: float, lat: float) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(
        "EPSG:4326",
        f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m",
        always_xy=True,
    )


def neighbour_pairs(
    x: Floats, y: Floats, t: Floats, *, within: float, span: float
) -> Iterator[tuple[Positions, Positions]]:
    """Which pairs of rows lie within so many metres and so much time of each other?

    Parameters
    ----------
    x, y : shape (n,)
        Metres, finite.
    t : shape (n,)
        Time in any unit, finite.
    within
        Largest distance in metres, inclusive.
    span
        Largest difference in time, inclusive, in the unit of `t`; above zero.

    Yields
    ------
    i, j
        Positions with t[i] <= t[j] (ties: i < j), block by block in the order of time; each pair
        once.

    Notes
    -----
    Blocks of 50,000 rows bound the memory by the neighbours of a block. A k-d tree over (x, y,
    scaled time) with the maximum norm finds the box, the exact distance is then taken.
    O(n log n + pairs).

    Examples
    --------
    >>> x, y, t = np.array([0.0, 30.0, 31.0]), np.zeros(3), np.array([0.0, 1.0, 9.0])
    >>> [(i.tolist(), j.tolist()) for i, j in neighbour_pairs(x, y, t, within=40, span=7)]
    [([0], [1])]
    """
    from scipy.spatial import cKDTree

    if span <= 0 or within <= 0:
        raise ValueError("within and span must be above zero")
    order = np.lexsort((np.arange(len(t)), t))
    scaled = np.column_stack((x, y, t * (within / span)))[order]
    times = t[order]
    start = 0
    while start < len(order):
        stop = min(start + _PAIR_BLOCK, len(order))
        # Rows before the block that are still near in time belong to its pairs.
        reach = int(np.searchsorted(times, times[start] - span, side="left"))
        here = cKDTree(scaled[start:stop])
        found = [here.query_pairs(within, p=np.inf, output_type="ndarray") + start]
        if reach < start:
            found.append(_cross_pairs(cKDTree(scaled[reach:start]), here, within, reach, start))
        pairs = np.concatenate(found)
        a, b = np.minimum(pairs[:, 0], pairs[:, 1]), np.maximum(pairs[:, 0], pairs[:, 1])
        gap = scaled[a, :2] - scaled[b, :2]
        near = np.hypot(gap[:, 0], gap[:, 1]) <= within
        near &= times[b] - times[a] <= span
        a, b = a[near], b[near]
        if len(a):
            order_of_pairs = np.lexsort((a, b))
            yield order[a[order_of_pairs]], order[b[order_of_pairs]]
        start = stop


def _cross_pairs(
    earlier: cKDTree, here: cKDTree, within: float, reach: int, start: int
) -> Positions:
    lists = earlier.query_ball_tree(here, within, p=np.inf)
    left = np.repeat(np.arange(len(lists)), [len(found) for found in lists])
    right = np.fromiter((b for found in lists for b in found), dtype=np.intp, count=len(left))
    return np.column_stack((left + reach, right + start)).astype(np.intp)


def connected(n: int, i: Positions, j: Positions) -> NDArray[np.int32]:
    """Which component does each of n nodes belong to, given undirected links i-j?

    Labels are 0, 1, ... in the order of each component's smallest node. O(n + links).

    Examples
    --------
    >>> connected(4, np.array([1]), np.array([3])).tolist()
    [0, 1, 2, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(n, n))
    _, labels = connected_components(links, directed=False)
    return first_seen_labels(labels)


def first_seen_labels(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Renumber labels 0, 1, ... in the order in which they first occur.

    Examples
    --------
    >>> first_seen_labels(np.array([7, 3, 7])).tolist()
    [0, 1, 0]
    """
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first), dtype=np.int32)
    return rank[inverse]


def as_one_number(*columns: NDArray[np.number]) -> NDArray[np.int64]:
    """Number rows of whole numbers so that the numbers are equal and ordered as the rows are.

    Examples
    --------
    >>> as_one_number(np.array([5, 4, 5]), np.array([-1.0, 7.0, -1.0])).tolist()
    [9, 8, 9]
    """
    total = np.zeros(len(columns[0]), dtype=np.int64)
    if not len(total):
        return total
    room = 1
    for column in columns:
        whole = column.astype(np.int64)
        whole -= whole.min()
        width = int(whole.max()) + 1
        if room * width >= 2**62:
            # Far apart: what is there is numbered, not what could be.
            total = np.unique(total, return_inverse=True)[1].astype(np.int64)
            room = int(total.max()) + 1
        total = total * width + whole
        room *= width
    return total


def bounded_components(
    links: tuple[Positions, Positions],
    strength: Floats,
    boxes: tuple[Floats, ...],
    limits: tuple[float, ...],
) -> tuple[NDArray[np.int32], Floats]:
    """Which nodes hang together by links, if no group may outgrow given limits?

    Strongest links first (Kruskal's order), two groups are joined unless the joint group would be
    wider than a limit along any axis. So a chain of near pairs cannot swallow a street.

    Parameters
    ----------
    links : two arrays of shape (m,)
        Nodes joined.
    strength : shape (m,)
        Higher is tried first; ties by the order given.
    boxes : arrays of shape (n,), one an axis
        Coordinates of the nodes; NaN takes no room on that axis.
    limits
        Largest width of a group along each axis.

    Returns
    -------
    labels : shape (n,)
        Group of each node, numbered by smallest node.
    weakest : shape (n,)
        Strength of the weakest link used within the node's group; inf for a lone node.

    Notes
    -----
    Nodes that hang together within the limits by all their links are one group however the links
    are tried; only in the others is link after link tried. O(m log m).

    Examples
    --------
    >>> i, j = np.array([0, 1]), np.array([1, 2])
    >>> x = np.array([0.0, 40.0, 80.0])
    >>> bounded_components((i, j), np.array([0.9, 0.8]), (x,), (60.0,))[0].tolist()
    [0, 0, 1]
    """
    n = len(boxes[0])
    order = np.argsort(-strength, kind="stable")
    i, j, strength = links[0][order], links[1][order], strength[order]
    labels = connected(n, i, j)
    whole = _within(labels, boxes, limits)
    kept = whole[labels[i]]
    weakest = _weakest_needed(labels, i[kept], j[kept], strength[kept])
    torn = np.flatnonzero(~whole[labels])
    position = np.full(n, -1, dtype=np.intp)
    position[torn] = np.arange(len(torn))
    groups = _BoundedGroups(len(torn), tuple(box[torn] for box in boxes), limits)
    for a, b, s in zip(
        position[i[~kept]].tolist(),
        position[j[~kept]].tolist(),
        strength[~kept].tolist(),
        strict=True,
    ):
        groups.join(a, b, s)
    roots = np.array([groups.root(k) for k in range(len(torn))], dtype=np.intp)
    labels[torn] = n + roots
    weakest[torn] = np.array(groups.weakest, dtype=np.float64)[roots]
    return first_seen_labels(labels), weakest


def _within(
    labels: NDArray[np.int32], boxes: tuple[Floats, ...], limits: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Which groups are no wider than the limits?"""
    groups = int(labels.max(initial=-1)) + 1
    within = np.ones(groups, dtype=bool)
    for box, limit in zip(boxes, limits, strict=True):
        low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
        known = ~np.isnan(box)
        np.minimum.at(low, labels[known], box[known])
        np.maximum.at(high, labels[known], box[known])
        within &= ~(high - low > limit)
    return within


def _weakest_needed(
    labels: NDArray[np.int32], i: Positions, j: Positions, strength: Floats
) -> Floats:
    """Strength of the weakest link that holds each node's group together; inf for lone nodes.

    Links come strongest first; it is the longest in the spanning tree by their rank.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    n = len(labels)
    # Of two links between the same nodes the first: a sparse array would add their ranks.
    _, first = np.unique(np.minimum(i, j) * n + np.maximum(i, j), return_index=True)
    rank = csr_array((first + 1.0, (i[first], j[first])), shape=(n, n))
    tree = minimum_spanning_tree(rank).tocoo()
    longest = np.zeros(int(labels.max(initial=-1)) + 1, dtype=np.intp)
    np.maximum.at(longest, labels[tree.row], tree.data.astype(np.intp))
    return np.concatenate(([np.inf], strength))[longest[labels]]


class _BoundedGroups:
    """Union-find whose groups carry a box and the weakest link used."""

    def __init__(self, n: int, boxes: tuple[Floats, ...], limits: tuple[float, ...]) -> None:
        self.parent = list(range(n))
        self.size = [1] * n
        self.weakest = [float("inf")] * n
        self.limits = limits
        self.low = [np.where(np.isnan(b), np.inf, b).tolist() for b in boxes]
        self.high = [np.where(np.isnan(b), -np.inf, b).tolist() for b in boxes]

    def root(self, node: int) -> int:
        parent = self.parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def join(self, a: int, b: int, strength: float) -> None:
        a, b = self.root(a), self.root(b)
        if a == b:
            return
        for low, high, limit in zip(self.low, self.high, self.limits, strict=True):
            if max(high[a], high[b]) - min(low[a], low[b]) > limit:
                return
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size[b]
        self.weakest[a] = min(self.weakest[a], self.weakest[b], strength)
        for low, high in zip(self.low, self.high, strict=True):
            low[a] = min(low[a], low[b])
            high[a] = max(high[a], high[b])
