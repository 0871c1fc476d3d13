"""Streets joined from pieces, named, and houses numbered along them (metres)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, Point

from eutopia.core.records.text import Text
from eutopia.core.town.blocks import Layout, StreetPiece
from eutopia.core.town.names import MAIN_ROADS, street_names

Floats = NDArray[np.float64]
INNER = ("driveway", "footway")
"""Classes of ways inside yards and parks: no addresses lie along them."""


@dataclass(slots=True)
class NamedStreet:
    """A street with its pieces in order along it."""

    id: str
    name: Text
    street_class: str
    district: str
    pieces: list[LineString]

    @property
    def line(self) -> LineString | MultiLineString:
        """The street as one shape."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        return MultiLineString([list(p.coords) for p in self.pieces])

    @property
    def length(self) -> float:
        """Metres."""
        return float(sum(p.length for p in self.pieces))


def name_streets(layout: Layout, *, rng: Generator) -> list[NamedStreet]:
    """Join pieces that run on into one another and name every street."""
    groups = _joined(layout.streets)
    public = [g for g in groups if layout.streets[g[0]].street_class not in INNER]
    unnamed = [g for g in public if not layout.streets[g[0]].key]
    names = iter(street_names(len(unnamed), rng=rng))
    streets = []
    yards = paths = 0
    for number, group in enumerate(groups):
        pieces = _in_order([layout.streets[i] for i in group])
        first = layout.streets[group[0]]
        length = sum(p.line.length for p in pieces)
        if first.street_class == "driveway":
            yards += 1
            name = Text.of(en=f"Yard driveway {yards}", ru=f"Внутридворовый проезд {yards}")
        elif first.street_class == "footway":
            paths += 1
            name = Text.of(en=f"Park Alley {paths}", ru=f"Парковая аллея {paths}")
        elif first.key:
            name = MAIN_ROADS[first.key]
        else:
            street, lane = next(names)
            name = lane if length < 260.0 else street
        streets.append(
            NamedStreet(
                f"s{number + 1:04d}",
                name,
                first.street_class,
                first.district,
                [p.line for p in pieces],
            )
        )
    return streets


def _joined(pieces: list[StreetPiece]) -> list[list[int]]:
    """Group pieces that run on: same class, ends within 30 m, nearly the same heading."""
    parent = list(range(len(pieces)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    free = [i for i, p in enumerate(pieces) if not p.key and p.street_class not in INNER]
    ends, out, owner = [], [], []
    for i in free:
        points = np.asarray(pieces[i].line.coords)
        heading = (points[-1] - points[0]) / max(float(np.hypot(*(points[-1] - points[0]))), 1.0)
        ends += [points[0], points[-1]]
        out += [-heading, heading]
        owner += [i, i]
    used: set[int] = set()
    if not ends:
        return [[i] for i in range(len(pieces))]
    spot, head = np.array(ends), np.array(out)
    for a in range(len(owner)):
        if a in used:
            continue
        away = np.hypot(*(spot - spot[a]).T)
        facing = head @ head[a]
        for b in np.argsort(away, kind="stable")[:12].tolist():
            near = away[b] < 30.0 and facing[b] < -0.955 and b not in used
            i, j = owner[a], owner[b]
            same = pieces[i].street_class == pieces[j].street_class
            if near and same and root(i) != root(j):
                parent[root(j)] = root(i)
                used |= {a, b}
                break
    groups: dict[int, list[int]] = {}
    for i in range(len(pieces)):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())


def _in_order(pieces: list[StreetPiece]) -> list[StreetPiece]:
    """Put pieces one after another along the street, all running the same way."""
    if len(pieces) == 1:
        return pieces
    middles = np.array([p.line.interpolate(0.5, normalized=True).coords[0] for p in pieces])
    spread = middles - middles.mean(axis=0)
    axis = np.linalg.svd(spread, full_matrices=False)[2][0]
    axis = axis if (axis[0], axis[1]) > (0.0, 0.0) else -axis
    turned = []
    for piece in pieces:
        points = np.asarray(piece.line.coords)
        if (points[-1] - points[0]) @ axis < 0:
            points = points[::-1]
        turned.append(StreetPiece(LineString(points), piece.street_class, piece.district))
    order = np.argsort(middles @ axis, kind="stable")
    return [turned[i] for i in order.tolist()]


@dataclass(slots=True)
class Addresses:
    """Where does each point lie: street's position, metres along it, house number?"""

    street: NDArray[np.intp]
    along: Floats
    left: NDArray[np.bool_]
    number: list[int]


def address(streets: list[NamedStreet], middles: Floats) -> Addresses:
    """Give each building (middle (n, 2)) the nearest named street and a number on it."""
    usable = [i for i, s in enumerate(streets) if s.street_class not in INNER]
    lines, owner, offset = [], [], []
    for i in usable:
        start = 0.0
        for piece in streets[i].pieces:
            lines.append(piece)
            owner.append(i)
            offset.append(start)
            start += piece.length
    points = shapely.points(middles)
    nearest = shapely.STRtree(lines).nearest(points)
    chosen = np.array(lines, dtype=object)[nearest]
    distance = shapely.line_locate_point(chosen, points)
    ahead = shapely.line_interpolate_point(
        chosen, np.minimum(distance + 1.0, shapely.length(chosen))
    )
    behind = shapely.line_interpolate_point(chosen, np.maximum(distance - 1.0, 0.0))
    a, b = shapely.get_coordinates(behind), shapely.get_coordinates(ahead)
    cross = (b[:, 0] - a[:, 0]) * (middles[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (
        middles[:, 0] - a[:, 0]
    )
    along = distance + np.array(offset)[nearest]
    street = np.array(owner, dtype=np.intp)[nearest]
    left = cross > 0
    number = [0] * len(middles)
    counters: dict[tuple[int, bool], int] = {}
    for i in np.lexsort((along, street)).tolist():
        key = (int(street[i]), bool(left[i]))
        counters[key] = counters.get(key, -1 if left[i] else 0) + 2
        number[i] = counters[key]
    return Addresses(street, along, left, number)


def along_street(street: NamedStreet, spacing: float, offset: float, start: float) -> Floats:
    """Return points every `spacing` metres, moved `offset` metres to the left of the street."""
    found = []
    for piece in street.pieces:
        at = np.arange(min(start, piece.length / 2), piece.length, spacing)
        if len(at) == 0:
            continue
        here = shapely.get_coordinates(shapely.line_interpolate_point(piece, at))
        there = shapely.get_coordinates(
            shapely.line_interpolate_point(piece, np.minimum(at + 1.0, piece.length))
        )
        back = shapely.get_coordinates(
            shapely.line_interpolate_point(piece, np.maximum(at - 1.0, 0.0))
        )
        step = there - back
        step /= np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
        found.append(here + np.column_stack([-step[:, 1], step[:, 0]]) * offset)
    return np.concatenate(found) if found else np.empty((0, 2))


def nearest_point(street: NamedStreet, x: float, y: float) -> Point:
    """Return the point of the street nearest to (x, y)."""
    shape = street.line
    return shape.interpolate(shape.project(Point(x, y)))
