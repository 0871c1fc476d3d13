"""The lie of the land: outline, river, main roads and the districts between them (metres)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from eutopia.core.town.shapes import largest, longest, polygons_of

FULL_SIZE = 60_000
"""Residents for whom the measures below are given; lengths scale with the square root."""

# Half-widths of the carriageway with its footways, in metres.
HALF_WIDTH = {"arterial": 15.0, "collector": 11.0, "local": 7.5, "driveway": 3.5, "footway": 2.0}

# id, kind of building, north of the river: inner or outer ring and sector of angles in degrees.
NORTH = (
    ("d01", "core", "core", (0.0, 0.0)),
    ("d02", "grid", "inner", (70.0, 270.0)),
    ("d03", "grid", "inner", (-90.0, 70.0)),
    ("d04", "private", "outer", (152.0, 270.0)),
    ("d05", "micro", "outer", (70.0, 152.0)),
    ("d06", "private", "outer", (14.0, 70.0)),
    ("d07", "industrial", "outer", (-90.0, 14.0)),
)
# South of the river: west of the first bridge, between the bridges, east of the second.
SOUTH = (("d08", "private"), ("d09", "micro"), ("d10", "private"))

RADIALS = (14.0, 70.0, 112.0, 152.0)


@dataclass(frozen=True, slots=True)
class Road:
    """One road of the skeleton: its line, class and a key for its name."""

    line: LineString
    street_class: str
    key: str


@dataclass(slots=True)
class Quarter:
    """One district: its id, kind of building and ground (metres)."""

    id: str
    kind: str
    ground: BaseGeometry


@dataclass(slots=True)
class Site:
    """What the town is laid out on."""

    scale: float
    outline: Polygon
    river: Polygon
    river_line: LineString
    centre: tuple[float, float]
    roads: list[Road] = field(default_factory=list)
    bridges: list[LineString] = field(default_factory=list)
    quarters: list[Quarter] = field(default_factory=list)
    green_strip: BaseGeometry = field(default_factory=Polygon)
    parks: list[Polygon] = field(default_factory=list)
    """The large parks, laid out before the streets."""
    ponds: list[Polygon] = field(default_factory=list)
    core: Polygon = field(default_factory=Polygon)
    """Within the boulevard: the historic core, and the river beside it."""
    inner: Polygon = field(default_factory=Polygon)
    """Within the ring road."""


def lay_out(*, residents: int, rng: Generator) -> Site:
    """Lay out river, roads and districts for a town of so many residents."""
    scale = float(np.sqrt(residents / FULL_SIZE))
    outline = _outline(scale, rng)
    line, width = _river(scale, rng)
    river = line.buffer(width / 2)
    points = np.asarray(line.coords)
    bank = float(np.interp(0.0, points[:, 0], points[:, 1])) + width / 2
    site = Site(
        scale=scale,
        outline=outline,
        river=largest(river.intersection(outline.buffer(600 * scale))),
        river_line=line,
        centre=(0.0, bank + 385.0 * scale),
    )
    site.green_strip = unary_union(polygons_of(line.buffer(_bank(site)).intersection(outline)))
    site.roads, site.bridges = _skeleton(site, rng)
    site.quarters = _quarters(site)
    _lay_parks(site, rng)
    return site


def _blob(x: float, y: float, across: float, along: float, rng: Generator) -> Polygon:
    """Draw a rounded patch of ground."""
    angle = np.linspace(0.0, 2 * np.pi, 40, endpoint=False)
    radius = 1.0 + 0.12 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.08 * np.sin(3 * angle + 1.0)
    return Polygon(
        np.column_stack([x + along * radius * np.cos(angle), y + across * radius * np.sin(angle)])
    )


def _lay_parks(site: Site, rng: Generator) -> None:
    """Lay the forest park upstream and the town park beside the core, each with a pond."""
    s = site.scale
    wild = next(q.ground for q in site.quarters if q.id == "d08")
    west, south, east, north = wild.bounds
    spots = (
        (west + 0.36 * (east - west), south + 0.62 * (north - south), 330.0, 430.0),
        (940.0 * s, site.centre[1] - 30.0 * s, 170.0, 150.0),
    )
    for x, y, across, along in spots:
        park = _blob(x, y, across * s, along * s, rng)
        home = max(site.quarters, key=lambda q: (q.ground.intersection(park).area, q.id))
        ground = park.intersection(home.ground).difference(site.green_strip)
        ground = largest(ground)
        if ground.area < 4_000.0:
            continue
        middle = ground.representative_point()
        pond = _blob(middle.x, middle.y, across * s * 0.2, along * s * 0.26, rng)
        site.parks.append(Polygon(ground.exterior))
        if ground.buffer(-10.0).contains(pond):
            site.ponds.append(pond)


def _outline(scale: float, rng: Generator) -> Polygon:
    angle = np.linspace(0.0, 2 * np.pi, 160, endpoint=False)
    radius = np.ones_like(angle)
    for k, height in ((2, 0.05), (3, 0.06), (5, 0.045), (7, 0.03), (11, 0.02), (17, 0.012)):
        radius += height * np.sin(k * angle + rng.uniform(0, 2 * np.pi))
    x, y = 2500.0 * scale * radius * np.cos(angle), 1850.0 * scale * radius * np.sin(angle)
    return Polygon(np.column_stack([x, y])).buffer(0)


def _river(scale: float, rng: Generator) -> tuple[LineString, float]:
    """Let a river wind from west to east, south of the middle."""
    x = np.linspace(-4200.0, 4200.0, 280)
    phase = rng.uniform(-0.5, 0.5)
    y = (
        -480.0
        + 250.0 * np.sin(x / 760.0 + 1.9 + phase)
        + 95.0 * np.sin(x / 330.0 + rng.uniform(0, 6))
    )
    y += 60.0 * np.sin(x / 1900.0 + rng.uniform(0, 6))
    line = LineString(np.column_stack([x, y]) * scale)
    return line, 92.0 * max(scale, 0.35)


def _wavy(start: tuple[float, float], end: tuple[float, float], bend: float) -> LineString:
    """Draw a road from start to end that bows sideways by `bend` of its length."""
    t = np.linspace(0.0, 1.0, 14)
    dx, dy = end[0] - start[0], end[1] - start[1]
    push = bend * np.sin(np.pi * t)
    return LineString(
        np.column_stack([start[0] + dx * t - dy * push, start[1] + dy * t + dx * push])
    )


def _ring(site: Site, across: float, along: float, rng: Generator, wobble: float) -> Polygon:
    angle = np.linspace(0.0, 2 * np.pi, 90, endpoint=False)
    radius = 1.0 + wobble * (
        np.sin(3 * angle + rng.uniform(0, 6)) + 0.7 * np.sin(5 * angle + rng.uniform(0, 6))
    )
    x = site.centre[0] + along * site.scale * radius * np.cos(angle)
    y = site.centre[1] + across * site.scale * radius * np.sin(angle)
    return Polygon(np.column_stack([x, y]))


def _skeleton(site: Site, rng: Generator) -> tuple[list[Road], list[LineString]]:
    """Draw rings, radials and the two roads over bridges."""
    north = _north(site)
    dry = north.difference(site.green_strip)
    site.inner = _ring(site, 980.0, 1180.0, rng, 0.035)
    site.core = _ring(site, 430.0, 480.0, rng, 0.05)
    roads = [
        Road(longest(site.inner.exterior.intersection(dry)), "arterial", "ring"),
        Road(longest(site.core.exterior.intersection(dry)), "collector", "boulevard"),
    ]
    cx, cy = site.centre
    for i, degrees in enumerate(RADIALS):
        angle = np.radians(degrees)
        reach = 5200.0 * site.scale
        line = _wavy(
            (cx + 0.39e3 * site.scale * np.cos(angle), cy + 0.35e3 * site.scale * np.sin(angle)),
            (cx + reach * np.cos(angle), cy + reach * np.sin(angle)),
            rng.uniform(-0.05, 0.05),
        )
        roads.append(Road(longest(line.intersection(site.outline)), "arterial", f"radial-{i}"))
    bridges = []
    for i, east in enumerate((-560.0, 640.0)):
        x = cx + east * site.scale
        top = (x - 0.18 * east * site.scale, cy + 60.0 * site.scale)
        line = _wavy(
            top, (x + 0.75 * east * site.scale, -4200.0 * site.scale), rng.uniform(-0.03, 0.03)
        )
        line = longest(line.intersection(site.outline))
        roads.append(Road(line, "arterial", f"bridge-{i}"))
        bridges.append(longest(line.intersection(site.river.buffer(12.0))))
    bank = site.river_line.buffer(_bank(site)).exterior
    for side, half in (("north", north), ("south", site.outline.difference(north))):
        line = longest(bank.intersection(half.buffer(-1.0)).intersection(_promenade(site, side)))
        if line.length > 50.0:
            roads.append(Road(line, "collector", f"embankment-{side}"))
    return roads, bridges


def _bank(site: Site) -> float:
    return 46.0 * max(site.scale, 0.35) + 30.0 * max(site.scale, 0.5)


def _promenade(site: Site, side: str) -> Polygon:
    reach = 1250.0 if side == "north" else 820.0
    return Point(site.centre[0], site.centre[1] - 500 * site.scale).buffer(reach * site.scale)


def _north(site: Site) -> Polygon:
    """Return the ground north of the river."""
    coords = np.asarray(site.river_line.coords)
    far = 6000.0 * site.scale
    half = Polygon([*coords.tolist(), (coords[-1, 0], far), (coords[0, 0], far)])
    return largest(half.intersection(site.outline))


def _quarters(site: Site) -> list[Quarter]:
    """Part the ground: north of the river by belts and sectors, south of it by the bridge roads."""
    north = _north(site)
    dry = north.difference(site.river)
    belts = {
        "core": dry.intersection(site.core),
        "inner": dry.intersection(site.inner).difference(site.core),
        "outer": dry.difference(site.inner),
    }
    grounds = [
        (key, kind, belts[belt].intersection(_sector(site, low, high)) if low else belts[belt])
        for key, kind, belt, (low, high) in NORTH
    ]
    south = site.outline.difference(north).difference(site.river)
    west, east = (_beside(site, f"bridge-{i}", side) for i, side in ((0, -1.0), (1, 1.0)))
    parts = (
        south.intersection(west),
        south.difference(west).difference(east),
        south.intersection(east),
    )
    grounds += [(key, kind, part) for (key, kind), part in zip(SOUTH, parts, strict=True)]
    return [Quarter(key, kind, largest(ground)) for key, kind, ground in grounds]


def _sector(site: Site, low: float, high: float) -> Polygon:
    """Return the ground between two radials; -90 and 270 stand for the ray due south."""
    far = 6000.0 * site.scale
    edges = [_radial(site, low), _radial(site, high)]
    arc = np.radians(np.linspace(low, high, 24))
    rim = np.column_stack([np.cos(arc), np.sin(arc)]) * far + np.asarray(site.centre)
    points = [site.centre, *edges[0], *rim.tolist(), *edges[1][::-1]]
    return largest(Polygon(points).buffer(0))


def _radial(site: Site, degrees: float) -> list[tuple[float, ...]]:
    """Return the points of the road that leaves the core at this angle, none for due south."""
    if degrees not in RADIALS:
        return []
    key = f"radial-{RADIALS.index(degrees)}"
    return list(next(r.line for r in site.roads if r.key == key).coords)


def _beside(site: Site, key: str, side: float) -> Polygon:
    """Return the ground west (-1) or east (1) of a road that runs from north to south."""
    points = np.asarray(next(r.line for r in site.roads if r.key == key).coords)
    far = 6000.0 * site.scale
    top, foot = points[0] + [0.0, far], points[-1] - [0.0, far]
    rim = [(side * far, foot[1]), (side * far, top[1])]
    return largest(Polygon([tuple(top), *map(tuple, points), tuple(foot), *rim]).buffer(0))
