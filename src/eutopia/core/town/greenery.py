"""Trees: alleys along streets, then parks and yards filled until the register is full (metres)."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.ops import unary_union
from shapely.prepared import prep

from eutopia.core.town.buildings import Lot
from eutopia.core.town.furnishing import Ground, Register, Where, points, scatter
from eutopia.core.town.shapes import dots
from eutopia.core.town.site import Site
from eutopia.core.town.streets import NamedStreet, along_street

Floats = NDArray[np.float64]
STEP = 17.0
"""Metres between the places for trees along a street; half of them are planted."""
OFFSET = {"arterial": 11.5, "collector": 8.5, "local": 6.2, "driveway": 5.5}
DENSITY = {"park": 3.0, "pocket_park": 3.0, "yard": 1.0, "square": 0.5, "embankment": 0.8}
"""Trees on a square metre of each kind of space, against a yard's."""


def plant_alleys(
    site: Site,
    streets: list[NamedStreet],
    register: Register,
    kinds: dict[str, str],
    *,
    room: int,
    rng: Generator,
) -> None:
    """Plant at most `room` trees along streets; none where private gardens line them."""
    alleys: list[tuple[int, Floats]] = []
    for number, street in enumerate(streets):
        bare = kinds[street.district] in ("private", "industrial")
        if street.street_class == "footway" or (bare and street.street_class == "local"):
            continue
        for side in (1.0, -1.0):
            spots = along_street(street, STEP, side * OFFSET[street.street_class], 6.0)
            alleys.append((number, spots[rng.random(len(spots)) < 0.5]))
    inside = prep(site.outline)
    keep = min(1.0, room / max(sum(len(spots) for _, spots in alleys), 1))
    for number, spots in alleys:
        street = streets[number]
        where = Where(street.district, kinds[street.district], street=number)
        spots = spots[rng.random(len(spots)) < keep]
        register.add("tree", [p for p in points(spots) if inside.contains(p)], where)


def plant_spaces(
    site: Site,
    spaces: list[Ground],
    lots: list[Lot],
    register: Register,
    *,
    count: int,
    rng: Generator,
) -> None:
    """Plant `count` trees in parks and yards, off the houses and ponds."""
    houses = shapely.STRtree([lot.footprint.buffer(1.5) for lot in lots])
    ponds = unary_union(site.ponds)
    weight = np.array([DENSITY[s.space_type] * s.boundary.area for s in spaces])
    share = rng.multinomial(max(count, 0), weight / weight.sum()).tolist()
    for number, (ground, n) in enumerate(zip(spaces, share, strict=True)):
        spots = _free_spots(ground.boundary, ponds, houses, n, rng)
        register.add("tree", points(spots), Where(ground.district, ground.kind, space=number))


def _free_spots(
    ground: Polygon,
    ponds: shapely.Geometry,
    houses: shapely.STRtree,
    count: int,
    rng: Generator,
) -> Floats:
    """Find places for trees; where houses leave too few, the last stand close to a wall."""
    room = ground.buffer(-1.0).difference(ponds)
    found = np.empty((0, 2))
    for _ in range(6):
        if len(found) >= count:
            break
        more = scatter(room, count - len(found), rng)
        free = np.ones(len(more), dtype=bool)
        if len(more):
            free[houses.query(dots(more), predicate="intersects")[0]] = False
        found = np.concatenate([found, more[free]])
    while len(found) < count:
        more = scatter(ground, count - len(found), rng)
        found = np.concatenate([found, more])
    return found[:count]
