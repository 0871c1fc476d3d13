"""Small typed steps with shapes in the plane."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]


def polygons_of(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons a shape consists of; lines and points are left out."""
    return [p for p in shapely.get_parts(shape).tolist() if isinstance(p, Polygon) and p.area > 0]


def lines_of(shape: BaseGeometry) -> list[LineString]:
    """Return the lines a shape consists of, touching ones joined."""
    joined = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
    return [p for p in shapely.get_parts(joined).tolist() if isinstance(p, LineString)]


def largest(shape: BaseGeometry) -> Polygon:
    """Return a shape's largest polygon, an empty one where it has none."""
    return max(polygons_of(shape), key=lambda p: p.area, default=Polygon())


def longest(shape: BaseGeometry) -> LineString:
    """Return a shape's longest line, an empty one where it has none."""
    return max(lines_of(shape), key=lambda p: p.length, default=LineString())


def box_of(ground: Polygon) -> Floats:
    """Return the corners (4, 2) of the smallest rectangle around the ground."""
    box = ground.minimum_rotated_rectangle
    if not isinstance(box, Polygon) or box.is_empty:
        raise TypeError("ground without area has no box")
    return np.asarray(box.exterior.coords)[:4]


def column(shapes: list[BaseGeometry]) -> NDArray[np.object_]:
    """Return shapes as an array (n,), as shapely's array functions want them."""
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def dots(spots: Floats) -> NDArray[np.object_]:
    """Return points (n,) at the spots (n, 2)."""
    made = np.empty(len(spots), dtype=object)
    made[:] = shapely.points(spots)
    return made


def nearest_of(places: Floats, spots: Floats) -> NDArray[np.intp]:
    """Return for each spot (n, 2) the row of the nearest place (m, 2)."""
    found: NDArray[np.intp] = np.asarray(shapely.STRtree(dots(places)).nearest(dots(spots)))
    return found
