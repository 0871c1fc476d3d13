"""Which kinds of reports pile up somewhere, more than chance lets them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from zlib import crc32

import numpy as np

from eutopia.core.diagnose.scan.analysis import ScanResult, scan
from eutopia.core.diagnose.scan.reports import (
    ReportScan,
    left_out,
    local_days,
    reports_to_scan,
)
from eutopia.core.diagnose.scan.settings import ScanSettings
from eutopia.core.kit.screening import Screening, screen_reports
from eutopia.core.records import Cluster, PastScan, PastScans, Reports
from eutopia.core.records.quality import QualityNote

EDITION = 2
"""Of the method: what one edition found, another may not find again."""


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
_NOTHING = PastScans()


@dataclass(frozen=True, slots=True)
class ClusterSurvey:
    """Clusters, the surest first; how many scans were made; what was left out.

    `false_alarms` is how many scans would show a cluster at least where there are none at all;
    `past` the scans of past weeks, for the next time.
    """

    clusters: tuple[Cluster, ...]
    scans: int
    false_alarms: float
    notes: tuple[QualityNote, ...]
    past: PastScans


def find_clusters(
    reports: Reports,
    *,
    as_of: date,
    time_zone: str = "UTC",
    settings: ClusterSettings = DEFAULT_SETTINGS,
    kept: PastScans = _NOTHING,
) -> ClusterSurvey:
    """Where and when did reports of one kind pile up more than chance lets them?

    Parameters
    ----------
    reports
        One of each event: duplicates would be taken for a cluster. Those before
        :func:`first_day` are not looked at.
    as_of
        The last day that is known.
    kept
        From an earlier time: past weeks of which the same is asked are not scanned anew.

    Notes
    -----
    Each of the busiest kinds is scanned twice by the space-time permutation: what is growing now,
    and what was in the past, by whole weeks (:func:`past_weeks`). A kind's season and a report's
    usual places are no cluster. Ties of kinds go to the code that comes first. What takes no part
    is named in `notes`: reports of kinds that are not scanned, without a place or a time to be
    believed, and floods. See :func:`~eutopia.core.diagnose.scan.analysis.scan`.
    """
    within = _between(reports, first_day(as_of, settings=settings), as_of, time_zone)
    look = _Look(within, screen_reports(within), time_zone, settings)
    busiest = _busiest(within, settings)
    known = {one.asked: one for one in kept.scans}
    growing: list[Cluster] = []
    past: list[PastScan] = []
    scans = 0
    for kind in busiest:
        recent = look.ready(kind, (as_of - timedelta(days=settings.recent_days - 1), as_of))
        if recent is not None:
            scans += 1
            growing += look.found(kind, recent, prospective=True)
        before = look.ready(kind, past_weeks(as_of, kind, settings=settings))
        if before is not None:
            scans += 1
            asked = look.asked(kind, before)
            past.append(known.get(asked) or look.scan_past(kind, before, asked))
    ended = [cluster for one in past for cluster in one.clusters]
    return ClusterSurvey(
        tuple(sorted(_once(growing, ended), key=lambda c: (c.p, -c.llr, c.id))),
        scans,
        scans * settings.most_p,
        tuple(_left_out(look, busiest)),
        PastScans(tuple(past)),
    )


def first_day(as_of: date, *, settings: ClusterSettings = DEFAULT_SETTINGS) -> date:
    """From which day on are reports looked at, of any kind?"""
    return as_of - timedelta(days=settings.past_days // 7 * 7 + 5)


def past_weeks(
    as_of: date, kind: str, *, settings: ClusterSettings = DEFAULT_SETTINGS
) -> tuple[date, date]:
    """First and last day of the whole weeks that are looked back at.

    Each kind has its own day on which its weeks end, by a checksum of its code: every day brings a
    few kinds a new week, none brings it to all of them.

    Examples
    --------
    >>> [str(day) for day in past_weeks(date(2026, 6, 30), "pothole")]
    ['2026-04-07', '2026-06-29']
    """
    ago = (as_of.toordinal() - crc32(kind.encode())) % 7
    last = as_of - timedelta(days=ago)
    return last - timedelta(days=settings.past_days // 7 * 7 - 1), last


def _between(reports: Reports, first: date, last: date, time_zone: str) -> Reports:
    """Reports of these local days."""
    timed = np.flatnonzero(~np.isnat(reports.opened))
    day = local_days(reports.opened[timed], time_zone)
    inside = (day >= (first - _EPOCH).days) & (day <= (last - _EPOCH).days)
    return reports.take(timed[inside])


@dataclass(frozen=True, slots=True)
class _Look:
    """Reports of the days looked at, and how they are looked at."""

    reports: Reports
    screening: Screening
    time_zone: str
    settings: ClusterSettings

    def ready(self, kind: str, days: tuple[date, date]) -> ReportScan | None:
        """The reports of a kind made ready; None where too few have a time and a place."""
        try:
            ready = reports_to_scan(
                self.reports,
                problem_type=kind,
                time_zone=self.time_zone,
                between=days,
                screening=self.screening,
            )
        except ValueError:
            return None
        return ready if len(ready.rows) >= 2 * self.settings.least_cases else None

    def asked(self, kind: str, ready: ReportScan) -> str:
        """Digest of everything that decides on what a scan finds, the reports' names included."""
        data = ready.data
        words = repr((EDITION, self.settings, kind, ready.first_day, data.periods))
        total = sha256(words.encode())
        for column in (ready.coordinates, data.case_location, data.case_period):
            total.update(np.ascontiguousarray(column).data)
        total.update("\n".join(self.reports.id[ready.rows].tolist()).encode())
        return total.hexdigest()

    def scan_past(self, kind: str, ready: ReportScan, asked: str) -> PastScan:
        return PastScan(asked, tuple(self.found(kind, ready, prospective=False)))

    def found(self, kind: str, ready: ReportScan, *, prospective: bool) -> Iterator[Cluster]:
        """Clusters that chance seldom makes."""
        settings = self.settings
        result = scan(
            ready.data,
            settings=ScanSettings(
                kind="prospective" if prospective else "retrospective",
                radius=settings.radius_km,
                longest=min(settings.longest, ready.data.periods),
                least_cases=settings.least_cases,
                replications=settings.replications,
                early_stop=5,  # So many of 99 as high: p is above 0.05 for certain.
                seed=settings.seed,
            ),
        )
        for cluster in _records(result, self.reports, ready, kind, prospective=prospective):
            if cluster.p is not None and cluster.p <= settings.most_p:
                yield cluster


def _left_out(look: _Look, busiest: Sequence[str]) -> Iterator[QualityNote]:
    rare = len(look.reports) - sum(_number_of(look.reports, kind) for kind in busiest)
    if rare:
        yield QualityNote("rare_type", rare, "set_aside")
    for kind in busiest:
        for note in left_out(look.reports, look.screening, problem_type=kind):
            yield replace(note, values=(*note.values, ("type", kind)))


def _busiest(reports: Reports, settings: ClusterSettings) -> list[str]:
    recent = reports.problem_type[reports.problem_type >= 0]
    count = np.bincount(recent, minlength=len(reports.problem_types))
    order = sorted(range(len(count)), key=lambda k: (-int(count[k]), reports.problem_types[k]))
    return [reports.problem_types[k] for k in order[: settings.types] if count[k]]


def _number_of(reports: Reports, kind: str) -> int:
    return int((reports.problem_type == reports.problem_types.index(kind)).sum())


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


def _once(growing: list[Cluster], ended: list[Cluster]) -> list[Cluster]:
    """What both scans found is told once, as alive."""
    seen = [frozenset(c.report_ids) for c in growing]
    return growing + [
        c for c in ended if all(2 * len(s & set(c.report_ids)) < c.cases for s in seen)
    ]
