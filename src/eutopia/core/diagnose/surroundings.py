"""What stands around an event: assets, buildings, districts, in metres and ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.records.territory import Asset, Building, District, Organisation, Territory

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AssetLayer:
    """All assets of one class: geometry in metres, a tree to find the nearest, middles and size.

    `middle` is of shape (n, 2); `size` is length in metres for lines, at least 20; 20 for points
    and areas.
    """

    asset_class: str
    assets: tuple[Asset, ...]
    geometry: NDArray[np.object_]
    tree: shapely.STRtree
    middle: Floats
    size: Floats


class Surroundings:
    """A territory prepared for questions of where: built once, asked many times."""

    def __init__(self, territory: Territory, plane: LocalPlane) -> None:
        self.territory = territory
        self.plane = plane
        self.layers = self._layers(territory.assets)
        self.buildings: tuple[Building, ...] = territory.buildings
        shapes = self.metric([b.footprint for b in territory.buildings])
        self._homes = shapely.STRtree(shapely.centroid(shapes))
        self._residents = np.array([b.residents for b in territory.buildings], dtype=np.int64)
        self._building_at = {b.id: k for k, b in enumerate(territory.buildings)}
        self._streets = shapely.STRtree(self.metric([s.line for s in territory.streets]))
        self._districts = shapely.STRtree(self.metric([d.boundary for d in territory.districts]))
        self._organisations = {o.id: o for o in territory.organisations}

    def metric(self, shapes: list[shapely.geometry.base.BaseGeometry]) -> NDArray[np.object_]:
        """Turn shapes in degrees into shapes in metres."""
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
        if not len(shapes):
            return geometry
        return shapely.transform(geometry, self._forward)

    def _forward(self, points: Floats) -> Floats:
        x, y = self.plane.forward(points[:, 0], points[:, 1])
        return np.column_stack((x, y))

    def _layers(self, assets: tuple[Asset, ...]) -> dict[str, AssetLayer]:
        by_class: dict[str, list[Asset]] = {}
        for asset in assets:
            by_class.setdefault(asset.asset_class, []).append(asset)
        layers = {}
        for name in sorted(by_class):
            members = sorted(by_class[name], key=lambda a: a.id)
            geometry = self.metric([a.geometry for a in members])
            size = np.maximum(
                np.where(shapely.get_dimensions(geometry) == 1, shapely.length(geometry), 20.0),
                20.0,
            )
            middle = shapely.get_coordinates(shapely.centroid(geometry))
            layers[name] = AssetLayer(
                name, tuple(members), geometry, shapely.STRtree(geometry), middle, size
            )
        return layers

    def nearest(
        self, asset_class: str, x: Floats, y: Floats, *, within_m: float
    ) -> tuple[NDArray[np.intp], Floats]:
        """Which asset of the class is nearest to each point, how far? -1 and inf for none near."""
        position = np.full(len(x), -1, dtype=np.intp)
        distance = np.full(len(x), np.inf)
        layer = self.layers.get(asset_class)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if layer is None or not len(known):
            return position, distance
        # Much is reported at the same few points: each is looked up once.
        point, point_of = np.unique(x[known] + 1j * y[known], return_inverse=True)
        (who, what), far = layer.tree.query_nearest(
            shapely.points(point.real, point.imag),
            max_distance=within_m,
            return_distance=True,
            all_matches=True,
        )
        # Of assets equally near, the first by id.
        order = np.lexsort((what, who))
        near, at = np.unique(who[order], return_index=True)
        what_at, far_at = np.full(len(point), -1, dtype=np.intp), np.full(len(point), np.inf)
        what_at[near], far_at[near] = what[order][at], far[order][at]
        position[known], distance[known] = what_at[point_of], far_at[point_of]
        return position, distance

    def residents_near(
        self,
        shape: shapely.geometry.base.BaseGeometry,
        *,
        within_m: float,
        also: frozenset[str] = frozenset(),
    ) -> int:
        """How many people live in buildings whose middle lies so near, and in those named?"""
        near = set(self.buildings_near(shape, within_m=within_m).tolist())
        near |= {self._building_at[code] for code in also if code in self._building_at}
        return int(self._residents[sorted(near)].sum())

    def buildings_near(
        self, shape: shapely.geometry.base.BaseGeometry, *, within_m: float
    ) -> NDArray[np.intp]:
        """Which buildings have their middle so near? Positions, ascending."""
        return np.sort(self._homes.query(shape, predicate="dwithin", distance=within_m))

    def district_at(self, x: float, y: float) -> str:
        """Which district holds the point? Empty where none does."""
        found = np.sort(self._districts.query(shapely.Point(x, y), predicate="intersects"))
        return self.districts[int(found[0])].id if len(found) else ""

    @property
    def districts(self) -> tuple[District, ...]:
        """The territory's districts, in its order."""
        return self.territory.districts

    def street_at(self, x: float, y: float, *, within_m: float = 60.0) -> str:
        """What is the nearest street called, in the territory's first language?"""
        if not self.territory.streets:
            return ""
        found = self._streets.query_nearest(
            shapely.Point(x, y), max_distance=within_m, all_matches=True
        )
        if not len(found):
            return ""
        return self.territory.streets[int(np.min(found))].name.forms[0][1]

    def owner(self, kind_or_id: str, district: str, service_groups: tuple[str, ...]) -> str:
        """Which organisation answers for this kind of problem here?

        An organisation's own id is kept; a kind is resolved to the organisation of that kind with
        the service, in the district, else for all districts; ties by id; the kind itself when
        there is none.
        """
        if kind_or_id in self._organisations:
            return kind_or_id
        of_kind = [o for o in self.territory.organisations if o.kind == kind_or_id]
        if not of_kind:
            return kind_or_id

        def rank(o: Organisation) -> tuple[int, int, str]:
            serves = any(group in o.services for group in service_groups)
            here = 0 if o.district == district else (1 if o.district is None else 2)
            return (0 if serves else 1, here, o.id)

        return min(of_kind, key=rank).id
