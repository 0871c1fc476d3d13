"""The built town put together: from the plan in metres to the territory's records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from eutopia.core.records.territory import (
    Asset,
    Building,
    District,
    HeritageAsset,
    Organisation,
    ProtectionZone,
    PublicSpace,
    Street,
    Territory,
)
from eutopia.core.records.text import Text
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
    furnish_spaces,
    furnish_streets,
    lay_carriageway,
    points,
    scatter,
)
from eutopia.core.town.heritage import Kept, Zone, place_heritage
from eutopia.core.town.housing import Stock, settle
from eutopia.core.town.names import DISTRICTS, TOWN
from eutopia.core.town.networks import lay_networks
from eutopia.core.town.organisations import Body, found_organisations, manager_of
from eutopia.core.town.plane import Plane
from eutopia.core.town.site import FULL_SIZE, Site, lay_out
from eutopia.core.town.streets import (
    INNER,
    Addresses,
    NamedStreet,
    address,
    along_street,
    name_streets,
)

ASSETS = 40_000
BUSINESSES = 400
PLANE = Plane(lon=-30.0, lat=55.0)
"""Open ocean: the training town stands where no town can be."""

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
    choose_uses(site, layout, rng=rng)
    cut_yards(site, layout, rng=rng)
    choose_yard_uses(layout, rng=rng)
    lay_paths(site, layout)
    kinds = {q.id: q.kind for q in site.quarters}
    lots = place_buildings(site, layout, rng=np.random.default_rng([seed, 2]))
    streets = name_streets(layout, rng=np.random.default_rng([seed, 3]))
    shapes = np.array([lot.footprint for lot in lots], dtype=object)
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    stock = settle(layout, lots, residents=residents, rng=np.random.default_rng([seed, 4]))
    spaces, space_of = _spaces(site, layout, lots, kinds)
    rng = np.random.default_rng([seed, 5])
    register = _register(site, streets, spaces, lots, middles, kinds, residents, rng)
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
    middles: Floats,
    kinds: dict[str, str],
    residents: int,
    rng: Generator,
) -> Register:
    register = Register()
    lay_carriageway(site, streets, register, kinds, rng)
    lay_networks(streets, register, kinds, rng)
    furnish_streets(site, streets, register, kinds, rng)
    furnish_spaces(spaces, register, rng)
    _signals(site, streets, register, kinds)
    _private_waste_sites(streets, register, kinds, rng)
    wanted = ASSETS * residents // FULL_SIZE
    _plant_trees(site, streets, spaces, lots, register, kinds, wanted, rng)
    return register


def _signals(
    site: Site, streets: list[NamedStreet], register: Register, kinds: dict[str, str]
) -> None:
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
                    where = {"district": streets[i].district, "kind": kinds[streets[i].district]}
                    corners = np.array([[9.0, 9.0], [-9.0, -9.0], [9.0, -9.0], [-9.0, 9.0]])
                    spots = np.array([point.x, point.y]) + corners
                    register.add("traffic_signal", points(spots), street=i, **where)


def _private_waste_sites(
    streets: list[NamedStreet], register: Register, kinds: dict[str, str], rng: Generator
) -> None:
    for number, street in enumerate(streets):
        if kinds[street.district] == "private" and street.street_class in ("local", "collector"):
            spots = along_street(street, 420.0, 9.0, float(rng.uniform(20.0, 200.0)))
            where = {"district": street.district, "kind": "private", "street": number}
            register.add("container_site", points(spots), **where)


def _plant_trees(
    site: Site,
    streets: list[NamedStreet],
    spaces: list[Ground],
    lots: list[Lot],
    register: Register,
    kinds: dict[str, str],
    wanted: int,
    rng: Generator,
) -> None:
    """Plant alleys, then fill parks and yards until the register holds what was wanted."""
    alleys: list[tuple[int, Floats]] = []
    for number, street in enumerate(streets):
        kind = kinds[street.district]
        if kind in ("private", "industrial") and street.street_class == "local":
            continue
        if street.street_class == "footway":
            continue
        for side in (1.0, -1.0):
            offset = (
                side
                * {"arterial": 11.5, "collector": 8.5, "local": 6.2, "driveway": 5.5}[
                    street.street_class
                ]
            )
            spots = along_street(street, 17.0, offset, 6.0)
            alleys.append((number, spots[rng.random(len(spots)) < 0.5]))
    # A small town is all edge: leave at least a third of its trees to parks and yards.
    room = 0.66 * max(wanted - len(register.asset_class), 0)
    keep = min(1.0, room / max(sum(len(spots) for _, spots in alleys), 1))
    for number, spots in alleys:
        street = streets[number]
        where = {"district": street.district, "kind": kinds[street.district], "street": number}
        register.add("tree", points(spots[rng.random(len(spots)) < keep]), **where)
    houses = shapely.STRtree([lot.footprint.buffer(1.5) for lot in lots])
    left = wanted - len(register.asset_class)
    density = {"park": 3.0, "pocket_park": 3.0, "yard": 1.0, "square": 0.5, "embankment": 0.8}
    weight = np.array([density[s.space_type] * s.boundary.area for s in spaces])
    share = rng.multinomial(max(left, 0), weight / weight.sum())
    for number, (ground, count) in enumerate(zip(spaces, share.tolist(), strict=True)):
        planted = np.empty((0, 2))
        room = ground.boundary.buffer(-1.0).difference(unary_union(site.ponds))
        for _ in range(6):
            more = scatter(room, count - len(planted), rng)
            hit = houses.query(shapely.points(more), predicate="intersects")[0]
            free = np.ones(len(more), dtype=bool)
            free[hit] = False
            planted = np.concatenate([planted, more[free]])
            if len(planted) >= count:
                break
        if len(planted) < count:
            planted = np.concatenate([planted, scatter(ground.boundary, count - len(planted), rng)])
        where = {"district": ground.district, "kind": ground.kind, "space": number}
        register.add("tree", points(planted[:count]), **where)


def to_records(built: Built) -> Territory:
    """Turn the built town into the records that every room reads, in degrees."""
    quarters = built.site.quarters
    people = {q.id: 0 for q in quarters}
    for lot, living in zip(built.lots, built.stock.residents.tolist(), strict=True):
        people[built.layout.blocks[lot.block].district] += living
    grounds = PLANE.to_globe([q.ground for q in quarters])
    return Territory(
        id="training-town",
        name=TOWN,
        time_zone="Europe/Moscow",
        currency="RUB",
        synthetic=True,
        districts=tuple(
            District(q.id, DISTRICTS[q.id], shape, people[q.id])
            for q, shape in zip(quarters, grounds, strict=True)
        ),
        streets=_street_records(built),
        spaces=_space_records(built),
        buildings=_building_records(built),
        assets=_asset_records(built),
        heritage=_heritage_records(built),
        zones=_zone_records(built),
        organisations=_organisation_records(built),
        water=tuple(
            part
            for shape in PLANE.to_globe([built.site.river, *built.site.ponds])
            for part in _polygons(shape)
        ),
        sources=(
            (
                "everything",
                "generated by eutopia.core.town from a seed; nothing in it is real "
                "(AGPL-3.0-or-later)",
            ),
        ),
    )


def _polygons(shape: BaseGeometry) -> list[BaseGeometry]:
    return [p for p in shapely.get_parts(shape).tolist() if not p.is_empty]


def _street_records(built: Built) -> tuple[Street, ...]:
    shapes = PLANE.to_globe([s.line for s in built.streets])
    return tuple(
        Street(s.id, s.name, shape, s.street_class, s.district)
        for s, shape in zip(built.streets, shapes, strict=True)
    )


SPACE_NAMES = {
    "yard": ("Yard", "Двор"),
    "park": ("Park", "Парк"),
    "pocket_park": ("Garden", "Сквер"),
    "square": ("Town Square", "Ратушная площадь"),
    "embankment": ("Riverside", "Береговая полоса"),
}


def _space_records(built: Built) -> tuple[PublicSpace, ...]:
    shapes = PLANE.to_globe([s.boundary for s in built.spaces])
    named = [s for s in built.streets if s.street_class not in INNER]
    tree = shapely.STRtree([s.line for s in named])
    nearest = tree.nearest([s.boundary.centroid for s in built.spaces])
    count: dict[tuple[str, str], int] = {}
    records = []
    for space, shape, i in zip(built.spaces, shapes, nearest.tolist(), strict=True):
        en, ru = SPACE_NAMES[space.space_type]
        street = named[i]
        n = count[space.space_type, street.id] = count.get((space.space_type, street.id), 0) + 1
        if space.space_type == "square":
            name = Text.of(en=en, ru=ru)
        else:
            number = f" {n}" if n > 1 else ""
            name = Text.of(
                en=f"{en}{number}, {street.name.to('en')}",
                ru=f"{ru}{number}, {street.name.to('ru')}",
            )
        records.append(PublicSpace(space.id, name, space.space_type, shape, space.district))
    return tuple(records)


def address_text(built: Built, i: int) -> Text:
    """Return a building's address in both languages."""
    street = built.streets[int(built.addresses.street[i])].name
    number = built.addresses.number[i]
    return Text.of(en=f"{number} {street.to('en')}", ru=f"{street.to('ru')}, д. {number}")


