"""Where reports of one kind piled up more than chance lets them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import shapely

from eutopia.web.ledger.models import Run
from eutopia.web.problems.models import Cluster
from eutopia.web.reports.selectors import type_titles
from eutopia.web.territory.selectors import feature_collection

METHOD = "eutopia.core.diagnose.clusters:find_clusters"


@dataclass(frozen=True, slots=True)
class ClusterView:
    """A cluster as pages show it; `number` is its place, the surest first."""

    number: int
    problem_type: str
    title: str
    lon: float
    lat: float
    radius_m: float
    start: date
    end: date
    cases: int
    expected: float
    llr: float
    p: float
    alive: bool

    @property
    def times(self) -> float:
        """How many times more than expected."""
        return self.cases / self.expected if self.expected else 0.0


@dataclass(frozen=True, slots=True)
class LeftOutView:
    """Reports that were not taken as they came: why, how many, what was done with them."""

    code: str
    count: int
    treatment: str


@dataclass(frozen=True, slots=True)
class SurveyView:
    """What was scanned: kinds times two, and what is chance's share in it."""

    run_id: int
    types: int
    past_days: int
    recent_days: int
    radius_km: float
    longest: int
    most_p: float
    first_day: date
    last_day: date
    left_out: tuple[LeftOutView, ...]
    """Most first; kinds of reports together."""

    @property
    def false_alarms(self) -> float:
        """In how many scans is a cluster found where there are none at all, on average?"""
        return 2 * self.types * self.most_p


def survey(territory_id: int) -> SurveyView | None:
    """What was scanned last? None if nothing was."""
    run = Run.objects.filter(territory_id=territory_id, method=METHOD).order_by("-pk").first()
    if run is None:
        return None
    chosen = run.parameters["settings"]
    return SurveyView(
        run_id=run.pk,
        types=chosen["types"],
        past_days=chosen["past_days"],
        recent_days=chosen["recent_days"],
        radius_km=chosen["radius_km"],
        longest=chosen["longest"],
        most_p=chosen["most_p"],
        # Past weeks are whole ones, from a Monday.
        first_day=run.as_of - timedelta(days=chosen["past_days"] - 1 + run.as_of.isoweekday() % 7),
        last_day=run.as_of,
        left_out=_left_out(run),
    )


def _left_out(run: Run) -> tuple[LeftOutView, ...]:
    count: Counter[tuple[str, str]] = Counter()
    for note in run.quality:
        count[note["code"], note["treatment"]] += note["count"]
    return tuple(
        LeftOutView(code, n, treatment)
        for (code, treatment), n in sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def clusters(
    territory_id: int, *, between: tuple[date, date] | None = None
) -> tuple[ClusterView, ...]:
    """Which clusters are there (on any of the days between), the surest first?"""
    titles = type_titles(territory_id)
    rows = Cluster.objects.filter(territory_id=territory_id)
    if between is not None:
        rows = rows.filter(start__lte=between[1], end__gte=between[0])
    return tuple(
        ClusterView(
            number=row.place,
            problem_type=row.problem_type,
            title=titles.get(row.problem_type, row.problem_type),
            lon=row.lon,
            lat=row.lat,
            radius_m=row.radius_m,
            start=row.start,
            end=row.end,
            cases=row.cases,
            expected=row.expected,
            llr=row.llr,
            p=row.p,
            alive=row.prospective,
        )
        for row in rows.order_by("place")
    )


def clusters_layer(territory_id: int, *, between: tuple[date, date] | None = None) -> str:
    """Where are the clusters, as GeoJSON points with their radius?"""
    found = clusters(territory_id, between=between)
    return feature_collection(
        [shapely.Point(one.lon, one.lat) for one in found],
        [
            {
                "number": one.number,
                "title": one.title,
                "problem_type": one.problem_type,
                "radius_m": round(one.radius_m, 1),
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "cases": one.cases,
                "expected": round(one.expected, 3),
                "p": round(one.p, 4),
                "state": "alive" if one.alive else "past",
            }
            for one in found
        ],
    )
