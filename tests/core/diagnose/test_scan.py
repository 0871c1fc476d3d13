"""The scan against brute force on small towns, and against SaTScan's own results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from eutopia.core.diagnose.scan.analysis import scan
from eutopia.core.diagnose.scan.blocks import Blocks
from eutopia.core.diagnose.scan.circles import grow_circles, sphere_points
from eutopia.core.diagnose.scan.cylinders import best_by_centre, entries_of, highest_ratio
from eutopia.core.diagnose.scan.ratios import bernoulli_ratio, most_expected, poisson_ratio
from eutopia.core.diagnose.scan.reports import left_out, reports_to_scan
from eutopia.core.diagnose.scan.settings import ScanInput, ScanSettings
from eutopia.core.diagnose.scan.studies import TimeStudy
from eutopia.core.diagnose.scan.windows import Windows
from eutopia.core.kit.screening import screen_reports
from eutopia.core.records import Report, Reports


def small_town(seed: int, *, cases: int = 30, locations: int = 8, periods: int = 12) -> ScanInput:
    rng = np.random.default_rng(seed)
    return ScanInput(
        location_ids=tuple(f"L{k}" for k in range(locations)),
        points=rng.uniform(0, 10, (locations, 2)),
        case_location=rng.integers(0, locations, cases),
        case_period=rng.integers(0, periods, cases),
        periods=periods,
        population=rng.uniform(50, 100, locations),
    )


def brute_force(data: ScanInput, chosen: ScanSettings) -> float:
    """Every circle, every span, every count by hand."""
    total = len(data.case_location)
    n = len(data.location_ids)
    by_place = np.bincount(data.case_location, minlength=n)
    by_time = np.bincount(data.case_period, minlength=data.periods)
    if chosen.model == "poisson":
        weight = data.population / data.population.sum() * total
        by_time = np.full(data.periods, total / data.periods)
    else:
        weight = by_place
    best = 0.0
    for centre in range(n):
        gap = np.hypot(*(data.points - data.points[centre]).T)
        order = [k for k in np.argsort(gap, kind="stable") if gap[k] <= chosen.radius]
        for size in range(1, len(order) + 1):
            members = order[:size]
            if weight[members].sum() > chosen.most_share * total:
                break
            for first in range(data.periods):
                for last in range(first, min(first + chosen.longest, data.periods)):
                    if chosen.kind == "prospective" and last != data.periods - 1:
                        continue
                    inside = np.isin(data.case_location, members)
                    inside &= (data.case_period >= first) & (data.case_period <= last)
                    c = int(inside.sum())
                    e = weight[members].sum() * by_time[first : last + 1].sum() / total
                    if c >= chosen.least_cases and c > e:
                        ratio = c * np.log(c / e)
                        if c < total:
                            ratio += (total - c) * np.log((total - c) / (total - e))
                        best = max(best, ratio)
    return best


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["space_time_permutation", "poisson"]),
    st.sampled_from(["retrospective", "prospective"]),
    st.integers(1, 6),
)
def test_the_best_cylinder_is_that_of_brute_force(
    seed: int, model: str, kind: str, longest: int
) -> None:
    data = small_town(seed)
    chosen = ScanSettings(model=model, kind=kind, radius=6.0, longest=longest, replications=0)
    expected = brute_force(data, chosen)
    result = scan(data, settings=chosen)
    found = result.clusters[0].ratio if result.clusters else 0.0
    assert found == pytest.approx(expected, abs=1e-9)
    study = TimeStudy(data, chosen)
    entries = entries_of(study.space, data.case_location, 8)
    blocks = Blocks(study.space)
    for floor in (0.0, expected * 0.9, expected * 1.5):
        top = highest_ratio(study.space, entries, data.case_period, floor=floor)
        assert max(top, floor) == pytest.approx(max(expected, floor), abs=1e-9)
        top = blocks.highest_ratio(data.case_location, data.case_period, 8, guess=floor)
        assert top == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["space_time_permutation", "poisson"]),
    st.sampled_from(["retrospective", "prospective"]),
)
def test_all_ways_to_look_find_the_same(seed: int, model: str, kind: str) -> None:
    """A table of all, from case to case, or in blocks: the same around each centre, with strata."""
    data = small_town(seed, cases=40)
    rng = np.random.default_rng(seed)
    people = rng.uniform(1, 9, (3, 8))
    parts = {"population": people, "population_time": rng.uniform(0, 1, (3, 12))}
    data = replace(data, stratum=rng.integers(0, 3, 40), **(parts if model == "poisson" else {}))
    chosen = ScanSettings(model=model, kind=kind, radius=6.0, longest=5, replications=0)
    study = TimeStudy(data, chosen)
    table = Windows(study.space).best_by_centre(data.case_location, data.case_period, 8)
    entries = entries_of(study.space, data.case_location, 8)
    by_span = best_by_centre(study.space, entries, data.case_period)
    assert by_span.ratio == pytest.approx(table.ratio, abs=1e-9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eutopia.core.diagnose.scan.blocks.CIRCLES", 5)
        blocks = Blocks(study.space)
    in_blocks = blocks.best_by_centre(data.case_location, data.case_period, 8)
    assert len(blocks.parts) > 1
    for name in ("ratio", "members", "first", "last", "cases", "expected"):
        assert getattr(in_blocks, name) == pytest.approx(getattr(table, name), abs=1e-9)
    top = highest_ratio(study.space, entries, data.case_period, floor=0.0)
    assert top == pytest.approx(table.ratio.max(), abs=1e-9)
    for k in np.flatnonzero(table.ratio > 0):
        # What is expected, by hand from the parts.
        members = study.circles.members(k, int(table.members[k]))
        span = slice(int(table.first[k]), int(table.last[k]) + 1)
        if model == "poisson":
            cells = people.T @ parts["population_time"]
            hand = cells[members, span].sum() * 40 / cells.sum()
        else:
            hand = sum(
                (here & np.isin(data.case_location, members)).sum()
                * (here & (data.case_period >= span.start) & (data.case_period < span.stop)).sum()
                / here.sum()
                for here in (data.stratum == s for s in range(3))
                if here.any()
            )
        assert table.expected[k] == pytest.approx(hand)


@given(st.floats(1e-6, 400), st.integers(2, 10_000), st.integers(1, 64))
def test_no_window_worth_a_look_is_passed_over(ratio: float, total: int, most: int) -> None:
    """Above the bound, and up to the number of cases, no expectation has the ratio."""
    most = min(most, total)
    bound = most_expected(most, ratio, float(total))
    count = np.arange(most + 1, dtype=float)
    assert (bound <= count).all()
    above = bound + (count - bound) * np.array([[1e-9], [1e-3], [0.5], [1.0]])
    assert (poisson_ratio(np.broadcast_to(count, above.shape), above, total) <= ratio + 1e-9).all()


def test_a_shortest_span_is_kept() -> None:
    data = small_town(4, cases=60)
    chosen = ScanSettings(radius=6.0, longest=6, shortest=3, replications=0)
    for cluster in scan(data, settings=chosen).clusters:
        assert 3 <= cluster.last - cluster.first + 1 <= 6
    with pytest.raises(ValueError, match="impossible"):
        scan(data, settings=ScanSettings(longest=2, shortest=3))


def test_by_period_a_season_is_no_cluster() -> None:
    """Half of all cases fall in one month everywhere: with the months given, nothing is left."""
    rng = np.random.default_rng(3)
    period = np.concatenate((np.full(60, 5), rng.integers(0, 12, 60)))
    data = ScanInput(
        tuple("ABCDEFGH"), rng.uniform(0, 9, (8, 2)), rng.integers(0, 8, 120), period, 12,
        population=np.ones(8),
    )  # fmt: skip
    chosen = {"model": "poisson", "radius": 9.0, "longest": 3, "replications": 99}
    assert scan(data, settings=ScanSettings(**chosen)).clusters[0].p == pytest.approx(0.01)
    given_months = scan(data, settings=ScanSettings(**chosen, by_period=True))
    assert given_months.clusters[0].p > 0.05
    assert given_months.clusters[0].ratio < 10


def test_a_town_in_one_place_has_no_circle() -> None:
    """Nine of ten people at one point: no circle holds at most half of them."""
    data = ScanInput(
        ("A", "B"), np.array([[0.0, 0.0], [5.0, 0.0]]), np.array([0, 0, 0, 1]), np.zeros(4, int), 1,
        population=np.array([90.0, 10.0]),
    )  # fmt: skip
    result = scan(data, settings=ScanSettings(model="poisson", kind="spatial", replications=9))
    assert all(c.members == (1,) for c in result.clusters)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_what_a_cluster_says_is_what_is_inside(seed: int) -> None:
    data = small_town(seed, cases=40)
    result = scan(data, settings=ScanSettings(radius=5.0, longest=4, replications=0))
    seen: set[int] = set()
    for cluster in result.clusters:
        inside = np.isin(data.case_location, cluster.members)
        inside &= (data.case_period >= cluster.first) & (data.case_period <= cluster.last)
        assert int(inside.sum()) == cluster.cases
        again = poisson_ratio(np.array([cluster.cases]), np.array([cluster.expected]), 40)
        assert float(again[0]) == pytest.approx(cluster.ratio)
        assert not seen & set(cluster.members)
        seen |= set(cluster.members)


def test_a_planted_cluster_is_found_and_chance_is_not() -> None:
    """Eight cases at one place within two days among two hundred of chance."""
    chance = small_town(3, cases=200, locations=40, periods=100)
    planted = ScanInput(
        chance.location_ids,
        chance.points,
        np.concatenate((chance.case_location, np.full(8, 7))),
        np.concatenate((chance.case_period, [50, 51] * 4)),
        100,
    )
    chosen = ScanSettings(radius=2.0, longest=7, replications=99)
    found = scan(planted, settings=chosen)
    assert 7 in found.clusters[0].members
    assert found.clusters[0].p == pytest.approx(0.01)
    assert found.clusters[0].p_gumbel < 0.01
    nothing = scan(chance, settings=chosen)
    assert nothing.clusters[0].p > 0.05


def test_chances_are_uniform_when_nothing_is_there() -> None:
    """Forty towns of chance: p is spread over 0 to 1."""
    chosen = ScanSettings(radius=4.0, longest=4, replications=39, early_stop=None)
    p = [
        scan(small_town(seed, cases=60, locations=20, periods=40), settings=chosen).clusters[0].p
        for seed in range(40)
    ]
    assert 0.3 < np.mean(p) < 0.7
    assert sum(v <= 0.1 for v in p) <= 9


def test_the_result_depends_on_the_seed_alone() -> None:
    data = small_town(5, cases=60)
    one = scan(data, settings=ScanSettings(radius=4.0, longest=3, replications=24))
    two = scan(data, settings=ScanSettings(radius=4.0, longest=3, replications=24, workers=2))
    assert one == two
    other = scan(data, settings=ScanSettings(radius=4.0, longest=3, replications=24, seed=2))
    assert one.highest != other.highest


def test_it_stops_early_when_the_answer_is_clear() -> None:
    data = small_town(6, cases=60)
    chosen = ScanSettings(radius=4.0, longest=3, replications=999, early_stop=10)
    result = scan(data, settings=chosen)
    assert result.replications < 999
    assert result.clusters[0].p == pytest.approx(10 / result.replications)
    assert not result.interrupted


@pytest.mark.parametrize("workers", [1, 2])
def test_told_to_stop_it_gives_what_it_found(workers: int) -> None:
    data = small_town(6, cases=60)
    chosen = ScanSettings(radius=4.0, longest=3, replications=99, early_stop=None, workers=workers)
    whole = scan(data, settings=chosen)
    told: list[int] = []

    def going_on(made: int) -> bool:
        told.append(made)
        return made < 12

    part = scan(data, settings=chosen, going_on=going_on)
    assert told == list(range(13))
    assert part.interrupted
    assert part.highest == whole.highest[:12]
    best = part.clusters[0]
    assert best.p == (1 + sum(v >= best.ratio - 1e-9 for v in part.highest)) / 13
    at_once = scan(data, settings=chosen, going_on=lambda _: False)
    assert [c.ratio for c in at_once.clusters][:1] == [best.ratio]
    assert at_once.clusters[0].p is None


def test_full_circles_are_looked_at_in_blocks() -> None:
    """Two thousand cases in a few blocks of a town: too many to go from case to case."""
    rng = np.random.default_rng(8)
    data = ScanInput(
        location_ids=tuple(f"L{k:04}" for k in range(400)),
        points=rng.uniform(0, 1, (400, 2)),
        case_location=rng.integers(0, 400, 2_000),
        case_period=rng.integers(0, 60, 2_000),
        periods=60,
    )
    chosen = ScanSettings(radius=0.3, longest=20, replications=2, early_stop=None)
    study = TimeStudy(data, chosen)
    assert isinstance(study.kernel, Blocks)
    entries = entries_of(study.space, data.case_location, 400)
    when = study.draw(default_rng(1))[1]
    top = study.kernel.highest_ratio(data.case_location, when, 400, guess=6.0)
    assert top == pytest.approx(highest_ratio(study.space, entries, when, floor=0.0))


def test_strata_keep_weekdays() -> None:
    """All of place A's cases fall on Sundays: no cluster once weekdays are adjusted for."""
    rng = np.random.default_rng(8)
    period = np.concatenate((np.arange(0, 70, 7), rng.integers(0, 70, 150)))
    place = np.concatenate((np.zeros(10, int), rng.integers(1, 10, 150)))
    stratum = np.arange(70) % 7
    data = ScanInput(
        tuple("ABCDEFGHIJ"), rng.uniform(0, 9, (10, 2)), place, period, 70, stratum=stratum[period]
    )
    study = TimeStudy(data, ScanSettings(radius=3.0, longest=3))
    _, drawn = study.draw(np.random.default_rng(1))
    assert (np.sort(drawn) == np.sort(period)).all()
    assert (stratum[drawn] == stratum[period]).all()


