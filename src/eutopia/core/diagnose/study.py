"""One hotspot after another described: evidence, people, causes, cost, owner."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import h3
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from eutopia.core.diagnose.causes import Signs, weigh_causes
from eutopia.core.diagnose.events import Events
from eutopia.core.diagnose.feeders import Feeders
from eutopia.core.diagnose.hotspots import (
    NETWORK_CLASSES,
    Hotspot,
    HotspotRules,
)
from eutopia.core.diagnose.inaction import UnitCosts, cost_of_inaction
from eutopia.core.diagnose.learning import reweigh_causes
from eutopia.core.diagnose.losses import Losses
from eutopia.core.diagnose.recurrence import RecurrenceTable
from eutopia.core.diagnose.surroundings import Surroundings
from eutopia.core.diagnose.witnesses import (
    Witnesses,
    cluster_evidence,
    inspection_evidence,
    outage_evidence,
)
from eutopia.core.kit.stats import gamma_poisson, gamma_poisson_prior, rate_trend
from eutopia.core.records.money import Money
from eutopia.core.records.norms import ProblemType
from eutopia.core.records.problems import CostOfInaction, Evidence, Inspection, Problem
from eutopia.core.records.reports import Reports
from eutopia.core.records.territory import Asset
from eutopia.core.records.utilities import Interruption

Floats = NDArray[np.float64]
_YEAR = 365.25
_QUICK_DAYS = 60.0
_DRAIN_M = 25.0
_DRAINED = ("storm_drain", "road_section", "footway", "sewer")
"""Classes that standing water harms: for other types a drain near by says nothing."""


@dataclass(frozen=True, slots=True)
class ProblemSettings:
    """By which rules is a problem made of events?

    `recurrence_days` is the window in which an event after a closure is its return. `memory_years`
    is the half-life with which events count toward the rate to be expected. A hotspot is over, and
    no problem, when so long a silence up to today had a chance below `over_p`. `around_m` is added
    to the extent when the people affected are counted. `hour_value` prices an hour of a resident's
    time; None leaves it out of the cost.
    """

    hotspots: HotspotRules = field(default_factory=HotspotRules)
    recurrence_days: float = 180.0
    memory_years: float = 1.5
    over_p: float = 0.02
    around_m: float = 50.0
    horizon_years: int = 5
    discount_rate: Decimal = Decimal("0.05")
    hour_value: Money | None = None


@dataclass(frozen=True, slots=True)
class _Typical:
    """What is usual for a type: quick returns, months, prior of the yearly rate at a place."""

    quick: float
    months: Floats
    prior_events: float
    prior_years: float


@dataclass(frozen=True, slots=True)
class _Spot:
    """A hotspot, the asset it is at, if any, its shape and its middle in metres (NaN for none)."""

    hotspot: Hotspot
    asset: Asset | None
    shape: BaseGeometry
    x: float
    y: float
    radius: float


class Study:
    """Everything that describing one hotspot after another needs, prepared once."""

    def __init__(
        self,
        reports: Reports,
        table: RecurrenceTable,
        types: tuple[ProblemType | None, ...],
        surroundings: Surroundings,
        witnesses: Witnesses,
        as_of: date,
        settings: ProblemSettings,
        losses: Losses,
    ) -> None:
        self.reports, self.table, self.types = reports, table, types
        self.events: Events = table.events
        self.around, self.settings = surroundings, settings
        self.witnesses, self.losses = witnesses, losses
        self.today = (
            float((np.datetime64(as_of, "D") - np.datetime64("1970-01-01")).astype(int)) + 1
        )
        opened = self.events.opened
        self.start = float(opened.min()) if len(opened) else self.today - _YEAR
        self.rows, self.row_start = _rows_by_event(self.events.event_of)
        self.months = _months(opened)
        self.typical = [self._typical(k) for k in range(len(types))]
        self.hard_shares = [
            witnesses.hard_shares(opened[self.events.problem_type == k]) for k in range(len(types))
        ]
        self.typical_condition = _typical_condition(surroundings)
        self.feeders = Feeders(self.events, table.place, types, surroundings)

    def _typical(self, kind: int) -> _Typical:
        rows = self.events.problem_type == kind
        quick = float(_quick_share(self.table, np.flatnonzero(rows)))
        months = np.bincount(self.months[rows], minlength=12) + 1.0
        counts = np.bincount(self.table.place[rows])
        counts = counts[counts > 0]
        years = np.full(len(counts), max((self.today - self.start) / _YEAR, 0.25))
        a, b = gamma_poisson_prior(counts.astype(np.float64), years)
        return _Typical(quick, months / months.sum(), a, min(b, 2.0) if b else 1.0)

    def is_over(self, hotspot: Hotspot) -> bool:
        """Is the silence since the last event too long to be chance?"""
        opened = self.events.opened[hotspot.events]
        silent = self.today - float(opened[-1])
        span = max(float(opened[-1] - opened[0]), 30.0)
        rate = (len(opened) - 1) / span
        return float(np.exp(-rate * silent)) < self.settings.over_p and silent > 60

    def problems(self, hotspots: Sequence[Hotspot]) -> list[Problem]:
        """Describe those that are not over, in their order."""
        spots = [self._spot(one) for one in hotspots if not self.is_over(one)]
        # Degrees are worked out for all at once, which is much sooner.
        lon, lat = self.events.plane.inverse(
            np.array([spot.x for spot in spots]), np.array([spot.y for spot in spots])
        )
        places = zip(spots, lon.tolist(), lat.tolist(), strict=True)
        return [self._problem(spot, round(lon, 6), round(lat, 6)) for spot, lon, lat in places]

    def _spot(self, hotspot: Hotspot) -> _Spot:
        rows = hotspot.events
        x, y, radius = _extent(self.events.x[rows], self.events.y[rows])
        asset = self._asset(hotspot)
        shape = self._shape(hotspot, x, y, radius)
        if not np.isfinite(x) and asset is not None:
            centre = shapely.centroid(shape)
            x, y = centre.x, centre.y
        return _Spot(hotspot, asset, shape, x, y, radius)

    def _problem(self, spot: _Spot, lon: float, lat: float) -> Problem:
        hotspot, asset, shape = spot.hotspot, spot.asset, spot.shape
        rows = hotspot.events
        kind = self.types[hotspot.kind]
        if kind is None:
            raise ValueError("a hotspot of a type that is no problem")
        starts = self.row_start
        reports = np.concatenate([self.rows[starts[k] : starts[k + 1]] for k in rows])
        reports = reports[
            np.lexsort((self.reports.id[reports].astype(str), self.reports.opened[reports]))
        ]
        district = self._district(reports, spot.x, spot.y)
        outages = self.witnesses.outages(
            asset.id if asset else None, self.feeders.network_of(kind), shape
        )
        people = self._people(shape, outages)
        shape_rate = self._rate(rows, hotspot.kind)
        rate = float(shape_rate[0] / shape_rate[1])
        opened = self.events.opened[rows]
        visits = self.witnesses.inspections((asset.id,) if asset else (), (kind.code,), shape)
        signs = self._signs(hotspot, asset, kind, shape, outages, visits)
        by_signs = weigh_causes(signs, least=0.0)
        return Problem(
            id=_identity(kind.code, asset, lon, lat, self._address(reports)),
            problem_type=kind.code,
            lon=lon,
            lat=lat,
            radius_m=round(max(spot.radius, 10.0), 1),
            district=district,
            place=self._address(reports) or self.around.street_at(spot.x, spot.y),
            report_ids=tuple(str(v) for v in self.reports.id[reports].tolist()),
            events=len(rows),
            recurrences=len(self._repeats(rows)),
            first_seen=_day(opened[0]),
            last_seen=_day(opened[-1]),
            people_affected=people,
            severity=_severity(float(kind.severity), rate, people),
            trend=round(self._trend(opened), 4),
            evidence=self._evidence(hotspot, reports, asset, outages, visits),
            causes=reweigh_causes(by_signs, kind.code, seen=visits),
            cost=self._cost(kind, *shape_rate, outages=outages, reported=opened),
            owner=self._owner(kind, reports, district),
            asset_ids=(asset.id,) if asset else (),
            by_signs=by_signs,
        )

    def _repeats(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Events that opened within the window after another one here was closed."""
        opened, closed = self.events.opened[rows], np.sort(self.events.closed[rows])
        closed = closed[np.isfinite(closed)]
        before = np.searchsorted(closed, opened, side="left") - 1
        gap = (
            np.where(before >= 0, opened - closed[np.maximum(before, 0)], np.inf)
            if len(closed)
            else np.full(len(rows), np.inf)
        )
        return rows[gap <= self.settings.recurrence_days]

    def _asset(self, hotspot: Hotspot) -> Asset | None:
        if hotspot.asset < 0:
            return None
        return self.around.layers[hotspot.asset_class].assets[hotspot.asset]

    def _shape(self, hotspot: Hotspot, x: float, y: float, radius: float) -> BaseGeometry:
        if hotspot.asset >= 0:
            shape: BaseGeometry = self.around.layers[hotspot.asset_class].geometry[hotspot.asset]
            return shape
        if not np.isfinite(x):
            return shapely.Point()
        return shapely.Point(x, y).buffer(max(radius, 10.0))

    def _people(self, shape: BaseGeometry, outages: tuple[Interruption, ...]) -> int:
        """Residents around the place and in the houses that its outages left without."""
        if shape.is_empty:
            return 0
        hit = frozenset(b for o in outages for b in o.building_ids)
        return self.around.residents_near(shape, within_m=self.settings.around_m, also=hit)

    def _rate(self, rows: NDArray[np.intp], kind: int) -> tuple[float, float]:
        """Gamma posterior of the yearly rate, recent years counting more."""
        half = self.settings.memory_years
        age = (self.today - self.events.opened[rows]) / _YEAR
        events = float(np.exp2(-age / half).sum())
        watched = (self.today - self.start) / _YEAR
        years = half / np.log(2) * (1 - 2 ** (-watched / half))
        typical = self.typical[kind]
        # The prior is worth at most a quarter of what was watched here.
        worth = min(typical.prior_years, years / 4)
        mean = typical.prior_events / max(typical.prior_years, 1e-9)
        return gamma_poisson(events, years, prior_events=max(mean * worth, 1e-6), prior_years=worth)

    def _trend(self, opened: Floats) -> float:
        return rate_trend(opened / _YEAR, start=self.start / _YEAR, end=self.today / _YEAR)

    def _cost(
        self,
        kind: ProblemType,
        shape: float,
        rate: float,
        *,
        outages: tuple[Interruption, ...],
        reported: Floats,
    ) -> CostOfInaction:
        hour = self.settings.hour_value or Money.zero(kind.response_cost.currency)
        unit = UnitCosts(kind.response_cost, kind.resident_hours, hour)
        years = (self.today - self.start) / _YEAR
        a_year = self.losses.of(
            outages, reported=reported, years=years, currency=kind.response_cost.currency
        )
        return cost_of_inaction(
            shape,
            rate,
            unit=unit,
            horizon_years=self.settings.horizon_years,
            discount_rate=self.settings.discount_rate,
            outages=a_year,
        )

    def _district(self, reports: NDArray[np.intp], x: float, y: float) -> str:
        here = self.around.district_at(x, y) if np.isfinite(x) else ""
        codes = self.reports.district[reports]
        codes = codes[codes >= 0]
        if here or not len(codes):
            return here
        return self.reports.districts[int(np.argmax(np.bincount(codes)))]

    def _address(self, reports: NDArray[np.intp]) -> str:
        words = Counter(a for a in self.reports.address[reports].tolist() if a)
        return min(words, key=lambda a: (-words[a], a)) if words else ""

    def _owner(self, kind: ProblemType, reports: NDArray[np.intp], district: str) -> str:
        codes = self.reports.organisation[reports]
        codes = codes[codes >= 0]
        if len(codes):
            numbers = np.bincount(codes)
            if numbers.max() * 2 > len(codes):
                return self.reports.organisations[int(np.argmax(numbers))]
        return self.around.owner(kind.owner, district, (kind.group, kind.code))

    def _evidence(
        self,
        hotspot: Hotspot,
        reports: NDArray[np.intp],
        asset: Asset | None,
        outages: tuple[Interruption, ...],
        visits: tuple[Inspection, ...],
    ) -> tuple[Evidence, ...]:
        rows = hotspot.events
        ids = tuple(str(v) for v in self.reports.id[reports].tolist())
        ratio = len(rows) / hotspot.expected
        evidence = [
            Evidence("reports", round(1 - hotspot.p, 4), ids, round(ratio, 2), "times expected")
        ]
        repeat = self._repeats(rows)
        if len(repeat):
            back = tuple(str(self.reports.id[self.events.first[k]]) for k in repeat)
            share = len(repeat) / len(rows)
            evidence.append(
                Evidence("recurrence", round(share, 4), back, float(len(repeat)), "events")
            )
        condition = _latest_condition(asset, visits)
        if asset is not None and condition is not None:
            weight = max(0.0, min(1.0, (100 - condition) / 100))
            evidence.append(
                Evidence("condition", round(weight, 4), (asset.id,), condition, "points")
            )
        if outages:
            evidence.append(outage_evidence(outages))
        if visits:
            evidence.append(inspection_evidence(visits))
        if piled := self.witnesses.clusters(ids):
            evidence.append(cluster_evidence(piled))
        return tuple(evidence)

    def _signs(
        self,
        hotspot: Hotspot,
        asset: Asset | None,
        kind: ProblemType,
        shape: BaseGeometry,
        outages: tuple[Interruption, ...],
        visits: tuple[Inspection, ...],
    ) -> Signs:
        rows = hotspot.events
        typical = self.typical[hotspot.kind]
        asset_class = asset.asset_class if asset else ""
        ages = self.typical_condition.get(asset_class, (None, None, None))
        feeder = self.feeders.behind(kind, shape, rows, asset_class)
        opened = self.events.opened
        return Signs(
            has_asset_class=bool(kind.asset_classes),
            asset_id=asset.id if asset else None,
            network=asset_class in NETWORK_CLASSES,
            condition=_latest_condition(asset, visits),
            typical_condition=ages[0],
            age_share=_age_share(asset, ages),
            quick_returns=_quick_share(self.table, rows),
            typical_quick_returns=float(-np.expm1(-self._plain_rate(rows) * _QUICK_DAYS / _YEAR)),
            drain_wear=(
                self._drain_wear(hotspot, rows) if set(kind.asset_classes) & set(_DRAINED) else None
            ),
            season_contrast=_season_contrast(self.months[rows], typical.months),
            places_along=len(np.unique(self.table.place[rows])),
            interruptions=len(outages),
            works_near=self.witnesses.works_before(
                shape, float(opened[rows[0]]), within_m=self.settings.around_m
            ),
            feeder_id=feeder.asset_id if feeder else None,
            feeder_places=feeder.places if feeder else 0,
            feeder_usual=feeder.usual if feeder else 0.0,
            weather_contrast=self.witnesses.weather_contrast(
                opened[rows], self.hard_shares[hotspot.kind]
            ),
        )

    def _plain_rate(self, rows: NDArray[np.intp]) -> float:
        """Events a year from the first one here to today."""
        opened = self.events.opened[rows]
        return (len(rows) - 1) / max((self.today - float(opened[0])) / _YEAR, 0.1)

    def _drain_wear(self, hotspot: Hotspot, rows: NDArray[np.intp]) -> float | None:
        """How worn is the storm drain here? None where none is within reach."""
        layer = self.around.layers.get("storm_drain")
        if layer is None:
            return None
        at = hotspot.asset
        if hotspot.asset_class != "storm_drain":
            x, y, _ = _extent(self.events.x[rows], self.events.y[rows])
            near, _ = self.around.nearest(
                "storm_drain", np.array([x]), np.array([y]), within_m=_DRAIN_M
            )
            at = int(near[0])
        if at < 0 or (condition := layer.assets[at].condition) is None:
            return None
        return (100 - condition) / 100


