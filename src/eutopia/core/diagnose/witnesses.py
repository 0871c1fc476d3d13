"""What speaks for a problem besides reports: outages, inspections, clusters, works, weather."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from eutopia.core.diagnose.surroundings import Surroundings
from eutopia.core.records.clusters import Cluster
from eutopia.core.records.problems import (
    Evidence,
    Inspection,
    WeatherDay,
)
from eutopia.core.records.utilities import Interruption
from eutopia.core.records.works import Work

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

NETWORK_OF_SERVICE = {
    "cold_water": "water_main",
    "hot_water": "heat_main",
    "heating": "heat_main",
    "electricity": "power_line",
    "sewage": "sewer",
}
"""Through which class of assets a communal service comes."""
_YEAR = 365.25
_LEAST_SHARED = 3
_SURE_P = 0.05
_HARD_SHARE = 0.1
_TEMPER = 8.0
"""Imaginary usual events that temper a contrast of few: of several kinds of weather one always
looks hard."""


class Witnesses:
    """Everything besides the reports that may speak for a problem, indexed once."""

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        interruptions: Sequence[Interruption] = (),
        works: Sequence[Work] = (),
        inspections: Sequence[Inspection] = (),
        clusters: Sequence[Cluster] = (),
        weather: Sequence[WeatherDay] = (),
    ) -> None:
        self._around = surroundings
        self._outages_of_asset: dict[str, list[Interruption]] = defaultdict(list)
        self._outages_of_building: dict[str, list[Interruption]] = defaultdict(list)
        for one in interruptions:
            if one.planned:
                continue
            if one.asset_id:
                self._outages_of_asset[one.asset_id].append(one)
            else:
                for building in one.building_ids:
                    self._outages_of_building[building].append(one)
        self._works = _finished(works, surroundings)
        self._inspections = tuple(sorted(inspections, key=lambda i: (i.day, i.id)))
        self._inspected = _points(self._inspections, surroundings)
        sure = [c for c in clusters if _chance(c) <= _SURE_P]
        self._clusters = tuple(sorted(sure, key=lambda c: (_chance(c), c.id)))
        self._clusters_of: dict[str, list[int]] = defaultdict(list)
        for k, cluster in enumerate(self._clusters):
            for report in cluster.report_ids:
                self._clusters_of[report].append(k)
        self.hard_days = _hard_days(weather)

    def outages(
        self, asset_id: str | None, network: str, shape: BaseGeometry
    ) -> tuple[Interruption, ...]:
        """Unplanned interruptions on the asset, and of its network in the houses beside it."""
        found = {i.id: i for i in self._outages_of_asset.get(asset_id or "", ())}
        if network and self._outages_of_building and not shape.is_empty:
            for k in self._around.buildings_near(shape, within_m=50.0):
                for one in self._outages_of_building.get(self._around.buildings[int(k)].id, ()):
                    if NETWORK_OF_SERVICE.get(one.service) == network:
                        found[one.id] = one
        return tuple(found[k] for k in sorted(found))

    def inspections(
        self, asset_ids: Sequence[str], problem_types: Sequence[str], shape: BaseGeometry
    ) -> tuple[Inspection, ...]:
        """Who went to the asset, or to the place for this type? Earliest first."""
        near: set[int] = set()
        if len(self._inspected[1]) and not shape.is_empty:
            hits = self._inspected[0].query(shape, predicate="dwithin", distance=15.0)
            near = {int(self._inspected[1][k]) for k in hits}
        return tuple(
            one
            for k, one in enumerate(self._inspections)
            if (one.asset_id is not None and one.asset_id in asset_ids)
            or (one.asset_id is None and k in near and one.problem_type in problem_types)
        )

    def clusters(self, report_ids: Sequence[str]) -> tuple[tuple[Cluster, int], ...]:
        """Which clusters share at least three reports with these, and how many? Surest first."""
        shared: dict[int, int] = defaultdict(int)
        for report in report_ids:
            for k in self._clusters_of.get(report, ()):
                shared[k] += 1
        return tuple(
            (self._clusters[k], n) for k, n in sorted(shared.items()) if n >= _LEAST_SHARED
        )

    def works_before(self, shape: BaseGeometry, first: float, *, within_m: float) -> int:
        """Works that ended within reach in the year before the first event."""
        if self._works is None or shape.is_empty:
            return 0
        tree, finished = self._works
        before = first - finished[tree.query(shape, predicate="dwithin", distance=within_m)]
        return int(((before >= 0) & (before <= _YEAR)).sum())

    def hard_shares(self, usual: Floats) -> tuple[float, ...]:
        """Share of a type's events on or after the hard days of each kind: asked once a type."""
        days = np.floor(usual)
        return tuple(float(_on_or_after(days, hard).mean()) for hard in self.hard_days if len(days))

    def weather_contrast(self, opened: Floats, shares: Sequence[float]) -> float:
        """Share of events on or after hard days over the type's, for the kind that tells most."""
        days, highest = np.floor(opened), 1.0
        for hard, share in zip(self.hard_days, shares, strict=True):
            if 0 < share < 1:
                hits = float(_on_or_after(days, hard).sum())
                highest = max(highest, (hits + _TEMPER * share) / (len(days) + _TEMPER) / share)
        return highest