def test_bernoulli_ratio_by_hand() -> None:
    """Four of four cases where 62 of 203 are: SaTScan's 4.836516."""
    ratio = bernoulli_ratio(np.array([4.0]), np.array([4.0]), 62, 203)
    assert float(ratio[0]) == pytest.approx(4.836516, abs=1e-6)
    assert float(bernoulli_ratio(np.array([1.0]), np.array([9.0]), 62, 203)[0]) == 0.0


def test_circles_keep_to_radius_and_share() -> None:
    points = sphere_points(np.array([40.0, 40.0, 40.0]), np.array([0.0, 0.01, 0.1]))
    circles = grow_circles(points, np.array([1.0, 1.0, 8.0]), most_weight=5, radius=2.0)
    assert circles.members(0, 2).tolist() == [0, 1]
    assert np.diff(circles.start).tolist() == [2, 2, 0]
    assert circles.distance[1] == pytest.approx(0.852, abs=0.001)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "normal"}, "none of"),
        ({"model": "bernoulli"}, "purely spatial"),
        ({"kind": "spatial"}, "needs time"),
    ],
)
def test_an_impossible_scan_is_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScanSettings(**changes)


def test_too_little_or_too_long_is_refused() -> None:
    data = small_town(1)
    with pytest.raises(ValueError, match="impossible"):
        scan(data, settings=ScanSettings(longest=40))
    one = ScanInput(("A",), np.zeros((1, 2)), np.array([0]), np.array([0]), 1)
    with pytest.raises(ValueError, match="at least two"):
        scan(one, settings=ScanSettings())


