"""Providers compared without injustice: adjusted for what they were given, shrunk where small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ADJUSTMENTS = ("pooled", "within")
# 95 % and 99.8 % are the two lines of a funnel plot (Spiegelhalter 2005).
WARNING, ALARM = 0.95, 0.998


@dataclass(frozen=True, slots=True)
class Served:
    """What each provider was given and what happened there, as n rows (buildings, districts ...).

    `provider` (n,) are positions in `names`; `events` (n,) counts; `exposure` (n,) above 0
    (dwellings times years, requests); `covariates` (n, k) what is not the provider's doing (age of
    the house, material of the network) called `covariate_names`.
    """

    names: tuple[str, ...]
    provider: Ints
    events: Ints
    exposure: Floats
    covariates: Floats
    covariate_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderStanding:
    """Where does a provider stand?

    `ratio` is events over expected; `shrunk` the same, drawn towards all providers' mean the more
    the less is known, with its 95 % interval. `verdict`: as_expected, more_than_expected,
    far_more_than_expected, fewer_than_expected, far_fewer_than_expected (95 % and 99.8 % limits of
    the funnel). Rank 1 has the fewest events for what was expected; `rank_low` to `rank_high` hold
    95 % of its ranks.
    """

    provider: str
    events: int
    exposure: float
    expected: float
    ratio: float
    shrunk: float
    low: float
    high: float
    verdict: str
    rank: int
    rank_low: int
    rank_high: int


@dataclass(frozen=True, slots=True)
class ProviderComparison:
    """How do providers compare?

    `effects` are triples of covariate, rate ratio for one standard deviation more, and its
    standard error on the log scale. `overdispersion` (1 or more) widens the funnel. `spread` is
    the standard deviation of the true ratios between providers.
    """

    standings: tuple[ProviderStanding, ...]
    effects: tuple[tuple[str, float, float], ...]
    overdispersion: float
    spread: float


def compare_providers(
    served: Served,
    *,
    rng: np.random.Generator,
    adjustment: str = "pooled",
    draws: int = 4000,
) -> ProviderComparison:
    """Who has more events than could be expected of anybody with the same houses?

    Parameters
    ----------
    served
        Rows of what was served; see `Served`.
    rng
        For the rank intervals.
    adjustment
        pooled: the covariates explain all they can between and within providers; within: only
        differences within providers teach what a covariate does, so that one bad provider of old
        houses does not make age look bad. `within` needs providers that differ inside.
    draws
        Draws for the rank intervals.

    Raises
    ------
    ValueError
        For an exposure that is not above 0, a negative count, shapes that do not fit, a provider
        without rows, or fewer than two providers.

    Notes
    -----
    1. Expected events: Poisson regression on the standardised covariates with the logarithm of the
       exposure as offset (`poisson_slopes`); scaled so that expected and observed add up.
    2. Shrinkage: true ratios are taken as gamma distributed; its two parameters are fitted by
       maximum marginal likelihood (negative binomial), the posterior is gamma again.
    3. Funnel: `funnel_limits` around 1, widened by the root of the overdispersion of the winsorised
       standardised residuals.
    4. Ranks: of draws from the posteriors.

    Ties in rank go by name. Ratios depend on the covariates given: what is left out is put down to
    the provider.

    Source: Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in
    Medicine 24 (2005); Clayton and Kaldor, Empirical Bayes estimates of age-standardized relative
    risks, Biometrics 43 (1987); Goldstein and Spiegelhalter, League tables and their limitations,
    JRSS A 159 (1996).

    Examples
    --------
    Four events where two were expected say less than 150 where 100 were: the small provider's
    ratio is worse, its standing is not.

    >>> served = Served(("small", "large", "usual"), np.array([0, 1, 2]), np.array([4, 150, 980]),
    ...                 np.array([20.0, 1000.0, 10_000.0]), np.zeros((3, 0)))
    >>> found = compare_providers(served, rng=np.random.default_rng(1))
    >>> [(one.provider, round(one.ratio, 2), round(one.shrunk, 2)) for one in found.standings]
    [('usual', 0.95, 0.96), ('small', 1.94, 1.29), ('large', 1.46, 1.42)]
    """
    _check(served, adjustment)
    expected_rows, effects = _expected(served, adjustment)
    observed, expected, exposure = (
        _by_provider(served, column) for column in (served.events, expected_rows, served.exposure)
    )
    shape, rate = fit_gamma_prior(observed, expected)
    overdispersion = _overdispersion(observed, expected)
    low, high = _posterior_interval(observed + shape, expected + rate)
    ranks, rank_low, rank_high = _ranks(observed + shape, expected + rate, rng, draws)
    verdicts = _verdicts(observed, expected, overdispersion)
    standings = [
        ProviderStanding(
            provider=name,
            events=int(observed[n]),
            exposure=float(exposure[n]),
            expected=float(expected[n]),
            ratio=float(observed[n] / expected[n]),
            shrunk=float((observed[n] + shape) / (expected[n] + rate)),
            low=float(low[n]),
            high=float(high[n]),
            verdict=verdicts[n],
            rank=int(ranks[n]),
            rank_low=int(rank_low[n]),
            rank_high=int(rank_high[n]),
        )
        for n, name in enumerate(served.names)
    ]
    return ProviderComparison(
        standings=tuple(sorted(standings, key=lambda one: (one.shrunk, one.provider))),
        effects=effects,
        overdispersion=overdispersion,
        spread=float(np.sqrt(shape)) / rate if np.isfinite(shape) else 0.0,
    )


def _by_provider(served: Served, column: Floats | Ints) -> Floats:
    total: Floats = np.bincount(served.provider, column, len(served.names)).astype(np.float64)
    return total


def _check(served: Served, adjustment: str) -> None:
    rows, number = len(served.provider), len(served.names)
    if number < 2:
        raise ValueError("fewer than two providers; there is nothing to compare")
    if {len(served.events), len(served.exposure), len(served.covariates)} != {rows}:
        raise ValueError("provider, events, exposure and covariates differ in length")
    if served.covariates.shape != (rows, len(served.covariate_names)):
        raise ValueError("covariates and covariate_names do not fit; name every column")
    if rows and float(served.exposure.min()) <= 0:
        raise ValueError(f"exposure of row {int(served.exposure.argmin())} is not above 0")
    if rows and int(served.events.min()) < 0:
        raise ValueError(f"events of row {int(served.events.argmin())} are negative")
    without = np.flatnonzero(np.bincount(served.provider, minlength=number) == 0)
    if len(without):
        raise ValueError(f"provider '{served.names[int(without[0])]}' has no rows; leave it out")
    if adjustment not in ADJUSTMENTS:
        raise ValueError(f"adjustment '{adjustment}'; choose one of {', '.join(ADJUSTMENTS)}")


def _expected(
    served: Served, adjustment: str
) -> tuple[Floats, tuple[tuple[str, float, float], ...]]:
    """Expected events of each row, and what one standard deviation of each covariate does."""
    total = float(served.events.sum())
    spread = served.covariates.std(axis=0)
    used = np.flatnonzero(spread > 0)
    if not len(used) or not total:
        expected = served.exposure * (total / served.exposure.sum())
        return expected, ()
    standard = (served.covariates[:, used] - served.covariates[:, used].mean(axis=0)) / spread[used]
    group = served.provider if adjustment == "within" else np.zeros_like(served.provider)
    slopes, errors = poisson_slopes(standard, served.events, served.exposure, group)
    rate = served.exposure * np.exp(standard @ slopes)
    effects = tuple(
        (served.covariate_names[int(column)], float(np.exp(slope)), float(error))
        for column, slope, error in zip(used, slopes, errors, strict=True)
    )
    return rate * (total / rate.sum()), effects


def poisson_slopes(
    covariates: Floats, events: Ints, exposure: Floats, group: Ints
) -> tuple[Floats, Floats]:
    """What does each covariate do to the logarithm of the rate, each group having its own level?

    Parameters
    ----------
    covariates
        (n, k), best standardised.
    events, exposure, group
        (n,); `group` counts from 0.

    Returns
    -------
    slopes, standard errors
        Each (k,). An error is infinite where the groups do not differ inside.

    Notes
    -----
    Maximum likelihood of Poisson counts given the sum of each group (the levels drop out), by
    Newton's method with bounded steps; O(n k^2) a step. With one group it is the ordinary Poisson
    regression with a constant.
    """
    slopes = np.zeros(covariates.shape[1])
    number = int(group.max()) + 1
    total: Floats = np.bincount(group, events, number).astype(np.float64)
    information = np.eye(len(slopes))
    for _ in range(50):
        expected, mean = _given_totals(covariates, exposure, group, total, slopes)
        gradient = covariates.T @ (events - expected)
        away = covariates - mean[group]
        information = (away * expected[:, None]).T @ away
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        longest = float(np.abs(step).max())
        slopes = slopes + step * min(1.0, 2.0 / max(longest, 1e-300))
        if longest < 1e-10:
            break
    variance = np.diag(np.linalg.pinv(information)).copy()
    variance[np.diag(information) < 1e-9] = np.inf
    return slopes, np.sqrt(variance)


def _given_totals(
    covariates: Floats, exposure: Floats, group: Ints, total: Floats, slopes: Floats
) -> tuple[Floats, Floats]:
    """Expected events of each row given its group's total, and the group's mean covariates."""
    line = covariates @ slopes
    weight = exposure * np.exp(line - line.max())
    whole = np.bincount(group, weight, len(total))
    expected = weight * (total / whole)[group]
    mean = np.stack(
        [np.bincount(group, weight * column, len(total)) / whole for column in covariates.T], axis=1
    )
    return expected, mean


def fit_gamma_prior(observed: Floats, expected: Floats) -> tuple[float, float]:
    """Which gamma distribution of true ratios makes the observed events most likely?

    Parameters
    ----------
    observed, expected
        Each (p,), one a provider; expected above 0.

    Returns
    -------
    shape, rate
        Mean of the ratios is shape / rate. Where the events vary no more than chance, shape and
        rate are the largest looked at (10^6): everybody is shrunk to the mean.
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    def minus_log_likelihood(logs: Floats) -> float:
        shape, rate = np.exp(logs)
        terms = gammaln(observed + shape) - (observed + shape) * np.log(expected + rate)
        return -float(terms.sum() + len(observed) * (shape * np.log(rate) - gammaln(shape)))

    bounds = [(np.log(1e-3), np.log(1e6))] * 2
    starts = [np.log([value, value]) for value in (1.0, 10.0, 1000.0)]
    fits = [
        minimize(minus_log_likelihood, start, method="L-BFGS-B", bounds=bounds) for start in starts
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    shape, rate = np.exp(best.x)
    return float(shape), float(rate)


def funnel_limits(
    expected: Sequence[float] | Floats, *, level: float, overdispersion: float = 1.0
) -> tuple[Floats, Floats]:
    """Between which ratios does chance alone keep a provider of average quality?

    Parameters
    ----------
    expected
        (p,) expected events.
    level
        Probability between the limits, as 0.95 or 0.998.
    overdispersion
        Variance relative to a Poisson's; limits move from 1 by its root.

    Notes
    -----
    Exact Poisson quantiles, interpolated between whole counts so that the lines are smooth
    (Spiegelhalter 2005, appendix).

    Examples
    --------
    >>> low, high = funnel_limits([100.0], level=0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.804, 1.196)
    """
    from scipy.stats import poisson

    mean = np.asarray(expected, float)
    limits = []
    for probability in ((1 - level) / 2, (1 + level) / 2):
        count = poisson.ppf(probability, mean)
        upper, lower = poisson.cdf(count, mean), poisson.cdf(count - 1, mean)
        exact = count - (upper - probability) / np.maximum(upper - lower, 1e-300)
        limits.append(1 + (np.maximum(exact, 0) / mean - 1) * overdispersion**0.5)
    return np.maximum(limits[0], 0), limits[1]


def _overdispersion(observed: Floats, expected: Floats) -> float:
    """Mean square of the standardised residuals, the outermost tenth at each end pulled in."""
    score = 2 * (np.sqrt(observed) - np.sqrt(expected))
    if len(score) < 10:
        return 1.0
    low, high = np.quantile(score, [0.1, 0.9])
    return max(1.0, float(np.mean(np.clip(score, low, high) ** 2)))


def _posterior_interval(shape: Floats, rate: Floats) -> tuple[Floats, Floats]:
    from scipy.stats import gamma

    low, high = (np.asarray(gamma.ppf(q, shape, scale=1 / rate), float) for q in (0.025, 0.975))
    return low, high


def _ranks(
    shape: Floats, rate: Floats, rng: np.random.Generator, draws: int
) -> tuple[Ints, Ints, Ints]:
    """Rank of the posterior mean, and 2.5 and 97.5 % points of the ranks of draws."""
    drawn = rng.gamma(shape, 1 / rate, size=(draws, len(shape)))
    ranks = np.argsort(np.argsort(drawn, axis=1), axis=1) + 1
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0, method="nearest").astype(np.int64)
    order = np.argsort(shape / rate, kind="stable")
    rank = np.empty(len(shape), np.int64)
    rank[order] = np.arange(1, len(shape) + 1)
    return rank, low, high


def _verdicts(observed: Floats, expected: Floats, overdispersion: float) -> list[str]:
    ratio = observed / expected
    warn_low, warn_high = funnel_limits(expected, level=WARNING, overdispersion=overdispersion)
    far_low, far_high = funnel_limits(expected, level=ALARM, overdispersion=overdispersion)
    found = []
    for n in range(len(ratio)):
        if ratio[n] > far_high[n]:
            found.append("far_more_than_expected")
        elif ratio[n] > warn_high[n]:
            found.append("more_than_expected")
        elif ratio[n] < far_low[n]:
            found.append("far_fewer_than_expected")
        elif ratio[n] < warn_low[n]:
            found.append("fewer_than_expected")
        else:
            found.append("as_expected")
    return found
