"""The built town put together, in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import Point

from eutopia.core.town.ageing import age_assets
from eutopia.core.town.blocks import (
    Layout,
    choose_uses,
    choose_yard_uses,
    cut_blocks,
    cut_yards,
    lay_paths,
)
from eutopia.core.town.buildings import Lot, place_buildings
from eutopia.core.town.furnishing import (
    Ground,
    Register,
    Where,
    furnish_spaces,
    furnish_streets,
    lay_carriageway,
    points,
)
from eutopia.core.town.greenery import plant_alleys, plant_spaces
from eutopia.core.town.heritage import Kept, Zone, place_heritage
from eutopia.core.town.housing import Stock, settle
from eutopia.core.town.networks import lay_networks
from eutopia.core.town.organisations import Body, found_organisations, manager_of
from eutopia.core.town.site import FULL_SIZE, Site, lay_out
from eutopia.core.town.streets import (
    Addresses,
    NamedStreet,
    address,
    along_street,
    name_streets,
)

ASSETS = 40_000
BUSINESSES = 400
LEAST_TREES = 0.2
"""Share of the register left to trees, whatever else there is."""

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Built:
    """Everything built, in metres, with the arrays that later stages draw from."""

    site: Site
    layout: Layout
    streets: list[NamedStreet]
    lots: list[Lot]
    middles: Floats
    """Building's middle, (n, 2)."""
    stock: Stock
    addresses: Addresses
    spaces: list[Ground]
    space_of: list[int]
    managers: list[str | None]
    register: Register
    asset_spots: Floats
    """A point on each asset, (m, 2)."""
    installed: NDArray[np.int64]
    condition: Floats
    material: list[str]
    kept: list[Kept]
    zones: list[Zone]
    bodies: list[Body]
    kinds: dict[str, str]
    """Kind of building by district."""


