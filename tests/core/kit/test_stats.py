"""Small statistics against independent libraries."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from statsmodels.stats.proportion import proportion_confint

from eutopia.core.kit.stats import (
    fit_logistic,
    gamma_poisson_prior,
    poisson_tail,
    rate_trend,
    share_interval,
)


@given(st.integers(1, 500), st.integers(0, 500))
def test_wilson_interval_is_that_of_statsmodels(trials: int, hits: int) -> None:
    hits = min(hits, trials)
    expected = proportion_confint(hits, trials, method="wilson")
    assert share_interval(hits, trials) == pytest.approx(expected, abs=1e-9)


def test_logistic_regression_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    x = np.column_stack((np.ones(800), rng.normal(size=(800, 3))))
    y = (rng.uniform(size=800) < 1 / (1 + np.exp(-x @ [-2, 1, 0.5, 0]))).astype(float)
    expected = sm.Logit(y, x).fit(disp=0).params
    assert fit_logistic(x, y, ridge=0.0) == pytest.approx(expected, abs=1e-6)


def test_a_weight_counts_a_row_so_often() -> None:
    rng = np.random.default_rng(4)
    x = np.column_stack((np.ones(50), rng.normal(size=50)))
    y = (rng.uniform(size=50) < 0.4).astype(float)
    weight = rng.integers(1, 4, 50)
    twice = fit_logistic(np.repeat(x, weight, axis=0), np.repeat(y, weight))
    assert fit_logistic(x, y, weight=weight.astype(float)) == pytest.approx(twice, abs=1e-7)


def test_the_trend_is_the_penalised_maximum_likelihood() -> None:
    """Against a numerical optimum of the same likelihood."""
    rng = np.random.default_rng(5)
    times = 3 * np.sqrt(rng.uniform(size=40))  # density rises linearly

    def loss(b: float) -> float:
        grid = (np.arange(20_000) + 0.5) / 20_000 * 3
        return -(b * times.sum() - len(times) * np.log(np.exp(b * grid).mean()) - b * b / 2 / 0.25)

    best = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded").x
    assert rate_trend(times, start=0, end=3) == pytest.approx(np.exp(best) - 1, rel=1e-3)


def test_a_trend_needs_events() -> None:
    assert rate_trend(np.array([]), start=0, end=1) == 0.0


def test_the_prior_recovers_the_rates_spread() -> None:
    """Ten thousand places with gamma rates: shape and exposure come back within 10 %."""
    rng = np.random.default_rng(6)
    years = np.full(10_000, 3.0)
    counts = rng.poisson(rng.gamma(2.0, 1 / 4.0, 10_000) * years).astype(float)
    events, worth = gamma_poisson_prior(counts, years)
    assert events == pytest.approx(2.0, rel=0.1)
    assert worth == pytest.approx(4.0, rel=0.1)


def test_equal_places_share_one_rate() -> None:
    events, worth = gamma_poisson_prior(np.full(10, 3.0), np.ones(10))
    assert events / worth == pytest.approx(3.0)
    assert worth == 10.0


def test_the_tail_includes_the_number_itself() -> None:
    assert poisson_tail(0, 2.0) == 1.0
    assert poisson_tail(2, 1.0) == pytest.approx(1 - 2 / np.e)
