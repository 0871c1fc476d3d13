"""The town's picture: map layers drawn as SVG on the server, readable before any script runs.

Shapes are in Web Mercator, so that the picture and the live map over it agree. The base picture
has one path a layer, in whole numbers and relative steps: a town of thousands of buildings stays
small enough for a slow line, and one cached file serves every page.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

Bounds = tuple[float, float, float, float]
Ring = list[list[float]]
Geometry = dict[str, Any]

GREEN = frozenset({"park", "pocket_park", "green_area", "boulevard", "forest", "garden"})
MAJOR = frozenset({"arterial", "collector", "highway"})
METRES_A_DEGREE = 111_320.0


def _mercator(lat: float) -> float:
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)))


@dataclass(frozen=True, slots=True)
class Frame:
    """Which part of the world is drawn on how many units?"""

    west: float
    north: float
    scale: float
    """Units a degree of longitude."""
    width: int
    height: int

    @classmethod
    def around(cls, bounds: Bounds, *, width: int, height: int, margin: float = 0.03) -> Frame:
        """Which frame of this size holds the bounds, with a margin on every side?"""
        west, south, east, north = bounds
        top, bottom = _mercator(north), _mercator(south)
        across, along = max(east - west, 1e-6), max(top - bottom, 1e-6)
        scale = min(width / across, height / along) * (1 - 2 * margin)
        middle_x, middle_y = (west + east) / 2, (top + bottom) / 2
        return cls(
            west=middle_x - width / scale / 2,
            north=middle_y + height / scale / 2,
            scale=scale,
            width=width,
            height=height,
        )

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Where in the frame is a point?

        Examples
        --------
        >>> frame = Frame.around((0.0, -1.0, 2.0, 1.0), width=100, height=100, margin=0)
        >>> x, y = frame.place(1.0, 0.0)
        >>> round(x), round(y)
        (50, 50)
        """
        return (lon - self.west) * self.scale, (self.north - _mercator(lat)) * self.scale


def box_around(lon: float, lat: float, metres: float) -> Bounds:
    """Which box reaches `metres` from a point to every side?"""
    up = metres / METRES_A_DEGREE
    across = up / max(math.cos(math.radians(lat)), 0.05)
    return lon - across, lat - up, lon + across, lat + up


def lines(geometry: Geometry) -> Iterator[tuple[Ring, bool]]:
    """Yield every line of a geometry and whether it is closed."""
    kind: str = geometry["type"]
    at: Any = geometry.get("coordinates")
    if kind == "LineString":
        yield at, False
    elif kind == "MultiLineString":
        yield from ((line, False) for line in at)
    elif kind == "Polygon":
        yield from ((ring, True) for ring in at)
    elif kind == "MultiPolygon":
        yield from ((ring, True) for polygon in at for ring in polygon)
    elif kind == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from lines(part)


def path(geometry: Geometry, frame: Frame) -> str:
    """What is the SVG path of a geometry, in whole units and relative steps?

    Points that fall on the one before are left out, and so is a shape that has shrunk to a point.
    """
    parts = []
    for line, closed in lines(geometry):
        steps: list[str] = []
        last: tuple[int, int] | None = None
        for lon, lat in (point[:2] for point in line):
            x, y = (round(v) for v in frame.place(lon, lat))
            if last is None:
                steps.append(f"M{x} {y}")
            elif (x, y) != last:
                steps.append(f"l{x - last[0]} {y - last[1]}")
            last = (x, y)
        if len(steps) > (2 if closed else 1):
            parts.append("".join(steps) + ("z" if closed else ""))
    return "".join(parts).replace(" -", "-")


def _paths(features: Iterable[Geometry], frame: Frame, keep: Callable[[Any], bool]) -> str:
    return "".join(
        path(f["geometry"], frame) for f in features if f["geometry"] and keep(f["properties"])
    )


def _drawn(d: str, attributes: str) -> str:
    return f'<path {attributes} d="{d}"/>' if d else ""


