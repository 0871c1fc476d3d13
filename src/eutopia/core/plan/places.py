"""Where a measure would be carried out: the assets or the space at a problem's place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import cos, isfinite, radians

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree, transform
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from eutopia.core.records.norms import Measure
from eutopia.core.records.problems import Problem
from eutopia.core.records.territory import Asset, District, PublicSpace, Territory
from eutopia.core.records.text import Text

METRES_PER_DEGREE = 111_320.0
DEFAULT_WIDTHS = (("road_section", 7.0), ("footway", 2.0))
"""Metres, assumed where an asset's line has no `width_m`."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place for one measure: which assets, how much of what, under which stable key?"""

    key: str
    geometry: BaseGeometry
    quantity: Decimal
    asset_ids: tuple[str, ...]
    district: str
    words: Text | None
    """What the place is called; None where it has no name."""


class Ground:
    """The territory indexed in metres, ready to be asked what is near a place."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self._scale = cos(radians(_middle_latitude(territory.districts)))
        self.assets = {asset.id: asset for asset in territory.assets}
        self._by_class: dict[str, list[Asset]] = {}
        for asset in territory.assets:
            self._by_class.setdefault(asset.asset_class, []).append(asset)
        self._trees: dict[str, STRtree] = {}
        self.space_types = {space.space_type for space in territory.spaces}
        self._spaces = STRtree([self.metres(space.boundary) for space in territory.spaces])
        self._districts = STRtree([district.boundary for district in territory.districts])
        self.streets = {street.id: street.name for street in territory.streets}
        self.spaces = {space.id: space.name for space in territory.spaces}
        addresses = (building.address for building in territory.buildings)
        named = (*addresses, *self.streets.values(), *self.spaces.values())
        self._named = {form: name for name in named for _, form in name.forms}

    def metres(self, geometry: BaseGeometry) -> BaseGeometry:
        """The geometry on a plane in metres (error below 0.5 % within 30 km of the middle)."""

        def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
            factors = np.array([METRES_PER_DEGREE * self._scale, METRES_PER_DEGREE])
            return np.asarray(points * factors)

        return transform(geometry, flat)

    def degrees(self, geometry: BaseGeometry) -> BaseGeometry:
        """The geometry of the plane in metres back in degrees."""

        def round_again(points: NDArray[np.float64]) -> NDArray[np.float64]:
            factors = np.array([METRES_PER_DEGREE * self._scale, METRES_PER_DEGREE])
            return np.asarray(points / factors)

        return transform(geometry, round_again)

    def near(self, asset_class: str, geometry: BaseGeometry, *, metres: float) -> list[Asset]:
        """Which assets of a class are within so many metres, the nearest first?"""
        assets = self._by_class.get(asset_class, [])
        if not assets:
            return []
        if asset_class not in self._trees:
            self._trees[asset_class] = STRtree([self.metres(a.geometry) for a in assets])
        tree, place = self._trees[asset_class], self.metres(geometry)
        found = tree.query(place, predicate="dwithin", distance=metres)
        shapes = tree.geometries
        ordered = sorted((float(shapes[k].distance(place)), assets[k].id, int(k)) for k in found)
        return [assets[k] for _, _, k in ordered]

    def space_at(
        self, place: BaseGeometry, types: Iterable[str], *, metres: float
    ) -> PublicSpace | None:
        """Which space of these types is at the place, or nearest within so many metres?"""
        flat, wanted = self.metres(place), set(types)
        found = self._spaces.query(flat, predicate="dwithin", distance=metres)
        shapes, spaces = self._spaces.geometries, self.territory.spaces
        ordered = sorted(
            (float(shapes[k].distance(flat)), spaces[k].id, int(k))
            for k in found
            if spaces[k].space_type in wanted
        )
        return spaces[ordered[0][2]] if ordered else None

    def district_of(self, geometry: BaseGeometry) -> str:
        """Which district is the geometry's middle in? Empty where in none."""
        point = geometry.representative_point()
        found = sorted(self._districts.query(point, predicate="intersects"))
        return self.territory.districts[found[0]].id if found else ""

    def quantity(self, assets: Sequence[Asset], unit: str) -> Decimal:
        """How much is there of these assets in the measure's unit (m2, m, piece, place)?"""
        if unit == "m2":
            total = sum(self._area(asset) for asset in assets)
        elif unit == "m":
            total = sum(float(self.metres(asset.geometry).length) for asset in assets)
        elif unit == "piece":
            return Decimal(len(assets))
        else:
            return Decimal(1)
        return Decimal(round(total))

    def _area(self, asset: Asset) -> float:
        shape = self.metres(asset.geometry)
        if shape.area > 0:
            return float(shape.area)
        attributes = dict(asset.attributes)
        width = float(attributes.get("width_m", dict(DEFAULT_WIDTHS).get(asset.asset_class, 3.0)))
        return float(shape.length) * width

    def said(self, place: str) -> Text | None:
        """A place's words in every language the register has them in; None without words."""
        return self._named.get(place) or (Text((("", place),)) if place else None)

    def words_for(self, asset: Asset) -> Text | None:
        """Name of the street or space the asset belongs to; None where it belongs to none."""
        return self.streets.get(asset.street or "") or self.spaces.get(asset.space or "")


