"""Providers: the truth of a simulated town is found, and nobody is blamed for old houses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from eutopia.core.evaluate.providers import (
    Served,
    compare_providers,
    fit_gamma_prior,
    funnel_limits,
    poisson_slopes,
)


def simulate(
    rng: np.random.Generator, providers: int, *, spread: float, confounded: float = 0.0
) -> tuple[Served, Any]:
    """Houses of providers with known true ratios; bad providers may have the older houses."""
    truth = rng.gamma(1 / spread**2, spread**2, providers)
    houses = rng.integers(3, 120, providers)
    provider = np.repeat(np.arange(providers), houses)
    age = rng.normal(40, 15, len(provider)) + confounded * 15 * (truth[provider] - 1) / spread
    exposure = rng.integers(20, 200, len(provider)) * 3.0
    rate = 0.02 * np.exp(0.03 * (age - 40)) * truth[provider]
    served = Served(
        tuple(f"p{n:03d}" for n in range(providers)),
        provider,
        rng.poisson(rate * exposure),
        exposure,
        age[:, None],
        ("age",),
    )
    return served, truth


def shrunk_of(served: Served, **options: str) -> np.ndarray:  # type: ignore[type-arg]
    found = compare_providers(served, rng=np.random.default_rng(5), **options)
    by_name = {one.provider: one.shrunk for one in found.standings}
    return np.array([by_name[name] for name in served.names])


def test_shrunk_ratios_are_nearer_the_truth_than_raw_rates() -> None:
    served, truth = simulate(np.random.default_rng(3), 200, spread=0.3)
    found = compare_providers(served, rng=np.random.default_rng(5))
    by_name = {one.provider: one for one in found.standings}
    ratio = np.array([by_name[name].ratio for name in served.names])
    shrunk = np.array([by_name[name].shrunk for name in served.names])
    raw = np.array([by_name[name].events / by_name[name].exposure for name in served.names])
    error = [float(np.mean((one - truth) ** 2)) for one in (shrunk, ratio, raw / raw.mean())]
    assert error[0] < error[1] < error[2]
    assert found.spread == pytest.approx(0.3, abs=0.05)
    ((name, effect, _),) = found.effects
    assert name == "age"
    assert effect == pytest.approx(np.exp(0.03 * served.covariates.std()), rel=0.05)
    # Ratios are relative to all providers together.
    given = np.array([by_name[name].expected for name in served.names])
    truth = truth / (np.sum(given * truth) / np.sum(given))
    inside = [
        by_name[n].low <= t <= by_name[n].high for n, t in zip(served.names, truth, strict=True)
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.04)


def test_within_providers_age_is_not_blamed_for_bad_work() -> None:
    served, truth = simulate(np.random.default_rng(4), 60, spread=0.3, confounded=1.0)
    pooled, within = (shrunk_of(served, adjustment=one) for one in ("pooled", "within"))
    true = truth / truth.mean()
    errors = [float(np.mean((one / one.mean() - true) ** 2)) for one in (pooled, within)]
    assert errors[1] < errors[0]


def test_equal_providers_stay_within_the_funnel_and_share_ranks() -> None:
    served, _ = simulate(np.random.default_rng(6), 100, spread=0.001)
    found = compare_providers(served, rng=np.random.default_rng(5))
    verdicts = [one.verdict for one in found.standings]
    assert verdicts.count("as_expected") >= 88
    assert not [one for one in verdicts if one.startswith("far")]
    widths = [one.rank_high - one.rank_low for one in found.standings]
    assert np.median(widths) > 60
    assert found.spread < 0.05


def test_one_bad_provider_is_found() -> None:
    rng = np.random.default_rng(8)
    provider = np.repeat(np.arange(30), 20)
    exposure = np.full(600, 100.0)
    events = rng.poisson(0.05 * exposure * np.where(provider == 7, 3.0, 1.0))
    served = Served(tuple(map(str, range(30))), provider, events, exposure, np.zeros((600, 0)))
    worst = compare_providers(served, rng=rng).standings[-1]
    assert (worst.provider, worst.verdict, worst.rank_low) == ("7", "far_more_than_expected", 30)


def test_funnel_limits_hold_the_probability_they_promise() -> None:
    expected = np.array([0.5, 3.0, 20.0, 400.0])
    low, high = funnel_limits(expected, level=0.95)
    # Between whole counts: the exact quantile lies within one event of the smooth line.
    for limits, probability in ((low, 0.025), (high, 0.975)):
        gap = poisson.ppf(probability, expected) - limits * expected
        assert np.all((gap >= -1e-9) & (gap <= 1 + 1e-9) | (limits == 0))
    wider = funnel_limits(expected, level=0.95, overdispersion=4.0)
    assert np.allclose(wider[1] - 1, 2 * (high - 1))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_prior_is_the_likelihood_s_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = rng.uniform(1, 80, 40)
    observed = rng.poisson(expected * rng.gamma(6, 1 / 6, 40)).astype(float)
    shape, rate = fit_gamma_prior(observed, expected)

    def likelihood(a: float, b: float) -> float:
        return float(nbinom.logpmf(observed, a, b / (b + expected)).sum())

    best = likelihood(shape, rate)
    for factor in (0.8, 0.95, 1.05, 1.25):
        assert likelihood(shape * factor, rate) <= best + 1e-6
        assert likelihood(shape, rate * factor) <= best + 1e-6
        assert likelihood(shape * factor, rate * factor) <= best + 1e-3


def test_expected_and_observed_add_up_and_the_result_replays() -> None:
    served, _ = simulate(np.random.default_rng(9), 25, spread=0.4)
    for adjustment in ("pooled", "within"):
        one, two = (
            compare_providers(served, rng=np.random.default_rng(1), adjustment=adjustment)
            for _ in range(2)
        )
        assert one == two
        assert sum(s.expected for s in one.standings) == pytest.approx(served.events.sum())


BAD = [
    ({"exposure": np.array([1.0, 0.0])}, "exposure of row 1 is not above 0"),
    ({"events": np.array([-1, 2])}, "events of row 0 are negative"),
    ({"provider": np.array([0, 0])}, "provider 'b' has no rows"),
    ({"names": ("a",), "provider": np.array([0, 0])}, "nothing to compare"),
    ({"events": np.array([1])}, "differ in length"),
    ({"covariate_names": ("age",)}, "name every column"),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], said: str) -> None:
    fields: dict[str, Any] = {
        "names": ("a", "b"),
        "provider": np.array([0, 1]),
        "events": np.array([1, 2]),
        "exposure": np.array([1.0, 2.0]),
        "covariates": np.zeros((2, 0)),
    }
    with pytest.raises(ValueError, match=said):
        compare_providers(Served(**{**fields, **change}), rng=np.random.default_rng(1))


def test_slopes_agree_with_an_independent_regression() -> None:
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    served, _ = simulate(np.random.default_rng(12), 8, spread=0.3)
    rng = np.random.default_rng(13)
    covariates = np.hstack(
        [(served.covariates - 40) / 15, rng.normal(size=(len(served.provider), 1))]
    )
    for group in (np.zeros_like(served.provider), served.provider):
        levels = (group[:, None] == np.arange(group.max() + 1)).astype(float)
        design = np.hstack([covariates, levels])
        oracle = GLM(served.events, design, family=Poisson(), offset=np.log(served.exposure)).fit(
            tol=1e-12
        )
        slopes, errors = poisson_slopes(covariates, served.events, served.exposure, group)
        assert slopes == pytest.approx(oracle.params[:2], abs=1e-7)
        assert errors == pytest.approx(oracle.bse[:2], rel=1e-5)


def test_a_covariate_that_does_not_differ_inside_teaches_nothing() -> None:
    rng = np.random.default_rng(14)
    provider = np.repeat(np.arange(5), 10)
    served = Served(
        tuple("abcde"),
        provider,
        rng.poisson(4.0, 50),
        np.full(50, 10.0),
        provider[:, None].astype(float),
        ("age",),
    )
    found = compare_providers(served, rng=rng, adjustment="within")
    ((_, effect, error),) = found.effects
    assert effect == pytest.approx(1.0)
    assert np.isinf(error)


def test_a_provider_without_events_is_no_trouble() -> None:
    rng = np.random.default_rng(2)
    provider = np.repeat(np.arange(5), 10)
    events = np.where(provider == 0, 0, rng.poisson(5.0, 50))
    served = Served(
        tuple("abcde"), provider, events, np.full(50, 10.0), rng.normal(size=(50, 1)), ("age",)
    )
    for adjustment in ("pooled", "within"):
        found = compare_providers(served, rng=rng, adjustment=adjustment)
        assert found.standings[0].provider == "a"
        assert found.standings[0].shrunk > 0
