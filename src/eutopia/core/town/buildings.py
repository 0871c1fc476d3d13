"""Buildings on the blocks, by kind of district (metres)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.polygon import orient
from shapely.prepared import prep

from eutopia.core.town.blocks import Block, Layout
from eutopia.core.town.shapes import box_of, largest

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Frame:
    """The box around a piece of ground: middle, unit vectors along and across, both lengths."""

    middle: Floats
    along: Floats
    across: Floats
    length: float
    depth: float


@dataclass(slots=True)
class Lot:
    """A building as placed: footprint, use, style (era and kind of house), block's number."""

    footprint: Polygon
    use: str
    style: str
    block: int


def frame_of(ground: Polygon) -> Frame:
    """Return the smallest box around the ground, long side first."""
    box = box_of(ground)
    a, b = box[1] - box[0], box[2] - box[1]
    la, lb = float(np.hypot(*a)), float(np.hypot(*b))
    if la < lb:
        a, b, la, lb = b, a, lb, la
    return Frame(box.mean(axis=0), a / la, b / lb, la, lb)


def boxes(middles: Floats, along: Floats, lengths: Floats, depths: Floats) -> list[Polygon]:
    """Draw rectangles: middles (n, 2), direction (2,) or (n, 2), lengths and depths (n,)."""
    if len(middles) == 0:
        return []
    u = np.broadcast_to(along, middles.shape)
    v = np.column_stack([-u[:, 1], u[:, 0]])
    du, dv = u * (lengths / 2)[:, None], v * (depths / 2)[:, None]
    corners = np.stack(
        [middles - du - dv, middles + du - dv, middles + du + dv, middles - du + dv], axis=1
    )
    return [Polygon(c) for c in np.round(corners, 2)]


def place_buildings(layout: Layout, *, rng: Generator) -> list[Lot]:
    """Place buildings on every block that is built on."""
    lots: list[Lot] = []
    place = {
        "core": _core,
        "grid": _grid,
        "micro": _micro,
        "private": _private,
        "industrial": _industrial,
    }
    for number, block in enumerate(layout.blocks):
        if block.use in ("park", "pocket_park"):
            continue
        shapes = place[block.kind](block, rng)
        ground = prep(block.ground.buffer(0.01))
        lots += [Lot(s, use, style, number) for s, use, style in shapes if ground.contains(s)]
    return _apart(lots)


def _apart(lots: list[Lot]) -> list[Lot]:
    """Keep buildings, first come first served, that touch none kept before."""
    tree = shapely.STRtree([lot.footprint for lot in lots])
    left, right = tree.query([lot.footprint for lot in lots], predicate="intersects")
    clash: list[list[int]] = [[] for _ in lots]
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        if j < i:
            clash[i].append(j)
    kept = np.zeros(len(lots), dtype=bool)
    for i in range(len(lots)):
        kept[i] = not any(kept[j] for j in clash[i])
    return [lot for lot, keep in zip(lots, kept.tolist(), strict=True) if keep]


Placed = list[tuple[Polygon, str, str]]


def _along_edges(
    ground: Polygon,
    rng: Generator,
    *,
    lengths: tuple[float, float],
    depths: tuple[float, float],
    gaps: tuple[float, float],
    setback: float,
) -> list[Polygon]:
    """Line the inside of a block with houses, edge by edge."""
    inner = ground.buffer(-setback).simplify(1.5)
    if not isinstance(inner, Polygon) or inner.is_empty:
        return []
    ring = np.asarray(orient(inner).exterior.coords)
    middles, heads, size_u, size_v = [], [], [], []
    for start, end in pairwise(ring):
        step = end - start
        reach = float(np.hypot(*step))
        if reach < lengths[0]:
            continue
        u = step / reach
        inward = np.array([-u[1], u[0]])
        at = rng.uniform(0.0, gaps[0] + 1.0)
        while at + lengths[0] < reach:
            long = min(rng.uniform(*lengths), reach - at)
            deep = rng.uniform(*depths)
            middles.append(start + u * (at + long / 2) + inward * deep / 2)
            heads.append(u)
            size_u.append(long)
            size_v.append(deep)
            at += long + rng.uniform(*gaps)
    if not middles:
        return []
    return boxes(np.array(middles), np.array(heads), np.array(size_u), np.array(size_v))


def _core(block: Block, rng: Generator) -> Placed:
    """Close fronts of old houses, wings in the yards."""
    shapes = _along_edges(
        block.ground, rng, lengths=(15.0, 34.0), depths=(10.0, 14.0), gaps=(0.4, 7.0), setback=1.0
    )
    frame = frame_of(block.ground)
    n = int(rng.integers(1, 4))
    spots = frame.middle + rng.uniform(-0.2, 0.2, (n, 2)) * [frame.length, frame.depth]
    wings = boxes(spots, frame.along, rng.uniform(8, 16, n), rng.uniform(6, 9, n))
    placed: Placed = []
    for shape in shapes:
        use = "business" if rng.random() < 0.45 else "residential"
        placed.append((shape, "public" if rng.random() < 0.05 else use, "old"))
    return placed + [(w, "business", "wing") for w in wings]


def _grid(block: Block, rng: Generator) -> Placed:
    """Blocks of the 1930s to 1950s: fronts along the streets, green yards inside."""
    if block.use == "public":
        return _school(block, rng)
    small = rng.random() < 0.2
    shapes = _along_edges(
        block.ground,
        rng,
        lengths=(18.0, 30.0) if small else (34.0, 62.0),
        depths=(11.0, 12.5) if small else (13.0, 15.0),
        gaps=(9.0, 22.0),
        setback=5.0,
    )
    placed: Placed = []
    for shape in shapes:
        chance = rng.random()
        use = "business" if chance < 0.06 else "public" if chance < 0.1 else "residential"
        placed.append((shape, use, "two-storey" if small else "perimeter"))
    return placed