def _rows_by_event(
    event_of: NDArray[np.int32],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of reports by event, and where each event's begin among them."""
    rows = np.flatnonzero(event_of >= 0)
    order = rows[np.argsort(event_of[rows], kind="stable")]
    events = int(event_of.max(initial=-1)) + 1
    return order, np.searchsorted(event_of[order], np.arange(events + 1))


def _months(opened: Floats) -> NDArray[np.int64]:
    days = np.floor(opened).astype(np.int64).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64) % 12


def _quick_share(table: RecurrenceTable, rows: NDArray[np.intp]) -> float:
    days = table.days_to_next[rows]
    closed = np.isfinite(days)
    if not closed.any():
        return 0.0
    quick = table.observed[rows] & (days <= _QUICK_DAYS)
    return float((quick & closed).sum() / closed.sum())


def _season_contrast(months: NDArray[np.int64], typical: Floats) -> float:
    """Share of events in their busiest four months over the type's share in the same months."""
    count = np.bincount(months, minlength=12)
    until = np.cumsum(np.concatenate(([0], count, count[:3])))
    window = until[4:] - until[:-4]
    k = int(np.argmax(window))
    usual = float(np.roll(typical, -k)[:4].sum())
    # Four events always look seasonal: two imaginary usual ones temper small numbers.
    return float((window[k] + 4 * usual) / (len(months) + 4) / usual)


