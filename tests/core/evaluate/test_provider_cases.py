"""What providers are compared by: counted as a plain loop counts, nobody blamed for slow kinds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.evaluate.provider_cases import (
    AGAIN_DAYS,
    AGAIN_M,
    NEAR_M,
    YEAR_S,
    Cases,
    Stock,
    complaints,
    late_answers,
    reported_again,
    short_lived_closures,
)

DAY = 86_400.0


def drawn(seed: int, n: int, *, providers: int = 3, kinds: int = 2) -> Cases:
    """Reports in a square of 300 m over 200 days, some still open, some without a place."""
    rng = np.random.default_rng(seed)
    opened = rng.uniform(0, 200, n).round(1) * DAY
    closed = np.where(rng.random(n) < 0.2, np.nan, opened + rng.exponential(15, n).round(1) * DAY)
    place = np.where(rng.random((n, 1)) < 0.1, np.nan, rng.uniform(0, 300, (n, 2)))
    return Cases(
        providers=tuple(f"p{i}" for i in range(providers)),
        provider=rng.integers(0, providers, n),
        kinds=tuple(f"k{i}" for i in range(kinds)),
        kind=rng.integers(0, kinds, n),
        opened=opened,
        closed=closed,
        due=opened + 20 * DAY,
        x=place[:, 0],
        y=place[:, 1],
        reopened=rng.random(n) < 0.05,
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60))
def test_reported_again_as_a_plain_loop_finds_it(seed: int, n: int) -> None:
    cases = drawn(seed, n)
    plain = [
        any(
            cases.kind[j] == cases.kind[i]
            and np.hypot(cases.x[j] - cases.x[i], cases.y[j] - cases.y[i]) <= AGAIN_M
            and 0 < cases.opened[j] - cases.closed[i] <= AGAIN_DAYS * DAY
            for j in range(n)
        )
        for i in range(n)
    ]
    assert reported_again(cases).tolist() == plain


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_complaints_as_a_plain_loop_counts_them(seed: int) -> None:
    """To the nearest building of the report's own provider, none farther than 60 m."""
    cases = drawn(seed, 80)
    rng = np.random.default_rng(seed + 1)
    provider = np.array([0, 0, 1, 1, 2, 2, 2])
    stock = Stock(
        provider=provider,
        x=rng.uniform(0, 300, 7),
        y=rng.uniform(0, 300, 7),
        dwellings=np.array([10, 20, 5, 40, 8, 0, 3]),
        age=np.array([10, 20, np.nan, 40, 8, 10, 3.0]),
        storeys=np.full(7, 5.0),
    )
    served = complaints(cases, stock, first=10 * DAY, last=150 * DAY)
    plain = [0] * 7
    for i in range(80):
        if not 10 * DAY <= cases.opened[i] < 150 * DAY or np.isnan(cases.x[i]):
            continue
        away = {
            b: float(np.hypot(cases.x[i] - stock.x[b], cases.y[i] - stock.y[b]))
            for b in range(7)
            if provider[b] == cases.provider[i] and stock.dwellings[b]
        }
        nearest = min(away, key=lambda b: away[b])
        if away[nearest] < NEAR_M:
            plain[nearest] += 1
    assert served.events.tolist() == [n for b, n in enumerate(plain) if stock.dwellings[b]]
    assert served.exposure == pytest.approx(
        stock.dwellings[stock.dwellings > 0] * 140 * DAY / YEAR_S
    )
    # The unknown age is the mean of those known: (10 + 20 + 40 + 8 + 3) / 5.
    assert served.covariates[2, 0] == pytest.approx(16.2)


def test_nobody_is_blamed_for_slow_kinds() -> None:
    """p0 has only the slow kind, p1 mostly the quick one, each late as usual: as expected."""
    rows = [(0, "slow")] * 10 + [(1, "slow")] * 10 + [(1, "quick")] * 90 + [(2, "quick")] * 10
    slow = np.array([kind == "slow" for _p, kind in rows])
    n = len(rows)
    late = np.zeros(n, bool)
    late[[0, 1, 2, 3, 4, 10, 11, 12, 13, 14]] = True  # half of the slow ones, of each provider
    late[np.arange(20, 110, 10)] = True  # a tenth of the quick ones
    late[110] = True
    cases = Cases(
        providers=("p0", "p1", "p2"),
        provider=np.array([p for p, _kind in rows]),
        kinds=("quick", "slow"),
        kind=slow.astype(np.int64),
        opened=np.zeros(n),
        closed=np.where(late, 30 * DAY, 1 * DAY),
        due=np.full(n, 10 * DAY),
        x=np.full(n, np.nan),
        y=np.full(n, np.nan),
        reopened=np.zeros(n, bool),
    )
    served = late_answers(cases, first=0.0, last=20 * DAY, now=90 * DAY)
    expected = np.bincount(served.provider, served.exposure)
    assert np.bincount(served.provider, served.events) == pytest.approx(expected)
    assert served.names == ("p0", "p1", "p2")


def test_what_is_open_past_its_day_is_late_and_what_is_not_due_yet_is_not() -> None:
    cases = drawn(5, 60)
    served = late_answers(cases, first=0.0, last=400 * DAY, now=100 * DAY)
    due = (cases.due >= 0) & (cases.due < 100 * DAY)
    late = due & ~(cases.closed <= cases.due)
    assert int(served.events.sum()) == int(late.sum())


def test_a_kind_of_one_provider_alone_says_nothing() -> None:
    cases = drawn(7, 50, providers=1)
    assert not len(late_answers(cases, first=0.0, last=400 * DAY, now=400 * DAY).events)
    assert short_lived_closures(cases, first=0.0, last=400 * DAY).names == ()


def test_reopened_counts_as_not_lasting() -> None:
    cases = drawn(9, 60)
    told = short_lived_closures(cases, first=0.0, last=500 * DAY)
    closed = np.isfinite(cases.closed)
    assert int(told.events.sum()) == int((closed & (cases.reopened | reported_again(cases))).sum())


def test_an_empty_period_is_refused() -> None:
    cases = drawn(1, 5)
    none = np.zeros(0)
    stock = Stock(
        provider=none.astype(int), x=none, y=none, dwellings=none.astype(int), age=none,
        storeys=none,
    )  # fmt: skip
    with pytest.raises(ValueError, match="ends before it starts"):
        complaints(cases, stock, first=5.0, last=5.0)
