"""The measures that an index's pack may name: each computed from the register and from reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.kit.walking import WalkingNet
from eutopia.core.records import IndexIndicator, Interruption, Reports, Territory

Floats = NDArray[np.float64]
_SAMPLE_M = 10.0
_HECTARE = 10_000.0


@dataclass(frozen=True)
class Evidence:
    """What is measured: a register, what was reported and what was off, as of a day?

    Every measure answers for each district in the territory's order and, last, for the whole.
    """

    territory: Territory
    as_of: date
    reports: Reports | None = None
    interruptions: tuple[Interruption, ...] = ()

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Codes of the districts and, last, an empty one for the whole."""
        return (*(d.id for d in self.territory.districts), "")

    @cached_property
    def plane(self) -> LocalPlane:
        """Metres around the middle of the districts."""
        middles = shapely.centroid(np.array([d.boundary for d in self.territory.districts], object))
        return LocalPlane.around(shapely.get_x(middles), shapely.get_y(middles))

    def flat(self, shapes: Sequence[Any]) -> NDArray[np.object_]:
        """Shapes in degrees as shapes in metres."""
        array = np.array(shapes, dtype=object)
        if not len(array):
            return array
        flattened: NDArray[np.object_] = shapely.transform(
            array, lambda xy: np.column_stack(self.plane.forward(xy[:, 0], xy[:, 1]))
        )
        return flattened

    def totals(self, districts: Sequence[str], values: Any) -> Floats:
        """Sums by district and, last, over everything (also what no district names)."""
        place = {code: i for i, code in enumerate(self.units[:-1])}
        amounts = np.broadcast_to(np.asarray(values, float), (len(districts),))
        at = np.array([place.get(code, -1) for code in districts], dtype=np.intp)
        found = np.zeros(len(self.units))
        np.add.at(found, at[at >= 0], amounts[at >= 0])
        found[-1] = amounts.sum()
        return found

    @cached_property
    def grounds(self) -> NDArray[np.object_]:
        """The districts' grounds in metres."""
        return self.flat([d.boundary for d in self.territory.districts])

    @cached_property
    def areas(self) -> Floats:
        """Square metres of each unit."""
        found = shapely.area(self.grounds)
        return np.append(found, found.sum())

    @cached_property
    def residents(self) -> Floats:
        """People of each unit, as the districts say; missing where a district says none."""
        found = np.array([d.population or np.nan for d in self.territory.districts], float)
        return np.append(found, found.sum())

    @cached_property
    def homes(self) -> tuple[Floats, Floats, tuple[str, ...]]:
        """Where people live: points (n, 2), residents (n,), districts."""
        lived = [b for b in self.territory.buildings if b.residents > 0]
        points = shapely.get_coordinates(shapely.centroid(self.flat([b.footprint for b in lived])))
        people = np.array([b.residents for b in lived], float)
        return points.reshape(-1, 2), people, tuple(b.district for b in lived)

    @cached_property
    def net(self) -> WalkingNet | None:
        """The ways to walk on; None where no street is known."""
        streets = self.flat([s.line for s in self.territory.streets])
        return WalkingNet(streets.tolist()) if len(streets) else None

    def assets(self, classes: Sequence[str]) -> NDArray[np.object_]:
        """Shapes in metres of the things of some classes."""
        return self.flat([a.geometry for a in self.territory.assets if a.asset_class in classes])

    def latest(self, days: int) -> Reports | None:
        """Reports of the last so many days; None where there are no reports at all."""
        if self.reports is None or not len(self.reports):
            return None
        end = np.datetime64(self.as_of, "s") + np.timedelta64(1, "D")
        opened = self.reports.opened
        return self.reports.take((opened < end) & (opened >= end - np.timedelta64(days, "D")))


def measure(indicator: IndexIndicator, evidence: Evidence) -> Floats:
    """What is an indicator in each district and, last, in the whole? NaN where it cannot be told.

    Parameters
    ----------
    indicator
        Its `measure` and `parameters` say what is measured.
    evidence
        What it is measured on.

    Raises
    ------
    LookupError
        The indicator names no measure of `MEASURES`.

    Notes
    -----
    Nothing is invented: without buildings nobody's way is known, without lamps no street is called
    dark. The formula of each measure stands in docs/methods/index-measures.md.
    """
    if indicator.measure not in _MEASURES:
        raise LookupError(f"{indicator.code} names no measure: its figure is entered")
    found: Floats = _MEASURES[indicator.measure](evidence, **dict(indicator.parameters))
    found[~np.isfinite(found)] = np.nan
    return found


def _ratio(above: Floats, below: Floats) -> Floats:
    shares: Floats = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return shares


def _nothing(evidence: Evidence) -> Floats:
    return np.full(len(evidence.units), np.nan)


