"""SaTScan's files: what they mean, what is refused, and its own results."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from eutopia.core.diagnose.scan.analysis import scan
from eutopia.core.diagnose.scan.satscan_files import read_scan_case
from eutopia.core.diagnose.scan.satscan_parameters import ScanFileError
from eutopia.core.diagnose.scan.studies import TimeStudy


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
    assert [(one.reason, one.count, one.first) for one in case.left_out] == [
        ("no coordinates", 3, "a.cas, row 62: nowhere"),
        ("outside the study period", 1, "a.cas, row 63: 2019/1/1"),
    ]
    result = scan(case.data, settings=case.settings)
    best = result.clusters[0]
    assert case.data.location_ids[best.centre] == "p7" or 7 in best.members
    assert best.p == pytest.approx(0.01)
    if kind == 3:
        first, last = case.period_dates(best.first, best.last)
        assert first <= "2020-06-10" <= last


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


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.cas", "p1 x 2020/1/1\n", r"a.cas, row 1: give location, then a count"),
        ("a.cas", "p1 1.5 2020/1/1\n", r"a.cas, row 1: give location, then a count"),
        ("a.cas", "p1 1 2020/1/1\np1 1\n", r"a.cas, row 2: the date is missing"),
        ("a.cas", "p1 1 2020/1/41\n", r"a.cas, row 1: time: '2020/1/41' is not a date"),
        ("a.cas", "nowhere 9 2020/1/1\n", r"a.cas: 0 cases can be used \(no coordinates: 9\)"),
        ("a.pop", "p1 2020 0\n", r"a.pop: nobody is at risk anywhere"),
        ("a.pop", "p1 2020 5\n", r"a.cas, row \d+: there are cases where nobody is at risk"),
        ("a.pop", "p1 2020 nan\n", r"a.pop, row 1: a population of nan is impossible"),
        ("a.pop", "p1 2020 many\n", r"a.pop, row 1: give location, year, population"),
        ("a.geo", "p1 0 nan\n", r"a.geo, row 1: give location, then two coordinates"),
        ("a.geo", "", r"a.geo: no row"),
    ],
)
def test_a_bad_row_says_which(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = _poisson_files(tmp_path, 3)
    (tmp_path / name).write_text(text)
    with pytest.raises(ScanFileError, match=message):
        read_scan_case(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("GeographicalCoordinatesCheckType=0", r"a.cas, row 62: location nowhere is not in a.geo"),
        ("StudyPeriodCheckType=0", r"a.cas, row 63: 2019/1/1 lies outside"),
        ("CoordinatesType=1", r"a.geo, row 2: 95, 200 is no latitude and longitude"),
        ("TimeAggregationLength=0", r"TimeAggregationLength=0: give 1 to"),
        ("TimeAggregationUnits=9", r"TimeAggregationUnits=9 is not done"),
        ("MonteCarloReps=-4", r"MonteCarloReps=-4: give 0 to"),
        ("MaxSpatialSizeInPopulationAtRisk=0", r"give a percentage above 0, 50 at most"),
        ("MinimumCasesInHighRateClusterss=4", r"is MinimumCasesInHighRateClusters meant\?"),
    ],
)
def test_a_wrong_line_says_what_may_stand_there(tmp_path: Path, line: str, message: str) -> None:
    path = _poisson_files(tmp_path, 3)
    path.write_text(path.read_text() + f"[More]\n{line}\n")
    if "=1" in line:
        (tmp_path / "a.geo").write_text("p0 1 1\np1 95 200\n")
    with pytest.raises(ScanFileError, match=message):
        read_scan_case(path)


def test_what_is_no_parameter_file_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.prm"
    path.write_text("CaseFile=a.cas\n")
    with pytest.raises(ScanFileError, match=r"row 1: .* begins with a section"):
        read_scan_case(path)


def test_a_population_moves_between_its_dates(tmp_path: Path) -> None:
    """p0 has 100 people until 1 July 2020 and none on 1 July 2022; p1 the other way round."""
    path = _poisson_files(tmp_path, 3)
    text = path.read_text().replace("EndDate=2020/12/31", "EndDate=2022/12/31")
    path.write_text(text.replace("TimeAggregationUnits=2", "TimeAggregationUnits=1"))
    (tmp_path / "a.pop").write_text("p0 2020 100\np1 2022 100\np0 2022 0\n")
    (tmp_path / "a.cas").write_text("p0 3 2020/3/1\np1 1 2021/3/1\n")
    case = read_scan_case(path)
    study = TimeStudy(case.data, case.settings)
    cells = study.place.T @ study.time
    p0, p1 = (case.data.location_ids.index(name) for name in ("p0", "p1"))
    assert cells.sum() == pytest.approx(4)
    assert cells[p0].sum() == pytest.approx(cells[p1].sum(), rel=0.01)
    # From 1 July 2020 p0's people dwindle over two years; 184 of 366 days of 2020 are after it.
    half = 184 / 2 / 730
    assert cells[p0, 0] / cells[:, 0].sum() == pytest.approx((182 + 184 * (1 - half)) / 366)
    assert cells[p0, 1] == pytest.approx(cells[p1, 1], rel=0.02)


def test_covariates_are_standardised(tmp_path: Path) -> None:
    """The old have nine cases of 100, the young one of 100: expected follows who lives where."""
    path = _poisson_files(tmp_path, 1)
    (tmp_path / "a.pop").write_text("p0 2020 100 old\np1 2020 100 young\n")
    (tmp_path / "a.cas").write_text("p0 5 2020/3/1 old\np1 1 2020/3/1 young\np1 4 2020/3/1 old\n")
    case = read_scan_case(path)
    expected = case.data.population.sum(axis=0)
    assert expected[case.data.location_ids.index("p0")] == pytest.approx(9)
    assert expected[case.data.location_ids.index("p1")] == pytest.approx(1)
    (tmp_path / "a.cas").write_text("p0 5 2020/3/1 old\np1 1 2020/3/1 middle\n")
    with pytest.raises(ScanFileError, match=r"a.cas, row 2: the population file has no middle"):
        read_scan_case(path)


def test_periods_are_counted_from_the_end(tmp_path: Path) -> None:
    """24 days by 7: three weeks, and the first has the three days that remain."""
    path = _poisson_files(tmp_path, 3)
    text = path.read_text().replace("EndDate=2020/12/31", "EndDate=2020/1/24")
    text = text.replace("TimeAggregationUnits=2", "TimeAggregationUnits=3")
    path.write_text(text.replace("TimeAggregationLength=1", "TimeAggregationLength=7"))
    (tmp_path / "a.cas").write_text("p0 2 2020/1/1\np1 2 2020/1/24\n")
    case = read_scan_case(path)
    starts = [date.fromordinal(day).day for day in case.starts[:-1]]
    assert starts == [1, 11, 18]
    assert case.data.case_period.tolist() == [0, 0, 2, 2]
    assert case.settings.longest == 1  # Half of 24 days is 12: one week.


def test_ids_at_one_point_are_one_location_and_a_grid_has_its_own_centres(tmp_path: Path) -> None:
    path = _poisson_files(tmp_path, 1)
    (tmp_path / "a.geo").write_text("p1 0 0\np2 0 0\np3 5 0\n")
    (tmp_path / "a.pop").write_text("p1 2020 10\np2 2020 10\np3 2020 30\n")
    (tmp_path / "a.cas").write_text("p1 4 2020/1/1\np2 4 2020/1/1\np3 1 2020/1/1\n")
    (tmp_path / "a.grd").write_text("1 0\n9 9\n")
    path.write_text(path.read_text() + "[More]\nUseGridFile=y\nGridFile=a.grd\n")
    case = read_scan_case(path)
    assert case.names == (("p1", "p2"), ("p3",))
    result = scan(case.data, settings=case.settings)
    assert case.centres[result.clusters[0].centre].tolist() == [1, 0]
    assert result.clusters[0].cases == 8
    (tmp_path / "a.geo").write_text("p1 0 0\np1 1 0\n")
    with pytest.raises(ScanFileError, match="p1 has two places"):
        read_scan_case(path)


@pytest.mark.parametrize(
    "line",
    ["SpatialWindowShapeType=1", "IncludePurelyTemporal=y", "IterativeScan=y", "CaseFile2=b.cas"],
)
def test_what_is_not_followed_is_refused(tmp_path: Path, line: str) -> None:
    path = _poisson_files(tmp_path, 3)
    path.write_text(path.read_text() + f"[More]\n{line}\n")
    with pytest.raises(ScanFileError, match=line.replace("=", ".")):
        read_scan_case(path)


def test_weekly_trends_and_covariates_are_strata(tmp_path: Path) -> None:
    path = _poisson_files(tmp_path, 3)
    text = path.read_text().replace("ModelType=0", "ModelType=2")
    path.write_text(text + "[More]\nAdjustForWeeklyTrends=y\n")
    (tmp_path / "a.cas").write_text("p0 2 2020/1/6 a\np1 1 2020/1/13 a\np1 1 2020/1/14 a\n")
    stratum = read_scan_case(path).data.stratum
    assert stratum is not None
    assert stratum[0] == stratum[1] == stratum[2] != stratum[3]