def picture(layers: dict[str, str], frame: Frame, *, stroke: float = 1.0) -> SafeString:
    """How does the town look, drawn?

    Parameters
    ----------
    layers
        GeoJSON texts by name: water, spaces, buildings, streets, zones, heritage, districts. Any
        may be missing.
    stroke
        Multiplies the width of lines.

    Notes
    -----
    Colours are the page's custom properties, so that the picture is light or dark with the page,
    also where another document uses it.
    """
    of = {name: json.loads(text)["features"] for name, text in layers.items()}

    def every(_: Any) -> bool:
        return True

    def green(p: Any) -> bool:
        return p.get("space_type") in GREEN

    def major(p: Any) -> bool:
        return p.get("street_class") in MAJOR

    water = _paths(of.get("water", ()), frame, every)
    spaces, streets = of.get("spaces", ()), of.get("streets", ())
    minor_lines = _paths(streets, frame, lambda p: not major(p))
    major_lines = _paths(streets, frame, major)
    round_line = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
    edges = _paths(of.get("districts", ()), frame, every)
    # Where only the districts are known, their borders are all there is to see.
    border = "5" if streets else "9"
    parts = (
        _drawn(edges, 'fill="var(--map-land)"'),
        _drawn(
            _paths(spaces, frame, lambda p: not green(p)),
            'fill="var(--map-space)"',
        ),
        _drawn(_paths(spaces, frame, green), 'fill="var(--map-green)"'),
        _drawn(
            water,
            f'fill="var(--map-water)" stroke="var(--map-water-line)" stroke-width="{3 * stroke:g}"',
        ),
        _drawn(
            minor_lines, f'{round_line} stroke="var(--map-street)" stroke-width="{7 * stroke:g}"'
        ),
        _drawn(
            major_lines,
            f'{round_line} stroke="var(--map-street-edge)" stroke-width="{17 * stroke:g}"',
        ),
        _drawn(
            major_lines,
            f'{round_line} stroke="var(--map-street-major)" stroke-width="{13 * stroke:g}"',
        ),
        _drawn(
            _paths(of.get("buildings", ()), frame, every),
            'fill="var(--map-building)" stroke="var(--map-building-line)"'
            f' stroke-width="{1.5 * stroke:g}"',
        ),
        _drawn(
            _paths(_wide(of.get("zones", ()), frame), frame, every),
            'fill="var(--map-heritage)" fill-opacity="0.06" stroke="var(--map-heritage)"'
            f' stroke-opacity="0.5" stroke-dasharray="18 14" stroke-width="{4 * stroke:g}"',
        ),
        _drawn(
            edges,
            'fill="none" stroke="var(--map-district)" stroke-linecap="round"'
            f' stroke-linejoin="round" stroke-width="{float(border) * stroke:g}"'
            + (' stroke-dasharray="6 14"' if streets else ""),
        ),
    )
    return mark_safe("".join(parts))  # noqa: S308 - numbers and fixed words only


def _wide(features: Iterable[Geometry], frame: Frame) -> list[Geometry]:
    """Leave out shapes too small to be told apart at this scale."""
    least = frame.width / 30 / frame.scale
    found = []
    for feature in features:
        xs = [p[0] for line, _closed in lines(feature["geometry"] or _NOWHERE) for p in line]
        if xs and max(xs) - min(xs) >= least:
            found.append(feature)
    return found


_NOWHERE: Geometry = {"type": "GeometryCollection", "geometries": []}


def picture_file(layers: dict[str, str], frame: Frame, *, stroke: float = 1.0) -> str:
    """What is the town's picture as a file that other pages use (`#town`)?"""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">'
        f'<symbol id="town" viewBox="0 0 {frame.width} {frame.height}">'
        f"{picture(layers, frame, stroke=stroke)}</symbol></svg>"
    )