def _building_records(built: Built) -> tuple[Building, ...]:
    shapes = PLANE.to_globe([lot.footprint for lot in built.lots])
    stock = built.stock
    records = []
    for i, (lot, shape) in enumerate(zip(built.lots, shapes, strict=True)):
        space = built.space_of[i]
        records.append(
            Building(
                id=f"u{i + 1:05d}",
                address=address_text(built, i),
                footprint=shape,
                district=built.layout.blocks[lot.block].district,
                use=lot.use,
                built=int(stock.built[i]),
                storeys=int(stock.storeys[i]),
                dwellings=int(stock.dwellings[i]),
                residents=int(stock.residents[i]),
                housing_manager=built.managers[i],
                street=built.streets[int(built.addresses.street[i])].id,
                space=built.spaces[space].id if space >= 0 else None,
            )
        )
    return tuple(records)


def asset_id(i: int) -> str:
    """Return the id of the asset at this position."""
    return f"a{i + 1:06d}"


def _asset_records(built: Built) -> tuple[Asset, ...]:
    r = built.register
    shapes = PLANE.to_globe(r.shape)
    years, condition = built.installed.tolist(), built.condition.tolist()
    records = []
    for i, shape in enumerate(shapes):
        street, space = r.street[i], r.space[i]
        attributes = r.attributes[i]
        if built.material[i]:
            attributes = (("material", built.material[i]), *attributes)
        value = condition[i]
        records.append(
            Asset(
                asset_id(i),
                r.asset_class[i],
                shape,
                r.district[i],
                years[i],
                None if value != value else value,
                built.streets[street].id if street >= 0 else None,
                built.spaces[space].id if space >= 0 else None,
                attributes,
            )
        )
    return tuple(records)


def _heritage_records(built: Built) -> tuple[HeritageAsset, ...]:
    shapes = PLANE.to_globe([k.shape for k in built.kept])
    return tuple(
        HeritageAsset(k.id, k.name, k.kind, k.significance, k.status, shape, f"TT-{k.id[1:]}")
        for k, shape in zip(built.kept, shapes, strict=True)
    )


def _zone_records(built: Built) -> tuple[ProtectionZone, ...]:
    known = [z.shape for z in built.zones if z.shape is not None]
    shapes = iter(PLANE.to_globe(known))
    return tuple(
        ProtectionZone(z.id, z.kind, None if z.shape is None else next(shapes), z.of, z.name)
        for z in built.zones
    )


def _organisation_records(built: Built) -> tuple[Organisation, ...]:
    spots = iter(PLANE.to_globe([b.spot for b in built.bodies if b.spot is not None]))
    return tuple(
        Organisation(
            b.id, b.name, b.kind, b.services, b.district, None if b.spot is None else next(spots)
        )
        for b in built.bodies
    )


__all__ = ["ASSETS", "PLANE", "Built", "Polygon", "address_text", "asset_id", "build", "to_records"]
