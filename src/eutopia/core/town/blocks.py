"""Streets and blocks: each district's ground cut until its blocks have their size (metres)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import split, unary_union

from eutopia.core.town.shapes import box_of, largest, lines_of, polygons_of
from eutopia.core.town.site import HALF_WIDTH, Quarter, Site


@dataclass(frozen=True, slots=True)
class Grain:
    """How is a kind of district cut: block's depth and length in metres, crookedness, twist?"""

    depth: float
    length: float
    crooked: float
    twist: float


GRAINS = {
    "core": Grain(72.0, 120.0, 0.16, 10.0),
    "grid": Grain(120.0, 165.0, 0.05, 1.5),
    "micro": Grain(270.0, 340.0, 0.08, 3.0),
    "private": Grain(82.0, 235.0, 0.05, 3.0),
    "industrial": Grain(250.0, 380.0, 0.10, 4.0),
}
YARD_GRAIN = Grain(114.0, 158.0, 0.05, 1.5)
"""Micro-district blocks are cut once more, by driveways, into yards."""


@dataclass(slots=True)
class Block:
    """A piece of ground between streets: what is built there, in which district?"""

    district: str
    kind: str
    ground: Polygon
    use: str = ""
    parent: int = -1
    """Number of the street block that a yard cell was cut from."""


@dataclass(slots=True)
class StreetPiece:
    """A street as cut: line, class, district, key of its name ('' for a street still unnamed)."""

    line: LineString
    street_class: str
    district: str
    key: str = ""


@dataclass(slots=True)
class Layout:
    """Streets and blocks of the whole town."""

    streets: list[StreetPiece] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    square: Polygon = field(default_factory=Polygon)
    strips: list[tuple[str, Polygon]] = field(default_factory=list)
    """Green strips along the river, with their districts."""


def cut_blocks(site: Site, *, rng: Generator) -> Layout:
    """Cut every district into streets and blocks."""
    layout = Layout()
    half = max(site.scale, 0.55)
    cx, cy = site.centre
    layout.square = Polygon(
        [
            (cx - 62 * half, cy - 38 * half),
            (cx + 58 * half, cy - 46 * half),
            (cx + 66 * half, cy + 40 * half),
            (cx - 55 * half, cy + 46 * half),
        ]
    )
    for quarter in site.quarters:
        _cut_quarter(site, quarter, layout, rng)
    _add_skeleton(site, layout)
    _open_square(layout)
    _carve(layout)
    return layout


def _cut_quarter(site: Site, quarter: Quarter, layout: Layout, rng: Generator) -> None:
    grain = GRAINS[quarter.kind]
    main = unary_union([r.line for r in site.roads])
    parks = [p for p in site.parks if quarter.ground.contains(p.representative_point())]
    dry = quarter.ground.difference(unary_union([site.green_strip, *parks]))
    layout.blocks += [Block(quarter.id, quarter.kind, p, "park") for p in parks]
    for strip in polygons_of(quarter.ground.intersection(site.green_strip)):
        if strip.area > 400.0:
            layout.strips.append((quarter.id, strip))
    if quarter.kind == "industrial":
        dry = _workers_settlement(site, quarter, dry, layout, rng)
    # Main roads inside a district (a radial through the inner ring) part it first.
    for part in polygons_of(dry.difference(main.buffer(0.05))):
        _cut(part, grain, quarter, layout, rng, depth=0)


def _workers_settlement(
    site: Site,
    quarter: Quarter,
    dry: BaseGeometry,
    layout: Layout,
    rng: Generator,
) -> BaseGeometry:
    """Cut the works' side nearest to the ring road into blocks for houses; return the rest."""
    ring = next(r.line for r in site.roads if r.key == "ring")
    near = dry.intersection(ring.buffer(340.0 * site.scale, cap_style="flat"))
    houses = Quarter(quarter.id, "grid", quarter.ground)
    for part in polygons_of(near):
        _cut(part, GRAINS["grid"], houses, layout, rng, depth=1)
    rest = dry.difference(near)
    for line in lines_of(near.boundary.intersection(rest.boundary.buffer(0.5))):
        if line.length > 60.0:
            layout.streets.append(StreetPiece(line, "local", quarter.id))
    return rest


