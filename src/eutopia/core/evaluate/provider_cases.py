"""What a provider is compared by: complaints, late answers, closures that did not last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.evaluate.providers import Served

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

YEAR_S = 365.25 * 86_400
NEAR_M = 60.0
"""Farthest that a report may lie from the building it is put down to."""
AGAIN_M, AGAIN_DAYS = 50.0, 30.0
"""A closure did not last if the same kind is reported so near so soon after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Reports that providers answer for, as n rows.

    `provider` and `kind` (n,) are positions in `providers` and `kinds`; `opened`, `closed`, `due`
    (n,) are seconds since 1970, NaN where missing; `x`, `y` (n,) metres on one plane, NaN where
    there is no place; `reopened` (n,) says that somebody sent it back after it was closed.
    """

    providers: tuple[str, ...]
    provider: Ints
    kinds: tuple[str, ...]
    kind: Ints
    opened: Floats
    closed: Floats
    due: Floats
    x: Floats
    y: Floats
    reopened: Bools

    def of(self, rows: Bools) -> Cases:
        """Some of the rows."""
        return Cases(
            providers=self.providers,
            provider=self.provider[rows],
            kinds=self.kinds,
            kind=self.kind[rows],
            opened=self.opened[rows],
            closed=self.closed[rows],
            due=self.due[rows],
            x=self.x[rows],
            y=self.y[rows],
            reopened=self.reopened[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Buildings that providers keep, as b rows.

    `provider` (b,) is a position in the cases' `providers`; `x`, `y` (b,) metres; `dwellings` (b,)
    counts; `age` (b,) years and `storeys` (b,), NaN where unknown.
    """

    provider: Ints
    x: Floats
    y: Floats
    dwellings: Ints
    age: Floats
    storeys: Floats


def complaints(cases: Cases, stock: Stock, *, first: float, last: float) -> Served:
    """How many complaints did each building bring, for the dwellings it has?

    Parameters
    ----------
    cases
        Reports; those opened from `first` (inclusive) to `last` (exclusive) count.
    stock
        Buildings of the same providers.
    first, last
        Seconds since 1970.

    Returns
    -------
    Served
        A row a building with dwellings. Exposure: dwellings times years. Covariates: age in years
        and storeys, what is unknown set to the mean.

    Raises
    ------
    ValueError
        The period is empty.

    Notes
    -----
    A report is put down to the nearest building of its own provider within 60 m; one without a
    place, or farther off, is shared by nobody and left out. O((n + b) log b).
    """
    from scipy.spatial import cKDTree

    if last <= first:
        raise ValueError("the period ends before it starts; swap its ends")
    kept = np.flatnonzero(stock.dwellings > 0)
    events = np.zeros(len(stock.dwellings), np.int64)
    placed = cases.of((cases.opened >= first) & (cases.opened < last) & np.isfinite(cases.x))
    for provider in np.unique(stock.provider[kept]):
        own = kept[stock.provider[kept] == provider]
        rows = np.flatnonzero(placed.provider == provider)
        if not len(rows):
            continue
        tree = cKDTree(np.column_stack([stock.x[own], stock.y[own]]))
        away, nearest = tree.query(
            np.column_stack([placed.x[rows], placed.y[rows]]), distance_upper_bound=NEAR_M
        )
        hit = own[np.asarray(nearest)[np.isfinite(away)]]
        np.add.at(events, hit, 1)
    age, storeys = (_known(column[kept]) for column in (stock.age, stock.storeys))
    return _named(
        cases.providers,
        stock.provider[kept],
        events[kept],
        stock.dwellings[kept].astype(np.float64) * ((last - first) / YEAR_S),
        np.column_stack([age, storeys]),
        ("age", "storeys"),
    )


def _known(column: Floats) -> Floats:
    found = np.isfinite(column)
    return np.where(found, column, column[found].mean() if found.any() else 0.0)


