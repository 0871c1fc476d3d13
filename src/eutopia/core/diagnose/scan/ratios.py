"""Log-likelihood ratios: how much better is 'more inside than outside' than 'all alike'?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def poisson_ratio(cases: Floats, expected: Floats, total: float) -> Floats:
    """Log-likelihood ratio of a window with so many cases where so many were expected.

    c ln(c / E) + (C - c) ln((C - c) / (C - E)) where c > E, else 0. It serves the discrete Poisson
    model and the space-time permutation, whose expectation comes from its margins.

    Source: Kulldorff, M. (1997), *A spatial scan statistic*, Commun. Stat. Theory Methods 26.

    Examples
    --------
    >>> round(float(poisson_ratio(np.array([4.0]), np.array([0.6701030927835051]), 194.0)[0]), 6)
    3.845418
    """
    from scipy.special import xlogy

    cases, expected = np.asarray(cases, float), np.asarray(expected, float)
    high = (cases > expected) & (expected > 0)
    safe = np.where(high, expected, 1.0)
    outside = np.maximum(total - cases, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = xlogy(cases, cases / safe) + xlogy(outside, outside / (total - safe))
    return np.where(high, ratio, 0.0)


def most_expected(most: int, ratio: float, total: float) -> Floats:
    """Above which expectation have 0, 1 … `most` cases less than the ratio for certain?

    Notes
    -----
    Newton's method on the logarithm of the expectation, from the left: the ratio is convex in it,
    so the steps never pass the root. Where they have not come to it, any expectation up to the
    number of cases passes: the bound may be too high, never too low.

    Examples
    --------
    >>> bound = most_expected(4, 3.845418, 194.0)
    >>> round(float(bound[4]), 4)
    0.6701
    """
    from scipy.special import xlogy

    count = np.arange(most + 1, dtype=np.float64)
    if ratio <= 0:
        return count
    rest = np.maximum(total - count, 0.0)
    fixed = xlogy(count, count) + xlogy(rest, rest) - ratio
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(count) - 1 - ratio / count
        for step in range(_NEWTON_STEPS):
            expected = np.exp(log)
            outside = total - expected
            above = fixed - count * log - xlogy(rest, outside)
            if step < _NEWTON_STEPS - 1:
                log = log + above / (count - rest * expected / outside)
        # The slope at the root is at least ratio / (1 + ratio / count).
        near = above * (1 + ratio / count) < _NEARLY * ratio
    return np.where(near, np.minimum(expected * (1 + _NEARLY), count), count)


_NEWTON_STEPS = 8
_NEARLY = 1e-6


def bernoulli_ratio(
    cases: Floats, people: Floats, total_cases: float, total_people: float
) -> Floats:
    """Log-likelihood ratio of a zone with so many cases among so many cases and controls."""
    from scipy.special import xlogy

    c, n = np.asarray(cases, float), np.asarray(people, float)
    big_c, big_n = float(total_cases), float(total_people)
    rest_c, rest_n = big_c - c, big_n - n
    high = (n > 0) & (rest_n > 0) & (c * rest_n > rest_c * n)
    n1, n2 = np.where(high, n, 1.0), np.where(high, rest_n, 1.0)
    likelihood = (
        xlogy(c, c / n1)
        + xlogy(n - c, np.maximum(n - c, 0) / n1)
        + xlogy(rest_c, rest_c / n2)
        + xlogy(rest_n - rest_c, np.maximum(rest_n - rest_c, 0) / n2)
    )
    null = xlogy(big_c, big_c / big_n) + xlogy(big_n - big_c, (big_n - big_c) / big_n)
    return np.where(high, likelihood - null, 0.0)
