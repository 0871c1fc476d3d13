"""The steps before aggregation: denominate, impute, screen, treat outliers, normalise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.index.structure import IndexTable

Floats = NDArray[np.float64]
IMPUTATIONS = ("none", "mean", "median", "group_mean", "group_median")
TREATMENTS = ("none", "winsorise")
NORMALISATIONS = ("minmax", "zscore", "rank", "percentile_rank", "distance_to_target", "borda")
BOUNDED = frozenset({"minmax", "percentile_rank", "distance_to_target"})
"""Normalisations that map onto the scale asked for."""
SKEW_LIMIT, KURTOSIS_LIMIT, MOST_WINSORISED = 2.0, 3.5, 5


@dataclass(frozen=True, slots=True)
class Treatment:
    """What was done to the outliers of an indicator, and how skewed was it before and after?

    `winsorised` values were pulled in; `logged` says that this did not suffice and a log was taken.
    """

    code: str
    skew: float
    kurtosis: float
    winsorised: int
    logged: bool
    skew_after: float
    kurtosis_after: float


def denominate(table: IndexTable) -> Floats:
    """Which values per head, per hectare: each indicator divided by its denominator, if it has one?

    Shape (units, indicators). Division by zero or by a missing value gives missing.
    """
    columns = dict(table.denominators)
    values = table.values.copy()
    for j, node in enumerate(table.indicators):
        if node.denominator:
            by = columns[node.denominator]
            values[:, j] = np.divide(values[:, j], by, out=np.full(len(by), np.nan), where=by != 0)
    return values


def impute(values: Floats, *, method: str, groups: Sequence[str] = ()) -> Floats:
    """What stands in for missing values?

    Parameters
    ----------
    values
        Shape (units, indicators), NaN missing.
    method
        One of `IMPUTATIONS`; `group_` takes units of the same group only.
    groups
        Group of each unit, for the `group_` methods.

    Raises
    ------
    ValueError
        An unknown method, or groups missing.

    Notes
    -----
    Where a group has no value at all, the indicator stays missing there.

    Examples
    --------
    >>> impute(np.array([[1.0], [3.0], [np.nan]]), method="mean").ravel().tolist()
    [1.0, 3.0, 2.0]
    """
    if method not in IMPUTATIONS:
        raise ValueError(f"imputation {method!r} is none of {', '.join(IMPUTATIONS)}")
    if method == "none":
        return values.copy()
    by_group = method.startswith("group_")
    if by_group and len(groups) != len(values):
        raise ValueError(f"{method} needs the group of each unit; name a grouping column")
    centre = np.mean if method.endswith("mean") else np.median
    filled = values.copy()
    labels = np.array(groups) if by_group else np.zeros(len(values), dtype=int)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        for j in range(values.shape[1]):
            column = values[rows, j]
            known = column[~np.isnan(column)]
            if len(known) < len(column) and len(known):
                filled[rows[np.isnan(column)], j] = centre(known)
    return filled


def screen(values: Floats, *, least_share: float) -> NDArray[np.bool_]:
    """Which units have at least this share of the indicators (0 to 1)?

    Screening looks at the values before imputation: a guess is no value.
    """
    kept: NDArray[np.bool_] = (~np.isnan(values)).mean(axis=1) >= least_share
    return kept


def treat(values: Floats, codes: Sequence[str]) -> tuple[Floats, tuple[Treatment, ...]]:
    """Which outliers would rule an indicator, and what were they pulled in to?

    Parameters
    ----------
    values
        Shape (units, indicators).
    codes
        One an indicator.

    Returns
    -------
    array and tuple of Treatment
        Treated values, and a record for each indicator that was treated.

    Notes
    -----
    An indicator is treated when |skew| > 2 and kurtosis > 3.5 (both bias-corrected, excess
    kurtosis). The highest value (lowest where skew is negative) is set to the next one, then the
    two highest to the third, up to five; if that does not suffice, the untreated values are logged:
    log(x - min + 0.01 (max - min)). Ties move together only by their order.

    Source: W. Becker et al., COINr: An R package for developing composite indicators, JOSS 7(78),
    2022; thresholds from the Global Innovation Index.
    """
    treated = values.copy()
    records = []
    for j, code in enumerate(codes):
        skew, kurtosis = shape_of(values[:, j])
        if _passes(skew, kurtosis):
            continue
        column, count = _winsorised(values[:, j], high=skew > 0)
        logged = not _passes(*shape_of(column))
        if logged:
            column, count = _logged(values[:, j]), 0
        treated[:, j] = column
        after = shape_of(column)
        records.append(Treatment(code, skew, kurtosis, count, logged, *after))
    return treated, tuple(records)


def shape_of(column: Floats) -> tuple[float, float]:
    """How skewed and how heavy-tailed is it? Bias-corrected skew and excess kurtosis, NaN left out.

    Zero for fewer than four values or no spread.
    """
    x = column[~np.isnan(column)]
    n = len(x)
    deviation = x - x.mean() if n else x
    variance = float((deviation**2).mean()) if n else 0.0
    if n < 4 or variance == 0:
        return 0.0, 0.0
    g1 = float((deviation**3).mean()) / variance**1.5
    g2 = float((deviation**4).mean()) / variance**2 - 3
    skew = g1 * (n * (n - 1)) ** 0.5 / (n - 2)
    return skew, ((n + 1) * g2 + 6) * (n - 1) / ((n - 2) * (n - 3))


def _passes(skew: float, kurtosis: float) -> bool:
    return not (abs(skew) > SKEW_LIMIT and kurtosis > KURTOSIS_LIMIT)


def _winsorised(column: Floats, *, high: bool) -> tuple[Floats, int]:
    x = column.copy()
    known = np.flatnonzero(~np.isnan(column))
    order = known[np.argsort(column[known], kind="stable")]
    if high:
        order = order[::-1]
    for count in range(1, min(MOST_WINSORISED, len(order) - 1) + 1):
        x[order[:count]] = column[order[count]]
        if _passes(*shape_of(x)):
            return x, count
    return x, min(MOST_WINSORISED, len(order) - 1)


def _logged(column: Floats) -> Floats:
    low, high = np.nanmin(column), np.nanmax(column)
    return np.log(column - low + 0.01 * (high - low))


def normalise(
    values: Floats,
    *,
    method: str,
    directions: Sequence[int],
    targets: Sequence[float | None] = (),
    scale: tuple[float, float] = (0.0, 100.0),
) -> Floats:
    """On which common scale do the indicators stand, more always being better?

    Parameters
    ----------
    values
        Shape (units, indicators).
    method
        `minmax`, `percentile_rank` and `distance_to_target` (high where the target is met, low at
        the worst value) fill the scale; `zscore` has mean 0, deviation 1 (n - 1); `rank` goes from
        1 (worst) to n, `borda` from 0 to n - 1. Ties share the lower rank.
    directions
        1 or -1 an indicator.
    targets
        For `distance_to_target`; None means the best value seen.
    scale
        Lowest and highest of the scale, for those in `BOUNDED`.

    Raises
    ------
    ValueError
        An unknown method, or a scale whose end is not above its beginning.

    Notes
    -----
    An indicator without spread is given the middle of the scale (0 for zscore), so that it decides
    nothing. Missing stays missing.

    Source: OECD and JRC, Handbook, chapter 1.5; the formulas are COINr's n_minmax, n_zscore,
    n_rank, n_prank, n_borda and, capped, n_dist2targ.

    Examples
    --------
    >>> column = np.array([[1.0], [2.0], [5.0]])
    >>> normalise(column, method="minmax", directions=[-1]).ravel().tolist()
    [100.0, 75.0, 0.0]
    """
    if method not in NORMALISATIONS:
        raise ValueError(f"normalisation {method!r} is none of {', '.join(NORMALISATIONS)}")
    low, high = scale
    if not low < high:
        raise ValueError(f"the scale from {low:g} to {high:g} is none; let it end above its start")
    scaled = np.empty_like(values)
    for j, direction in enumerate(directions):
        column = values[:, j] * direction
        known = ~np.isnan(column)
        scaled[~known, j] = np.nan
        target = targets[j] if len(targets) else None
        found = _scaled(column[known], method, None if target is None else target * direction)
        scaled[known, j] = low + (high - low) * found if method in BOUNDED else found
    return scaled


def _scaled(x: Floats, method: str, target: float | None) -> Floats:
    """Give the bounded methods from 0 to 1, the others as they are."""
    if method == "zscore":
        spread = x.std(ddof=1) if len(x) > 1 else 0.0
        return (x - x.mean()) / spread if spread else np.zeros_like(x)
    if method in _RANKED:
        return _RANKED[method](_low_ranks(x), len(x))
    low = x.min(initial=np.inf)
    if method == "distance_to_target" and target is not None:
        # Where even the worst has met the target there is no distance left.
        return np.minimum(1.0, (x - low) / (target - low)) if target > low else np.ones_like(x)
    top = x.max(initial=-np.inf)
    return (x - low) / (top - low) if top > low else np.full_like(x, 0.5)


_RANKED: dict[str, Callable[[Floats, int], Floats]] = {
    "rank": lambda ranks, _n: ranks,
    "borda": lambda ranks, _n: ranks - 1,
    "percentile_rank": lambda ranks, n: (
        (ranks - 1) / (n - 1) if n > 1 else np.full_like(ranks, 0.5)
    ),
}


def _low_ranks(x: Floats) -> Floats:
    below = np.searchsorted(np.sort(x), x, side="left")
    return below.astype(np.float64) + 1.0