def late_answers(cases: Cases, *, first: float, last: float, now: float) -> Served:
    """How many reports were not closed by their deadline, for what is usual of their kinds?

    Parameters
    ----------
    now
        Seconds since 1970: what is open and past its deadline then is late.

    Returns
    -------
    Served
        A row for each provider and kind that had a deadline fall from `first` to `last`. Exposure:
        reports times the share of that kind that is late with all providers together, so that
        nobody is blamed for being given the slow kinds. Kinds that only one provider has, or that
        nobody is late with, say nothing and are left out.
    """
    due = cases.of((cases.due >= first) & (cases.due < min(last, now)))
    late = np.where(np.isfinite(due.closed), due.closed > due.due, True)
    return _by_kind(due, late)


def short_lived_closures(cases: Cases, *, first: float, last: float) -> Served:
    """How many closures did not last: sent back, or the same reported again at the place?

    Returns
    -------
    Served
        As `late_answers`, over what was closed from `first` to `last`. A closure did not last if
        it was reopened, or if a report of its kind was opened within 50 m and 30 days after it.

    Notes
    -----
    O(n log n + pairs within 50 m of one kind).
    """
    again = cases.reopened | reported_again(cases)
    rows = (cases.closed >= first) & (cases.closed < last)
    return _by_kind(cases.of(rows), again[rows])


def reported_again(cases: Cases) -> Bools:
    """After which closures was the same kind reported within 50 m and 30 days?

    Examples
    --------
    >>> day = 86_400.0
    >>> cases = Cases(providers=("a",), provider=np.zeros(3, int), kinds=("lift",),
    ...     kind=np.zeros(3, int), opened=np.array([0, 12, 90]) * day,
    ...     closed=np.array([10, 20, np.nan]) * day, due=np.full(3, np.nan),
    ...     x=np.array([0.0, 5.0, 5.0]), y=np.zeros(3), reopened=np.zeros(3, bool))
    >>> reported_again(cases).tolist()
    [True, False, False]
    """
    from scipy.spatial import cKDTree

    again = np.zeros(len(cases.opened), bool)
    placed = np.isfinite(cases.x)
    for kind in np.unique(cases.kind[placed]):
        rows = np.flatnonzero(placed & (cases.kind == kind))
        tree = cKDTree(np.column_stack([cases.x[rows], cases.y[rows]]))
        pairs = tree.query_pairs(AGAIN_M, output_type="ndarray")
        for one, other in (pairs.T, pairs.T[::-1]):
            before, after = rows[one], rows[other]
            gap = cases.opened[after] - cases.closed[before]
            again[before[(gap > 0) & (gap <= AGAIN_DAYS * 86_400)]] = True
    return again


def _by_kind(cases: Cases, hit: Bools) -> Served:
    """Events and expected events of each provider and kind."""
    kinds = max(1, len(cases.kinds))
    cell = cases.provider * kinds + cases.kind
    size = len(cases.providers) * kinds
    number = np.bincount(cell, minlength=size)
    events = np.bincount(cell, weights=hit, minlength=size).astype(np.int64)
    of_kind = number.reshape(-1, kinds)
    share = events.reshape(-1, kinds).sum(axis=0) / np.maximum(of_kind.sum(axis=0), 1)
    told = ((of_kind > 0).sum(axis=0) > 1) & (share > 0)
    rows = np.flatnonzero((number > 0) & np.tile(told, len(cases.providers)))
    return _named(
        cases.providers,
        rows // kinds,
        events[rows],
        (number[rows] * share[rows % kinds]).astype(np.float64),
        np.zeros((len(rows), 0)),
        (),
    )


def _named(
    names: Sequence[str],
    provider: Ints,
    events: Ints,
    exposure: Floats,
    covariates: Floats,
    covariate_names: tuple[str, ...],
) -> Served:
    """Leave out the providers of whom there is nothing to tell."""
    present, position = np.unique(provider, return_inverse=True)
    return Served(
        tuple(names[int(n)] for n in present),
        position.astype(np.int64),
        events,
        exposure,
        covariates,
        covariate_names,
    )