def _cut(
    ground: Polygon,
    grain: Grain,
    quarter: Quarter,
    layout: Layout,
    rng: Generator,
    *,
    depth: int,
    parent: int = -1,
) -> None:
    """Cut ground in two along its box's middle until blocks have their size."""
    if ground.area < 300.0:
        return
    knife = _knife(ground, grain, rng)
    pieces = (
        [] if knife is None else [p for p in polygons_of(split(ground, knife)) if p.area > 150.0]
    )
    if len(pieces) < 2:
        use = "yard" if parent >= 0 else ""
        layout.blocks.append(Block(quarter.id, quarter.kind, ground, use, parent))
        return
    cut = knife.intersection(ground) if knife is not None else LineString()
    if parent >= 0:
        street_class = "driveway"
    else:
        street_class = "collector" if depth < 2 and quarter.kind != "core" else "local"
    for line in lines_of(cut):
        if line.length > 25.0:
            layout.streets.append(StreetPiece(line, street_class, quarter.id))
    for piece in pieces:
        _cut(piece, grain, quarter, layout, rng, depth=depth + 1, parent=parent)


def _knife(ground: Polygon, grain: Grain, rng: Generator) -> LineString | None:
    """Return the line to cut along, None where the block is small enough already."""
    box = box_of(ground)
    sides = np.roll(box, -1, axis=0) - box
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    first = 0 if lengths[0] >= lengths[1] else 1
    u, long_side = sides[first] / lengths[first], float(lengths[first])
    v, short_side = sides[1 - first] / lengths[1 - first], float(lengths[1 - first])
    origin = box[0] if first == 0 else box[1] - sides[0]
    origin = box.mean(axis=0) - u * long_side / 2 - v * short_side / 2
    if long_side > 1.45 * grain.length:
        along, across, reach, parts = u, v, long_side, round(long_side / grain.length)
        other = short_side
    elif short_side > 1.45 * grain.depth:
        along, across, reach, parts = v, u, short_side, round(short_side / grain.depth)
        other = long_side
    else:
        return None
    at = reach * (max(parts // 2, 1) / max(parts, 2))
    at += rng.uniform(-grain.crooked, grain.crooked) * reach / max(parts, 2)
    turn = np.radians(rng.uniform(-grain.twist, grain.twist))
    heading = across * np.cos(turn) + along * np.sin(turn)
    middle = origin + along * at + across * other / 2
    points = [middle - heading * other * 0.8, middle + heading * other * 0.8]
    if grain.crooked > 0.12:  # old streets bend
        points.insert(1, middle + along * rng.uniform(-0.05, 0.05) * other)
    return LineString(points)


def _add_skeleton(site: Site, layout: Layout) -> None:
    """Add main roads, each under the district that most of it passes."""
    for road in site.roads:
        spot = road.line.interpolate(0.5, normalized=True)
        near = min(site.quarters, key=lambda q: (q.ground.distance(spot), q.id))
        layout.streets.append(StreetPiece(road.line, road.street_class, near.id, road.key))


def _open_square(layout: Layout) -> None:
    """Let no street cross the square: those that would end at its edge."""
    open_ground = layout.square.buffer(3.0)
    pieces, layout.streets = layout.streets, []
    for piece in pieces:
        for line in lines_of(piece.line.difference(open_ground)):
            if line.length > 20.0:
                layout.streets.append(
                    StreetPiece(line, piece.street_class, piece.district, piece.key)
                )


def _carve(layout: Layout) -> None:
    """Take the streets' width off the blocks, choose their use, cut micro-districts into yards."""
    bands = [s.line.buffer(HALF_WIDTH[s.street_class], cap_style="flat") for s in layout.streets]
    bands.append(layout.square.buffer(HALF_WIDTH["local"]))
    tree = shapely.STRtree(bands)
    kept = []
    for block in layout.blocks:
        if block.use == "park":
            kept.append(block)
            continue
        near = [bands[i] for i in sorted(tree.query(block.ground).tolist())]
        part = largest(block.ground.difference(unary_union(near)))
        if part.area > 350.0:
            whole = Polygon(part.exterior)
            block.ground = largest(whole.simplify(0.5).intersection(whole))
            kept.append(block)
    layout.blocks = kept


def cut_yards(site: Site, layout: Layout, *, rng: Generator) -> None:
    """Cut the micro-districts' blocks into yards by driveways."""
    wholes, layout.blocks = layout.blocks, []
    quarters = {q.id: q for q in site.quarters}
    for number, block in enumerate(wholes):
        if block.kind != "micro" or block.use:
            layout.blocks.append(block)
            continue
        first, street = len(layout.blocks), len(layout.streets)
        _cut(
            block.ground, YARD_GRAIN, quarters[block.district], layout, rng, depth=0, parent=number
        )
        bands = [s.line.buffer(HALF_WIDTH["driveway"]) for s in layout.streets[street:]]
        ways = unary_union(bands)
        for cell in layout.blocks[first:]:
            cell.ground = Polygon(largest(cell.ground.difference(ways)).exterior)


def choose_uses(layout: Layout, *, rng: Generator) -> None:
    """Choose which blocks become parks and which hold schools."""
    by_kind: dict[tuple[str, str], list[Block]] = {}
    for block in layout.blocks:
        by_kind.setdefault((block.district, block.kind), []).append(block)
    for (_, kind), blocks in sorted(by_kind.items(), key=lambda item: item[0]):
        blocks = [b for b in blocks if not b.use]
        if kind == "industrial" or len(blocks) < 4:
            continue
        order = sorted(blocks, key=lambda b: (b.ground.area, b.ground.centroid.x))
        middle = order[len(order) // 4 : -1]
        picks = rng.permutation(len(middle))
        parks = {"core": 3, "grid": 3, "micro": 1, "private": 5}[kind]
        public = {"core": 0, "grid": 3, "micro": 0, "private": 5}[kind]
        parks = min(parks, len(blocks) // 6 + 1)
        for k, number in enumerate(picks[: parks + public].tolist()):
            small = middle[number].ground.area < 12_000.0
            if k < parks:
                middle[number].use = "pocket_park" if small else "park"
            elif len(blocks) > 8:
                middle[number].use = "public"


def lay_paths(site: Site, layout: Layout) -> None:
    """Lay paths through parks: one or two across, in large parks one around."""
    ponds = unary_union([p.buffer(6.0) for p in site.ponds])
    for number, block in enumerate(layout.blocks):
        if block.use not in ("park", "pocket_park") or block.ground.area < 6_000.0:
            continue
        box = box_of(block.ground)
        inner = block.ground.buffer(-7.0).difference(ponds)
        lines = [LineString([box[0], box[2]]), LineString([box[1], box[3]])]
        if block.ground.area < 22_000.0:
            lines = [lines[number % 2]]
        around = block.ground.buffer(-0.16 * float(np.sqrt(block.ground.area)))
        if isinstance(around, Polygon) and block.ground.area > 15_000.0:
            lines.append(LineString(largest(around.simplify(3.0)).exterior.coords))
        for line in lines:
            for piece in lines_of(line.intersection(inner)):
                if piece.length > 30.0:
                    layout.streets.append(StreetPiece(piece, "footway", block.district))


def choose_yard_uses(layout: Layout, *, rng: Generator) -> None:
    """Give every fifth yard cell of the micro-districts to a school or kindergarten."""
    cells = [b for b in layout.blocks if b.kind == "micro" and b.use in ("", "yard")]
    if len(cells) < 12:
        return
    for cell in cells:
        chance = rng.random()
        if cell.ground.area > 5_000.0 and chance < 0.16:
            cell.use = "public"
        elif chance > 0.88:
            cell.use = "pocket_park"


def near_centre(site: Site, ground: Polygon) -> float:
    """Return the distance of a piece of ground from the middle of the core, in core radii."""
    return float(ground.centroid.distance(Point(*site.centre))) / (450.0 * site.scale)
