"""The scan against brute force on small towns, and against SaTScan's own results."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.diagnose.scan.analysis import (
    ScanInput,
    ScanSettings,
    _TimeStudy,
    scan,
)
from eutopia.core.diagnose.scan.circles import grow_circles, sphere_points
from eutopia.core.diagnose.scan.cylinders import highest_ratio
from eutopia.core.diagnose.scan.ratios import bernoulli_ratio, poisson_ratio
from eutopia.core.diagnose.scan.reports import reports_to_scan
from eutopia.core.diagnose.scan.satscan_files import ScanFileError, read_scan_case
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
    study = _TimeStudy(data, chosen)
    for floor in (0.0, expected * 0.9):
        top = highest_ratio(study.space, study.entries, data.case_period, floor=floor)
        assert max(top, floor) == pytest.approx(max(expected, floor), abs=1e-9)


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


def test_strata_keep_weekdays() -> None:
    """All of place A's cases fall on Sundays: no cluster once weekdays are adjusted for."""
    rng = np.random.default_rng(8)
    period = np.concatenate((np.arange(0, 70, 7), rng.integers(0, 70, 150)))
    place = np.concatenate((np.zeros(10, int), rng.integers(1, 10, 150)))
    stratum = np.arange(70) % 7
    data = ScanInput(
        tuple("ABCDEFGHIJ"), rng.uniform(0, 9, (10, 2)), place, period, 70, None, stratum
    )
    study = _TimeStudy(data, ScanSettings(radius=3.0, longest=3))
    _, drawn = study._draw(np.random.default_rng(1))
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
    ready = reports_to_scan(Reports.from_rows(rows), problem_type="rats", time_zone="Europe/Moscow")
    assert len(ready.rows) == 90
    assert [(n.code, n.count, n.treatment) for n in ready.notes] == [
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


def _golden(path: Path) -> list[tuple[list[str], float]]:
    """Members and ratio of each cluster in SaTScan's result file."""
    found = []
    for block in re.split(r"\n\d+\.Location IDs included\.: ", path.read_text())[1:]:
        ids = block.split("Coordinates")[0].replace("\n", " ").split(",")
        ratio = re.search(r"(?:Test statistic|Log likelihood ratio)\.*: ([\d.]+)", block)
        assert ratio is not None
        found.append(([i.strip() for i in ids], float(ratio.group(1))))
    return found


@pytest.mark.real
@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ("NYCSpaceTimePermutation.prm", "NYCfever.txt"),
        ("NHumbersideSpatialBernoulli.prm", "NHumberside.txt"),
    ],
)
def test_it_agrees_with_satscan(real_data: Path, parameters: str, result: str) -> None:
    """Ratios to 1e-6, members exactly, in order."""
    case = read_scan_case(real_data / "satscan" / parameters)
    found = scan(case.data, settings=case.settings)
    golden = _golden(real_data / "satscan" / result)
    assert len(golden) >= 3
    for cluster, (ids, ratio) in zip(found.clusters, golden, strict=True):
        assert [case.data.location_ids[m] for m in cluster.members] == ids
        assert cluster.ratio == pytest.approx(ratio, abs=1e-6)


PRM = """[Input]
CaseFile=a.cas
PrecisionCaseTimes=3
StartDate=2020/1/1
EndDate=2020/12/31
PopulationFile=a.pop
CoordinatesFile=a.geo
CoordinatesType=0
[Analysis]
AnalysisType={kind}
ModelType=0
ScanAreas=1
TimeAggregationUnits=2
TimeAggregationLength=1
[Spatial Window]
MaxSpatialSizeInPopulationAtRisk=50
[Temporal Window]
MaxTemporalSizeInterpretation=0
MaxTemporalSize=50
[Inference]
MonteCarloReps=99
"""


def _poisson_files(folder: Path, kind: int) -> Path:
    rng = np.random.default_rng(2)
    geo = "\n".join(f"p{k} {k % 5} {k // 5}" for k in range(20))
    pop = "\n".join(f"p{k} 2020 {100 + k}" for k in range(20))
    cases = [f"p{rng.integers(0, 20)} 1 2020/{rng.integers(1, 13)}/15" for _ in range(60)]
    cases += ["p7 12 2020/6/10", "nowhere 3 2020/6/10", "p1 1 2019/1/1"]
    for name, text in (("a.geo", geo), ("a.pop", pop), ("a.cas", "\n".join(cases))):
        (folder / name).write_text(text)
    path = folder / "a.prm"
    path.write_text(PRM.format(kind=kind))
    return path


@pytest.mark.parametrize("kind", [1, 3])
def test_poisson_from_files(tmp_path: Path, kind: int) -> None:
    """Twelve cases planted at p7 in June: found by the spatial and the space-time scan."""
    case = read_scan_case(_poisson_files(tmp_path, kind))
    assert dict(case.left_out) == {"no coordinates": 3, "outside the study period": 1}
    result = scan(case.data, settings=case.settings)
    best = result.clusters[0]
    assert case.data.location_ids[best.centre] == "p7" or 7 in best.members
    assert best.p == pytest.approx(0.01)
    if kind == 3:
        first, last = case.period_dates(best.first, best.last)
        assert first.isoformat() <= "2020-06-10" <= last.isoformat()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("ModelType=0", "ModelType=5"), "ModelType=5 is not done"),
        (("ScanAreas=1", "ScanAreas=2"), "high rates"),
        (("a.cas", "b.cas"), "no such file"),
        (("2020/12/31", "soon"), "not a date"),
    ],
)
def test_bad_parameters_say_which(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = _poisson_files(tmp_path, 3)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(ScanFileError, match=message):
        read_scan_case(path)


def test_a_bad_row_says_which(tmp_path: Path) -> None:
    path = _poisson_files(tmp_path, 3)
    (tmp_path / "a.cas").write_text("p1 x 2020/1/1\n")
    with pytest.raises(ScanFileError, match="row 1"):
        read_scan_case(path)