def open_ground_share(
    evidence: Evidence, *, spaces: Sequence[str], built_within_m: Any, street_widths: Any
) -> Floats:
    """Which percentage of built-up ground is open to everybody, streets counted in?

    Built-up is what lies within `built_within_m` of a building's middle, inside the district. A
    street takes its length there times the width of its class; where streets and spaces overlap,
    both count.
    """
    register = evidence.territory
    if not register.buildings or not register.streets:
        return _nothing(evidence)
    middles = shapely.centroid(evidence.flat([b.footprint for b in register.buildings]))
    built = shapely.union_all(shapely.buffer(middles, float(built_within_m), quad_segs=3))
    built_area = shapely.area(shapely.intersection(evidence.grounds, built))
    open_to_all = [s for s in register.spaces if s.space_type in spaces]
    grounds = evidence.flat([s.boundary for s in open_to_all])
    share = shapely.area(shapely.intersection(grounds, built))
    widths = {name: float(width) for name, width in street_widths}
    lines = shapely.intersection(evidence.flat([s.line for s in register.streets]), built)
    paved = shapely.length(lines) * [widths.get(s.street_class, 0.0) for s in register.streets]
    above = evidence.totals([s.district for s in open_to_all], share)
    above += evidence.totals([s.district for s in register.streets], paved)
    return 100 * _ratio(above, np.append(built_area, built_area.sum()))


def _residents_near(evidence: Evidence, targets: NDArray[np.object_], within_m: Any) -> Floats:
    points, people, districts = evidence.homes
    if not len(points) or not len(targets):
        return _nothing(evidence)
    if evidence.net is not None:
        near = np.isfinite(
            evidence.net.distances(points, targets.tolist(), within_m=float(within_m))
        )
    else:
        tree = shapely.STRtree(targets)
        near = np.zeros(len(points), dtype=bool)
        near[
            tree.query(shapely.points(points), predicate="dwithin", distance=float(within_m))[0]
        ] = True
    return 100 * _ratio(
        evidence.totals(districts, people * near), evidence.totals(districts, people)
    )


def residents_near_spaces(evidence: Evidence, *, spaces: Sequence[str], within_m: Any) -> Floats:
    """Which percentage of residents lives within so many metres' walk of such a space?"""
    grounds = [s.boundary for s in evidence.territory.spaces if s.space_type in spaces]
    return _residents_near(evidence, evidence.flat(grounds), within_m)


def residents_near_assets(evidence: Evidence, *, assets: Sequence[str], within_m: Any) -> Floats:
    """Which percentage of residents lives within so many metres' walk of such a thing?"""
    return _residents_near(evidence, evidence.assets(assets), within_m)


def street_length_near_assets(
    evidence: Evidence, *, assets: Sequence[str], streets: Sequence[str], within_m: Any
) -> Floats:
    """Which percentage of the streets' length has such a thing within so many metres, straight?"""
    chosen = [s for s in evidence.territory.streets if s.street_class in streets]
    things = evidence.assets(assets)
    if not chosen or not len(things):
        return _nothing(evidence)
    lines = shapely.get_parts(evidence.flat([s.line for s in chosen]), return_index=True)
    xy, line = shapely.get_coordinates(shapely.segmentize(lines[0], _SAMPLE_M), return_index=True)
    same = line[1:] == line[:-1]
    middles = ((xy[1:] + xy[:-1]) / 2)[same]
    lengths = np.hypot(*(xy[1:] - xy[:-1])[same].T)
    owner = lines[1][line[1:][same]]
    tree = shapely.STRtree(things)
    near = np.zeros(len(middles), dtype=bool)
    hits = tree.query(shapely.points(middles), predicate="dwithin", distance=float(within_m))[0]
    near[hits] = True
    names = [s.district for s in chosen]
    districts = [names[i] for i in owner]
    return 100 * _ratio(
        evidence.totals(districts, lengths * near), evidence.totals(districts, lengths)
    )


def space_per_resident(
    evidence: Evidence, *, spaces: Sequence[str], square_metres: Any, residents: Any
) -> Floats:
    """How many times `square_metres` of such spaces are there for each `residents` people?"""
    chosen = [s for s in evidence.territory.spaces if s.space_type in spaces]
    if not evidence.territory.spaces:
        return _nothing(evidence)
    area = shapely.area(evidence.flat([s.boundary for s in chosen])) if chosen else np.zeros(0)
    total = evidence.totals([s.district for s in chosen], area) / float(square_metres)
    return _ratio(total * float(residents), evidence.residents)


