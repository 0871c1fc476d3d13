"""Weights from the best and the worst criterion against all others (BWM)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from eutopia.core.decide.weights import Doubt, Weights, check_criteria
from eutopia.core.kit.optimise import INFINITY, ModelBuilder, solve

HIGHEST = 9
_STEPS = 60
"""Halvings: more than a float has digits."""


def from_best_and_worst(
    criteria: Sequence[str],
    *,
    best: str,
    worst: str,
    best_to_others: Mapping[str, int],
    others_to_worst: Mapping[str, int],
) -> Weights:
    """How much does each criterion count, if the best and the worst were compared with all others?

    Parameters
    ----------
    criteria
        Two or more codes.
    best, worst
        Of the criteria: what counts most, and least.
    best_to_others
        How many times as much the best counts as each other criterion, 1 to 9.
    others_to_worst
        How many times as much each other criterion counts as the worst, 1 to 9. How the best
        counts against the worst may be given in either; in both it must be the same.

    Raises
    ------
    ValueError
        Best and worst are one, a comparison is missing or not a whole number of 1 to 9.

    Notes
    -----
    Weights are those of the linear model: the largest of |w_best - a_bj w_j| and
    |w_j - a_jw w_worst| is made as small as can be, by HiGHS; where several do equally well (it
    can happen with inconsistent answers), the solver's one is kept, always the same.
    Inconsistency is Rezaei's ratio ξ*/CI: ξ* the smallest largest error of the ratios
    themselves, found by halving (`smallest_error`), CI the largest ξ that is possible at that
    comparison of best with worst (`consistency_index`). 0 is perfect; the nearer to 0 the better,
    no limit is agreed on.
    Sources: Rezaei (2015), "Best-worst multi-criteria decision-making method", Omega 53; Rezaei
    (2016), "Best-worst multi-criteria decision-making method: some properties and a linear
    model", Omega 64.

    Examples
    --------
    >>> told = from_best_and_worst(
    ...     ("price", "quality", "style"), best="price", worst="style",
    ...     best_to_others={"quality": 2, "style": 8}, others_to_worst={"quality": 4},
    ... )
    >>> [round(value, 4) for value in told.values], told.inconsistency
    ([0.6154, 0.3077, 0.0769], 0.0)
    """
    names = check_criteria(criteria)
    if best not in names or worst not in names or best == worst:
        raise ValueError(f"best '{best}' and worst '{worst}' must be two of the criteria")
    extreme = best_to_others.get(worst, others_to_worst.get(best))
    if others_to_worst.get(best, extreme) != extreme:
        raise ValueError(f"'{best}' was compared with '{worst}' twice, and otherwise each time")
    down = {**best_to_others, worst: extreme, best: 1}
    up = {**others_to_worst, best: extreme, worst: 1}
    for given, side in ((down, best), (up, worst)):
        _check(names, given, side)
    middle = [name for name in names if name not in (best, worst)]
    top = int(down[worst] or 1)
    pairs = [(int(down[name] or 1), int(up[name] or 1)) for name in middle]
    values = _linear(names, best, worst, down, up)
    error = smallest_error(top, pairs)
    index = consistency_index(top)
    return Weights(
        names,
        values,
        "best_worst",
        inconsistency=error / index if index and error > 1e-9 else 0.0,
        doubt=_worst_fit(names, values, best, worst, down, up) if error > 1e-9 else None,
    )


def _check(names: tuple[str, ...], given: Mapping[str, int | None], side: str) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise ValueError(f"'{unknown[0]}' is no criterion")
    for name in names:
        number = given.get(name)
        if number is None:
            raise ValueError(f"'{name}' was not compared with '{side}': compare it")
        if not isinstance(number, int) or not 1 <= number <= HIGHEST:
            raise ValueError(f"'{name}' with '{side}': {number} is no whole number of 1 to 9")


def _linear(
    names: tuple[str, ...],
    best: str,
    worst: str,
    down: Mapping[str, int | None],
    up: Mapping[str, int | None],
) -> tuple[float, ...]:
    builder = ModelBuilder()
    columns = {name: builder.add_column(integer=False) for name in names}
    error = builder.add_column(objective=-1.0, upper=INFINITY, integer=False)
    builder.add_row(list(columns.values()), [1.0] * len(names), lower=1.0, upper=1.0)
    for name in names:
        for left, right, times in ((best, name, down[name]), (name, worst, up[name])):
            if left == right:
                continue
            parts = [columns[left], columns[right], error]
            builder.add_row(parts, [1.0, -float(times or 1), -1.0], upper=0.0)
            builder.add_row(parts, [1.0, -float(times or 1), 1.0], lower=0.0)
    found = np.maximum(solve(builder.build()).values[: len(names)], 0.0)
    return tuple((found / found.sum()).tolist())


def smallest_error(top: int, pairs: Sequence[tuple[int, int]]) -> float:
    """By how much must some ratio of weights miss what was said, at least?

    Parameters
    ----------
    top
        How many times the best counts as much as the worst.
    pairs
        For every other criterion: the best against it, it against the worst.

    Notes
    -----
    The nonlinear model of 2015 solved exactly: at an error ξ the ratio of best to worst must lie
    within `top` ± ξ and, for every other criterion, within the product of its two ratios ± ξ; the
    least ξ at which all these intervals meet is found by halving.

    Examples
    --------
    >>> round(smallest_error(8, [(2, 5)]), 4)
    0.2583
    """
    low, high = 0.0, float(HIGHEST)
    if _meet(top, pairs, 0.0):
        return 0.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if _meet(top, pairs, middle) else (middle, high)
    return high


def _meet(top: int, pairs: Sequence[tuple[int, int]], error: float) -> bool:
    floors = [top - error, *(max(0, a - error) * max(0, b - error) for a, b in pairs)]
    ceilings = [top + error, *((a + error) * (b + error) for a, b in pairs)]
    return max(floors) <= min(ceilings)


def consistency_index(top: int) -> float:
    """How large can the error of the nonlinear model be, if best counts `top` times worst?

    Notes
    -----
    The smaller root of ξ² - (1 + 2a) ξ + a² - a: Rezaei (2015), table 1, in closed form.

    Examples
    --------
    >>> [round(consistency_index(a), 2) for a in range(1, 10)]
    [0.0, 0.44, 1.0, 1.63, 2.3, 3.0, 3.73, 4.47, 5.23]
    """
    half = 1 + 2 * top
    return (half - math.sqrt(half * half - 4 * (top * top - top))) / 2


def _worst_fit(
    names: tuple[str, ...],
    values: tuple[float, ...],
    best: str,
    worst: str,
    down: Mapping[str, int | None],
    up: Mapping[str, int | None],
) -> Doubt | None:
    weight = dict(zip(names, values, strict=True))
    said = [(best, name, down[name]) for name in names if name != best]
    said += [(name, worst, up[name]) for name in names if name not in (best, worst)]
    told = [
        Doubt(first, second, float(times or 1), weight[first] / max(weight[second], 1e-9))
        for first, second, times in said
    ]
    return max(told, key=lambda one: abs(math.log(max(one.implied, 1e-9) / one.said)))
