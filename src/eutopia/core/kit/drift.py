"""Did the way of reporting change half-way: a type renamed, a clock put wrong?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.screening import Screening, screen_reports
from eutopia.core.records.quality import QualityNote
from eutopia.core.records.reports import Reports

_DAY = 86_400
_LEAST = 30
_GAP_DAYS = 14
_NEAR_DAYS = 60.0
_SHIFT_HOURS = 2.0
_PART, _PART_HOURS, _EXPLAINED = 0.15, 3, 0.75
"""How large a part of a month, how far off, is named, if so much of what is unusual is so told."""
_NIGHT = (20.0, 7.0)
"""Local hours between which the middle of the day of nobody's reports lies."""


def find_drift(
    reports: Reports, *, time_zone: str = "", screening: Screening | None = None
) -> tuple[QualityNote, ...]:
    """Was a type renamed, or a clock shifted, while these reports came in?

    Parameters
    ----------
    reports
        In any order; a month or more of them, else nothing can be said.
    time_zone
        IANA name of where they are from; empty where it is not known.
    screening
        Of these reports, if it is at hand already.

    Returns
    -------
    notes
        `renamed_type` with `from` and `to`, when one type (at least thirty reports) ends and
        another begins within fourteen days, at half to twice the pace of the sixty days before the
        change, and in the same districts (cosine of their shares 0.9 or more). `clock_shift` with
        the month and the hours by which its reports come earlier or later in the day than the
        median month's, when two or more; or with the `mean_hour` of all months, by the local
        clock, when that lies at night (20 to 7): then all of them were read in a wrong zone. Where
        nothing is to be said of all, the same of each `organisation`: a clock wrong in a part. And
        where that says nothing either, with the month, the hours and the `share` of its reports
        that are so many hours off, three or more and 15 % at least, by whatever part that is.

    Notes
    -----
    Nothing is mended here: whoever looks after the mapping decides. Summer time moves the day by
    one hour and is no shift. Floods are left out: a bot's would hide what changed. O(n log n).

    How sure: Boston's types of 2015 cut in two at every fifteenth day, as if renamed, are alike by
    district in 59 % of 1,247 cuts, and 8 % of 36,426 pairs of two types of like pace cut there
    are: a rename is named to be looked at, never acted upon. Shares of the sixty days near the
    change alone do no better (38 % and 3 %). No month of any of Boston's ten organisations is
    named for its clock; by district two months would be, by type five, so these are not asked. Of
    Boston's months with a part three to twelve hours off, 30 % is named in 37 of 42 and 20 % in 26,
    no month as it is.

    Examples
    --------
    >>> find_drift(Reports.from_rows([]))
    ()
    """
    screening = screening or screen_reports(reports)
    timed = np.flatnonzero(~np.isnat(reports.opened) & (screening.flood < 0))
    if not len(timed):
        return ()
    seconds = reports.opened[timed].astype("datetime64[s]").astype(np.int64)
    clocks = (*_shifts(seconds), *_nights(seconds, time_zone))
    if not clocks:
        clocks = tuple(_own_clocks(reports, timed, seconds, time_zone))
    if not clocks and time_zone:
        clocks = tuple(_mixed(_local(seconds, time_zone)))
    return (*_renames(reports, timed, seconds), *clocks)


def _renames(
    reports: Reports, rows: NDArray[np.intp], seconds: NDArray[np.int64]
) -> list[QualityNote]:
    day = seconds / _DAY
    start, end = float(day.min()), float(day.max())
    spans = {}
    for k in range(len(reports.problem_types)):
        own = reports.problem_type[rows] == k
        if own.sum() >= _LEAST:
            spans[k] = (float(day[own].min()), float(day[own].max()), own)
    notes = []
    for a, (_, a_last, a_own) in spans.items():
        if end - a_last < _LEAST:
            continue
        for b, (b_first, _, b_own) in spans.items():
            if b == a or b_first - start < _LEAST or abs(b_first - a_last) > _GAP_DAYS:
                continue
            if not _as_often(a_last - day[a_own], day[b_own] - b_first):
                continue
            if _alike(reports.district[rows], a_own, b_own):
                names = reports.problem_types
                on = str(np.datetime64(int(b_first), "D"))
                values = (("from", names[a]), ("to", names[b]), ("on", on))
                examples = tuple(str(v) for v in reports.id[rows[b_own]][:20].tolist())
                notes.append(
                    QualityNote("renamed_type", int(b_own.sum()), "named", values, examples)
                )
    return notes


