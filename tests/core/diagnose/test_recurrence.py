"""Recurrence against a slow reading of its definition, and lifelines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.diagnose.recurrence import (
    chronic_places,
    count_recurrences,
    time_to_return,
)
from eutopia.core.records import DuplicateGroup, Report, Reports

START = datetime(2025, 1, 1, tzinfo=UTC)


def report(
    number: str, day: float, closed: float | None, place: int = 0, **changes: object
) -> Report:
    values = {
        "id": number,
        "opened": START + timedelta(days=day),
        "closed": None if closed is None else START + timedelta(days=closed),
        "problem_type": "leak",
        "lon": 37.6 + place * 0.01,
        "lat": 55.75,
    }
    return Report(**{**values, **changes})  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 100_000))
def test_returns_are_those_of_the_definition(seed: int) -> None:
    """Next opening at the place after the closing, looked for one by one."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(25):
        day = float(rng.integers(0, 300))
        closed = None if rng.uniform() < 0.3 else day + float(rng.integers(0, 60))
        rows.append(report(f"{k:02}", day, closed, int(rng.integers(0, 3))))
    table = count_recurrences(Reports.from_rows(rows), groups=(), window_days=90)
    ordered = sorted(rows, key=lambda r: (r.opened, r.id))
    end = max(t for r in rows for t in (r.opened, r.closed) if t is not None)
    repeats = set()
    for k, event in enumerate(ordered):
        if event.closed is None:
            assert np.isnan(table.days_to_next[k])
            continue
        later = [r for r in ordered if r.lon == event.lon and r.opened > event.closed]
        following = min((r.opened for r in later), default=end)
        assert table.days_to_next[k] == (following - event.closed).days
        assert table.observed[k] == bool(later)
        if later and (following - event.closed).days <= 90:
            # Of several opened at that moment the first by id counts as the return.
            repeats.add(min(r.id for r in later if r.opened == following))
    assert {ordered[k].id for k in np.flatnonzero(table.repeat)} == repeats


def test_duplicates_count_once_and_close_when_the_first_is_closed() -> None:
    """The duplicate was closed at once, the first on day 9: the event ends on day 9."""
    rows = Reports.from_rows([report("a", 0, 9), report("b", 1, 1.5), report("c", 20, None)])
    table = count_recurrences(rows, groups=(DuplicateGroup(("a", "b"), "a", 0.9),))
    assert len(table.events) == 2
    assert table.days_to_next[0] == 11
    assert table.repetition_rate == 0.5


def test_shares_count_closures_with_the_whole_window_watched() -> None:
    rows = Reports.from_rows(
        [report("a", 0, 1), report("b", 30, 31), report("c", 290, 300, place=2)]
    )
    table = count_recurrences(rows, groups=(), window_days=90)
    overall = table.shares[0]
    # c was closed on the last day: nobody can know whether it holds.
    assert (overall.events, overall.repeats, overall.closures, overall.returned) == (3, 1, 2, 1)
    assert overall.share == 0.5
    assert overall.low < 0.5 < overall.high


def test_the_curve_is_the_product_limit() -> None:
    """Kaplan and Meier by hand: returns after 10, 20 days of 40 closures, the rest censored."""
    rows = []
    for k in range(40):
        rows.append(report(f"a{k:02}", 0, 1, place=k))
        if k < 10:
            rows.append(report(f"b{k:02}", 11 if k < 4 else 21, None, place=k))
    rows.append(report("z", 100, 101, place=99))
    reports = Reports.from_rows(rows)
    table = count_recurrences(reports, groups=())
    (curve,) = time_to_return(table, table.events.problem_type, reports.problem_types)
    # z was closed on the last day: it is at risk for none of the returns.
    assert curve.closures == 41
    assert curve.holding[1] == pytest.approx(1 - 4 / 40)
    assert curve.holding[2] == pytest.approx((1 - 4 / 40) * (1 - 6 / 36))
    assert curve.median_days == np.inf


def test_chronic_places_are_found_and_chance_is_bounded() -> None:
    """600 places alike with rate 0.5 and ten with twelve events: the ten, and few besides."""
    rng = np.random.default_rng(7)
    rows = []
    for place in range(610):
        for k in range(12 if place >= 600 else int(rng.poisson(0.5))):
            day = float(rng.uniform(0, 700))
            rows.append(report(f"{place}-{k}", day, day + 1, place))
    reports = Reports.from_rows(rows)
    table = count_recurrences(reports, groups=())
    chronic, (rule,) = chronic_places(table, reports.problem_types)
    counts = np.bincount(table.place)
    assert chronic[counts == 12].sum() >= 10
    assert rule.rate == pytest.approx(0.5, abs=0.15)
    assert rule.chronic - 10 <= 2
    assert rule.false_share <= 0.05


def test_nothing_reported_nothing_found() -> None:
    table = count_recurrences(Reports.from_rows([]), groups=())
    assert table.repetition_rate == 0.0
    assert table.shares == ()


@pytest.mark.filterwarnings("ignore")
def test_the_curve_and_its_band_equal_lifelines() -> None:
    """Independent oracle: censored times with ties, read at days before, between and after."""
    lifelines = pytest.importorskip("lifelines")
    from eutopia.core.diagnose.recurrence import _product_limit

    rng = np.random.default_rng(7)
    days = rng.integers(1, 200, 300).astype(float)
    observed = rng.random(300) < 0.6
    at = [0.5, 7, 30, 90, 150, 190]
    fit = lifelines.KaplanMeierFitter().fit(days, observed)
    step = np.searchsorted(fit.timeline, at, side="right") - 1
    band = fit.confidence_interval_.to_numpy()[step]

    median, (low, held, high) = _product_limit(days, observed, at)

    assert median == fit.median_survival_time_
    np.testing.assert_allclose(held, fit.survival_function_.to_numpy()[step, 0], atol=1e-12)
    np.testing.assert_allclose(low, band[:, 0], atol=1e-9)
    np.testing.assert_allclose(high, band[:, 1], atol=1e-9)
