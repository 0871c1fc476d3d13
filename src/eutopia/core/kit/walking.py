"""How far is it on foot: distances along a net of ways."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
STEP_M = 20.0
"""Ways are walked from point to point, no further apart than this."""


class WalkingNet:
    """Along which ways can one walk?

    Parameters
    ----------
    ways
        Lines in metres; they are joined wherever they cross or touch.

    Notes
    -----
    Whoever starts or ends off the net goes straight to its nearest point. Levels are not known: a
    bridge counts as a crossing. Memory O(length / step).
    """

    def __init__(self, ways: Sequence[BaseGeometry]) -> None:
        import shapely
        from scipy.sparse import coo_array
        from scipy.spatial import cKDTree

        noded = shapely.segmentize(shapely.union_all(np.array(ways, dtype=object)), STEP_M)
        parts = shapely.get_parts(noded)
        xy, part = shapely.get_coordinates(parts, return_index=True)
        points, node = np.unique(xy.round(1), axis=0, return_inverse=True)
        node = node.ravel()
        within = part[1:] == part[:-1]
        start, end = node[:-1][within], node[1:][within]
        length = np.hypot(*(xy[1:] - xy[:-1])[within].T)
        self.points: Floats = points
        self._tree = cKDTree(points)
        self._graph = coo_array(
            (np.maximum(length, 1e-9), (start, end)), shape=(len(points), len(points))
        ).tocsr()

    def distances(
        self, places: Floats, targets: Sequence[BaseGeometry], *, within_m: float
    ) -> Floats:
        """How far is the nearest target from each place, in metres?

        Parameters
        ----------
        places
            Shape (n, 2), metres.
        targets
            Points, lines or grounds in metres; a ground is reached wherever a way touches it.
        within_m
            Farther is infinity: bounds the work.

        Notes
        -----
        Dijkstra's method from all targets at once: O(points log points).
        """
        from scipy.sparse.csgraph import dijkstra

        if not len(targets) or not len(places):
            return np.full(len(places), np.inf)
        sources = self._entrances(targets)
        reached = dijkstra(
            self._graph, directed=False, indices=sources, min_only=True, limit=within_m
        )
        hop, nearest = self._tree.query(places)
        found: Floats = reached[nearest] + hop
        return np.where(found <= within_m, found, np.inf)

    def _entrances(self, targets: Sequence[BaseGeometry]) -> NDArray[np.intp]:
        """Which points of the net lie at a target, or are nearest to it if none does?"""
        import shapely

        shapes = np.array(targets, dtype=object)
        net = shapely.STRtree(np.array(shapely.points(self.points), dtype=object))
        target, point = net.query(shapes, predicate="dwithin", distance=STEP_M)
        lone = np.setdiff1d(np.arange(len(shapes)), target)
        found = [point]
        if len(lone):
            found.append(
                self._tree.query(shapely.get_coordinates(shapely.centroid(shapes[lone])))[1]
            )
        return np.unique(np.concatenate(found)).astype(np.intp)
