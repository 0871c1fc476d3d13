"""Which pairs of reports might tell of one event, and what speaks for it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.screening import screen_reports
from eutopia.core.kit.spatial import LocalPlane, as_one_number, neighbour_pairs
from eutopia.core.kit.words import StemCounts, WordIndex
from eutopia.core.records.reports import Reports

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

DAY = 86_400.0
FEATURES = (
    "constant", "other_type", "no_place", "same_point", "log_distance", "other_type_distance",
    "log_gap", "log_gap_squared", "first_hour", "still_open", "same_address", "crowding",
    "same_words",
)  # fmt: skip
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_CELL_M = 200.0
_CELL_DAYS = 30.0
_NEXT_IN_BLOCK = 20
"""How many later reports at the same address a report without a place is compared with."""


@dataclass(frozen=True, slots=True)
class PairReach:
    """How far apart in place and time are two reports still compared?"""

    within_m: float = 150.0
    span_days: float = 60.0
    other_type_within_m: float = 30.0
    other_type_span_days: float = 14.0
    no_place_span_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers that pairs are compared by, computed once for all reports.

    `x`, `y` in metres, NaN where the place is missing or not believed; `t` in days; `open_until`
    in days, inf while open; `flood` as in `Screening`. Rows without a time of opening, and all but
    the first of a flood, are not `usable`: they take no part in the comparison.
    """

    x: Floats
    y: Floats
    t: Floats
    open_until: Floats
    problem_type: NDArray[np.int32]
    crowding: Floats
    flood: NDArray[np.int32]
    usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How rare are stems in addresses and in texts? Counted by a full run, and dated by it."""

    address: StemCounts
    text: StemCounts


@dataclass(frozen=True, slots=True)
class Columns(Measures):
    """Numbers and words that pairs are compared by."""

    address: WordIndex
    text: WordIndex
    cyrillic: NDArray[np.bool_]

    @property
    def words(self) -> WordCounts:
        """How rare stems were taken to be."""
        return WordCounts(self.address.counts, self.text.counts)


def prepare_columns(reports: Reports, *, words: WordCounts | None = None) -> Columns:
    """What is compared of each report? How rare words are is counted here where not given."""
    return with_words(measure(reports), reports, words=words)


def measure(reports: Reports) -> Measures:
    """Which numbers is each report compared by?"""
    screening = screen_reports(reports)
    timed = ~np.isnat(reports.opened)
    t = np.where(timed, reports.opened.astype(np.int64) / DAY, np.nan)
    closed = ~np.isnat(reports.closed)
    until = np.where(closed, reports.closed.astype(np.int64) / DAY, np.inf)
    x, y = LocalPlane.around(reports.lon, reports.lat).forward(reports.lon, reports.lat)
    x, y = np.where(screening.placed, x, np.nan), np.where(screening.placed, y, np.nan)
    usable = timed.copy()
    _, first_of_flood = np.unique(screening.flood, return_index=True)
    usable &= screening.flood < 0
    usable[first_of_flood] = timed[first_of_flood]
    return Measures(
        x=x,
        y=y,
        t=t,
        open_until=until,
        problem_type=reports.problem_type,
        crowding=_crowding(x, y, t, reports.problem_type),
        flood=screening.flood,
        usable=usable,
    )


def with_words(
    measures: Measures,
    reports: Reports,
    *,
    words: WordCounts | None = None,
    rows: Positions | None = None,
) -> Columns:
    """Add the words of the reports; of some rows only, where they are named."""
    numbers = {name: getattr(measures, name) for name in Measures.__dataclass_fields__}
    text, address = reports.text, reports.address
    if rows is not None:
        numbers = {name: column[rows] for name, column in numbers.items()}
        text, address = text[rows], address[rows]
    return Columns(
        **numbers,
        address=WordIndex(address, counts=words.address if words else None),
        text=WordIndex(text, counts=words.text if words else None),
        cyrillic=np.array(
            [_CYRILLIC.search(v, 0, 40) is not None for v in text.tolist()], dtype=bool
        ),
    )


def _crowding(x: Floats, y: Floats, t: Floats, kind: NDArray[np.int32]) -> Floats:
    """How many reports of the type are there in the same 200 m and 30 days, as a logarithm?"""
    crowding = np.zeros(len(x), dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(t)
    if known.any():
        cell = as_one_number(
            np.floor(x[known] / _CELL_M),
            np.floor(y[known] / _CELL_M),
            np.floor(t[known] / _CELL_DAYS),
            kind[known],
        )
        _, inverse, count = np.unique(cell, return_inverse=True, return_counts=True)
        crowding[known] = np.log(count[inverse])
    return crowding


def candidate_pairs(columns: Columns, *, reach: PairReach) -> Iterator[tuple[Positions, Positions]]:
    """Which pairs are near enough in place, time and type to be compared? Earlier one first."""
    placed = np.isfinite(columns.x) & columns.usable
    for code in np.unique(columns.problem_type[placed]):
        rows = np.flatnonzero(placed & (columns.problem_type == code))
        yield from _near(columns, rows, reach.within_m, reach.span_days)
    rows = np.flatnonzero(placed)
    kinds = columns.problem_type
    for i, j in _near(columns, rows, reach.other_type_within_m, reach.other_type_span_days):
        other = kinds[i] != kinds[j]
        yield i[other], j[other]
    yield from _without_place(columns, placed, reach)


def _near(
    columns: Columns, rows: Positions, within: float, span: float
) -> Iterator[tuple[Positions, Positions]]:
    if len(rows) > 1:
        x, y, t = columns.x[rows], columns.y[rows], columns.t[rows]
        for i, j in neighbour_pairs(x, y, t, within=within, span=span):
            yield rows[i], rows[j]


def _without_place(
    columns: Columns, placed: NDArray[np.bool_], reach: PairReach
) -> Iterator[tuple[Positions, Positions]]:
    """Pairs of one type and address of which at least one has no place to be believed."""
    street = columns.address.row
    rows = np.flatnonzero(columns.usable & ~columns.address.empty[street])
    if not len(rows) or placed[rows].all():
        return
    block = columns.problem_type[rows].astype(np.int64) * (int(street.max()) + 1) + street[rows]
    rows = rows[np.lexsort((rows, columns.t[rows], block))]
    block = columns.problem_type[rows].astype(np.int64) * (int(street.max()) + 1) + street[rows]
    for lag in range(1, min(_NEXT_IN_BLOCK, len(rows) - 1) + 1):
        i, j = rows[:-lag], rows[lag:]
        near = (block[:-lag] == block[lag:]) & ~(placed[i] & placed[j])
        near &= columns.t[j] - columns.t[i] <= reach.no_place_span_days
        yield i[near], j[near]


def pair_features(columns: Columns, i: Positions, j: Positions) -> Floats:
    """What speaks for and against pairs being one event? Shape (m, 13), columns as `FEATURES`.

    `log_distance` is ln(1 + metres / 20); `log_gap` is ln(1 + hours); `still_open` says that the
    earlier report was not closed when the later one came; `same_address` and `same_words` are
    likenesses less a half and less 0.2, 0 where either side is empty (or the two texts are in
    different scripts), so that silence speaks neither way; `crowding` is the mean logarithm of the
    number of reports of the type in the neighbourhood: where there are many, nearness says less.
    """
    distance = np.hypot(columns.x[i] - columns.x[j], columns.y[i] - columns.y[j])
    nowhere = ~np.isfinite(distance)
    distance = np.where(nowhere, 0.0, distance)
    other = columns.problem_type[i] != columns.problem_type[j]
    gap = np.log1p((columns.t[j] - columns.t[i]) * 24)
    log_distance = np.log1p(distance / 20)
    address = np.nan_to_num(columns.address.likeness(i, j) - 0.5)
    words = np.nan_to_num(columns.text.likeness(i, j) - 0.2)
    words[columns.cyrillic[i] != columns.cyrillic[j]] = 0.0
    return np.column_stack(
        (
            np.ones(len(i)),
            other,
            nowhere,
            (distance < 0.5) & ~nowhere,
            log_distance,
            log_distance * other,
            gap,
            gap**2,
            gap < np.log(2.0),
            columns.open_until[i] > columns.t[j],
            address,
            (columns.crowding[i] + columns.crowding[j]) / 2,
            words,
        )
    ).astype(np.float64)
