"""What stands and lies along streets, in yards and parks: the register of assets (metres)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring
from shapely.prepared import prep

from eutopia.core.town.buildings import boxes, frame_of
from eutopia.core.town.shapes import dots, longest
from eutopia.core.town.site import HALF_WIDTH, Site
from eutopia.core.town.streets import NamedStreet, along_street

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Ground:
    """A public space in the plane: id, kind, district's kind of building, boundary."""

    id: str
    space_type: str
    district: str
    kind: str
    boundary: Polygon


@dataclass(frozen=True, slots=True)
class Where:
    """Where things stand: district, kind of building there, street or space (-1 for none)."""

    district: str
    kind: str
    street: int = -1
    space: int = -1


@dataclass(slots=True)
class Register:
    """Assets as columns, a row an asset."""

    asset_class: list[str] = field(default_factory=list)
    shape: list[BaseGeometry] = field(default_factory=list)
    street: list[int] = field(default_factory=list)
    """Position of the street, -1 for none."""
    space: list[int] = field(default_factory=list)
    district: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    attributes: list[tuple[tuple[str, str], ...]] = field(default_factory=list)

    def add(
        self,
        asset_class: str,
        shapes: Sequence[BaseGeometry],
        where: Where,
        attributes: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Enter shapes of one class at one street or space."""
        n = len(shapes)
        self.asset_class += [asset_class] * n
        self.shape += shapes
        self.street += [where.street] * n
        self.space += [where.space] * n
        self.district += [where.district] * n
        self.kind += [where.kind] * n
        self.attributes += [attributes] * n

    def clip(self, outline: Polygon) -> None:
        """Cut lines that leave the town; take out what lies wholly or mostly outside."""
        inside = prep(outline)
        gone = set()
        for i, shape in enumerate(self.shape):
            if inside.covers(shape):
                continue
            part = longest(shape.intersection(outline.buffer(-0.05)))
            if shape.geom_type != "LineString" or part.length < 4.0:
                gone.add(i)
            self.shape[i] = part
        self.drop(gone)

    def drop(self, rows: set[int]) -> None:
        """Take assets out."""
        keep = [i for i in range(len(self.shape)) if i not in rows]
        for name in (f.name for f in fields(self)):
            column = getattr(self, name)
            setattr(self, name, [column[i] for i in keep])


# Metres between neighbours along a street, by class of street; 0 is none. Lamps, bins, hydrants
# and ramps follow the densities a kilometre counted in Cambridge (params/densities.yaml).
SPACING = {
    "lighting_point": {
        "arterial": 33.0,
        "collector": 31.0,
        "local": 54.0,
        "driveway": 75.0,
        "footway": 42.0,
    },
    "litter_bin": {
        "arterial": 260.0,
        "collector": 600.0,
        "local": 0.0,
        "driveway": 0.0,
        "footway": 150.0,
    },
    "bench": {
        "arterial": 210.0,
        "collector": 300.0,
        "local": 900.0,
        "driveway": 300.0,
        "footway": 70.0,
    },
    "road_sign": {
        "arterial": 70.0,
        "collector": 105.0,
        "local": 190.0,
        "driveway": 0.0,
        "footway": 0.0,
    },
    "storm_drain": {
        "arterial": 60.0,
        "collector": 75.0,
        "local": 95.0,
        "driveway": 0.0,
        "footway": 0.0,
    },
    "hydrant": {
        "arterial": 120.0,
        "collector": 130.0,
        "local": 150.0,
        "driveway": 0.0,
        "footway": 0.0,
    },
    "bus_stop": {
        "arterial": 420.0,
        "collector": 560.0,
        "local": 0.0,
        "driveway": 0.0,
        "footway": 0.0,
    },
    "bike_rack": {
        "arterial": 90.0,
        "collector": 160.0,
        "local": 0.0,
        "driveway": 0.0,
        "footway": 300.0,
    },
}
BOTH_SIDES = {"road_sign", "bus_stop", "storm_drain", "litter_bin"}
SPARSE_PRIVATE = {"litter_bin", "bench", "storm_drain", "bike_rack"}


def points(spots: Floats) -> list[BaseGeometry]:
    """Turn (n, 2) metres into points, to the centimetre."""
    return list(dots(np.round(spots, 2)))


def furnish_streets(
    site: Site,
    streets: list[NamedStreet],
    register: Register,
    kinds: dict[str, str],
    rng: Generator,
) -> None:
    """Line the streets with lamps, bins, benches, signs, drains, hydrants, stops and trees."""
    inside = prep(site.outline)
    for number, street in enumerate(streets):
        kind = kinds[street.district]
        half = HALF_WIDTH[street.street_class]
        for asset_class, by_class in SPACING.items():
            spacing = by_class[street.street_class]
            if spacing == 0.0:
                continue
            if kind == "private" and street.street_class == "local":
                if asset_class in SPARSE_PRIVATE:
                    continue
                spacing *= 1.25
            both = asset_class in BOTH_SIDES or (
                asset_class == "lighting_point" and street.street_class == "arterial"
            )
            for side in (1.0, -1.0) if both else (1.0,):
                start = float(rng.uniform(0.2, 0.8)) * spacing
                spots = along_street(street, spacing, side * (half - 2.2), start)
                spots = spots + rng.normal(0.0, 0.5, spots.shape)
                shapes = [p for p in points(spots) if inside.contains(p)]
                register.add(asset_class, shapes, Where(street.district, kind, street=number))


def lay_carriageway(
    streets: list[NamedStreet],
    register: Register,
    kinds: dict[str, str],
    rng: Generator,
) -> None:
    """Cut streets into road sections and footways; put ramps at the footways' ends."""
    for number, street in enumerate(streets):
        kind = kinds[street.district]
        sections = [s for p in street.pieces for s in cut_line(p, 135.0)]
        if street.street_class == "footway":
            where = Where(street.district, kind, street=number)
            register.add("footway", list(sections), where)
            continue
        surface = "gravel" if kind == "private" and rng.random() < 0.3 else "asphalt"
        half = HALF_WIDTH[street.street_class]
        where = Where(street.district, kind, street=number)
        register.add("road_section", list(sections), where, (("surface", surface),))
        if street.street_class == "driveway":
            continue
        sides = (1.0,) if kind in ("private", "industrial") else (1.0, -1.0)
        for side in sides:
            array = np.array(sections, dtype=object)
            lines = shapely.offset_curve(array, side * (half - 1.8), join_style="mitre")
            walks = [w for w in lines.tolist() if w.geom_type == "LineString" and w.length > 8.0]
            register.add("footway", walks, where)
            if kind == "private" and street.street_class == "local":
                continue
            ends = [shapely.get_point(w, 0) for w in walks]
            ends += [shapely.get_point(w, -1) for w in walks]
            register.add("ramp", ends, where)


def cut_line(line: LineString, target: float) -> list[LineString]:
    """Cut a line into equal parts of about the target length."""
    n = max(round(line.length / target), 1)
    if n == 1:
        return [line]
    parts = [substring(line, k / n, (k + 1) / n, normalized=True) for k in range(n)]
    return [p for p in parts if isinstance(p, LineString)]


def furnish_spaces(spaces: list[Ground], register: Register, rng: Generator) -> None:
    """Equip yards and parks: playgrounds, waste sites, benches, bins, lamps, sports grounds."""
    for number, ground in enumerate(spaces):
        hectares = ground.boundary.area / 10_000.0
        for asset_class, count in _equipment(ground, hectares, rng):
            where = Where(ground.district, ground.kind, space=number)
            spots = scatter(ground.boundary.buffer(-4.0), count, rng)
            if asset_class in ("playground", "sports_ground"):
                frame = frame_of(ground.boundary)
                size = (16.0, 12.0) if asset_class == "playground" else (28.0, 16.0)
                n = len(spots)
                drawn = boxes(spots, frame.along, np.full(n, size[0]), np.full(n, size[1]))
                kept = [d.intersection(ground.boundary) for d in drawn]
                shapes = [k for k in kept if k.geom_type == "Polygon" and k.area > 60.0]
                register.add(asset_class, list(shapes), where)
            else:
                register.add(asset_class, points(spots), where)


def _equipment(ground: Ground, hectares: float, rng: Generator) -> list[tuple[str, int]]:
    kind = ground.space_type
    if kind == "yard":
        plays = 1 if hectares > 0.25 and rng.random() < 0.8 else 0
        return [
            ("playground", plays),
            ("container_site", int(rng.random() < 0.6)),
            ("bench", round(1.2 * hectares + 1)),
            ("litter_bin", round(0.3 * hectares)),
            ("sports_ground", int(hectares > 0.8 and rng.random() < 0.25)),
            ("lighting_point", round(0.6 * hectares)),
        ]
    if kind == "embankment":
        return [("bench", round(5 * hectares)), ("litter_bin", round(3 * hectares))]
    lamps = 9.0 if kind == "square" else 2.5
    return [
        ("bench", round(3 * hectares) + 2),
        ("litter_bin", round(0.8 * hectares) + 1),
        ("lighting_point", round(lamps * hectares) + 1),
        ("playground", int(kind != "square" and (hectares > 0.3 or rng.random() < 0.5))),
        ("sports_ground", int(hectares > 2.0)),
        ("container_site", int(hectares > 2.5)),
    ]


def scatter(ground: BaseGeometry, count: int, rng: Generator) -> Floats:
    """Drop points at random inside a polygon."""
    if count <= 0 or ground.is_empty:
        return np.empty((0, 2))
    west, south, east, north = ground.bounds
    share = max(ground.area / max((east - west) * (north - south), 1.0), 0.05)
    tries = int(count / share * 1.6) + 12
    spots = np.column_stack([rng.uniform(west, east, tries), rng.uniform(south, north, tries)])
    inside = shapely.contains_xy(ground, spots[:, 0], spots[:, 1])
    found: Floats = spots[inside][:count]
    return found
