"""Before and after a work: the arithmetic, its coverage, and what it must not be fooled by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from eutopia.core.evaluate.outcomes import (
    OutcomeSettings,
    compare_rates,
    learn_effect,
    measure_outcomes,
    pool_outcomes,
)
from eutopia.core.records import Measure, Money, Report, Reports, Text, Work

RUB = Money(Decimal(1), "RUB")
LAMPS = Measure(
    code="replace_lamps",
    title=Text.of(en="Replace lamps"),
    unit="lamp",
    cost_low=RUB,
    cost=RUB,
    cost_high=RUB,
    price_date=date(2026, 1, 1),
    life_years=20,
    upkeep_share=Decimal(0),
    effect=(Decimal("0.5"), Decimal("0.7"), Decimal("0.85")),
    answers=("street_light_out",),
    asset_classes=(),
    work_groups=("lighting",),
)
counts = st.integers(0, 500)


def compared(b: int, a: int, cb: int, ca: int, days_after: int = 365) -> tuple[float, float, float]:
    o = compare_rates("w", before=b, after=a, days_before=365, days_after=days_after,
                      comparison_before=cb, comparison_after=ca)  # fmt: skip
    return o.low, o.ratio, o.high


def test_golden_row() -> None:
    """(10.5/40.5) / (200.5/400.5) = 0.5179; error sqrt(1/10.5+1/40.5+1/200.5+1/400.5) = 0.3570."""
    low, ratio, high = compared(40, 10, 400, 200)

    assert ratio == pytest.approx(0.517872, abs=1e-6)
    assert low == pytest.approx(0.517872 / np.exp(1.959964 * 0.356951), abs=1e-5)
    assert high == pytest.approx(0.517872 * np.exp(1.959964 * 0.356951), abs=1e-5)


@given(counts, counts, counts, counts)
def test_looking_backwards_inverts_the_ratio(b: int, a: int, cb: int, ca: int) -> None:
    """What got better by a half, read backwards, got worse by two."""
    low, ratio, high = compared(b, a, cb, ca)
    back_low, back, back_high = compared(a, b, ca, cb)

    assert low <= ratio <= high
    assert ratio * back == pytest.approx(1)
    assert low * back_high == pytest.approx(1)
    assert high * back_low == pytest.approx(1)


@given(counts, counts, counts, counts)
def test_what_changed_everywhere_is_no_effect(b: int, a: int, cb: int, ca: int) -> None:
    """More events after at the comparison places make the work look better, never worse."""
    assert compared(b, a, cb, ca + 50)[1] < compared(b, a, cb, ca)[1]


def test_interval_holds_what_it_promises() -> None:
    """2,000 simulated works with a true ratio of 0.6: the 95 % interval covers it 94 to 97 %."""
    rng = np.random.default_rng(1)
    b, a = rng.poisson(30, 2000), rng.poisson(18, 2000)
    cb, ca = rng.poisson(300, 2000), rng.poisson(300, 2000)
    hits = sum(
        low <= 0.6 <= high
        for low, _, high in map(compared, b.tolist(), a.tolist(), cb.tolist(), ca.tolist())
    )

    assert 0.94 <= hits / 2000 <= 0.97


def test_verdicts() -> None:
    """Fewer events that could be chance are 'unclear'; a young work is 'too_early'."""

    def verdict(b: int, a: int, days_after: int = 365) -> str:
        return compare_rates("w", before=b, after=a, days_before=365, days_after=days_after,
                             comparison_before=400, comparison_after=400).verdict  # fmt: skip

    assert [verdict(40, 10), verdict(10, 8), verdict(10, 40), verdict(40, 0, 30)] == [
        "better", "unclear", "worse", "too_early",
    ]  # fmt: skip


def test_negative_counts_are_refused() -> None:
    """Bad input is named, not averaged in."""
    with pytest.raises(ValueError, match="negative"):
        compared(-1, 1, 1, 1)


def street(rng: np.random.Generator, *, places: int, yearly: float, treated: list[int],
           effect: float) -> tuple[list[Work], Reports]:  # fmt: skip
    """Places 500 m apart with the same true rate over two years; works in the middle at some."""
    start, rows = date(2024, 1, 1), []
    for place in range(places):
        lon = 30 + place * 0.008
        for year in (0, 1):
            rate = yearly * (effect if year and place in treated else 1)
            for day in rng.integers(0, 365, rng.poisson(rate)):
                moment = start + timedelta(days=int(day) + 365 * year)
                opened = datetime(moment.year, moment.month, moment.day, 12, tzinfo=UTC)
                rows.append(Report(f"r{len(rows)}", opened, "street_light_out", lon, 50.0))
    works = [
        Work(f"w{place}", "replace_lamps", Point(30 + place * 0.008, 50.0), "d",
             date(2025, 1, 1), date(2025, 1, 1), RUB)
        for place in treated
    ]  # fmt: skip
    return works, Reports.from_rows(rows)


def test_the_true_effect_is_found() -> None:
    """Twelve works that halve the rate: pooled ratio near 0.5, verdict 'better'."""
    works, events = street(
        np.random.default_rng(2), places=80, yearly=20, treated=list(range(0, 60, 5)), effect=0.5
    )
    outcomes = measure_outcomes(
        works, events, measures={"replace_lamps": LAMPS}, as_of=date(2026, 1, 20)
    )
    pooled = pool_outcomes(outcomes, subject="replace_lamps")

    assert [o.subject for o in outcomes] == [w.id for w in works]
    assert pooled.low < 0.5 < pooled.high
    assert pooled.verdict == "better"
    # Belief moves from the prior's 0.7 towards the 0.5 that was measured.
    assert Decimal("0.4") < learn_effect(LAMPS.effect, pooled)[1] < Decimal("0.7")


def test_places_chosen_for_a_bad_year_are_not_called_a_success() -> None:
    """Regression to the mean: no work did anything, but the worst 10 of 120 places were chosen.

    Their plain before/after falls; against look-alikes it must not.
    """
    ratios, naive = [], []
    for seed in range(5):
        works, events = street(
            np.random.default_rng(seed), places=120, yearly=6, treated=[], effect=1.0
        )
        first = events.opened < np.datetime64("2025-01-01")
        tally = np.bincount(np.round((events.lon[first] - 30) / 0.008).astype(int), minlength=120)
        works = [
            Work(f"w{p}", "replace_lamps", Point(30 + p * 0.008, 50.0), "d", date(2025, 1, 1),
                 date(2025, 1, 1), RUB)
            for p in np.argsort(-tally, kind="stable")[:10].tolist()
        ]  # fmt: skip
        outcomes = measure_outcomes(
            works, events, measures={"replace_lamps": LAMPS}, as_of=date(2026, 1, 20),
            settings=OutcomeSettings(comparisons=10),
        )  # fmt: skip
        pooled = pool_outcomes(outcomes, subject="m")
        ratios.append(pooled.ratio)
        naive.append(pooled.after / pooled.before)

    assert float(np.mean(naive)) < 0.7
    assert float(np.mean(ratios)) > 0.8


def test_nothing_to_pool_says_so() -> None:
    """A young measure has no verdict yet, rather than a made-up one."""
    with pytest.raises(ValueError, match="old enough"):
        pool_outcomes([], subject="m")


def test_unfinished_works_are_passed_over() -> None:
    """Neither 'better' nor 'worse': not done."""
    work = Work("w", "replace_lamps", Point(30, 50), "d", date(2025, 1, 1), None, RUB)
    events = Reports.from_rows([])

    assert measure_outcomes(
        [work], events, measures={"replace_lamps": LAMPS}, as_of=date(2026, 1, 1)
    ) == ()  # fmt: skip


def test_a_long_work_sees_events_along_its_whole_length() -> None:
    """A street of 2 km: reports at its far end are its own, those 100 m beside it are not."""
    street_line = LineString([(30.0, 50.0), (30.028, 50.0)])
    work = Work("w", "replace_lamps", street_line, "d", date(2025, 1, 1), date(2025, 1, 1), RUB)
    spots = [(30.027, 50.0002), (30.014, 50.0009)]  # 22 m off the end, 100 m off the middle
    rows = [
        Report(f"r{k}-{day}", datetime(2024, 6, day, tzinfo=UTC), "street_light_out", lon, lat)
        for k, (lon, lat) in enumerate(spots)
        for day in range(1, 9)
    ]
    (outcome,) = measure_outcomes(
        [work], Reports.from_rows(rows), measures={"replace_lamps": LAMPS}, as_of=date(2026, 1, 20)
    )

    assert outcome.before == 8