def _as_often(before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    """Whether the new one begins at half to twice the pace at which the old one ended.

    `before` and `after` are days from the change; a type's season makes only those near it speak.
    """
    paces = []
    for days in (before, after):
        near = min(_NEAR_DAYS, max(float(days.max()), 1.0))
        paces.append(((days >= 0) & (days <= near)).sum() / near)
    return bool(0.5 * paces[0] <= paces[1] <= 2 * paces[0]) and paces[0] > 0


def _alike(
    district: NDArray[np.int32], first: NDArray[np.bool_], second: NDArray[np.bool_]
) -> bool:
    n = int(district.max(initial=-1)) + 2
    a = np.bincount(district[first] + 1, minlength=n).astype(np.float64)
    b = np.bincount(district[second] + 1, minlength=n).astype(np.float64)
    return float(a @ b) >= 0.9 * float(np.linalg.norm(a) * np.linalg.norm(b))


def _shifts(seconds: NDArray[np.int64]) -> list[QualityNote]:
    """Months whose circular mean of the hour is away from the median month's."""
    month = seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    months, inverse, count = np.unique(month, return_inverse=True, return_counts=True)
    hour, shaped = _mean_hours(seconds, inverse, count)
    if shaped.sum() < 3:
        return []
    usual = _circular_median(hour[shaped])
    off = (hour - usual + 12) % 24 - 12
    return [
        QualityNote(
            "clock_shift",
            int(count[k]),
            "named",
            (("month", str(np.datetime64(int(months[k]), "M"))), ("hours", f"{off[k]:+.1f}")),
        )
        for k in np.flatnonzero(shaped & (np.abs(off) >= _SHIFT_HOURS))
    ]


def _nights(seconds: NDArray[np.int64], time_zone: str) -> list[QualityNote]:
    """Whether most was reported at night, by the clock of the place."""
    if not time_zone:
        return []
    local = _local(seconds, time_zone)
    # Midnight sharp is a day without an hour.
    local = local[local % _DAY != 0]
    if not len(local):
        return []
    (hour,), (shaped,) = _mean_hours(local, np.zeros(len(local), np.intp), np.array([len(local)]))
    if not shaped or _NIGHT[1] <= hour % 24 <= _NIGHT[0]:
        return []
    return [QualityNote("clock_shift", len(local), "named", (("mean_hour", f"{hour % 24:.1f}"),))]


def _local(seconds: NDArray[np.int64], time_zone: str) -> NDArray[np.int64]:
    """Seconds by the clock of the place, the offset being that of the day's noon."""
    zone = ZoneInfo(time_zone)
    days, inverse = np.unique(seconds // _DAY, return_inverse=True)
    noons = (datetime.fromtimestamp(int(d) * _DAY + _DAY // 2, zone) for d in days)
    offset = [(noon.utcoffset() or timedelta()) // timedelta(seconds=1) for noon in noons]
    return np.asarray(seconds + np.array(offset, dtype=np.int64)[inverse])


def _own_clocks(
    reports: Reports, rows: NDArray[np.intp], seconds: NDArray[np.int64], time_zone: str
) -> Iterator[QualityNote]:
    """Shifts and nights of one organisation's reports: its system may have a clock of its own."""
    for k, organisation in enumerate(reports.organisations):
        own = reports.organisation[rows] == k
        if own.sum() < 10 * _LEAST or own.all():
            continue
        for note in (*_shifts(seconds[own]), *_nights(seconds[own], time_zone)):
            yield replace(note, values=(*note.values, ("organisation", organisation)))


def _mixed(local: NDArray[np.int64]) -> Iterator[QualityNote]:
    """Months whose day is the usual one and, for a part, the usual one some hours off."""
    month = local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    months, inverse, count = np.unique(month, return_inverse=True, return_counts=True)
    told = np.bincount(inverse * 24 + local % _DAY // 3600, minlength=24 * len(months))
    day = told.reshape(-1, 24) / count[:, None]
    enough = count >= 10 * _LEAST
    if enough.sum() < 3:
        return
    usual = np.median(day[enough], axis=0)
    shifts = [h for h in range(-12, 12) if abs(h) >= _PART_HOURS]
    moved = np.array([np.roll(usual, h) - usual for h in shifts])
    length = (moved**2).sum(axis=1)
    if not length.all():
        return
    for k in np.flatnonzero(enough):
        off = day[k] - usual
        part = moved @ off / length
        best = int(np.argmax(np.where(part > 0, part**2 * length, 0.0)))
        explained = part[best] ** 2 * length[best]
        if part[best] >= _PART and explained >= _EXPLAINED * float(off @ off):
            values = (
                ("month", str(np.datetime64(int(months[k]), "M"))),
                ("hours", f"{shifts[best]:+d}"),
                ("share", f"{part[best]:.0%}"),
            )
            yield QualityNote("clock_shift", round(part[best] * count[k]), "named", values)


def _mean_hours(
    seconds: NDArray[np.int64], part: NDArray[np.intp], count: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Circular mean of the hour of each part, and whether its day has a shape: else it is void."""
    angle = (seconds % _DAY) * (2 * np.pi / _DAY)
    wave = np.bincount(part, np.cos(angle)) + 1j * np.bincount(part, np.sin(angle))
    shaped = (np.abs(wave) / count > 0.2) & (count >= 10 * _LEAST)
    return np.angle(wave) * 12 / np.pi, shaped


def _circular_median(hours: NDArray[np.float64]) -> float:
    """The hour with the least total distance round the clock to the others; of equals the first.

    Of an even number two are equal but for rounding, which is not the same on every machine.
    """
    apart = np.abs((hours[:, None] - hours[None, :] + 12) % 24 - 12)
    return float(hours[int(np.argmin(apart.sum(axis=1).round(9)))])