def build(*, seed: int, residents: int, year: int) -> Built:
    """Build the town: ground, streets, houses, assets, heritage, organisations."""
    rng = np.random.default_rng([seed, 1])
    site = lay_out(residents=residents, rng=rng)
    layout = cut_blocks(site, rng=rng)
    choose_uses(layout, rng=rng)
    cut_yards(site, layout, rng=rng)
    choose_yard_uses(layout, rng=rng)
    lay_paths(site, layout)
    kinds = {q.id: q.kind for q in site.quarters}
    lots = place_buildings(layout, rng=np.random.default_rng([seed, 2]))
    streets = name_streets(layout, rng=np.random.default_rng([seed, 3]))
    shapes = np.array([lot.footprint for lot in lots], dtype=object)
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    stock = settle(layout, lots, residents=residents, rng=np.random.default_rng([seed, 4]))
    spaces, space_of = _spaces(site, layout, lots, kinds)
    rng = np.random.default_rng([seed, 5])
    register = _register(site, streets, spaces, lots, kinds, residents, rng)
    rng = np.random.default_rng([seed, 6])
    installed, condition, material = age_assets(
        register.asset_class, register.kind, register.district, year=year, rng=rng
    )
    rng = np.random.default_rng([seed, 7])
    kept, zones = place_heritage(site, layout, lots, rng=rng)
    shops = _shops(layout, lots, middles)
    bodies = found_organisations(shops, count=BUSINESSES * residents // FULL_SIZE, rng=rng)
    managers = [
        manager_of(layout.blocks[lot.block].district, layout.blocks[lot.block].kind, rng)
        if lot.use == "residential" and lot.style != "house"
        else None
        for lot in lots
    ]
    array = np.array(register.shape, dtype=object)
    spots = shapely.get_coordinates(
        shapely.line_interpolate_point(_axis(array), 0.5, normalized=True)
    )
    return Built(
        site=site,
        layout=layout,
        streets=streets,
        lots=lots,
        middles=middles,
        stock=stock,
        addresses=address(streets, middles),
        spaces=spaces,
        space_of=space_of,
        managers=managers,
        register=register,
        asset_spots=spots,
        installed=installed,
        condition=condition,
        material=material,
        kept=kept,
        zones=zones,
        bodies=bodies,
        kinds=kinds,
    )


def _axis(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return lines as they are, and for points and polygons a line through their middle."""
    lines = shapes.copy()
    other = shapely.get_type_id(shapes) != 1
    middle = shapely.get_coordinates(shapely.centroid(shapes[other]))
    lines[other] = shapely.linestrings(np.stack([middle, middle], axis=1))
    return lines


def _shops(layout: Layout, lots: list[Lot], middles: Floats) -> list[tuple[Point, str, str]]:
    return [
        (Point(*middles[i]), layout.blocks[lot.block].district, lot.style)
        for i, lot in enumerate(lots)
        if lot.use in ("business", "industrial")
    ]


def _spaces(
    site: Site, layout: Layout, lots: list[Lot], kinds: dict[str, str]
) -> tuple[list[Ground], list[int]]:
    """Name yards, parks, squares and embankments; say in which yard each building stands."""
    spaces: list[Ground] = []
    by_block: dict[int, int] = {}
    lived_in = {lot.block for lot in lots if lot.use == "residential"}
    for number, block in enumerate(layout.blocks):
        space_type = block.use
        if block.use in ("", "yard") and block.kind in ("grid", "micro", "core"):
            space_type = "yard" if number in lived_in else ""
        if space_type not in ("yard", "park", "pocket_park"):
            continue
        by_block[number] = len(spaces)
        key = f"p{len(spaces) + 1:04d}"
        spaces.append(Ground(key, space_type, block.district, block.kind, block.ground))
    core = next(q for q in site.quarters if q.kind == "core")
    spaces.append(Ground(f"p{len(spaces) + 1:04d}", "square", core.id, "core", layout.square))
    for district, strip in layout.strips:
        key = f"p{len(spaces) + 1:04d}"
        spaces.append(Ground(key, "embankment", district, kinds[district], strip))
    return spaces, [by_block.get(lot.block, -1) for lot in lots]


def _register(
    site: Site,
    streets: list[NamedStreet],
    spaces: list[Ground],
    lots: list[Lot],
    kinds: dict[str, str],
    residents: int,
    rng: Generator,
) -> Register:
    register = Register()
    lay_carriageway(streets, register, kinds, rng)
    lay_networks(streets, register, kinds, rng)
    furnish_streets(site, streets, register, kinds, rng)
    furnish_spaces(spaces, register, rng)
    _signals(streets, register, kinds)
    _private_waste_sites(streets, register, kinds, rng)
    register.clip(site.outline)
    wanted = ASSETS * residents // FULL_SIZE
    _thin(register, round(wanted * (1.0 - LEAST_TREES)), rng)
    left = wanted - len(register.asset_class)
    plant_alleys(site, streets, register, kinds, room=round(0.6 * left), rng=rng)
    left = wanted - len(register.asset_class)
    plant_spaces(site, spaces, lots, register, count=left, rng=rng)
    return register


def _thin(register: Register, most: int, rng: Generator) -> None:
    """Take furniture away at random until at most so many assets are left.

    A small town is all edge: by the spacing of a large one it would hold too much of everything.
    """
    points_only = np.array([shape.geom_type == "Point" for shape in register.shape])
    surplus = min(len(register.shape) - most, int(points_only.sum()))
    if surplus > 0:
        gone = rng.choice(np.flatnonzero(points_only), size=surplus, replace=False)
        register.drop(set(gone.tolist()))


def _signals(streets: list[NamedStreet], register: Register, kinds: dict[str, str]) -> None:
    """Put traffic signals where main roads cross collectors or one another."""
    main = [i for i, s in enumerate(streets) if s.street_class == "arterial"]
    other = [i for i, s in enumerate(streets) if s.street_class in ("arterial", "collector")]
    taken: list[Point] = []
    for i in main:
        for j in other:
            if i == j:
                continue
            for spot in shapely.get_parts(streets[i].line.buffer(3).intersection(streets[j].line)):
                point = spot.centroid
                if not point.is_empty and all(point.distance(t) > 60.0 for t in taken):
                    taken.append(point)
                    where = Where(streets[i].district, kinds[streets[i].district], street=i)
                    corners = np.array([[9.0, 9.0], [-9.0, -9.0], [9.0, -9.0], [-9.0, 9.0]])
                    spots = np.array([point.x, point.y]) + corners
                    register.add("traffic_signal", points(spots), where)


def _private_waste_sites(
    streets: list[NamedStreet], register: Register, kinds: dict[str, str], rng: Generator
) -> None:
    for number, street in enumerate(streets):
        if kinds[street.district] == "private" and street.street_class in ("local", "collector"):
            spots = along_street(street, 420.0, 9.0, float(rng.uniform(20.0, 200.0)))
            where = Where(street.district, "private", street=number)
            register.add("container_site", points(spots), where)