def heritage_per_hectare(evidence: Evidence) -> Floats:
    """How many objects of heritage stand on a hectare?"""
    objects = evidence.territory.heritage
    if not objects:
        return _nothing(evidence)
    points = shapely.centroid(evidence.flat([h.geometry for h in objects]))
    ground, _ = shapely.STRtree(points).query(evidence.grounds, predicate="intersects")
    counts = np.bincount(ground, minlength=len(evidence.grounds)).astype(float)
    return _ratio(np.append(counts, counts.sum()), evidence.areas / _HECTARE)


def assets_per_hectare(evidence: Evidence, *, assets: Sequence[str]) -> Floats:
    """How many of such things stand on a hectare?"""
    chosen = [a.district for a in evidence.territory.assets if a.asset_class in assets]
    if not chosen:
        return _nothing(evidence)
    return _ratio(evidence.totals(chosen, 1.0), evidence.areas / _HECTARE)


def asset_condition(evidence: Evidence, *, assets: Sequence[str]) -> Floats:
    """In which mean condition (0 to 100) are the inspected things of these classes?"""
    seen = [
        a for a in evidence.territory.assets if a.asset_class in assets and a.condition is not None
    ]
    districts = [a.district for a in seen]
    values = [a.condition for a in seen]
    return _ratio(evidence.totals(districts, values), evidence.totals(districts, 1.0))


def reports_per_1000(evidence: Evidence, *, days: Any) -> Floats:
    """How many reports came for each thousand residents in so many days?"""
    told = evidence.latest(int(days))
    if told is None:
        return _nothing(evidence)
    districts = [told.districts[i] if i >= 0 else "" for i in told.district]
    return _ratio(1000 * evidence.totals(districts, 1.0), evidence.residents)


def days_to_close(evidence: Evidence, *, days: Any) -> Floats:
    """After how many days, in the middle, was a report of the last so many days closed?

    Reports still open count as lasting longer than any closed one; NaN where fewer than half are
    closed, or there are none.
    """
    told = evidence.latest(int(days))
    if told is None:
        return _nothing(evidence)
    open_still = np.isnat(told.closed)
    lasted = np.where(open_still, np.inf, (told.closed - told.opened) / np.timedelta64(1, "D"))
    place = {code: i for i, code in enumerate(told.districts)}
    rows = [told.district == place.get(code, -2) for code in evidence.units[:-1]]
    rows.append(np.ones(len(told), dtype=bool))
    return np.array([np.median(lasted[one]) if one.any() else np.nan for one in rows])


def _outages(evidence: Evidence, service: str, days: int) -> tuple[Floats, Floats, Floats] | None:
    """Homes, homes cut off and home-hours cut off of each unit; None where nothing is known.

    Only what was off entirely and unplanned, cut at the period's edges.
    """
    homes = {b.id: (b.district, b.dwellings) for b in evidence.territory.buildings if b.dwellings}
    if not homes or not any(i.service == service for i in evidence.interruptions):
        return None
    end = datetime.combine(evidence.as_of + timedelta(days=1), time.min, UTC)
    start = end - timedelta(days=days)
    districts: list[str] = []
    cut: list[float] = []
    hours: list[float] = []
    for one in evidence.interruptions:
        last = min(one.ended or end, end)
        first = max(one.started, start)
        if one.service != service or one.planned or one.parameter != "continuity" or last <= first:
            continue
        lasted = (last - first).total_seconds() / 3600
        for building in one.building_ids:
            if building in homes:
                district, dwellings = homes[building]
                districts.append(district)
                cut.append(dwellings)
                hours.append(dwellings * lasted)
    served = evidence.totals([d for d, _n in homes.values()], [n for _d, n in homes.values()])
    return served, evidence.totals(districts, cut), evidence.totals(districts, hours)


def outages_per_home(evidence: Evidence, *, service: str, days: Any) -> Floats:
    """How often was an average home cut off, unplanned, in so many days?"""
    found = _outages(evidence, service, int(days))
    return _nothing(evidence) if found is None else _ratio(found[1], found[0])


def hours_per_outage(evidence: Evidence, *, service: str, days: Any) -> Floats:
    """How many hours did it last, on average, where a home was cut off?"""
    found = _outages(evidence, service, int(days))
    return _nothing(evidence) if found is None else _ratio(found[2], found[1])


def outage_hours_per_home(evidence: Evidence, *, service: str, days: Any) -> Floats:
    """How many hours was an average home cut off, unplanned, in so many days?"""
    found = _outages(evidence, service, int(days))
    return _nothing(evidence) if found is None else _ratio(found[2], found[0])


_MEASURES: Mapping[str, Callable[..., Floats]] = MappingProxyType(
    {
        one.__name__: one
        for one in (
            open_ground_share, residents_near_spaces, residents_near_assets,
            street_length_near_assets, space_per_resident, heritage_per_hectare,
            assets_per_hectare, asset_condition, reports_per_1000, days_to_close,
            outages_per_home, hours_per_outage, outage_hours_per_home,
        )
    }
)  # fmt: skip