@dataclass(frozen=True, slots=True)
class Spot:
    """A round mark that may lead to a page."""

    x: float
    y: float
    radius: float
    title: str
    href: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """A shape: a cell in one of five steps, or the outline of works."""

    d: str
    title: str
    step: int = 0
    line: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Words on the map."""

    x: float
    y: float
    words: str
    minor: bool = False
    """Left out where the map is small."""


def labels(layer: str, frame: Frame, *, limit: int = 16) -> tuple[Label, ...]:
    """Where do the names of the districts stand, so that no two overlap?

    Notes
    -----
    On a small map words are larger beside their town: those that would not fit are `minor`.
    """
    found: list[Label] = []
    for feature in json.loads(layer)["features"]:
        rings = [line for line, closed in lines(feature["geometry"]) if closed]
        if not rings:
            continue
        x, y = _middle(max(rings, key=len), frame)
        label = Label(round(x), round(y), str(feature["properties"].get("name", "")))
        if label.words and len(found) < limit and _clear(label, found, frame, size=19):
            large = [o for o in found if not o.minor]
            found.append(replace(label, minor=not _clear(label, large, frame, size=27)))
    return tuple(found)


def _clear(label: Label, others: list[Label], frame: Frame, *, size: float) -> bool:
    """Has a label of this size room, inside the frame and beside the others?"""

    def half(words: str) -> float:
        return 0.3 * size * len(words)

    reach = half(label.words)
    inside = reach < label.x < frame.width - reach and size < label.y < frame.height - size
    return inside and all(
        abs(label.y - o.y) > 1.3 * size or abs(label.x - o.x) > reach + half(o.words) + 4
        for o in others
    )


def _middle(ring: Ring, frame: Frame) -> tuple[float, float]:
    """Where is the centre of area of a ring?"""
    points = [frame.place(p[0], p[1]) for p in ring]
    twice = cx = cy = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        cross = x0 * y1 - x1 * y0
        twice += cross
        cx += (x0 + x1) * cross
        cy += (y0 + y1) * cross
    if abs(twice) < 1e-9:
        return points[0]
    return cx / (3 * twice), cy / (3 * twice)


def steps_of(values: list[int]) -> tuple[int, ...]:
    """Where do the five steps of the colour scale begin? Quantiles, without repeats.

    Examples
    --------
    >>> steps_of([1, 2, 3, 4, 5, 6, 7, 8, 9, 100])
    (1, 3, 5, 7, 9)
    """
    if not values:
        return ()
    ranked = sorted(values)
    return tuple(sorted({ranked[len(ranked) * i // 5] for i in range(5)}))


def cells(layer: str, frame: Frame, words: Callable[[dict[str, Any]], str]) -> tuple[Patch, ...]:
    """How are cells of counted reports drawn, in five steps of colour?"""
    features = json.loads(layer)["features"]
    bounds = steps_of([f["properties"]["reports"] for f in features])
    return tuple(
        Patch(
            d=path(f["geometry"], frame),
            title=words(f["properties"]),
            step=6 - len(bounds) + sum(f["properties"]["reports"] >= b for b in bounds) - 1,
        )
        for f in features
    )


def spots(
    layer: str,
    frame: Frame,
    *,
    radius: Callable[[dict[str, Any]], float],
    words: Callable[[dict[str, Any]], str],
    href: Callable[[dict[str, Any]], str],
    kind: Callable[[dict[str, Any]], str] = lambda _: "",
    most: int = 300,
) -> tuple[Spot, ...]:
    """How are points drawn: the soft beneath, the large beneath the small; at most `most`?"""
    found = []
    for feature in json.loads(layer)["features"]:
        at = _anchor(feature["geometry"])
        if at is None:
            continue
        x, y = frame.place(*at)
        if not (-20 < x < frame.width + 20 and -20 < y < frame.height + 20):
            continue
        p = feature["properties"]
        found.append(
            Spot(round(x, 1), round(y, 1), round(radius(p), 1), words(p), href(p), kind(p))
        )
    kept = sorted(found, key=lambda s: (s.kind == "soft", -s.radius))[:most]
    return tuple(sorted(kept, key=lambda s: (s.kind != "soft", -s.radius)))


def _anchor(geometry: Geometry | None) -> tuple[float, float] | None:
    """Which point stands for a geometry: itself, or the middle of its first line?"""
    if not geometry:
        return None
    if geometry["type"] in ("Point", "MultiPoint"):
        at = geometry["coordinates"]
        lon, lat = (at[0] if geometry["type"] == "MultiPoint" else at)[:2]
        return None if lon is None or lat is None else (float(lon), float(lat))
    for line, closed in lines(geometry):
        if closed:
            return (
                sum(p[0] for p in line[:-1]) / max(1, len(line) - 1),
                sum(p[1] for p in line[:-1]) / max(1, len(line) - 1),
            )
        middle = line[len(line) // 2]
        return float(middle[0]), float(middle[1])
    return None


def circle(x: float, y: float, radius: float, title: str) -> SafeString:
    """How is a place with an extent drawn?"""
    return format_html(
        '<circle class="shape" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
        f"{x:.1f}",
        f"{y:.1f}",
        f"{radius:.1f}",
        title,
    )