def _school(block: Block, rng: Generator) -> Placed:
    """A school or kindergarten: a body with two wings in the middle of its ground."""
    frame = frame_of(block.ground)
    long = min(62.0, frame.length * 0.55)
    body = boxes(frame.middle[None, :], frame.along, np.array([long]), np.array([14.0]))
    ends = np.array([frame.middle + frame.along * (k * (long / 2 + 5.0)) for k in (-1, 1)])
    wings = boxes(ends, frame.across, np.array([34.0, 30.0]), np.array([13.0, 13.0]))
    shape = largest(shapely.union_all([*body, *wings]))
    return [(shape, "public", "school" if rng.random() < 0.5 else "kindergarten")]


def _micro(block: Block, rng: Generator) -> Placed:
    """A yard among slabs: the plan is drawn from a few that were built everywhere."""
    if block.use == "public":
        return _school(block, rng)
    frame = frame_of(block.ground)
    placed: Placed = []
    for spot, head, long, deep, style in _slab_plan(frame, rng):
        shape = boxes((frame.middle + spot)[None, :], head, np.array([long]), np.array([deep]))
        placed.append((shape[0], "residential", style))
    if rng.random() < 0.3:
        spot = frame.middle + frame.along * (0.36 * frame.length) + frame.across * 4.0
        shape = boxes(spot[None, :], frame.along, np.array([18.0]), np.array([12.0]))
        placed.append((shape[0], "business", "shop"))
    return placed


def _slab_plan(frame: Frame, rng: Generator) -> list[tuple[Floats, Floats, float, float, str]]:
    """Return offset from the middle, heading, length, depth and style of each house of a yard."""
    plan = rng.choice(4, p=[0.42, 0.32, 0.16, 0.1])
    half = frame.depth / 2 - 14.0
    slab = min(frame.length - 14.0, rng.uniform(58.0, 96.0))
    if frame.depth < 52.0 or frame.length < 70.0:
        return [(frame.along * 0.0, frame.along, min(frame.length - 14.0, 60.0), 12.6, "slab")]
    if plan == 1:
        far = frame.across * (half - 4.0)
        towers = [frame.along * (k * frame.length) - far for k in (-0.32, 0.32)]
        row = (frame.across * half, frame.along, slab, 12.6, "slab")
        return [row, *((t, frame.along, 23.0, 21.0, "tower") for t in towers)]
    if plan == 3:
        spots = [frame.along * (k * frame.length) for k in (-0.34, 0.0, 0.34)]
        return [(s, frame.across, frame.depth - 20.0, 12.6, "slab") for s in spots]
    rows = [(frame.across * half * k, frame.along, slab, 12.6, "slab") for k in (-1, 1)]
    if plan == 2:
        away = frame.along * (slab / 2 + 4.0)
        rows.append((away, frame.across, max(2 * half - 26.0, 24.0), 12.6, "slab"))
    return rows


def _private(block: Block, rng: Generator) -> Placed:
    """Two rows of houses with gardens back to back."""
    if block.use == "public":
        return _school(block, rng)
    frame = frame_of(block.ground)
    sides = [1, -1] if frame.depth > 44.0 else [1]
    placed: Placed = []
    for side in sides:
        n = int(frame.length / rng.uniform(17.5, 21.0))
        if n == 0:
            continue
        at = (np.arange(n) + 0.5) * (frame.length / n) - frame.length / 2
        at += rng.uniform(-2.0, 2.0, n)
        in_from_street = frame.depth / 2 - rng.uniform(8.0, 12.0) - rng.uniform(-1.0, 1.0, n)
        in_from_street = in_from_street if len(sides) == 2 else np.zeros(n)
        spots = frame.middle + at[:, None] * frame.along
        spots = spots + (side * in_from_street)[:, None] * frame.across
        turn = np.where(rng.random(n) < 0.5, 1.0, 0.0)[:, None]
        heads = turn * frame.along + (1 - turn) * frame.across
        shapes = boxes(spots, heads, rng.uniform(8.5, 13.0, n), rng.uniform(7.0, 10.0, n))
        empty = rng.random(n) < 0.06
        shop = rng.random(n) < 0.012
        for shape, none, sells in zip(shapes, empty.tolist(), shop.tolist(), strict=True):
            if not none:
                use, style = ("business", "shop") if sells else ("residential", "house")
                placed.append((shape, use, style))
    return placed


def _industrial(block: Block, rng: Generator) -> Placed:
    """Halls and sheds in rows; offices at the gate."""
    frame = frame_of(block.ground)
    placed: Placed = []
    rows = max(int(frame.depth / 75.0), 1)
    for row in range(rows):
        across = (row + 0.5) * frame.depth / rows - frame.depth / 2
        at = -frame.length / 2 + rng.uniform(8.0, 25.0)
        while at < frame.length / 2 - 30.0:
            long, deep = rng.uniform(26.0, 110.0), rng.uniform(18.0, 46.0)
            if rng.random() < 0.78:
                spot = frame.middle + frame.along * (at + long / 2) + frame.across * across
                shape = boxes(spot[None, :], frame.along, np.array([long]), np.array([deep]))
                placed.append((shape[0], "industrial", "hall" if long > 50 else "shed"))
            at += long + rng.uniform(12.0, 30.0)
    return placed