def _middle_latitude(districts: Sequence[District]) -> float:
    if not districts:
        return 0.0
    return float(np.mean([district.boundary.centroid.y for district in districts]))


def site_for(
    problem: Problem,
    measure: Measure,
    ground: Ground,
    *,
    reach_m: float = 30.0,
    farthest_m: float = 100.0,
) -> Site | None:
    """Where, and on how much, would a measure be carried out to answer a problem?

    Parameters
    ----------
    problem
        Its own assets, or the one its likeliest cause names, are taken where they are of the
        measure's classes; without a point nothing else can be.
    measure
        Without asset classes it is carried out at the problem's point; with types of space (yard,
        square …) among them, in the space at the point; else on assets.
    ground
        The territory.
    reach_m
        Least distance in metres at which assets count as being at the place; the problem's own
        radius where that is larger.
    farthest_m
        Where nothing is so near, the nearest asset within this distance is taken: the main that a
        house hangs on, the containers of its yard.

    Returns
    -------
    Site or None
        None where the place has nothing the measure could be done to. The problem's own assets
        come first, then the one its likeliest cause names. Else of lines and areas the nearest one
        is taken, of pieces all within reach that are not in good condition (70 and more), or else
        the nearest. An asset counts only where the register tells its quantity in the measure's
        unit: a drain known by its inlets has no metres to be renewed.
    """
    said = ground.said(problem.place)
    if not (isfinite(problem.lon) and isfinite(problem.lat)):
        own = _own_assets(problem, measure, ground)
        return asset_site(own, measure, ground, district=problem.district, words=said)
    point = Point(problem.lon, problem.lat)
    types = [code for code in measure.asset_classes if code in ground.space_types]
    if types:
        space = ground.space_at(point, types, metres=reach_m)
        if space is None:
            return None
        return Site(space.id, space.boundary, Decimal(1), (), space.district, space.name)
    if not measure.asset_classes:
        return Site(problem.id, point, Decimal(1), problem.asset_ids, problem.district, said)
    assets = _own_assets(problem, measure, ground) or _near_assets(
        measure, ground, point, (max(reach_m, problem.radius_m), farthest_m)
    )
    return asset_site(assets, measure, ground, district=problem.district, words=said)


def _fits(asset: Asset, measure: Measure, ground: Ground) -> bool:
    """Whether there is anything of it that the measure counts."""
    if asset.asset_class not in measure.asset_classes:
        return False
    return ground.quantity([asset], measure.unit) > 0


def _own_assets(problem: Problem, measure: Measure, ground: Ground) -> list[Asset]:
    """The problem's own assets, or else the one that its likeliest cause names."""
    own = [ground.assets[id_] for id_ in problem.asset_ids if id_ in ground.assets]
    blamed = [ground.assets[c.asset_id] for c in problem.causes if c.asset_id in ground.assets]
    fit = [asset for asset in own if _fits(asset, measure, ground)]
    return fit or [asset for asset in blamed if _fits(asset, measure, ground)][:1]


def _near_assets(
    measure: Measure, ground: Ground, point: Point, reach: tuple[float, float]
) -> list[Asset]:
    """What lies within the first distance, or else the nearest within the second."""
    for metres in reach:
        near = [a for c in measure.asset_classes for a in ground.near(c, point, metres=metres)]
        found = [asset for asset in near if _fits(asset, measure, ground)]
        if found:
            break
    if measure.unit != "piece" or metres > reach[0]:
        return found[:1]
    worn = [asset for asset in found if asset.condition is None or asset.condition < 70]
    return worn or found[:1]


def asset_site(
    assets: Sequence[Asset], measure: Measure, ground: Ground, *, district: str, words: Text | None
) -> Site | None:
    """The place that these assets make for a measure; None where there is nothing to do."""
    quantity = ground.quantity(assets, measure.unit) if assets else Decimal(0)
    if quantity <= 0:
        return None
    ids = tuple(sorted(asset.id for asset in assets))
    geometry = unary_union([asset.geometry for asset in assets])
    where = district or assets[0].district or ground.district_of(geometry)
    return Site("+".join(ids), geometry, quantity, ids, where, words or ground.words_for(assets[0]))
