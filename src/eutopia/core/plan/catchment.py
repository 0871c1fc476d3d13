"""How many residents live within a walk of a place, along the streets?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry.base import BaseGeometry

from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.records.territory import Territory

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
OFF_STREET_M = 150.0
"""A place or building further than this from every street is on none."""


class WalkingCatchment:
    """The streets as a network to walk on, and who lives along it: built once, asked many times.

    Parameters
    ----------
    territory
        Its streets make the network: they meet where their lines touch or cross. Its buildings
        say how many residents live where.
    metres
        How far people walk; the way from a door to the street and back counts.

    Notes
    -----
    Shortest ways are Dijkstra's over the junctions, bounded by `metres`; a building and a place on
    the same street are also reached along it. Streets without a footway count like others: what
    can be walked on is not in the register. O(places x buildings), all in arrays.
    Source: Dijkstra (1959).

    Examples
    --------
    See `docs/methods/candidates.md`.
    """

    def __init__(self, territory: Territory, *, metres: float) -> None:
        self.metres = metres
        lines = np.array([street.line for street in territory.streets], dtype=object)
        lived_in = [building for building in territory.buildings if building.residents > 0]
        self.known = len(lines) > 0 and len(lived_in) > 0
        if not self.known:
            return
        middle = shapely.centroid(lines)
        self.plane = LocalPlane.around(shapely.get_x(middle), shapely.get_y(middle))
        network = shapely.unary_union([self.plane.flatten(line) for line in lines])
        self.edges = shapely.get_parts(network)
        self.tree = shapely.STRtree(self.edges)
        self._join()
        self.residents = np.array([building.residents for building in lived_in])
        homes = [shapely.centroid(building.footprint) for building in lived_in]
        self.homes = self._attach(*self._flat(homes))

    def _flat(self, points: Sequence[BaseGeometry]) -> tuple[Floats, Floats]:
        given = np.array(points, dtype=object)
        return self.plane.forward(shapely.get_x(given), shapely.get_y(given))

    def _join(self) -> None:
        """Junctions, and the streets between them."""
        ends = np.concatenate(
            [
                shapely.get_coordinates(shapely.get_point(self.edges, 0)),
                shapely.get_coordinates(shapely.get_point(self.edges, -1)),
            ]
        )
        _, node = np.unique(np.round(ends, 1), axis=0, return_inverse=True)
        half = len(self.edges)
        self.tails, self.heads = node[:half].ravel(), node[half:].ravel()
        self.lengths: Floats = shapely.length(self.edges)
        size = int(node.max()) + 1
        # Of two streets between the same junctions the shorter one is walked.
        order = np.lexsort((self.lengths, self.heads, self.tails))
        pairs = np.column_stack((self.tails, self.heads))[order]
        _, first = np.unique(pairs, axis=0, return_index=True)
        kept = order[first]
        graph = coo_array(
            (np.maximum(self.lengths[kept], 1e-6), (self.tails[kept], self.heads[kept])),
            shape=(size, size),
        ).tocsr()
        self.ways: Floats = dijkstra(graph, directed=False, limit=self.metres)

    def _attach(self, x: Floats, y: Floats) -> tuple[Integers, Floats, Floats]:
        """Edge, metres along it and metres off it for each point."""
        points = np.asarray(shapely.points(x, y))
        edge = self.tree.nearest(points)
        along = shapely.line_locate_point(self.edges[edge], points)
        off = shapely.distance(self.edges[edge], points)
        return edge, along, np.where(off > OFF_STREET_M, np.inf, off)

    def people(self, places: Sequence[BaseGeometry]) -> tuple[int | None, ...]:
        """How many residents live within the walk of each place (its representative point)?

        Degrees in; None where the territory has no streets or no homes, or the place has no
        extent.
        """
        if not self.known:
            return (None,) * len(places)
        filled = [k for k, place in enumerate(places) if not place.is_empty]
        points = [places[k].representative_point() for k in filled]
        found: list[int | None] = [None] * len(places)
        if not points:
            return tuple(found)
        edges, along, off = self._attach(*self._flat(points))
        for k, edge, at, away in zip(filled, edges, along, off, strict=True):
            near = self._distances(int(edge), float(at)) + float(away) <= self.metres
            found[k] = int(self.residents[near].sum())
        return tuple(found)

    def _distances(self, edge: int, at: float) -> Floats:
        """Metres from a point of a street to every home: by either end, or along the street."""
        home_edge, home_at, home_off = self.homes
        best = np.where(home_edge == edge, np.abs(home_at - at), np.inf)
        ends = ((self.tails, at), (self.heads, float(self.lengths[edge]) - at))
        for mine, out in ends:
            ways = self.ways[mine[edge]]
            best = np.minimum(best, out + ways[self.tails[home_edge]] + home_at)
            rest = self.lengths[home_edge] - home_at
            best = np.minimum(best, out + ways[self.heads[home_edge]] + rest)
        return np.asarray(best + home_off)
