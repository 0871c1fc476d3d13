"""How long will it last: age, condition, and what a register looks like years from now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.records import Asset

BEST, WORST = 100.0, 0.0
"""The scale of condition: new and failed."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassForecast:
    """How do the things of one class stand in a year, if nothing is renewed?

    `known` of the `assets` have an inspected condition or a year of installation; `mean_condition`
    (0 to 100) and `worn_out` (at or past the end of life) speak of those only.
    """

    asset_class: str
    year: int
    assets: int
    known: int
    mean_condition: float | None
    worn_out: int
    life_years: float | None


def linear_wear(*, age: float, life: float) -> float:
    """Which share of its life is gone, in percent?

    Parameters
    ----------
    age
        Years in use; below zero counts as zero.
    life
        Normative service life, years, above zero.

    Raises
    ------
    ValueError
        The life is not above zero.

    Notes
    -----
    wear = 100 * age / life, at most 100. A planning aid, not a technical conclusion: an inspection
    beats it.

    Examples
    --------
    >>> linear_wear(age=5, life=20)
    25.0
    """
    if life <= 0:
        raise ValueError(f"a service life of {life} years can't be used; mend the pack")
    return min(100.0, max(0.0, 100.0 * age / life))


def apparent_age(*, condition: float, life: float) -> float:
    """As if how many years old does a thing look, by its inspected condition?

    Parameters
    ----------
    condition
        From 0 (failed) to 100 (new).
    life
        Service life, years.

    Raises
    ------
    ValueError
        The condition lies off the scale.

    Notes
    -----
    apparent age = life * |condition - best| / |best - worst|; what remains is life less that. So
    inspected wear moves the forecast, and a well kept old thing counts as young.

    Examples
    --------
    >>> apparent_age(condition=75, life=20)
    5.0
    """
    if not WORST <= condition <= BEST:
        raise ValueError(f"a condition of {condition} lies off the scale 0 to 100")
    return life * (BEST - condition) / (BEST - WORST)


def forecast_register(
    assets: Sequence[Asset], *, lives: Mapping[str, float], inspected: int, years: Sequence[int]
) -> tuple[ClassForecast, ...]:
    """How will the register stand in each of these years, if nothing is renewed?

    Parameters
    ----------
    assets
        The register.
    lives
        Service life in years by asset class. A class without one is counted but not forecast: no
        figure is invented.
    inspected
        Year in which the conditions were seen.
    years
        Years to forecast, not before `inspected`.

    Returns
    -------
    tuple of ClassForecast
        By class, then year.

    Raises
    ------
    ValueError
        A year lies before the inspection.

    Notes
    -----
    Apparent age where a condition was inspected, else the age since installation; both grow by a
    year a year and wear is linear. O(n) in assets, O(years) in memory.

    Examples
    --------
    >>> from shapely.geometry import Point
    >>> bench = Asset("b", "bench", Point(0, 0), "d", installed=2016, condition=50.0)
    >>> [f.mean_condition for f in forecast_register([bench], lives={"bench": 20.0},
    ...                                              inspected=2026, years=[2026, 2036])]
    [50.0, 0.0]
    """
    if min(years, default=inspected) < inspected:
        raise ValueError(f"a forecast can't look back before the inspection of {inspected}")
    ages: dict[str, list[float]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for asset in assets:
        counts[asset.asset_class] += 1
        age = _age(asset, lives.get(asset.asset_class), inspected)
        if age is not None:
            ages[asset.asset_class].append(age)
    return tuple(
        _class_forecast(name, year, counts[name], np.array(ages[name]) + (year - inspected),
                        lives.get(name))
        for name in sorted(counts)
        for year in years
    )  # fmt: skip


def _age(asset: Asset, life: float | None, inspected: int) -> float | None:
    if life is None:
        return None
    if asset.condition is not None:
        return apparent_age(condition=asset.condition, life=life)
    return None if asset.installed is None else float(max(0, inspected - asset.installed))


def _class_forecast(
    name: str, year: int, assets: int, ages: Floats, life: float | None
) -> ClassForecast:
    if life is None or not len(ages):
        return ClassForecast(name, year, assets, 0, None, 0, life)
    condition = np.clip(BEST - (BEST - WORST) * ages / life, WORST, BEST)
    return ClassForecast(
        asset_class=name,
        year=year,
        assets=assets,
        known=len(ages),
        mean_condition=float(condition.mean()),
        worn_out=int(np.count_nonzero(ages >= life)),
        life_years=life,
    )


def estimate_transitions(
    before: Sequence[int], after: Sequence[int], *, states: int, weights: Sequence[float] = ()
) -> Floats:
    """With which probability does a thing move from one condition state to another in a cycle?

    Parameters
    ----------
    before, after
        State of each thing at two inspections one cycle apart, 0 (best) to `states` - 1 (worst).
    states
        How many states there are.
    weights
        Length or area of each thing; equal if empty.

    Returns
    -------
    array, shape (states, states)
        Rows sum to 1. A state never seen stays where it is.

    Raises
    ------
    ValueError
        Unequal lengths or a state out of range.

    Notes
    -----
    P[i, j] = weight that moved from i to j / weight in i. Things that became better were repaired
    in between and are left out: this is wear without repair. No published matrix could be read,
    so none ships; a town estimates its own.

    Source: the estimator is the standard one for Markov models of pavement; a review is
    preprints.org 202407.1863.

    Examples
    --------
    >>> estimate_transitions([0, 0, 0, 1], [0, 0, 1, 1], states=2).round(3).tolist()
    [[0.667, 0.333], [0.0, 1.0]]
    """
    first, second = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    mass = np.asarray(weights, dtype=np.float64) if len(weights) else np.ones(len(first))
    if not len(first) == len(second) == len(mass):
        raise ValueError("the two inspections and the weights must be of equal length")
    if len(first) and not (
        min(first.min(), second.min()) >= 0 and max(first.max(), second.max()) < states
    ):
        raise ValueError(f"a state lies outside 0 to {states - 1}")
    worn = second >= first
    moved = np.zeros((states, states))
    np.add.at(moved, (first[worn], second[worn]), mass[worn])
    totals = moved.sum(axis=1, keepdims=True)
    return np.where(totals > 0, moved / np.where(totals > 0, totals, 1.0), np.eye(states))


def forecast_states(shares: Sequence[float], transitions: Floats, *, cycles: int) -> Floats:
    """Which share stands in each state after so many cycles?

    Parameters
    ----------
    shares
        Shares of the states today; they sum to 1.
    transitions
        Rows sum to 1.
    cycles
        Not negative.

    Returns
    -------
    array, shape (cycles + 1, states)
        Row t is after t cycles; row 0 is today. Rows sum to 1.

    Raises
    ------
    ValueError
        Shares or rows do not sum to 1.

    Examples
    --------
    >>> forecast_states([1, 0], np.array([[0.5, 0.5], [0, 1]]), cycles=2).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]]
    """
    today = np.asarray(shares, dtype=np.float64)
    if not (np.isclose(today.sum(), 1) and np.allclose(transitions.sum(axis=1), 1)):
        raise ValueError("shares and the rows of the matrix must each sum to 1")
    rows = [today]
    for _ in range(cycles):
        rows.append(rows[-1] @ transitions)
    return np.vstack(rows)
