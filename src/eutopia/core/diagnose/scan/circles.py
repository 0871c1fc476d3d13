"""Circles that grow around every location, one neighbour at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Circles:
    """Which locations enter the circle around each centre, in which order?

    Row-compressed: the neighbours of centre k are `neighbour[start[k]:start[k + 1]]`, the centre
    first, with their `distance` (km on the sphere, or the units of plane coordinates).
    """

    start: Ints
    neighbour: Ints
    distance: Floats

    def __len__(self) -> int:
        return len(self.start) - 1

    def members(self, centre: int, count: int) -> Ints:
        """The first `count` locations of the circle around a centre."""
        first = int(self.start[centre])
        return self.neighbour[first : first + count]


def sphere_points(lat: Floats, lon: Floats) -> Floats:
    """Degrees on the sphere as points in space, kilometres; shape (n, 3)."""
    phi, lam = np.radians(lat), np.radians(lon)
    return EARTH_KM * np.column_stack(
        (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
    )


def grow_circles(
    points: Floats, weight: Floats, *, most_weight: float, radius: float | None = None
) -> Circles:
    """Which circles are looked at: every centre, growing to a radius and a share of all weight?

    Parameters
    ----------
    points : shape (n, 2) on a plane or (n, 3) on the sphere
        See :func:`sphere_points`: distances then run along the surface.
    weight : shape (n,)
        Population at risk, or cases, by location.
    most_weight
        A circle holds at most so much.
    radius
        And is at most so wide (inclusive); None sets no bound.

    Notes
    -----
    Neighbours at equal distance enter one after the other, in the order of the locations.
    O(n k log k) for k neighbours within the radius; n^2 where there is none.
    """
    from scipy.spatial import cKDTree

    sphere = points.shape[1] == 3
    if radius is None:
        lists = [np.arange(len(points))] * len(points)
    else:
        chord = 2 * EARTH_KM * np.sin(radius / EARTH_KM / 2) if sphere else radius
        found = cKDTree(points).query_ball_point(points, chord * (1 + 1e-9), return_sorted=True)
        lists = [np.array(f, dtype=np.int64) for f in found]
    start, neighbours, distances = [0], [], []
    for centre, near in enumerate(lists):
        gap = np.sqrt(((points[near] - points[centre]) ** 2).sum(axis=1))
        if sphere:
            gap = 2 * EARTH_KM * np.arcsin(np.minimum(gap / (2 * EARTH_KM), 1.0))
        gap[near == centre] = -1.0  # The centre is always first, whatever shares its point.
        order = np.argsort(gap, kind="stable")
        near, gap = near[order], np.maximum(gap[order], 0.0)
        inside = np.cumsum(weight[near]) <= most_weight * (1 + 1e-12)
        if radius is not None:
            inside &= gap <= radius * (1 + 1e-9)
        count = len(inside) if inside.all() else int(np.argmin(inside))
        neighbours.append(near[:count])
        distances.append(gap[:count])
        start.append(start[-1] + count)
    return Circles(
        np.array(start, dtype=np.int64),
        np.concatenate(neighbours).astype(np.int64) if neighbours else np.empty(0, np.int64),
        np.concatenate(distances) if distances else np.empty(0),
    )