def test_reports_on_a_default_point_are_left_out_and_named() -> None:
    start = datetime(2026, 1, 1, 22, tzinfo=UTC)
    rows = [
        Report(f"r{k}", start + timedelta(days=k), "rats", 37.6 + k * 1e-3, 55.7) for k in range(90)
    ]
    rows += [Report(f"d{k}", start, "rats", 37.5, 55.7) for k in range(60)]
    rows += [Report("n", start, "rats"), Report("o", start, "noise", 37.61, 55.71)]
    reports = Reports.from_rows(rows)
    ready = reports_to_scan(reports, problem_type="rats", time_zone="Europe/Moscow")
    assert len(ready.rows) == 90
    notes = left_out(reports, screen_reports(reports), problem_type="rats")
    assert [(n.code, n.count, n.treatment) for n in notes] == [
        ("no_place", 1, "set_aside"),
        ("crowded_point", 60, "set_aside"),
    ]
    # 22:00 UTC is the next day in Moscow.
    assert ready.first_day.isoformat() == "2026-01-02"


def test_ten_thousand_at_the_town_hall_make_no_cluster() -> None:
    rng = np.random.default_rng(9)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        Report(f"r{k}", start + timedelta(days=float(rng.uniform(0, 90))), "rats",
               float(rng.uniform(37.5, 37.7)), float(rng.uniform(55.6, 55.8)))
        for k in range(300)
    ]  # fmt: skip
    rows += [Report(f"d{k}", start + timedelta(days=30), "rats", 37.6, 55.7) for k in range(10_000)]
    ready = reports_to_scan(Reports.from_rows(rows))
    assert len(ready.rows) == 300
    result = scan(ready.data, settings=ScanSettings(radius=1.0, longest=7, replications=39))
    assert all(c.cases < 10 for c in result.clusters)