def outage_evidence(outages: Sequence[Interruption]) -> Evidence:
    """Each outage halves the doubt."""
    weight = 1 - 0.5 ** len(outages)
    ids = tuple(o.id for o in outages)
    return Evidence("interruption", round(weight, 4), ids, float(len(outages)), "interruptions")


def inspection_evidence(inspections: Sequence[Inspection]) -> Evidence:
    """The share of inspectors who saw it, one imaginary doubter among them."""
    seen = sum(i.confirmed for i in inspections)
    weight = seen / (len(inspections) + 1) + 0.3 * (seen == len(inspections))
    ids = tuple(i.id for i in inspections)
    return Evidence("inspection", round(min(weight, 0.99), 4), ids, float(seen), "confirmed")


def cluster_evidence(found: Sequence[tuple[Cluster, int]]) -> Evidence:
    """The surest cluster: one less its chance; its cases over those expected."""
    surest = found[0][0]
    ratio = surest.cases / max(surest.expected, 1e-9)
    ids = tuple(cluster.id for cluster, _ in found)
    return Evidence(
        "cluster", round(1 - _chance(surest), 4), ids, round(ratio, 2), "times expected"
    )


def _chance(cluster: Cluster) -> float:
    told = (cluster.p, cluster.p_gumbel)
    return next((p for p in told if p is not None), 1.0)


def _on_or_after(days: Floats, hard: Floats) -> NDArray[np.bool_]:
    return np.isin(days, hard) | np.isin(days - 1, hard)


def _hard_days(weather: Sequence[WeatherDay]) -> tuple[Floats, ...]:
    """Days of the wettest, windiest, coldest and hottest tenth, and of frost and thaw in one."""
    if not weather:
        return ()
    epoch = np.array([np.datetime64(w.day, "D") for w in weather]).astype(np.float64)

    def column(name: str) -> Floats:
        values = [getattr(w, name) for w in weather]
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)

    low, high, rain, wind = (column(n) for n in ("low_c", "high_c", "rain_mm", "wind_ms"))
    kinds = [(low < 0) & (high > 0)]
    kinds += [
        values > np.nanquantile(values, 1 - _HARD_SHARE)
        for values in (np.where(rain > 0, rain, np.nan), wind, -low, high)
        if np.isfinite(values).any()
    ]
    return tuple(epoch[k] for k in kinds if k.any())


def _finished(
    works: Sequence[Work], surroundings: Surroundings
) -> tuple[shapely.STRtree, Floats] | None:
    done = [w for w in works if w.finished is not None]
    if not done:
        return None
    shapes = surroundings.metric([w.geometry for w in done])
    days = np.array([np.datetime64(w.finished, "D") for w in done]).astype(np.float64)
    return shapely.STRtree(shapes), days


def _points(
    inspections: Sequence[Inspection], surroundings: Surroundings
) -> tuple[shapely.STRtree, Positions]:
    placed = [
        (k, shapely.Point(i.lon, i.lat))
        for k, i in enumerate(inspections)
        if i.lon is not None and i.lat is not None
    ]
    shapes = surroundings.metric([point for _, point in placed])
    return shapely.STRtree(shapes), np.array([k for k, _ in placed], dtype=np.intp)
