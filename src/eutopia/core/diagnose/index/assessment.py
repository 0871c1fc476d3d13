"""A pack's index for a municipality and its districts: what is known, points, places, doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.index.aggregation import mean_of, ranks_of
from eutopia.core.diagnose.index.coherence import cronbach_alpha
from eutopia.core.diagnose.index.engine import IndexChoices
from eutopia.core.diagnose.index.steps import normalise, treat
from eutopia.core.diagnose.index.structure import IndexTable, Node
from eutopia.core.diagnose.index.uncertainty import rank_uncertainty
from eutopia.core.records import (
    Assessment,
    CompositeIndex,
    Heading,
    IndexIndicator,
    IndicatorValue,
    PartScore,
    Statistic,
    UnitScore,
)

Floats = NDArray[np.float64]
_TOP = "index"
_SIGNS = {"higher": 1, "lower": -1, "none": 1}


def assess(
    index: CompositeIndex,
    indicators: Sequence[IndexIndicator],
    values: Sequence[IndicatorValue],
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> Assessment:
    """How do a municipality and its districts stand in an index, as far as figures are known?

    Parameters
    ----------
    index, indicators
        As the pack says.
    values
        What is known, points left out; `gather` puts them together. Unit "" is the whole.
    replicates, seed
        Draws behind the interval of each rank.

    Returns
    -------
    Assessment
        Every indicator in every unit, missing ones as missing; scores in the order of the units.

    Notes
    -----
    Points compare the districts with each other, so the whole gets none, unless `fixed_bands` score
    each unit by itself. `minmax`: outliers are pulled in, then 0 to `points` between the worst and
    the best; `quantile_bins`: whole points by percentile rank. A unit is judged by the points of
    what is known of it, out of what these could bring; how many that are is said beside. One unit
    alone in an indicator is compared with nobody and gets no points. Ties share the better place.
    O(units * indicators + replicates).

    Source: docs/methods/index.md; intervals by `rank_uncertainty`.
    """
    units = tuple(dict.fromkeys(one.unit for one in values))
    row = {code: i for i, code in enumerate(units)}
    column = {one.code: j for j, one in enumerate(indicators)}
    table = np.full((len(units), len(indicators)), np.nan)
    for one in values:
        if one.value is not None:
            table[row[one.unit], column[one.indicator]] = one.value
    compared = np.array([unit != "" for unit in units])
    points = _points(index, indicators, table, compared)
    told = tuple(
        replace(one, points=_known(points[row[one.unit], column[one.indicator]])) for one in values
    )
    share = _shares(index, indicators, points)
    ranks = np.zeros(len(units), dtype=np.int64)
    ranks[compared] = ranks_of(share[compared])
    ranked = ranks > 0
    doubt = np.full((3, len(units)), np.nan)
    if index.scoring != "none" and ranked.sum() > 1:
        doubt[:, ranked] = _intervals(index, indicators, table[ranked], replicates, seed)
    complete = np.isfinite(points[compared]).all(axis=0)
    scores = tuple(
        UnitScore(
            unit=unit,
            known=int(np.isfinite(table[i]).sum()),
            of=len(indicators),
            points=_known(np.nansum(points[i])) if np.isfinite(points[i]).any() else None,
            possible=float(index.points * np.isfinite(points[i]).sum()),
            share=_known(share[i]),
            rank=int(ranks[i]),
            low=_known(doubt[0, i]),
            median=_known(doubt[1, i]),
            high=_known(doubt[2, i]),
            rows=_parts(index, index.rows, [one.row for one in indicators], points[i]),
            columns=_parts(index, index.columns, [one.column for one in indicators], points[i]),
        )
        for i, unit in enumerate(units)
    )
    alpha = _known(cronbach_alpha(points[compared][:, np.flatnonzero(complete)]))
    return Assessment(index.code, told, scores, alpha, replicates)


def gather(
    indicators: Sequence[IndexIndicator],
    units: Sequence[str],
    measured: Mapping[str, Floats],
    statistics: Sequence[Statistic],
    *,
    as_of: date,
) -> tuple[IndicatorValue, ...]:
    """What is known of every indicator in every unit, from where?

    Parameters
    ----------
    measured
        By indicator's code, in the order of `units`, NaN where nothing could be measured.
    statistics
        Entered figures; of several of one indicator and unit the latest up to `as_of` counts.

    Notes
    -----
    A measured value goes before an entered one: it can be followed to what it rests on.
    """
    latest: dict[tuple[str, str], Statistic] = {}
    for one in sorted(statistics, key=lambda s: s.as_of):
        if one.as_of <= as_of:
            latest[one.indicator, one.unit] = one
    found = []
    for indicator in indicators:
        row = measured.get(indicator.code)
        for i, unit in enumerate(units):
            entered = latest.get((indicator.code, unit))
            if row is not None and np.isfinite(row[i]):
                value = IndicatorValue(indicator.code, unit, float(row[i]), "measured", as_of)
            elif entered is not None:
                value = IndicatorValue(
                    indicator.code, unit, float(entered.value), "entered", entered.as_of
                )
            else:
                value = IndicatorValue(indicator.code, unit, None, "missing")
            found.append(value)
    return tuple(found)


def _known(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _points(
    index: CompositeIndex,
    indicators: Sequence[IndexIndicator],
    table: Floats,
    compared: NDArray[np.bool_],
) -> Floats:
    points = np.full(table.shape, np.nan)
    if index.scoring == "none":
        return points
    if index.scoring == "fixed_bands":
        for j, one in enumerate(indicators):
            bounds = [float(low) for low, _ in one.bands]
            given = np.array([0.0, *(float(p) for _, p in one.bands)])
            known = np.isfinite(table[:, j])
            points[known, j] = given[np.searchsorted(bounds, table[known, j], side="right")]
        return points
    values = table[compared]
    # Who stands alone is compared with nobody.
    values = np.where(np.isfinite(values).sum(axis=0) > 1, values, np.nan)
    bins = index.scoring == "quantile_bins"
    treated = values if bins else treat(values, [one.code for one in indicators])[0]
    found = normalise(
        treated,
        method="percentile_rank" if bins else "minmax",
        directions=[_SIGNS[one.direction] for one in indicators],
        scale=(0.0, float(index.points)),
    )
    points[compared] = np.floor(found + 1e-9) if bins else found
    return points


def _shares(index: CompositeIndex, indicators: Sequence[IndexIndicator], points: Floats) -> Floats:
    """The aggregated share of points of each unit, 0 to 1."""
    weights = np.array([float(one.weight) for one in indicators])
    low = 0.0 if index.aggregation == "arithmetic" else 0.01
    share = low + (1 - low) * points / index.points
    if index.through:
        rows = [np.array([one.row == r.code for one in indicators]) for r in index.rows]
        parts = [
            mean_of(share[:, at], weights[at], method=index.aggregation) for at in rows if at.any()
        ]
        share, weights = np.column_stack(parts), np.ones(len(parts))
    return mean_of(share, weights, method=index.aggregation)


def _intervals(
    index: CompositeIndex,
    indicators: Sequence[IndexIndicator],
    table: Floats,
    replicates: int,
    seed: int,
) -> Floats:
    """Low, median and high of each unit's rank, shape (3, units)."""
    used = [j for j in range(len(indicators)) if np.isfinite(table[:, j]).sum() > 1]
    if not used:
        return np.full((3, len(table)), np.nan)
    chosen = [indicators[j] for j in used]
    rows = [r.code for r in index.rows if any(one.row == r.code for one in chosen)]
    nodes = tuple(
        Node(one.code, one.code, 1, f"row.{one.row}" if index.through else _TOP,
             _SIGNS[one.direction], float(one.weight))
        for one in chosen
    )  # fmt: skip
    middle = tuple(Node(f"row.{r}", r, 2, _TOP) for r in rows) if index.through else ()
    codes = tuple(str(i) for i in range(len(table)))
    sure = rank_uncertainty(
        IndexTable(codes, codes, nodes, (*middle, Node(_TOP, _TOP, 3, "")), table[:, used]),
        choices=IndexChoices(
            aggregation=index.aggregation,
            normalisation="percentile_rank" if index.scoring == "quantile_bins" else "minmax",
        ),
        replicates=replicates,
        rng=np.random.default_rng(seed),
    )
    return np.stack([sure.low, sure.median, sure.high])


def _parts(
    index: CompositeIndex, headings: Sequence[Heading], codes: Sequence[str], points: Floats
) -> tuple[PartScore, ...]:
    found = []
    for heading in headings:
        at = np.array([code == heading.code for code in codes])
        known = points[at][np.isfinite(points[at])]
        share = float(known.sum() / (index.points * len(known))) if len(known) else None
        found.append(PartScore(heading.code, len(known), int(at.sum()), share))
    return tuple(found)
