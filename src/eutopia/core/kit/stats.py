"""Small statistics with stated formulas: shares, rates, logistic regression."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def share_interval(hits: int, trials: int, *, z: float = 1.959963984540054) -> tuple[float, float]:
    """Between which bounds does the true share lie, given so many hits out of trials?

    Wilson's score interval, 95 % by default; (0, 1) when nothing was tried.

    Source: Wilson, E. B. (1927), *Probable inference, the law of succession, and statistical
    inference*, JASA 22.

    Examples
    --------
    >>> [round(v, 4) for v in share_interval(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits of {trials} trials is impossible")
    if trials == 0:
        return 0.0, 1.0
    p = hits / trials
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def fit_logistic(
    features: Floats, outcome: Floats, *, weight: Floats | None = None, ridge: float = 0.01
) -> Floats:
    """Which coefficients make the outcome most likely, as a logistic function of the features?

    Parameters
    ----------
    features : shape (n, k)
        The first column is the constant and is not penalised.
    outcome : shape (n,)
        0 or 1.
    weight : shape (n,), optional
        How often each row counts.
    ridge
        Penalty on the square of each coefficient but the first: keeps a separable fit finite.

    Notes
    -----
    Iteratively reweighted least squares (Newton), at most 100 steps to a change below 1e-8; the
    penalised likelihood is concave, so the optimum is unique. O(n k^2) a step.

    Examples
    --------
    >>> x = np.column_stack((np.ones(4), [0.0, 0.0, 1.0, 1.0]))
    >>> fit_logistic(x, np.array([0.0, 1.0, 0.0, 1.0])).round(6).tolist()
    [0.0, 0.0]
    """
    weight = np.ones(len(outcome)) if weight is None else weight
    penalty = np.eye(features.shape[1]) * ridge
    penalty[0, 0] = 1e-9
    beta = np.zeros(features.shape[1])
    for _ in range(100):
        mean = 1 / (1 + np.exp(-np.clip(features @ beta, -500, 500)))
        curve = weight * np.maximum(mean * (1 - mean), 1e-12)
        slope = features.T @ (weight * (outcome - mean)) - penalty @ beta
        step = np.linalg.solve((features * curve[:, None]).T @ features + penalty, slope)
        # A first step from zero can overshoot when events are rare; Newton is safe once bounded.
        beta = beta + np.clip(step, -4, 4)
        if float(np.abs(step).max()) < 1e-8:
            return np.asarray(beta, dtype=np.float64)
    raise ArithmeticError("logistic regression did not converge: a feature separates the outcome")


def gamma_poisson(
    events: float, years: float, *, prior_events: float, prior_years: float
) -> tuple[float, float]:
    """What is the posterior of a yearly rate after so many events in so many years?

    Gamma prior with mean `prior_events / prior_years` worth `prior_years` of watching; Poisson
    counts. Returns shape and rate of the gamma posterior.

    Examples
    --------
    >>> shape, rate = gamma_poisson(9, 3, prior_events=1, prior_years=1)
    >>> shape / rate
    2.5
    """
    if years < 0 or prior_years <= 0 or prior_events <= 0 or events < 0:
        raise ValueError("events and years must not be negative, the prior must be above zero")
    return events + prior_events, years + prior_years


def gamma_poisson_prior(events: Floats, years: Floats) -> tuple[float, float]:
    """Which prior do many places together suggest for the rate of one of them?

    Method of moments on counts with exposure: the prior's mean is the pooled rate, its spread
    what the counts vary beyond Poisson. Returns (prior_events, prior_years) for
    :func:`gamma_poisson`.

    Notes
    -----
    Where counts vary no more than Poisson, the prior is worth the mean exposure times ten: all
    places are alike.

    Examples
    --------
    >>> a, b = gamma_poisson_prior(np.array([0.0, 1.0, 8.0]), np.ones(3))
    >>> round(a / b, 3), a < 2
    (3.0, True)
    """
    total_years = float(years.sum())
    if total_years <= 0 or events.sum() <= 0:
        return 1.0, 1.0
    mean = float(events.sum()) / total_years
    # E[(n - m t)^2] = m t + v t^2 for rate variance v.
    excess = float(((events - mean * years) ** 2 - mean * years).sum())
    spread = excess / float((years**2).sum())
    if spread <= mean * mean * 1e-3:
        strength = 10 * total_years / len(years)
        return mean * strength, strength
    return mean * mean / spread, mean / spread


def poisson_tail(events: float, expected: float) -> float:
    """How likely are at least so many events when `expected` are expected?

    Examples
    --------
    >>> round(poisson_tail(1, 0.5), 6)
    0.393469
    """
    from scipy.special import pdtrc

    number = math.ceil(events)
    return float(pdtrc(number - 1, expected)) if number > 0 else 1.0


def rate_trend(times: Floats, *, start: float, end: float) -> float:
    """By which share a year does the rate of events change, between start and end (in years)?

    Log-linear Poisson intensity exp(a + b t) fitted by maximum likelihood; returns exp(b) - 1,
    shrunk toward 0 by a normal prior on b with standard deviation 0.5.

    Parameters
    ----------
    times : shape (n,)
        Times of the events in years, within [start, end].

    Notes
    -----
    One-dimensional Newton on the concave profile likelihood. Bounded to [-0.95, 19].

    Examples
    --------
    >>> even = np.linspace(0, 3, 31)
    >>> round(rate_trend(even, start=0, end=3), 2)
    0.0
    >>> rate_trend(even[20:], start=0, end=3) > 0.5
    True
    """
    length = end - start
    n = len(times)
    if n == 0 or length <= 0:
        return 0.0
    centred = float((np.asarray(times) - (start + end) / 2).sum())
    b = 0.0
    for _ in range(50):
        h = b * length / 2
        # Mean and variance of t under density proportional to exp(b t) on [-L/2, L/2].
        if abs(h) < 1e-4:
            mean, var = length * h / 6, length**2 / 12
        else:
            mean = length / 2 / math.tanh(h) - 1 / b
            var = 1 / b**2 - (length / 2 / math.sinh(h)) ** 2
        step = (centred - n * mean - b / 0.25) / (n * var + 1 / 0.25)
        b = min(3.0, max(-3.0, b + max(-1.0, min(1.0, step))))
        if abs(step) < 1e-9:
            break
    return float(min(19.0, max(-0.95, math.exp(b) - 1)))
