"""Reports as input of a scan: days, points, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.scan.circles import sphere_points
from eutopia.core.diagnose.scan.settings import ScanInput
from eutopia.core.kit.screening import Screening, screen_reports
from eutopia.core.records.quality import QualityNote
from eutopia.core.records.reports import Reports

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ReportScan:
    """Reports made ready: input, coordinates (lat, lon) of the locations, first day.

    `rows` are the rows of the reports that take part, in the order of the input's cases.
    """

    data: ScanInput
    coordinates: NDArray[np.float64]
    first_day: date
    rows: NDArray[np.intp]

    def day(self, period: int) -> date:
        """Which day is a period?"""
        return self.first_day + timedelta(days=period)


def reports_to_scan(
    reports: Reports,
    *,
    problem_type: str = "",
    time_zone: str = "UTC",
    by_weekday: bool = False,
    by_season: bool = False,
    between: tuple[date, date] | None = None,
    screening: Screening | None = None,
) -> ReportScan:
    """Which cases, on which local days, at which points, do the reports give?

    Parameters
    ----------
    reports
        All there are, also of other types: what is a default point shows best in all of them.
    problem_type
        Code of the type to scan; empty for all.
    time_zone
        IANA name: days begin at local midnight.
    by_weekday
        Expect and permute within weekdays: they may differ by place (a market day).
    by_season
        Expect and permute within quarters of the year: they may differ by place (leaves, ice).
    between
        First and last local day of the study; from the first report to the last by default.
    screening
        Of these reports, if it is at hand already.

    Raises
    ------
    ValueError
        No report has a time and a place to be believed.

    Notes
    -----
    Left out, and named by :func:`left_out`: reports without a place or a time, on a default or
    crowded point, and all but the first of a flood. Locations are exact points (to 1e-6 degree).
    """
    screening = screen_reports(reports) if screening is None else screening
    timed = ~np.isnat(reports.opened)
    keep = screening.placed & timed
    in_flood = screening.flood >= 0
    first = np.unique(screening.flood, return_index=True)[1]
    heads = np.zeros(len(reports), dtype=bool)
    heads[first] = True
    keep &= ~in_flood | heads
    asked = _of_type(reports, problem_type)
    rows = np.flatnonzero(keep & asked)
    days = local_days(reports.opened[rows], time_zone)
    ends = None if between is None else [(day - _EPOCH).days for day in between]
    if ends is not None:
        inside = (days >= ends[0]) & (days <= ends[1])
        rows, days = rows[inside], days[inside]
    if not len(rows):
        raise ValueError("no report has a time and a place to be believed")
    points = np.column_stack((reports.lat[rows], reports.lon[rows])).round(6).astype(np.float64)
    places, location = np.unique(points, axis=0, return_inverse=True)
    start, last = (int(days.min()), int(days.max())) if ends is None else ends
    period, periods = days - start, last - start + 1
    data = ScanInput(
        location_ids=tuple(f"{lat:.6f},{lon:.6f}" for lat, lon in places.tolist()),
        points=sphere_points(places[:, 0], places[:, 1]),
        case_location=location.ravel().astype(np.int64),
        case_period=period,
        periods=periods,
        stratum=_strata(days, by_weekday=by_weekday, by_season=by_season),
    )
    first_day = _EPOCH + timedelta(days=start)
    return ReportScan(data, places, first_day, rows)


def left_out(
    reports: Reports, screening: Screening, *, problem_type: str = ""
) -> tuple[QualityNote, ...]:
    """Which reports of a type (of all, if none is named) take no part in a scan, and why?"""
    asked = _of_type(reports, problem_type)
    notes = [
        _within(note, reports, screening, asked)
        for note in screening.notes
        if note.code != "no_time"
    ]
    untimed = int((np.isnat(reports.opened) & asked).sum())
    notes.append(QualityNote("no_time", untimed, "set_aside"))
    return tuple(note for note in notes if note.count)


def _of_type(reports: Reports, problem_type: str) -> NDArray[np.bool_]:
    if not problem_type:
        return np.ones(len(reports), dtype=bool)
    if problem_type not in reports.problem_types:
        raise ValueError(f"no report is of type {problem_type}")
    own: NDArray[np.bool_] = reports.problem_type == reports.problem_types.index(problem_type)
    return own


def _strata(
    days: NDArray[np.int64], *, by_weekday: bool, by_season: bool
) -> NDArray[np.int64] | None:
    """Which cases are alike in weekday (0 is Monday) and meteorological season?"""
    if not by_weekday and not by_season:
        return None
    weekday = (days + 3) % 7 if by_weekday else np.zeros_like(days)
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    season = (month + 1) % 12 // 3 if by_season else np.zeros_like(days)
    return weekday * 4 + season


def _within(
    note: QualityNote, reports: Reports, screening: Screening, asked: NDArray[np.bool_]
) -> QualityNote:
    """The same note counted among the rows asked for; what is not used is set aside here."""
    known = np.isfinite(reports.lon)
    rows = asked & ~screening.placed
    if note.code == "no_place":
        rows &= ~known
    elif note.code == "burst":
        hour = np.datetime64(dict(note.values)["hour"], "h")
        rows = asked & (reports.opened.astype("datetime64[h]") == hour)
    elif note.code == "flood":
        rows = asked & np.isin(reports.id, note.report_ids[:1])
        rows = asked & (screening.flood >= 0) & np.isin(screening.flood, screening.flood[rows])
    else:
        place = dict(note.values)
        rows &= known & (np.abs(reports.lon - float(place["lon"])) < 1e-6)
        rows &= np.abs(reports.lat - float(place["lat"])) < 1e-6
    treatment = note.treatment if note.code in ("flood", "burst") else "set_aside"
    examples = tuple(str(v) for v in reports.id[rows][:20].tolist())
    return QualityNote(note.code, int(rows.sum()), treatment, note.values, examples)


def local_days(opened: NDArray[np.datetime64], time_zone: str) -> NDArray[np.int64]:
    """Days since 1970 by the local calendar; the offset is looked up once an hour of the year."""
    seconds = opened.astype("datetime64[s]").astype(np.int64)
    hours, inverse = np.unique(seconds // 3600, return_inverse=True)
    zone = ZoneInfo(time_zone)
    moments = (datetime.fromtimestamp(int(h) * 3600, UTC).astimezone(zone) for h in hours)
    offset = np.array(
        [int((m.utcoffset() or timedelta()).total_seconds()) for m in moments], dtype=np.int64
    )
    return np.asarray((seconds + offset[inverse]) // 86_400, dtype=np.int64)
