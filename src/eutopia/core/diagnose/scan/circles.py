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

    Row-compressed: the neighbours of centre k are `neighbour[start[k]:start[k + 1]]`, nearest
    first, with their `distance` (km on the sphere, or the units of plane coordinates).
    """

    start: Ints
    neighbour: Ints
    distance: Floats

    def __len__(self) -> int:
        return len(self.start) - 1

    def sums(self, rows: Floats) -> Floats:
        """Sum over each circle, for each row of values by location; shape (rows, places)."""
        if not len(self.neighbour):
            return np.zeros((len(rows), 0))
        sums = np.cumsum(rows[:, self.neighbour], axis=1)
        start = self.start[:-1]
        before = np.where(start > 0, sums[:, np.maximum(start, 1) - 1], 0.0)
        result: Floats = sums - np.repeat(before, np.diff(self.start), axis=1)
        return result

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


def distances(points: Floats, middle: Floats) -> Floats:
    """How far is each point from a middle: along the surface on the sphere, straight on a plane?"""
    gap: Floats = np.sqrt(((points - middle) ** 2).sum(axis=1))
    if len(middle) == 3:
        gap = 2 * EARTH_KM * np.arcsin(np.minimum(gap / (2 * EARTH_KM), 1.0))
    return gap


def grow_circles(
    points: Floats,
    weight: Floats,
    *,
    most_weight: float,
    radius: float | None = None,
    centres: Floats | None = None,
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
    centres
        Around which points circles grow; around every location by default.

    Notes
    -----
    Neighbours at equal distance enter one after the other, by their coordinates.
    O(n k log k) for k neighbours within the radius; n^2 where there is none.
    """
    from scipy.spatial import cKDTree

    sphere = points.shape[1] == 3
    middles = points if centres is None else centres
    if radius is None:
        lists = [np.arange(len(points))] * len(middles)
    else:
        chord = 2 * EARTH_KM * np.sin(radius / EARTH_KM / 2) if sphere else radius
        found = cKDTree(points).query_ball_point(middles, chord * (1 + 1e-9), return_sorted=True)
        lists = [np.array(f, dtype=np.int64) for f in found]
    start, neighbours, gaps = [0], [], []
    for middle, near in zip(middles, lists, strict=True):
        gap = distances(points[near], middle)
        order = np.lexsort((points[near, 1], points[near, 0], gap))
        near, gap = near[order], gap[order]
        inside = np.cumsum(weight[near]) <= most_weight * (1 + 1e-12)
        if radius is not None:
            inside &= gap <= radius * (1 + 1e-9)
        count = len(inside) if inside.all() else int(np.argmin(inside))
        neighbours.append(near[:count])
        gaps.append(gap[:count])
        start.append(start[-1] + count)
    return Circles(
        np.array(start, dtype=np.int64),
        np.concatenate(neighbours).astype(np.int64) if neighbours else np.empty(0, np.int64),
        np.concatenate(gaps) if gaps else np.empty(0),
    )
