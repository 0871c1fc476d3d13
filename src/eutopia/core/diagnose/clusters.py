"""Which kinds of reports pile up somewhere, more than chance lets them?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from eutopia.core.diagnose.scan.analysis import ScanResult, scan
from eutopia.core.diagnose.scan.reports import ReportScan, reports_to_scan
from eutopia.core.diagnose.scan.settings import ScanSettings
from eutopia.core.kit.screening import screen_reports
from eutopia.core.records import Cluster, Reports
from eutopia.core.records.quality import QualityNote


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """What is scanned for, and how surely it must be found?

    The `types` most reported kinds, over `past_days` (all spans) and `recent_days` (spans that last
    to the last day); circles of at most `radius_km`, spans of at most `longest` days. A cluster is
    told when its `p` is at most `most_p` and it has `least_cases` cases.
    """

    types: int = 12
    past_days: int = 84
    recent_days: int = 28
    radius_km: float = 0.3
    longest: int = 7
    least_cases: int = 4
    most_p: float = 0.05
    replications: int = 99
    seed: int = 1


DEFAULT_SETTINGS = ClusterSettings()


@dataclass(frozen=True, slots=True)
class ClusterSurvey:
    """Clusters, the surest first; how many scans were made; what was left out.

    `false_alarms` is how many scans would show a cluster at least where there are none at all.
    """

    clusters: tuple[Cluster, ...]
    scans: int
    false_alarms: float
    notes: tuple[QualityNote, ...]


def find_clusters(
    reports: Reports,
    *,
    as_of: date,
    time_zone: str = "UTC",
    settings: ClusterSettings = DEFAULT_SETTINGS,
) -> ClusterSurvey:
    """Where and when did reports of one kind pile up more than chance lets them?

    Parameters
    ----------
    reports
        One of each event: duplicates would be taken for a cluster.
    as_of
        The last day that is known.

    Notes
    -----
    Each of the busiest kinds is scanned twice by the space-time permutation: what is growing now,
    and what was in the past. A kind's season and a report's usual places are no cluster. Ties of
    kinds go to the code that comes first. What takes no part is named in `notes`: reports of kinds
    that are not scanned, without a place or a time to be believed, and floods. See
    :func:`~eutopia.core.diagnose.scan.analysis.scan`.
    """
    found: list[Cluster] = []
    notes: list[QualityNote] = []
    scans = 0
    earliest = np.datetime64(as_of - timedelta(days=settings.past_days), "s")
    reports = reports.take(reports.opened >= earliest)
    busiest = _busiest(reports, settings)
    rare = len(reports) - sum(_number_of(reports, kind) for kind in busiest)
    if rare:
        notes.append(QualityNote("rare_type", rare, "set_aside"))
    screening = screen_reports(reports)
    for kind in busiest:
        for days, prospective in ((settings.recent_days, True), (settings.past_days, False)):
            since = as_of - timedelta(days=days - 1)
            try:
                ready = reports_to_scan(
                    reports,
                    problem_type=kind,
                    time_zone=time_zone,
                    between=(since, as_of),
                    screening=screening,
                )
            except ValueError:
                continue  # None of them has a time and a place to be believed.
            if len(ready.rows) < 2 * settings.least_cases:
                continue
            scans += 1
            if not prospective:
                notes.extend(replace(n, values=(*n.values, ("type", kind))) for n in ready.notes)
            found.extend(_told(reports, ready, kind, prospective=prospective, settings=settings))
    return ClusterSurvey(
        tuple(sorted(_once(found), key=lambda c: (c.p, -c.llr, c.id))),
        scans,
        scans * settings.most_p,
        tuple(notes),
    )


def _busiest(reports: Reports, settings: ClusterSettings) -> list[str]:
    recent = reports.problem_type[reports.problem_type >= 0]
    count = np.bincount(recent, minlength=len(reports.problem_types))
    order = sorted(range(len(count)), key=lambda k: (-int(count[k]), reports.problem_types[k]))
    return [reports.problem_types[k] for k in order[: settings.types] if count[k]]


def _number_of(reports: Reports, kind: str) -> int:
    return int((reports.problem_type == reports.problem_types.index(kind)).sum())


def _told(
    reports: Reports,
    ready: ReportScan,
    kind: str,
    *,
    prospective: bool,
    settings: ClusterSettings,
) -> Iterator[Cluster]:
    result = scan(
        ready.data,
        settings=ScanSettings(
            kind="prospective" if prospective else "retrospective",
            radius=settings.radius_km,
            longest=min(settings.longest, ready.data.periods),
            least_cases=settings.least_cases,
            replications=settings.replications,
            early_stop=6,  # So many of 99 as high: p is above 0.05 for certain.
            seed=settings.seed,
        ),
    )
    for cluster in _records(result, reports, ready, kind, prospective=prospective):
        if cluster.p is not None and cluster.p <= settings.most_p:
            yield cluster


def _records(
    result: ScanResult, reports: Reports, ready: ReportScan, kind: str, *, prospective: bool
) -> Iterator[Cluster]:
    for one in result.clusters:
        inside = np.isin(ready.data.case_location, one.members)
        inside &= (ready.data.case_period >= one.first) & (ready.data.case_period <= one.last)
        lat, lon = ready.coordinates[one.centre].tolist()
        yield Cluster(
            model="space_time_permutation",
            problem_type=kind,
            location_ids=tuple(ready.data.location_ids[m] for m in one.members),
            lon=lon,
            lat=lat,
            radius_m=one.radius * 1000,
            start=ready.day(one.first),
            end=ready.day(one.last),
            cases=one.cases,
            expected=one.expected,
            llr=one.ratio,
            p=one.p,
            p_gumbel=one.p_gumbel,
            prospective=prospective,
            report_ids=tuple(str(v) for v in reports.id[ready.rows[inside]].tolist()),
        )


def _once(found: list[Cluster]) -> list[Cluster]:
    """What both scans found is told once, as alive."""
    alive = [c for c in found if c.prospective]
    seen = [frozenset(c.report_ids) for c in alive]
    return alive + [
        c
        for c in found
        if not c.prospective and all(2 * len(s & set(c.report_ids)) < c.cases for s in seen)
    ]
