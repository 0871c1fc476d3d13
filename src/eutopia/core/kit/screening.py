"""Which reports can't be taken at their word: no place, a default place, a flood?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.spatial import first_seen_labels
from eutopia.core.records.quality import QualityNote
from eutopia.core.records.reports import Reports

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ScreeningRules:
    """From which numbers on is a point or a burst not believed?

    A point is a default (the town hall's, a district's centre) when at least `point_reports`
    reports and `point_share` of all stand exactly on it under at least `point_addresses` different
    addresses. A point is crowded when it holds `crowd_reports` reports and `crowd_share` of all;
    where no address is given, when it holds `point_reports`, that share, and `crowd_ratio` times
    the median of the ten next heaviest points. A flood is
    `flood_reports` of one type at one point, or with one text, within an hour. A burst is an hour
    with `flood_reports` and `burst_ratio` times the median hour's.
    """

    point_reports: int = 50
    point_share: float = 0.0025
    point_addresses: int = 10
    crowd_share: float = 0.01
    crowd_reports: int = 500
    crowd_ratio: float = 5.0
    flood_reports: int = 50
    burst_ratio: float = 20.0


DEFAULT_RULES = ScreeningRules()


@dataclass(frozen=True, slots=True)
class Screening:
    """Which rows have a place to be believed, which stand in a flood, and what was noted?

    `placed` : shape (n,), True where the point may be used. `flood` : shape (n,), the number of
    the flood a row belongs to, -1 for none.
    """

    placed: Bools
    flood: NDArray[np.int32]
    notes: tuple[QualityNote, ...]


def screen_reports(reports: Reports, *, rules: ScreeningRules = DEFAULT_RULES) -> Screening:
    """Which reports have no place, a default place, or come in a flood?

    Parameters
    ----------
    reports
        Any order, any size.
    rules
        Thresholds; the result names each point and flood found with its numbers.

    Notes
    -----
    Points are compared exactly (to 1e-6 degree). Nothing is dropped here: callers say in their own
    result what they left out. O(n log n).

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from eutopia.core.records import Report
    >>> start = datetime(2026, 1, 1, tzinfo=UTC)
    >>> rows = [Report(str(k), start + timedelta(days=k), "pothole", 37.6, 55.7,
    ...                address=f"{k} A St") for k in range(60)] + [Report("x", start, "pothole")]
    >>> screening = screen_reports(Reports.from_rows(rows))
    >>> [(note.code, note.count) for note in screening.notes]
    [('no_place', 1), ('default_point', 60)]
    """
    known = np.isfinite(reports.lon) & np.isfinite(reports.lat)
    notes: list[QualityNote] = []
    untimed = np.isnat(reports.opened)
    if untimed.any():
        notes.append(_note(reports, untimed, "no_time", "set_aside", ()))
    if not known.all():
        notes.append(_note(reports, ~known, "no_place", "placeless", ()))
    placed = known.copy()
    point = point_labels(reports)
    counts = np.sort(np.bincount(point[known])) if known.any() else np.zeros(1, dtype=np.int64)
    usual = float(np.median(counts[-11:-1])) if len(counts) > 1 else 1.0
    for label in _heavy_points(point, known, rules):
        rows = point == label
        code = _kind_of_point(reports, rows, rules, int(known.sum()), usual)
        if code:
            placed &= ~rows
            k = int(np.flatnonzero(rows)[0])
            where = (("lon", f"{reports.lon[k]:.6f}"), ("lat", f"{reports.lat[k]:.6f}"))
            notes.append(_note(reports, rows, code, "placeless", where))
    flood, flood_notes = _floods(reports, np.where(placed, point, -1), rules)
    explained = (flood >= 0) | (known & ~placed)
    return Screening(placed, flood, (*notes, *flood_notes, *_bursts(reports, explained, rules)))


def point_labels(reports: Reports) -> NDArray[np.int32]:
    """Which rows stand on exactly the same point? Labels from 0; -1 where there is no place."""
    known = np.isfinite(reports.lon) & np.isfinite(reports.lat)
    labels = np.full(len(reports), -1, dtype=np.int32)
    if known.any():
        lon = np.round((reports.lon[known] + 180) * 1e6).astype(np.int64)
        lat = np.round((reports.lat[known] + 90) * 1e6).astype(np.int64)
        labels[known] = first_seen_labels(lon * 1_000_000_000 + lat)
    return labels


def _heavy_points(point: NDArray[np.int32], known: Bools, rules: ScreeningRules) -> list[int]:
    if not known.any():
        return []
    counts = np.bincount(point[known])
    least = max(rules.point_reports, rules.point_share * int(known.sum()))
    return [int(k) for k in np.flatnonzero(counts >= least)]


def _kind_of_point(
    reports: Reports, rows: Bools, rules: ScreeningRules, placed: int, usual: float
) -> str:
    n = int(rows.sum())
    addresses = {a for a in reports.address[rows].tolist() if a}
    if len(addresses) >= max(rules.point_addresses, 0.05 * n):
        return "default_point"
    if n < rules.crowd_share * placed:
        return ""
    alone = not addresses and n >= max(rules.point_reports, rules.crowd_ratio * usual)
    if n >= rules.crowd_reports or (alone and len(reports) > n):
        return "crowded_point"
    return ""


def _floods(
    reports: Reports, point: NDArray[np.int32], rules: ScreeningRules
) -> tuple[NDArray[np.int32], tuple[QualityNote, ...]]:
    flood = np.full(len(reports), -1, dtype=np.int32)
    timed = ~np.isnat(reports.opened)
    hour = np.where(timed, reports.opened.astype("datetime64[h]").astype(np.int64), 0)
    same_point = _labels_of((point, reports.problem_type, hour), (point >= 0) & timed)
    same_text = np.full(len(reports), -1, dtype=np.int64)
    texts = _often(reports.text, rules.flood_reports)
    if texts.any():
        codes = np.unique(reports.text[texts].astype(str), return_inverse=True)[1]
        same_text[texts] = _labels_of((codes, hour[texts]), timed[texts])
    notes: list[QualityNote] = []
    for labels, kind in ((same_point, "point"), (same_text, "text")):
        if not (labels >= 0).any():
            continue
        for label in np.flatnonzero(np.bincount(labels[labels >= 0]) >= rules.flood_reports):
            rows = (labels == label) & (flood < 0)
            if rows.sum() < rules.flood_reports:
                continue
            flood[rows] = len(notes)
            start = str(reports.opened[rows].min().astype("datetime64[h]"))
            notes.append(
                _note(reports, rows, "flood", "one_event", (("same", kind), ("hour", start)))
            )
    return flood, tuple(notes)


def _often(texts: NDArray[np.object_], least: int) -> Bools:
    """Which texts of twenty letters and more occur often enough to be a flood?"""
    values = texts.tolist()
    often = {text for text, n in Counter(values).items() if n >= least and len(text) >= 20}
    return np.array([text in often for text in values], dtype=bool)


def _bursts(reports: Reports, explained: Bools, rules: ScreeningRules) -> list[QualityNote]:
    """Hours with far more reports than usual, those explained already not counted."""
    rows = np.flatnonzero(~np.isnat(reports.opened) & ~explained)
    if not len(rows):
        return []
    hour = reports.opened[rows].astype("datetime64[h]").astype(np.int64)
    hours, inverse, count = np.unique(hour, return_inverse=True, return_counts=True)
    least = max(rules.flood_reports, rules.burst_ratio * float(np.median(count)))
    notes = []
    for k in np.flatnonzero(count >= least):
        mask = np.zeros(len(reports), dtype=bool)
        mask[rows[inverse == k]] = True
        when = str(np.datetime64(int(hours[k]), "h"))
        notes.append(_note(reports, mask, "burst", "named", (("hour", when),)))
    return notes


def _labels_of(columns: tuple[NDArray[np.integer], ...], mask: Bools) -> NDArray[np.int64]:
    labels = np.full(len(mask), -1, dtype=np.int64)
    if mask.any():
        code = np.zeros(int(mask.sum()), dtype=np.int64)
        for column in columns:
            part = np.unique(column[mask], return_inverse=True)[1]
            code = np.unique(code * (int(part.max()) + 1) + part, return_inverse=True)[1]
        labels[mask] = code
    return labels


def _note(
    reports: Reports, rows: Bools, code: str, treatment: str, values: tuple[tuple[str, str], ...]
) -> QualityNote:
    examples = tuple(str(v) for v in reports.id[rows][:20].tolist())
    return QualityNote(code, int(rows.sum()), treatment, values, examples)
