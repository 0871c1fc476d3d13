"""Which kinds of reports pile up somewhere, more than chance lets them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from eutopia.core.diagnose.scan.analysis import ScanResult, scan
from eutopia.core.diagnose.scan.reports import ReportScan, local_days, reports_to_scan
from eutopia.core.diagnose.scan.settings import ScanSettings
from eutopia.core.kit.screening import Screening, screen_reports
from eutopia.core.records import Cluster, PastClusters, Reports
from eutopia.core.records.quality import QualityNote


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """What is scanned for, and how surely it must be found?

    The `types` most reported kinds, over the whole weeks of `past_days` (all spans) and over
    `recent_days` (spans that last to the last day); circles of at most `radius_km`, spans of at
    most `longest` days. A cluster is told when its `p` is at most `most_p` and it has `least_cases`
    cases.
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
_EPOCH = date(1970, 1, 1)


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
    past: PastClusters | None = None,
) -> ClusterSurvey:
    """Where and when did reports of one kind pile up more than chance lets them?

    Parameters
    ----------
    reports
        One of each event: duplicates would be taken for a cluster.
    as_of
        The last day that is known.
    past
        What `find_past_clusters` found in these very reports, if it is at hand.

    Notes
    -----
    Each of the busiest kinds is scanned twice by the space-time permutation: what is growing now,
    and what was in the past, by whole weeks, so that the days of a week need not look at it anew. A
    kind's season and a report's usual places are no cluster. Ties of kinds go to the code that
    comes first. What takes no part is named in `notes`: reports of kinds that are not scanned,
    without a place or a time to be believed, and floods. See
    :func:`~eutopia.core.diagnose.scan.analysis.scan`.
    """
    past = past or find_past_clusters(reports, as_of=as_of, time_zone=time_zone, settings=settings)
    first, _ = past_weeks(as_of, settings=settings)
    within = _between(reports, first, as_of, time_zone)
    recent = (as_of - timedelta(days=settings.recent_days - 1), as_of)
    screening = screen_reports(within)
    busiest = _busiest(within, settings)
    notes = _left_out(within, busiest, screening, (first, as_of), time_zone)
    found, scans = _look(within, recent, time_zone, settings, prospective=True)
    return ClusterSurvey(
        tuple(sorted(_once([*found, *past.clusters]), key=lambda c: (c.p, -c.llr, c.id))),
        scans + past.scans,
        (scans + past.scans) * settings.most_p,
        notes,
    )


def find_past_clusters(
    reports: Reports,
    *,
    as_of: date,
    time_zone: str = "UTC",
    settings: ClusterSettings = DEFAULT_SETTINGS,
) -> PastClusters:
    """Where and when did reports pile up in the last whole weeks?

    Only the reports within :func:`past_weeks` are looked at: as long as these are the same, so are
    the clusters.
    """
    within = of_past_weeks(reports, as_of=as_of, time_zone=time_zone, settings=settings)
    weeks = past_weeks(as_of, settings=settings)
    return PastClusters(*_look(within, weeks, time_zone, settings, prospective=False))


def of_past_weeks(
    reports: Reports,
    *,
    as_of: date,
    time_zone: str = "UTC",
    settings: ClusterSettings = DEFAULT_SETTINGS,
) -> Reports:
    """Which reports decide on the clusters of past weeks?"""
    return _between(reports, *past_weeks(as_of, settings=settings), time_zone)


def past_weeks(as_of: date, *, settings: ClusterSettings = DEFAULT_SETTINGS) -> tuple[date, date]:
    """Monday of the first and Sunday of the last whole week that is looked back at.

    Examples
    --------
    >>> [str(day) for day in past_weeks(date(2026, 6, 30))]  # A Tuesday.
    ['2026-04-06', '2026-06-28']
    """
    sunday = as_of - timedelta(days=as_of.isoweekday() % 7)
    return sunday - timedelta(days=settings.past_days // 7 * 7 - 1), sunday


def _between(reports: Reports, first: date, last: date, time_zone: str) -> Reports:
    """Reports of these local days."""
    timed = np.flatnonzero(~np.isnat(reports.opened))
    day = local_days(reports.opened[timed], time_zone)
    inside = (day >= (first - _EPOCH).days) & (day <= (last - _EPOCH).days)
    return reports.take(timed[inside])


def _look(
    reports: Reports,
    days: tuple[date, date],
    time_zone: str,
    settings: ClusterSettings,
    *,
    prospective: bool,
) -> tuple[tuple[Cluster, ...], int]:
    """Clusters of the busiest kinds, and how many scans were made."""
    found: list[Cluster] = []
    scans = 0
    screening = screen_reports(reports)
    for kind in _busiest(reports, settings):
        try:
            ready = reports_to_scan(
                reports, problem_type=kind, time_zone=time_zone, between=days, screening=screening
            )
        except ValueError:
            continue  # None of them has a time and a place to be believed.
        if len(ready.rows) < 2 * settings.least_cases:
            continue
        scans += 1
        found.extend(_told(reports, ready, kind, prospective=prospective, settings=settings))
    return tuple(found), scans


def _left_out(
    reports: Reports,
    busiest: Sequence[str],
    screening: Screening,
    days: tuple[date, date],
    time_zone: str,
) -> tuple[QualityNote, ...]:
    notes: list[QualityNote] = []
    rare = len(reports) - sum(_number_of(reports, kind) for kind in busiest)
    if rare:
        notes.append(QualityNote("rare_type", rare, "set_aside"))
    for kind in busiest:
        try:
            ready = reports_to_scan(
                reports, problem_type=kind, time_zone=time_zone, between=days, screening=screening
            )
        except ValueError:
            continue
        notes.extend(replace(n, values=(*n.values, ("type", kind))) for n in ready.notes)
    return tuple(notes)


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