def _typical_condition(
    surroundings: Surroundings,
) -> dict[str, tuple[float | None, float | None, float | None]]:
    """By asset class: median condition, earliest and latest year of installation."""
    typical = {}
    for name, layer in surroundings.layers.items():
        conditions = [a.condition for a in layer.assets if a.condition is not None]
        years = [a.installed for a in layer.assets if a.installed is not None]
        typical[name] = (
            float(np.median(conditions)) if conditions else None,
            float(min(years)) if years else None,
            float(max(years)) if years else None,
        )
    return typical


def _age_share(
    asset: Asset | None, typical: tuple[float | None, float | None, float | None]
) -> float | None:
    if asset is None or asset.installed is None or typical[1] is None or typical[2] is None:
        return None
    span = max(typical[2] - typical[1], 1.0)
    return (typical[2] - asset.installed) / span


def _latest_condition(asset: Asset | None, visits: tuple[Inspection, ...]) -> float | None:
    """Condition an inspector gave the asset last, else the register's."""
    if asset is None:
        return None
    given = [v.condition for v in visits if v.condition is not None and v.asset_id == asset.id]
    return given[-1] if given else asset.condition


def _extent(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Middle of the events and the distance that holds nine in ten of them."""
    known = np.isfinite(x)
    if not known.any():
        return np.nan, np.nan, 0.0
    x, y = x[known], y[known]
    cx, cy = float(np.median(x)), float(np.median(y))
    return cx, cy, float(np.quantile(np.hypot(x - cx, y - cy), 0.9))


def _severity(base: float, rate: float, people: int) -> float:
    return round(float(base) * (1 + rate / (rate + 2) + people / (people + 200)) / 3, 4)


def _identity(code: str, asset: Asset | None, lon: float, lat: float, address: str) -> str:
    if asset is not None:
        anchor = asset.id
    elif np.isfinite(lon):
        anchor = str(h3.latlng_to_cell(lat, lon, 11))
    else:
        anchor = address
    digest = hashlib.blake2b(f"{code}|{anchor}".encode(), digest_size=5).hexdigest()
    return f"P-{digest}"


def _day(days: float) -> date:
    day: date = np.datetime64(int(np.floor(days)), "D").astype(object)
    return day
